#include "cmd/version_command.h"

#include <nlohmann/json.hpp>

#include "cmd/shown_text.h"
#include "mysql/session.h"
#include "planner/plan.h"

namespace rowplan::cmd {
namespace {

#if defined(__clang__)
constexpr const char* kCompiler = "clang++ " __clang_version__;
#elif defined(__GNUC__)
constexpr const char* kCompiler = "g++ " __VERSION__;
#else
constexpr const char* kCompiler = "unknown";
#endif

}  // namespace

ExitCode run_version(const Context& context) {
  if (context.global.json) {
    context.console.print_json({{"version", ROWPLAN_VERSION},
                                {"plan_format_version", planner::kPlanFormatVersion},
                                {"client_library", mysql::client_library()},
                                {"compiler", kCompiler}});
    return ExitCode::done;
  }
  context.console.out() << "rowplan " ROWPLAN_VERSION "\nplan format: "
                        << planner::kPlanFormatVersion
                        << "\nclient library: " << shown(mysql::client_library())
                        << "\ncompiler: " << kCompiler << '\n';
  return ExitCode::done;
}

}  // namespace rowplan::cmd
