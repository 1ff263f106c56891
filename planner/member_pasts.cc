#include "planner/member_pasts.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string>

#include "mysql/write_position.h"
#include "planner/address.h"
#include "planner/refusal.h"
#include "planner/two_way_table.h"
#include "state/clock.h"
#include "state/sync_positions.h"

namespace rowplan::planner {

namespace {

const std::string& server_of(const TwoWayTask& task, std::size_t member) {
  return (*task.pair.views)[member].job.target;
}

/// What a spoke had can be forgotten for itself.
std::string rebased(const TwoWayTask& task, std::size_t member) {
  const TableJob& job = task.pair.job;
  if (member == 0 || job.spokes.empty()) return job.address;
  return with_spoke({job.address, server_of(task, member)});
}

[[noreturn]] void refuse(const TwoWayTask& task, std::size_t member, const std::string& what) {
  throw Refusal(RefusalReason::state, task.pair.job.address + ": " + what,
                "see what happened to that server; if what is there now is right: rowplan state "
                "rebase " +
                    rebased(task, member) + ", and the next sync deletes nothing of it");
}

void need_in_time(const TwoWayTask& task, std::size_t m, const state::BehindInfo& list) {
  const auto kept = std::chrono::days(task.pair.job.tombstone_days);
  const bool late = !list.since.empty() && list.kind == state::BehindKind::listed &&
                    list.since < state::rfc3339_utc(std::chrono::system_clock::now() - kept);
  if (late || list.kind == state::BehindKind::expired)
    refuse(task, m,
           "'" + list.member + "' has missed all syncs since " + list.since +
               ", for longer than tombstone_days (" + std::to_string(task.pair.job.tombstone_days) +
               ")");
}

}  // namespace

void need_same_members(const TwoWayTask& task, const state::BaselineInfo& baseline) {
  std::set<std::string> unknown;  // whatever they were before
  for (const state::BehindInfo& list : state::BehindLists(*task.store).of(baseline))
    if (list.kind == state::BehindKind::unknown) unknown.insert(list.member);
  for (std::size_t m = 0; m < task.readers.size(); ++m) {
    const std::string& server = server_of(task, m);
    if (unknown.count(server) > 0) continue;
    const auto known =
        state::SyncPositions(*task.store).find(member_address(task.pair.job.address, server));
    if (!known) continue;
    if (known->target != task.identities.at(server))
      refuse(task, m, "'" + server + "' is another server than at the last sync");
    if (!mysql::position_contains(*task.askers[m], known->target_position))
      refuse(task, m,
             "'" + server +
                 "' does not hold all that it held at the last sync, as after a restore from "
                 "a backup");
  }
}

void need_not_emptied(const TwoWayTask& task, const std::vector<std::uint64_t>& had,
                      const std::vector<bool>& empty) {
  const bool all = std::find(empty.begin(), empty.end(), false) == empty.end();
  for (std::size_t m = 0; m < empty.size() && !all; ++m)
    if (empty[m] && had[m] > 0)
      refuse(task, m,
             "the table is empty on '" + server_of(task, m) + "', and had " +
                 std::to_string(had[m]) + " rows at its last sync");
}

MemberPasts::MemberPasts(const TwoWayTask& task, const MergeShape& shape,
                         const state::BaselineInfo& baseline, Findings& findings)
    : members_(shape.members.size()) {
  for (const state::BehindInfo& list : state::BehindLists(*task.store).of(baseline)) {
    const auto found = std::find(shape.members.begin(), shape.members.end(), list.member);
    if (found == shape.members.end()) continue;
    const auto m = static_cast<std::size_t>(found - shape.members.begin());
    need_in_time(task, m, list);
    members_[m].unknown = list.kind == state::BehindKind::unknown;
    if (members_[m].unknown)
      findings.push_back({"baseline_missing", Severity::warning, shape.address,
                          "no earlier sync of '" + list.member +
                              "' is known: it deletes nothing, gets the rows that it lacks, and "
                              "rows that differ are conflicts",
                          ""});
    if (list.rows > 0)
      members_[m].behind = &behind_.emplace_back(*task.store, shape, baseline, list);
  }
}

}  // namespace rowplan::planner
