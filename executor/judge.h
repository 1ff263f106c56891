// Is a unit still as it was planned, done already, or neither?
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "executor/chunk_reading.h"
#include "executor/executor.h"
#include "executor/unit_work.h"

namespace rowplan::executor {

enum class Verdict : std::uint8_t {
  as_planned,    ///< every member holds what it held: write
  already_done,  ///< the target holds what it is to hold: skip
  stale,         ///< anything else: nothing of the unit may be written
};

/// Rows of one table that the unit's changes name, as they are now.
struct TableRows {
  RowsByKey source;
  RowsByKey target;
};

/// Of rows whose hashes are remembered while a transaction lasts.
inline constexpr std::size_t kHashedBytes = std::size_t{8} << 20U;

struct Judgement {
  Verdict verdict = Verdict::stale;
  std::string address;             ///< of the table that is stale
  std::string detail;              ///< which member, which chunk, what was found
  bool target_as_planned = false;  ///< of a stale unit: it is stale because of the source alone
  std::vector<TableRows> rows;     ///< in the order of the unit's tables
  RowHashes hashes{kHashedBytes};  ///< of what was read, by its chunks
};

/// Locks the unit's rows on the target, then reads the source in a snapshot opened after that, and
/// judges. `target` is in a transaction, `source` in none. Throws mysql::Error.
[[nodiscard]] Judgement judge(const UnitWork& unit, mysql::Session& source, mysql::Session& target,
                              Verify verify);

/// The same of a replica and its source: locks the unit's rows on the source, then has the replica
/// catch up and reads it in a snapshot opened after that. `source` is in a transaction, `replica`
/// in none. Throws mysql::Error, and what `catch_up` throws.
[[nodiscard]] Judgement judge_linked(const UnitWork& unit, mysql::Session& source,
                                     mysql::Session& replica, Verify verify,
                                     const std::function<void()>& catch_up);

/// Within the transaction on the source: what of the unit's rows there is not as it was before, or
/// nothing.
[[nodiscard]] std::optional<UnitProblem> check_source_kept(const UnitWork& unit,
                                                           mysql::Session& source, Verify verify,
                                                           RowHashes& hashes);

/// What the replica, which has caught up, does not hold as planned, or nothing.
[[nodiscard]] std::optional<UnitProblem> check_replica(const UnitWork& unit,
                                                       mysql::Session& replica, Verify verify,
                                                       RowHashes& hashes);

/// After the writes, within the same transaction: does the target hold what it is to hold? The
/// address and detail of what does not, or nothing. `hashes`: of the unit's judgement.
[[nodiscard]] std::optional<UnitProblem> check_written(const UnitWork& unit, mysql::Session& target,
                                                       Verify verify, RowHashes& hashes);

}  // namespace rowplan::executor
