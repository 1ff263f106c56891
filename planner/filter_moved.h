// Rows that are outside the filter on one member and inside on another.
#pragma once

#include "mysql/session.h"
#include "planner/finding.h"
#include "planner/table_compare.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// Stands before a sink: looks every planned insert and delete up unfiltered on the other member, and
/// tells those that are there. Only for tables with a filter; asks at each mark, when no result is
/// open on the sessions.
class FilterGuard : public ChangeSink {
 public:
  FilterGuard(const TablePair& pair, mysql::Session& source, mysql::Session& target,
              ChangeSink& next)
      : pair_(pair), source_(source), target_(target), next_(next) {}

  void append(const Change& change) override;
  void mark() override;
  void rollback() override;
  [[nodiscard]] const Findings& findings() const { return findings_; }

 private:
  void look_up(mysql::Session& session, Side side, const std::vector<mysql::Row>& keys);

  const TablePair& pair_;
  mysql::Session& source_;
  mysql::Session& target_;
  ChangeSink& next_;
  std::vector<mysql::Row> inserted_;
  std::vector<mysql::Row> removed_;
  Findings findings_;
};

}  // namespace rowplan::planner
