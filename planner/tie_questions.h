// What TieProbe asks a target: many small SELECTs at once, and what it takes for equal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mysql/row_stream.h"
#include "mysql/session.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// A 64-bit hash of a row's cells, NULL or not.
[[nodiscard]] std::uint64_t hash_of(const mysql::Row& row);

/// Sends `selects`, each of which gives its number and then `columns`. Told of each row: the number
/// and the hash of the rest. No other result may be open on the session. Throws mysql::Error.
void ask_numbered(mysql::Session& session, const std::vector<std::string>& selects,
                  const std::vector<mysql::ReadColumn>& columns, const std::string& doing,
                  const std::function<void(std::uint64_t, std::uint64_t)>& on_answer);

/// Values that foreign keys compare, as hashes: equal where the target takes the values for equal.
/// Its collations are its secret, so it is asked for the weights of texts.
class ReferenceValues {
 public:
  /// Notes the value of `columns`, none of which is NULL. Its number.
  [[nodiscard]] std::uint64_t add(const TablePair& pair, const mysql::Row& row,
                                  const std::vector<std::size_t>& columns);
  /// The hashes by number, of all that was noted; and forgets it. Throws mysql::Error.
  [[nodiscard]] std::vector<std::uint64_t> take(mysql::Session& target, const std::string& doing);
  void clear() { values_.clear(); }

 private:
  struct Value {
    mysql::Row others;    // cells that are equal where their bytes are
    std::string weights;  // SQL; empty where there is no text
  };
  std::vector<Value> values_;
};

}  // namespace rowplan::planner
