#include "executor/preflight.h"

#include <algorithm>
#include <chrono>

#include "executor/audit_table.h"
#include "executor/replica_appliers.h"
#include "executor/table_locks.h"
#include "planner/address.h"
#include "planner/job_digest.h"
#include "planner/limits.h"
#include "planner/plan_error.h"
#include "planner/plan_id.h"
#include "planner/refusal.h"
#include "planner/write_privileges.h"
#include "state/clock.h"

namespace rowplan::executor {

namespace {

using planner::Finding;
using planner::PlanTable;
using planner::Refusal;
using planner::RefusalReason;
using planner::Severity;

constexpr const char* kPlanAgain = "plan again";

std::string first_errors(const planner::Findings& findings) {
  std::string text;
  std::size_t told = 0;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::error || ++told > 3) continue;
    text += (text.empty() ? "" : "; ") + finding.code +
            (finding.address.empty() ? "" : " (" + finding.address + ")") + ": " + finding.message;
  }
  return told > 3 ? text + "; and " + std::to_string(told - 3) + " more" : text;
}

const PlanTable* table_at(const planner::Plan& plan, const std::string& address) {
  for (const PlanTable& table : plan.tables)
    if (table.address == address) return &table;
  return nullptr;
}

/// All that the plan's changes need, before the first is written.
void need_write_privileges(const planner::Manifest& manifest, const planner::ResolvedJob& resolved,
                           const planner::Plan& plan) {
  planner::MissingGrants missing;
  for (const planner::TablePair& pair : resolved.pairs) {
    const PlanTable* table = table_at(plan, pair.job.address);
    if (table == nullptr || table->chunks.empty()) continue;
    const auto need = [&](const planner::TablePair& written, const planner::Ops& ops) {
      const std::string& server = written.job.written();
      planner::need_writable(written, {ops.insert > 0, ops.update > 0, ops.remove > 0},
                             resolved.privileges.at(server), resolved.servers.at(server).vendor,
                             missing);
    };
    if (!table->two_way()) {
      need(pair, table->ops);
      continue;
    }
    const std::vector<std::string> written = written_servers(*table);
    for (const planner::TablePair& view : *pair.views)
      if (std::find(written.begin(), written.end(), view.job.target) != written.end())
        need(view, table->on.at(view.job.target).ops);
  }
  need_replica_privileges(manifest, plan, resolved, missing);
  missing.refuse();
}

}  // namespace

bool needs_approval(const planner::PolicySpec& policy, const planner::Plan& plan) {
  if (plan.units.empty()) return false;
  switch (policy.approve) {
    case planner::Approve::never:
      return false;
    case planner::Approve::always:
      return true;
    case planner::Approve::on_warning:
      return std::any_of(plan.findings.begin(), plan.findings.end(),
                         [](const Finding& finding) { return finding.severity != Severity::info; });
  }
  return true;
}

planner::LoadedPlan load_applyable(const ApplyRequest& request) {
  planner::LoadedPlan loaded = planner::load_plan(request.plan_dir);
  const planner::Plan& plan = loaded.plan;
  // Files are named by it.
  if (!planner::is_plan_id(plan.run.plan_id))
    throw planner::PlanError("plan.json", "run.plan_id is not the id of a plan");
  if (request.expect_digest && *request.expect_digest != loaded.digest)
    throw Refusal(
        RefusalReason::digest,
        "this plan's digest is " + loaded.digest + ", expected was " + *request.expect_digest,
        "apply the plan that was reviewed");
  if (plan.run.expires_at <= state::rfc3339_utc(std::chrono::system_clock::now()))
    throw Refusal(RefusalReason::digest, "the plan expired at " + plan.run.expires_at, kPlanAgain);
  if (!plan.applyable || planner::has_error(plan.findings))
    throw Refusal(RefusalReason::limit, "the plan is not applyable: " + first_errors(plan.findings),
                  "settle its findings and plan again");
  if (!planner::read_what_is_there(plan))
    throw Refusal(RefusalReason::limit, "the plan is not complete: not every table was read",
                  kPlanAgain);
  if (plan.summary.unresolved > 0)
    throw Refusal(RefusalReason::conflict,
                  "the plan has " + std::to_string(plan.summary.unresolved) +
                      (plan.summary.unresolved == 1 ? " conflict" : " conflicts") +
                      " that nobody has decided",
                  "decide with 'rowplan resolve', which makes a new plan of it, and apply that");
  if (!request.expect_digest && needs_approval(request.manifest->policy, plan))
    throw Refusal(RefusalReason::digest,
                  "policy.approve in the manifest wants this plan to be approved by its digest",
                  "look at it with 'rowplan show', then give --expect-digest " + loaded.digest);
  return loaded;
}

planner::Manifest with_planned_sources(const planner::Manifest& manifest,
                                       const planner::Plan& plan) {
  planner::Manifest complete = manifest;
  for (const PlanTable& table : plan.tables) {
    const auto address = planner::parse_address(table.address);
    for (planner::PairSpec& pair : complete.pairs)
      if (address && pair.name == address->pair && pair.source.empty()) pair.source = table.first;
  }
  return complete;
}

namespace {

bool is_part(const std::vector<std::string>& part, const std::vector<std::string>& all) {
  return !part.empty() && std::all_of(part.begin(), part.end(), [&](const std::string& each) {
    return std::find(all.begin(), all.end(), each) != all.end();
  });
}

}  // namespace

std::vector<planner::TableJob> jobs_of(const ApplyRequest& request, const planner::Plan& plan) {
  std::vector<planner::TableJob> jobs;
  planner::Findings over;
  for (const PlanTable& table : plan.tables) {
    const auto address = planner::parse_address(table.address);
    auto job = address && address->table
                   ? planner::job_of(*request.manifest, address->pair, *address->table)
                   : std::nullopt;
    if (!job)
      throw Refusal(RefusalReason::stale,
                    table.address + " is in the plan, but the manifest no longer selects it",
                    kPlanAgain);
    if (is_part(table.spokes, job->all_spokes)) {
      // The plan may have been made without some.
      job->spokes = table.spokes;
      job->target = table.target;
    }
    planner::judge_limits(table, job->options, over);
    for (const planner::PlanUnit& unit : plan.units)
      if ((unit.steps == 1 ? unit.changes : unit.step_rows) > job->options.max_unit_rows &&
          std::any_of(table.chunks.begin(), table.chunks.end(),
                      [&](const planner::PlanChunk& chunk) { return chunk.unit == unit.id; }))
        over.push_back({"unit_too_large", Severity::error, table.address,
                        "unit " + std::to_string(unit.id) + " is over max_unit_rows", ""});
    jobs.push_back(*job);
  }
  if (planner::job_sha256(*request.manifest, jobs) != plan.job_sha256)
    throw Refusal(RefusalReason::stale,
                  "the manifest's job is not the planned one: tables, filters, columns, keys, "
                  "deletes or allowances have changed",
                  kPlanAgain);
  if (!over.empty())
    throw Refusal(RefusalReason::limit, "over the manifest's limits: " + first_errors(over),
                  "plan again, or raise the limit");
  return jobs;
}

std::vector<planner::TablePair> pairs_of(const ApplyRequest& request, const planner::Plan& plan,
                                         const std::vector<planner::TableJob>& jobs,
                                         planner::Connections& connections) {
  for (const auto& [name, server] : plan.servers)
    connections.expect_identity(name, server.identity);
  planner::ResolvedJob resolved = planner::resolve_tables(*request.manifest, jobs, connections);
  need_write_privileges(*request.manifest, resolved, plan);
  need_audit_table(*request.manifest, resolved, plan, connections);
  for (const auto& [name, facts] : resolved.servers) {
    const auto planned = plan.servers.find(name);
    if (planned == plan.servers.end() || planned->second.role != mysql::role_of(facts))
      throw Refusal(RefusalReason::stale,
                    "server '" + name + "' is a " + mysql::role_of(facts) +
                        " now, which is not what was planned",
                    kPlanAgain);
  }
  if (resolved.pairs.size() == plan.tables.size())
    for (const planner::TablePair& pair : resolved.pairs) {
      const PlanTable* table = table_at(plan, pair.job.address);
      if (table == nullptr || planner::pair_schema_sha256(pair) != table->schema_sha256)
        throw Refusal(RefusalReason::stale,
                      pair.job.address + ": the schema is not what was planned", kPlanAgain);
    }
  if (planner::has_error(resolved.findings) || resolved.pairs.size() != plan.tables.size())
    throw Refusal(RefusalReason::stale,
                  "servers or schemas are not what was planned: " + first_errors(resolved.findings),
                  kPlanAgain);
  return std::move(resolved.pairs);
}

}  // namespace rowplan::executor
