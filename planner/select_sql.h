// The SELECTs by which one member's rows are read. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "planner/table_pair.h"

namespace rowplan::planner {

/// Rows with low < key <= high; no bound: open. A bound's first cells are the key's.
struct KeyRange {
  std::optional<mysql::Row> low;
  std::optional<mysql::Row> high;
};

enum class Locking : std::uint8_t { none, for_update };

/// Which columns a SELECT reads, in the pair's order. `key`: those that identify a row; without a
/// key, all.
enum class Wanted : std::uint8_t { all, key };

/// All rows of the filter in a range, in key order (pairs with index_order), or in no order and
/// without bounds (pairs without a key).
[[nodiscard]] std::string select_range(const TablePair& pair, Side side, const KeyRange& range,
                                       Locking locking);

/// All rows of the filter, sorted by the bytes of their keys (pairs without index_order).
[[nodiscard]] std::string select_all_by_bytes(const TablePair& pair, Side side,
                                              Locking locking = Locking::none);

/// The source's rows that are stamped from `low` on and before `high`, by the index of the column,
/// filtered or not: where there is a filter, a last column says whether it takes the row. In key
/// order, or sorted by the bytes of their keys (pairs without index_order).
[[nodiscard]] std::string select_window(const TablePair& pair, Instant low, Instant high);

/// The keys of as many of these rows, of pairs with index_order, from the first one behind `after`
/// on; without it, from the first of all.
[[nodiscard]] std::string select_window_keys(const TablePair& pair, Instant low, Instant high,
                                             const std::optional<mysql::Row>& after,
                                             std::uint64_t rows);

/// A part of a result: `rows` of it, after the first `offset`.
struct Page {
  std::uint64_t rows = 0;
  std::uint64_t offset = 0;
};

/// The keys of the pair's tombstones that are stamped so, in the order of select_window's rows. One
/// may stand there several times.
[[nodiscard]] std::string select_tombstones(const TablePair& pair, Instant low, Instant high,
                                            Page page);

/// The rows with one of `keys`, as the server compares them, in no order.
[[nodiscard]] std::string select_keys(const TablePair& pair, Side side,
                                      const std::vector<mysql::Row>& keys, bool filtered,
                                      Locking locking, Wanted wanted = Wanted::all);

/// The rows of the filter with one of `keys`, in key order (pairs with index_order).
[[nodiscard]] std::string select_keys_in_order(const TablePair& pair, Side side,
                                               const std::vector<mysql::Row>& keys);

/// For each of `keys` its number and the keys that the server takes for equal to it.
[[nodiscard]] std::string select_equal_keys(const TablePair& pair, Side side,
                                            const std::vector<mysql::Row>& keys, bool filtered);

/// `column` = value AND ..., for the first cells of `key`. Without a key, `key` is a whole row of
/// the target, and the condition holds for all rows that are equal to it byte by byte, filtered or
/// not.
[[nodiscard]] std::string key_equals(const TablePair& pair, Side side, const mysql::Row& key);

/// key IN (...), or the same with OR for a key of several columns.
[[nodiscard]] std::string key_in(const TablePair& pair, Side side,
                                 const std::vector<mysql::Row>& keys);

/// Conditions of a range's bounds, joined by AND; empty for one without.
[[nodiscard]] std::string in_range(const TablePair& pair, Side side, const KeyRange& range);

/// key <= `bound`.
[[nodiscard]] std::string at_most(const TablePair& pair, Side side, const mysql::Row& bound);

/// ` FROM` the member's table, by the index of the key.
[[nodiscard]] std::string from_by_key(const TablePair& pair, Side side);

/// ` ORDER BY` the key.
[[nodiscard]] std::string order_by_key(const TablePair& pair, Side side);

/// The filter (`where` in parentheses, `incremental.initial`, and on the source that the row is not
/// soft-deleted); empty where there is none.
[[nodiscard]] std::string filter_of(const TablePair& pair, Side side);

/// The reading of each column, in the pair's order.
[[nodiscard]] std::vector<mysql::ReadColumn> read_columns(const TablePair& pair, Side side,
                                                          Wanted wanted = Wanted::all);

/// A row of only the cells that identify it.
[[nodiscard]] mysql::Row key_of(const TablePair& pair, const mysql::Row& row);

}  // namespace rowplan::planner
