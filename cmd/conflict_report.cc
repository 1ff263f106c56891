#include "cmd/conflict_report.h"

#include <exception>
#include <filesystem>
#include <optional>

#include "cmd/plan_report.h"
#include "planner/address.h"
#include "planner/change.h"
#include "planner/plan_reader.h"

namespace rowplan::cmd {
namespace {

using nlohmann::ordered_json;

bool is_in_scope(const planner::PlanTable& table, const executor::HookScope& scope) {
  if (!scope.server.empty()) return table.members.count(scope.server) > 0;
  const std::string pair = table.address.substr(0, table.address.find('/'));
  return scope.pair.empty() || planner::means_pair(scope.pair, pair);
}

class Report {
 public:
  void add(const planner::LoadedPlan& loaded, const executor::HookScope& scope) {
    for (const planner::PlanTable& table : loaded.plan.tables) {
      if (table.ops.conflict == 0 || !is_in_scope(table, scope)) continue;
      const std::size_t told = conflicts_.size();
      add(loaded, table);
      left_out_ += table.ops.conflict - (conflicts_.size() - told);
    }
  }

  [[nodiscard]] ordered_json take(ordered_json plans) && {
    return {
        {"plans", std::move(plans)}, {"conflicts", std::move(conflicts_)}, {"left_out", left_out_}};
  }

 private:
  void add(const planner::LoadedPlan& loaded, const planner::PlanTable& table) {
    planner::ChangeReader reader(loaded, table);
    while (conflicts_.size() < kConflictsTold) {
      const std::optional<planner::Change> change = reader.next();
      if (!change) return;
      if (!change->conflict) continue;
      const std::string line = to_json_line(*change);
      if (bytes_ + line.size() > kConflictBytes) continue;
      bytes_ += line.size();
      ordered_json entry = {{"plan_id", loaded.plan.run.plan_id}};
      entry.update(address_json(table.address));
      // All but where the plan has it.
      ordered_json all = ordered_json::parse(line);
      all.erase("op");
      all.erase("chunk");
      entry.update(all);
      conflicts_.push_back(std::move(entry));
    }
  }

  ordered_json conflicts_ = ordered_json::array();
  std::size_t bytes_ = 0;
  std::uint64_t left_out_ = 0;
};

}  // namespace

ordered_json conflict_report(const std::vector<std::string>& directories,
                             const executor::HookScope& scope) {
  Report report;
  ordered_json plans = ordered_json::array();
  for (const std::string& directory : directories) {
    ordered_json entry = {{"directory", directory}};
    try {
      entry["directory"] = std::filesystem::absolute(directory).string();
      const planner::LoadedPlan loaded = planner::load_plan(directory);
      entry["plan_id"] = loaded.plan.run.plan_id;
      entry["digest"] = loaded.digest;
      report.add(loaded, scope);
    } catch (const std::exception& error) {
      // The run is over: what it came to is told all the same.
      entry["error"] = error.what();
    }
    plans.push_back(std::move(entry));
  }
  return std::move(report).take(std::move(plans));
}

}  // namespace rowplan::cmd
