// Sums the hashes of a chunk's rows.
#pragma once

#include "mysql/encoding.h"
#include "mysql/mutant.h"
#include "planner/plan.h"

namespace rowplan::planner {

inline void add(ChunkHash& chunk, const mysql::RowHash& row) {
  static const bool by_xor = mysql::planted(mysql::Mutant::hash_is_crc_xor);
  ++chunk.rows;
  if (by_xor) return void(chunk.high ^= row.high);
  chunk.high += row.high;
  chunk.low += row.low;
}

/// Adds what several rows came to.
inline void add(ChunkHash& chunk, const ChunkHash& rows) {
  chunk.rows += rows.rows;
  chunk.high += rows.high;
  chunk.low += rows.low;
}

/// `copies` equal rows.
inline void add(ChunkHash& chunk, const mysql::RowHash& row, std::uint64_t copies) {
  chunk.rows += copies;
  chunk.high += row.high * copies;
  chunk.low += row.low * copies;
}

inline void subtract(ChunkHash& chunk, const mysql::RowHash& row) {
  --chunk.rows;
  chunk.high -= row.high;
  chunk.low -= row.low;
}

}  // namespace rowplan::planner
