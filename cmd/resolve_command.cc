#include "cmd/resolve_command.h"

#include <pwd.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "cmd/plan_report.h"
#include "cmd/shown_text.h"
#include "executor/run_record.h"
#include "planner/display_text.h"
#include "planner/plan_resolve.h"

namespace rowplan::cmd {
namespace {

/// Who decides: the name that the system has for the user, and where.
std::string person() {
  const passwd* const user = ::getpwuid(::geteuid());
  const std::string name = user != nullptr ? user->pw_name : "uid " + std::to_string(::geteuid());
  return name + "@" + executor::host_name();
}

}  // namespace

ExitCode run_resolve(const ResolveOptions& options, const Context& context) {
  const planner::LoadedPlan loaded = planner::load_plan(options.directory);
  auto directory = planner::PlanDirectory::create(options.output, planner::Overwrite::no);
  const planner::ResolvedPlan resolved = planner::resolve_conflicts(
      loaded, {options.take, options.only, options.key, person(), ROWPLAN_VERSION}, directory);
  const std::uint64_t left = resolved.plan.summary.unresolved;
  if (context.global.json) {
    context.console.print_json({{"plan_id", resolved.plan.run.plan_id},
                                {"directory", options.output},
                                {"digest", resolved.digest},
                                {"decided", resolved.decided},
                                {"unresolved", left},
                                {"summary", summary_json(resolved.plan.summary)},
                                {"exit_code", 0}});
    return ExitCode::done;
  }
  std::ostream& out = context.console.out();
  out << "Decided " << counted(resolved.decided, "conflict", "conflicts") << ".\n"
      << planner::verdict(resolved.plan) << '\n';
  print_next_steps(resolved.plan, resolved.digest, options.output, context);
  return ExitCode::done;
}

}  // namespace rowplan::cmd
