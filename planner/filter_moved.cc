#include "planner/filter_moved.h"

#include <algorithm>

#include "mysql/quote.h"
#include "mysql/row_stream.h"
#include "planner/keys_compare.h"
#include "planner/select_sql.h"
#include "planner/statements.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kFindingsAtMost = 20;

}  // namespace

void FilterGuard::append(const Change& change) {
  next_.append(change);
  const bool follow = pair_.job.options.filter_moved == FilterMoved::follow;
  // A delete of a row that left the filter on the source is what "follow" asks for.
  if (change.op == Op::insert) inserted_.push_back(key_row(pair_, change).value());
  if (change.op == Op::remove && !follow) removed_.push_back(key_row(pair_, change).value());
}

void FilterGuard::mark() {
  look_up(target_, Side::target, inserted_);
  look_up(source_, Side::source, removed_);
  inserted_.clear();
  removed_.clear();
  next_.mark();
}

void FilterGuard::rollback() {
  inserted_.clear();
  removed_.clear();
  next_.rollback();
}

void FilterGuard::look_up(mysql::Session& session, Side side,
                          const std::vector<mysql::Row>& keys) {
  for (std::size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to =
        keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), begin + kKeysAtOnce));
    mysql::RowStream rows(
        session, select_keys(pair_, side, {from, to}, false, Locking::none, Wanted::key),
        read_columns(pair_, side, Wanted::key), "looking for rows outside the filter");
    mysql::Row row;
    while (rows.next(row)) {
      if (findings_.size() >= kFindingsAtMost) continue;
      std::string key;
      for (std::size_t i = 0; i < pair_.key_columns; ++i)
        key += (i == 0 ? "" : ", ") +
               mysql::printable(mysql::show(pair_.columns[i].type, row.cell(i)).data);
      const Side inside = side == Side::source ? Side::target : Side::source;
      findings_.push_back({"filter_moved", Severity::error, pair_.job.address,
                           "row (" + key + ") is inside the filter on " + pair_.server(inside) +
                               " and outside on " + pair_.server(side),
                           "filter_moved = \"follow\" deletes or updates such rows"});
    }
  }
}

}  // namespace rowplan::planner
