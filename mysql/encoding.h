// The canonical encoding of a row and its hash. FROZEN: plans and baselines hold these hashes.
// Specified, with test vectors, in docs/plan-format.md; the SQL forms let every supported server
// compute the same.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/cell.h"

struct evp_md_ctx_st;

namespace rowplan::mysql {

/// Texts and byte strings up to this length stand in hex in the encoding; longer ones as SHA-256,
/// so that a server can concatenate a row of any table under max_allowed_packet.
inline constexpr std::size_t kEncodedInHexBytes = 128;

/// The encoding of one cell: never empty, without a comma, injective within a type.
void append_encoding(std::string& out, const CellType& type, std::string_view cell);

/// Encodings of all cells, NULL as N, joined by commas.
void append_row_encoding(std::string& out, const std::vector<CellType>& types, const Row& row);

/// The first 128 bits of SHA-256 over the row's encoding, as two big-endian numbers.
struct RowHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const RowHash&, const RowHash&) = default;
};

/// Hashes rows of one table; keeps its buffer and its digest between rows.
class RowHasher {
 public:
  explicit RowHasher(std::vector<CellType> types);
  [[nodiscard]] RowHash hash(const Row& row);
  /// The first 64 bits of SHA-256 over the encoding of one cell, NULL as N.
  [[nodiscard]] std::uint64_t cell_hash(const Row& row, std::size_t column);
  /// CRC-32 over the encoding of the first `key_columns` cells: where chunks are cut.
  [[nodiscard]] std::uint32_t key_crc(const Row& row, std::size_t key_columns);

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  [[nodiscard]] std::array<unsigned char, 32> sha256_of_buffer();
  std::vector<CellType> types_;
  std::string buffer_;
  std::unique_ptr<evp_md_ctx_st, Free> digest_;
};

/// SQL for a cell's encoding, from a column's quoted expression. `charset`: of the column, for
/// text. Not for JSON that is canonical: only the client can parse that.
[[nodiscard]] std::string sql_encoding(const CellType& type, const std::string& column,
                                       const std::string& charset);
/// SQL for the row hash as 64 hex digits, from the columns' encodings.
[[nodiscard]] std::string sql_row_hash(const std::vector<std::string>& encodings);

}  // namespace rowplan::mysql
