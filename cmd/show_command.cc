#include "cmd/show_command.h"

#include <cerrno>
#include <fstream>
#include <ostream>

#include "cmd/render_html.h"
#include "cmd/render_json.h"
#include "cmd/render_markdown.h"
#include "cmd/render_text.h"
#include "planner/file_error.h"
#include "planner/plan_reader.h"

namespace rowplan::cmd {
namespace {

constexpr std::uint64_t kDefaultLimit = 20;

/// The files below sql/, one after the other, as load_plan has checked them.
void print_sql(const planner::LoadedPlan& loaded, std::ostream& out) {
  for (const planner::PlanFile& file : loaded.plan.files) {
    if (!file.path.starts_with("sql/")) continue;
    const std::string path = (loaded.directory / file.path).string();
    std::ifstream in(path, std::ios::binary);
    if (!in) throw planner::FileError(path, errno, "open");
    // An empty file would set failbit on `out`.
    if (file.bytes > 0) out << in.rdbuf();
    if (in.bad()) throw planner::FileError(path, EIO, "read");
  }
}

}  // namespace

ExitCode run_show(const ShowOptions& options, const Context& context) {
  const planner::LoadedPlan loaded = planner::load_plan(options.directory);
  std::ostream& out = context.console.out();
  const std::uint64_t limit = options.limit.value_or(kDefaultLimit);
  switch (options.format) {
    case ShowFormat::text:
      render_text(loaded, {limit, context.console.settings().color_out}, out);
      break;
    case ShowFormat::markdown:
      out << render_markdown(loaded, options.limit.value_or(0));
      break;
    case ShowFormat::html:
      render_html(loaded, limit, out);
      break;
    case ShowFormat::json:
      render_json(loaded, out);
      break;
    case ShowFormat::sql:
      print_sql(loaded, out);
      break;
  }
  return ExitCode::done;
}

}  // namespace rowplan::cmd
