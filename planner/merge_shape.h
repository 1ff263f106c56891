// The columns and keys of a table that several members have, as merging needs them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mysql/key_order.h"

namespace rowplan::planner {

struct MergeShape {
  std::string address;
  std::vector<std::string> members;    ///< servers, the source or hub first
  std::vector<mysql::CellType> types;  ///< of all columns, the key's first
  std::size_t key_columns = 0;
  std::vector<mysql::ColumnOrder> order;  ///< of the key
  std::uint64_t chunk_rows = 200;
  bool by_columns = false;  ///< merge = "columns"
};

}  // namespace rowplan::planner
