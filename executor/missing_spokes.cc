#include "executor/missing_spokes.h"

#include <algorithm>
#include <exception>
#include <set>

#include "mysql/error.h"
#include "planner/address.h"

namespace rowplan::executor {

namespace {

/// Spokes of the plan that may be left out and must be, by the name of what they are in.
class Missing {
 public:
  Missing(const planner::Manifest& manifest, planner::Connections& connections)
      : manifest_(manifest), connections_(connections) {}

  void look(const planner::TableJob& job) {
    if (!asked_.insert(job.pair).second || !may_be_missing(job.pair)) return;
    if (job.spokes.empty()) return look(job, job.target, job.pair);
    // What is merged on a two-way group's members is of all of them.
    for (const std::string& spoke : job.spokes)
      look(job, spoke, planner::spoke_name(job.pair, spoke));
  }
  [[nodiscard]] bool has(const planner::TableJob& job) const {
    return missing_.count(job.pair) > 0;
  }
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }
  /// Why the last of them is missing.
  [[noreturn]] void fail() const { std::rethrow_exception(failure_); }

 private:
  void look(const planner::TableJob& job, const std::string& server, const std::string& name) {
    try {
      (void)connections_.open(server, mysql::SessionMode::read_only);
    } catch (const mysql::Error& error) {
      if (!error.is_unreachable() && !error.is_connection_lost()) throw;
      failure_ = std::current_exception();
      missing_.insert(job.pair);
      names_.insert(name);
    }
  }

  [[nodiscard]] bool may_be_missing(const std::string& name) const {
    return std::any_of(
        manifest_.pairs.begin(), manifest_.pairs.end(),
        [&](const planner::PairSpec& pair) { return pair.name == name && pair.may_be_missing; });
  }

  const planner::Manifest& manifest_;
  planner::Connections& connections_;
  std::set<std::string> asked_;
  std::set<std::string> missing_;  // what is left out of the plan
  std::set<std::string> names_;    // as which of them is told
  std::exception_ptr failure_;
};

}  // namespace

LeftOut leave_out_missing(const planner::Manifest& manifest, planner::Connections& connections,
                          planner::LoadedPlan& loaded, std::vector<planner::TableJob>& jobs) {
  // Before any session is opened: the first would tell who is expected.
  for (const auto& [name, server] : loaded.plan.servers)
    connections.expect_identity(name, server.identity);
  Missing missing(manifest, connections);
  for (const planner::TableJob& job : jobs) missing.look(job);
  if (missing.names().empty()) return {};
  planner::Plan& plan = loaded.plan;
  std::vector<planner::TableJob> jobs_left;
  std::vector<planner::PlanTable> tables_left;
  std::set<std::uint64_t> units_left;
  for (std::size_t t = 0; t < jobs.size(); ++t) {
    if (missing.has(jobs[t])) continue;
    // A unit has rows of one spoke alone, or of one two-way group.
    for (const planner::PlanChunk& chunk : plan.tables[t].chunks) units_left.insert(chunk.unit);
    jobs_left.push_back(std::move(jobs[t]));
    tables_left.push_back(std::move(plan.tables[t]));
  }
  if (jobs_left.empty()) missing.fail();
  jobs = std::move(jobs_left);
  plan.tables = std::move(tables_left);
  const auto all = plan.units.size();
  std::erase_if(plan.units,
                [&](const planner::PlanUnit& unit) { return units_left.count(unit.id) == 0; });
  return {{missing.names().begin(), missing.names().end()}, all - plan.units.size()};
}

}  // namespace rowplan::executor
