#include "executor/sync_result.h"

#include <algorithm>

#include "executor/preflight.h"
#include "planner/finding.h"
#include "planner/refusal.h"

namespace rowplan::executor {

using planner::Refusal;
using planner::RefusalReason;

namespace {

std::string error_codes(const planner::Findings& findings) {
  std::set<std::string> codes;
  for (const planner::Finding& finding : findings)
    if (finding.severity == planner::Severity::error) codes.insert(finding.code);
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? ": " : ", ") + code;
  return text;
}

/// Was the last plan that this run made applied?
bool has_last_apply(const std::vector<SyncRound>& rounds) {
  return !rounds.empty() && !rounds.back().resumed && rounds.back().applied;
}

}  // namespace

planner::Ops SyncResult::written() const {
  planner::Ops ops;
  for (const SyncRound& round : rounds) {
    if (!round.applied) continue;
    ops.insert += round.applied->written.insert;
    ops.update += round.applied->written.update;
    ops.remove += round.applied->written.remove;
  }
  return ops;
}

std::uint64_t SyncResult::superseded() const {
  std::uint64_t rows = 0;
  for (const SyncRound& round : rounds)
    if (round.applied) rows += round.applied->superseded;
  return rows;
}

std::uint64_t SyncResult::units_applied() const {
  std::uint64_t units = 0;
  for (const SyncRound& round : rounds)
    if (round.applied) units += round.applied->applied + round.applied->already_done;
  return units;
}

std::uint64_t SyncResult::units_stale() const {
  return has_last_apply(rounds) ? rounds.back().applied->stale : 0;
}

std::vector<std::string> SyncResult::audit_problems() const {
  std::vector<std::string> problems;
  for (const SyncRound& round : rounds)
    if (round.applied)
      problems.insert(problems.end(), round.applied->audit_problems.begin(),
                      round.applied->audit_problems.end());
  return problems;
}

std::set<std::string> SyncResult::missing_spokes() const {
  std::set<std::string> missing;
  for (const SyncRound& round : rounds) {
    for (const planner::Finding& finding : round.plan.findings)
      if (finding.code == planner::kSpokeMissing) missing.insert(finding.address);
    if (round.applied)
      missing.insert(round.applied->missing_spokes.begin(), round.applied->missing_spokes.end());
  }
  return missing;
}

bool SyncResult::is_success() const {
  return !failure && !interrupted && !out_of_time && has_last_apply(rounds) &&
         executor::is_success(*rounds.back().applied) && (!verified || verified->equal);
}

const SyncRound* SyncResult::first_plan() const {
  const auto first = std::find_if(rounds.begin(), rounds.end(),
                                  [](const SyncRound& round) { return !round.resumed; });
  return first == rounds.end() ? nullptr : &*first;
}

std::set<std::string> stale_tables(const planner::Plan& plan, const ApplyResult& result) {
  std::set<std::uint64_t> units;
  for (const UnitProblem& problem : result.problems)
    if (problem.outcome == UnitOutcome::stale) units.insert(problem.unit);
  std::set<std::string> addresses;
  for (const planner::PlanTable& table : plan.tables)
    if (std::any_of(table.chunks.begin(), table.chunks.end(),
                    [&](const planner::PlanChunk& chunk) { return units.count(chunk.unit) > 0; }))
      addresses.insert(table.address);
  return addresses;
}

TableTallies last_tallies(const std::vector<SyncRound>& rounds) {
  TableTallies tables;
  for (const SyncRound& round : rounds) {
    if (round.resumed) continue;
    for (const planner::PlanTable& table : round.plan.tables) {
      tables[table.address] = TableTally();
      tables[table.address].units = 1;
    }
    if (!round.applied) continue;
    for (const auto& [address, tally] : round.applied->tables) tables[address] = tally;
  }
  return tables;
}

ApplyResult together(const ApplyResult& first, ApplyResult second) {
  const std::uint64_t found_again = std::min(first.applied, second.already_done);
  second.applied += first.applied;
  second.already_done -= found_again;
  second.not_tried -= std::min(second.not_tried, first.applied - found_again);
  second.written.insert += first.written.insert;
  second.written.update += first.written.update;
  second.written.remove += first.written.remove;
  second.superseded += first.superseded;
  second.audit_problems.insert(second.audit_problems.begin(), first.audit_problems.begin(),
                               first.audit_problems.end());
  for (const auto& [address, tally] : first.tables) {
    planner::Ops& written = second.tables[address].written;
    written.insert += tally.written.insert;
    written.update += tally.written.update;
    written.remove += tally.written.remove;
  }
  return second;
}

bool is_applyable(const planner::Plan& plan) {
  return plan.applyable && planner::read_what_is_there(plan) && !planner::has_error(plan.findings);
}

void refuse_unfit(const SyncRound& round) {
  if (is_applyable(round.plan)) return;
  throw Refusal(RefusalReason::limit,
                "the plan cannot be applied" + error_codes(round.plan.findings) +
                    "; nothing of it was written, and it is left in " + round.directory,
                "look at it with 'rowplan show'; settle its findings, or raise the limit if what "
                "it would do is meant, and sync again");
}

void refuse_unapproved(const planner::Manifest& manifest, const SyncRound& round) {
  if (!needs_approval(manifest.policy, round.plan)) return;
  throw Refusal(
      RefusalReason::limit,
      "policy.approve in the manifest wants a person to approve this plan; it is left in " +
          round.directory,
      "look at it with 'rowplan show', then apply it with 'rowplan apply "
      "--expect-digest " +
          round.digest + "'");
}

}  // namespace rowplan::executor
