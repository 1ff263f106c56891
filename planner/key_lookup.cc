#include "planner/key_lookup.h"

#include <algorithm>

#include "mysql/row_stream.h"
#include "planner/keys_compare.h"

namespace rowplan::planner {

namespace {

/// Calls `visit` with each batch of keys and the number of its first.
template <typename Visit>
void in_batches(const std::vector<mysql::Row>& keys, Visit visit) {
  for (std::size_t begin = 0; begin < keys.size(); begin += kKeysAtOnce) {
    const std::size_t end = std::min(keys.size(), begin + kKeysAtOnce);
    visit(std::vector<mysql::Row>(keys.begin() + static_cast<std::ptrdiff_t>(begin),
                                  keys.begin() + static_cast<std::ptrdiff_t>(end)),
          begin);
  }
}

}  // namespace

std::string key_bytes(const TablePair& pair, const mysql::Row& row) {
  return std::string(key_of(pair, row).bytes());
}

KeyedRows rows_of_keys(mysql::Session& session, const TablePair& pair, Side side,
                       const std::vector<mysql::Row>& keys, bool filtered, Wanted wanted) {
  KeyedRows found;
  in_batches(keys, [&](const std::vector<mysql::Row>& batch, std::size_t /*first*/) {
    mysql::RowStream rows(session, select_keys(pair, side, batch, filtered, Locking::none, wanted),
                          read_columns(pair, side, wanted), "reading rows of " + pair.job.address);
    mysql::Row row;
    while (rows.next(row)) found.insert_or_assign(key_bytes(pair, row), row);
  });
  return found;
}

std::vector<std::pair<std::size_t, mysql::Row>> equal_keys(mysql::Session& session,
                                                           const TablePair& pair, Side side,
                                                           const std::vector<mysql::Row>& keys,
                                                           bool filtered) {
  std::vector<mysql::ReadColumn> columns(1);
  columns[0].type.kind = mysql::CellKind::integer;
  for (mysql::ReadColumn& column : read_columns(pair, side, Wanted::key))
    columns.push_back(std::move(column));
  std::vector<std::pair<std::size_t, mysql::Row>> found;
  in_batches(keys, [&](const std::vector<mysql::Row>& batch, std::size_t first) {
    mysql::RowStream rows(session, select_equal_keys(pair, side, batch, filtered), columns,
                          "looking up keys of " + pair.job.address);
    mysql::Row row;
    while (rows.next(row)) {
      mysql::Row key;
      for (std::size_t i = 1; i < row.size(); ++i) key.add(row.cell(i));
      found.emplace_back(first + std::stoull(mysql::show(columns[0].type, row.cell(0)).data),
                         std::move(key));
    }
  });
  return found;
}

std::vector<std::optional<mysql::Row>> rows_with_equal_keys(mysql::Session& session,
                                                            const TablePair& pair, Side side,
                                                            const std::vector<mysql::Row>& keys,
                                                            bool filtered, Wanted wanted) {
  const KeyedRows rows = rows_of_keys(session, pair, side, keys, filtered, wanted);
  std::vector<std::optional<mysql::Row>> found(keys.size());
  const auto take = [&](std::size_t number, const mysql::Row& key) {
    const auto row = rows.find(std::string(key.bytes()));
    if (row != rows.end()) found[number] = row->second;
  };
  if (pair.index_order) {  // equal keys have equal bytes
    for (std::size_t i = 0; i < keys.size(); ++i) take(i, keys[i]);
    return found;
  }
  for (const auto& [number, key] : equal_keys(session, pair, side, keys, filtered))
    take(number, key);
  return found;
}

}  // namespace rowplan::planner
