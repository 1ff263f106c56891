// A large table in ranges that several threads read.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "planner/table_compare.h"

namespace rowplan::planner {

struct RangeWork {
  unsigned threads = 1;
  std::function<mysql::Session(const std::string& server)> open;  ///< called by any thread
  std::filesystem::path spool;  ///< where changes may wait; empty: nobody wants them
};

/// Is it worth more than one reader? Those whose key does not begin with an integer are not.
[[nodiscard]] bool is_large(const TablePair& pair);

/// Ranges that end where chunks do, in key order, more of them than threads so that none is left
/// with much of the work; one, where the table holds less than was estimated. Asks the source for
/// some rows. For tables that are large. Throws mysql::Error.
[[nodiscard]] std::vector<KeyRange> find_ranges(const TablePair& pair, mysql::Session& source,
                                                unsigned threads);

/// As compare_table: the chunks do not tell who read them. This thread works with `members` and
/// `spare`, the others open sessions of their own.
[[nodiscard]] TableOutcome compare_ranges(const TablePair& pair, const PairCatalog& catalog,
                                          const std::vector<KeyRange>& ranges,
                                          const MemberSessions& members, const SpareSessions& spare,
                                          const RangeWork& work, ChangeSink& sink,
                                          const CompareOptions& options, PlanObserver& observer);

}  // namespace rowplan::planner
