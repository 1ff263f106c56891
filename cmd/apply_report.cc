#include "cmd/apply_report.h"

#include <nlohmann/json.hpp>

#include "cmd/observers.h"
#include "cmd/plan_report.h"
#include "cmd/shown_text.h"

namespace rowplan::cmd {

using nlohmann::ordered_json;

namespace {

constexpr std::size_t kProblemsShown = 20;

}  // namespace

std::string rows_text(const planner::Ops& rows) {
  return std::to_string(rows.insert) + " inserted, " + std::to_string(rows.update) + " updated, " +
         std::to_string(rows.remove) + " deleted";
}

void print_problems(const executor::ApplyResult& result, std::ostream& out) {
  for (std::size_t i = 0; i < result.problems.size() && i < kProblemsShown; ++i) {
    const executor::UnitProblem& problem = result.problems[i];
    out << "unit " << problem.unit << ' ' << outcome_name(problem.outcome) << ": "
        << shown(problem.address) << ": " << shown(problem.detail) << '\n';
  }
  if (result.problems.size() > kProblemsShown) {
    out << "and " << result.problems.size() - kProblemsShown << " more: --json lists them all\n";
  }
}

ordered_json error_json(const ErrorReport& report) {
  return {{"code", exit_code_name(report.code)},
          {"exit_code", static_cast<int>(report.code)},
          {"message", report.message},
          {"hint", report.hint}};
}

ordered_json units_json(const executor::ApplyResult& result) {
  return {
      {"total", result.units}, {"applied", result.applied}, {"already_done", result.already_done},
      {"stale", result.stale}, {"failed", result.failed},   {"not_tried", result.not_tried}};
}

ordered_json rows_json(const planner::Ops& rows, std::uint64_t superseded) {
  return {{"inserted", rows.insert},
          {"updated", rows.update},
          {"deleted", rows.remove},
          {"superseded", superseded}};
}

ordered_json problems_json(const executor::ApplyResult& result) {
  ordered_json problems = ordered_json::array();
  for (const executor::UnitProblem& problem : result.problems) {
    ordered_json entry = {{"unit", problem.unit}, {"outcome", outcome_name(problem.outcome)}};
    entry.update(address_json(problem.address));
    entry["detail"] = problem.detail;
    problems.push_back(std::move(entry));
  }
  return problems;
}

}  // namespace rowplan::cmd
