// Rows that are outside the filter on one member and inside on another.
#pragma once

#include <cstdint>
#include <vector>

#include "mysql/session.h"
#include "planner/finding.h"
#include "planner/select_sql.h"
#include "planner/table_compare.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Stands before a sink: looks every planned insert and delete up unfiltered on the other member.
/// Rows that are there are findings, or with "follow" deletes and updates; a row of the target that
/// is outside only because it is older than `incremental.initial` is updated in any case. Only for
/// tables with a filter; asks at each mark, when no result is open on the sessions, and hands the
/// changes on then.
class FilterGuard : public ChangeSink {
 public:
  FilterGuard(const TablePair& pair, mysql::Session& source, mysql::Session& target,
              ChangeSink& next);

  void append(const Change& change) override;
  void mark() override;
  void rollback() override;
  [[nodiscard]] const Findings& findings() const { return findings_; }
  /// Inserts that became updates of a row outside the filter.
  [[nodiscard]] std::uint64_t followed() const { return followed_; }

 private:
  void tell(const mysql::Row& row, Side outside);
  [[nodiscard]] bool follow(Change& insert, const mysql::Row& target);

  const TablePair& pair_;
  mysql::Session& source_;
  mysql::Session& target_;
  ChangeSink& next_;
  TablePair before_initial_;  // the same, without `incremental.initial`
  TablePair anywhere_;        // and without `where`: soft-deleted rows of the source are not there
  std::vector<Change> pending_;  // since the last mark
  std::uint64_t followed_ = 0;
  Findings findings_;
};

}  // namespace rowplan::planner
