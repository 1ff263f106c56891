// The order of keys, for keys whose order a client can know.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "mysql/cell.h"

namespace rowplan::mysql {

/// How one key column sorts on both members' servers.
enum class ColumnOrder : std::uint8_t {
  bytes,      ///< as the cells' bytes: numbers, times, BINARY, text of a NO PAD binary collation
  decimal,    ///< by value
  pad_space,  ///< text of a PAD SPACE binary collation: the shorter as if filled with spaces
};

/// Two cells of one column, neither NULL. <0, 0, >0.
[[nodiscard]] int compare_cells(ColumnOrder order, std::string_view a, std::string_view b);

/// Compares the first order.size() cells of two rows; key cells are never NULL.
/// <0, 0, >0. Equal keys of a pad_space column may differ in bytes.
[[nodiscard]] int compare_keys(const std::vector<ColumnOrder>& order, const Row& a, const Row& b);

}  // namespace rowplan::mysql
