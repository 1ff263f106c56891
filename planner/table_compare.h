// Compares one table of a pair and hands over its changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/session.h"
#include "planner/change.h"
#include "planner/finding.h"
#include "planner/member_sessions.h"
#include "planner/observer.h"
#include "planner/plan.h"
#include "planner/reading_rests.h"
#include "planner/select_sql.h"
#include "planner/table_pair.h"
#include "planner/ties.h"

namespace rowplan::planner {

/// Takes the changes in key order. What follows the last mark may be taken back, when a chunk turns
/// out to be changing while it is read.
class ChangeSink {
 public:
  virtual ~ChangeSink() = default;
  virtual void append(const Change& change) = 0;
  /// A change as to_json_line wrote it.
  virtual void append_line(std::string_view line) { append(change_from_json_line(line)); }
  virtual void mark() = 0;
  virtual void rollback() = 0;
};

struct CompareOptions {
  bool stop_at_first = false;  ///< `check --fast`
  const std::atomic<bool>* stop = nullptr;
  const std::atomic<bool>* others_ended = nullptr;  ///< for no good: there is nothing to go on for
  bool by_checksum = false;  ///< only where why_streamed() has nothing against it
  RestWays rests;
};

struct TableOutcome {
  std::uint64_t source_rows = 0;
  std::uint64_t target_rows = 0;
  Ops ops;
  std::vector<PlanChunk> chunks;  ///< only with changes; `unit` is 0 yet
  /// With split_units, of each change: what it adds to its chunk's hash on the target.
  std::vector<ChunkHash> change_sums;
  TieFacts ties;
  Findings findings;
  bool differs = false;
  bool complete = false;  ///< read to its end
};

/// Another session on each member, for looking at rows while a result is open on the first ones;
/// the same at every call. Nothing is open on them between two tables.
using SpareSessions = std::function<MemberSessions()>;

/// The rows of one range of a table, streamed in key order: a pair with index_order. It begins and
/// ends where chunks do. See compare_table.
[[nodiscard]] TableOutcome compare_range(const TablePair& pair, const PairCatalog& catalog,
                                         const KeyRange& range, const MemberSessions& members,
                                         const SpareSessions& spare, ChangeSink& sink,
                                         const CompareOptions& options, PlanObserver& observer);

/// The sessions are the caller's alone meanwhile. Throws mysql::Error: a read that fails fails the
/// table, and nothing of it may be used.
[[nodiscard]] TableOutcome compare_table(const TablePair& pair, const PairCatalog& catalog,
                                         const MemberSessions& members, const SpareSessions& spare,
                                         ChangeSink& sink, const CompareOptions& options,
                                         PlanObserver& observer);

}  // namespace rowplan::planner
