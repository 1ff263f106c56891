// A large table in ranges that several threads read.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "planner/table_compare.h"

namespace rowplan::planner {

/// Is it worth more than one reader? Those whose key does not begin with an integer are not.
[[nodiscard]] bool is_large(const TablePair& pair);

/// Ranges that end where chunks do, in key order, more of them than readers so that none is left
/// with much of the work; one, where the table holds less than was estimated. Asks the source for
/// some rows. For tables that are large. Throws mysql::Error.
[[nodiscard]] std::vector<KeyRange> find_ranges(const TablePair& pair, mysql::Session& source);

/// Reads the ranges of one table, by any number of threads: the chunks do not tell of them. Who
/// made it reads too, and finishes.
class RangeReading {
 public:
  /// `spool`: a directory where changes may wait; empty: nobody wants them.
  RangeReading(const TablePair& pair, const PairCatalog& catalog, std::vector<KeyRange> ranges,
               std::filesystem::path spool, const CompareOptions& options, PlanObserver& observer);
  ~RangeReading();
  RangeReading(const RangeReading&) = delete;
  RangeReading& operator=(const RangeReading&) = delete;

  [[nodiscard]] const TablePair& pair() const;
  /// Are there ranges that nobody has taken?
  [[nodiscard]] bool wants_readers() const;
  /// Reads ranges until all are taken. What fails, fails in finish().
  void read(const MemberSessions& members, const SpareSessions& spare) noexcept;
  /// When all that read are through: hands the changes on. Throws what failed first.
  [[nodiscard]] TableOutcome finish(ChangeSink& sink);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace rowplan::planner
