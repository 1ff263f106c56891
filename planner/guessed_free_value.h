// Values to park for those who cannot ask a server: a good guess, always the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "planner/unit_steps.h"

namespace rowplan::planner {

/// The n-th value asked for in a column is
/// - of integers: the n-th from the least of a signed type on, and from the greatest down of an
///   unsigned one; of an unsigned AUTO_INCREMENT, whose counter a large value would move, 0 alone;
/// - of text and bytes: `~rowplan-<n>`, or `~<n>` where that is too long;
/// - of DATE, DATETIME and TIMESTAMP: the n-th day of 1971, at midnight, as far as January goes.
/// Other types have none. That no row holds the value is likely, not known: where one does, the
/// server refuses the statement.
class GuessedFreeValue : public FreeValue {
 public:
  [[nodiscard]] std::optional<std::string> free_value(const TablePair& pair,
                                                      const mysql::Index& index,
                                                      std::size_t column) override;

 private:
  std::map<std::pair<mysql::TableName, std::size_t>, std::uint64_t> asked_;
};

}  // namespace rowplan::planner
