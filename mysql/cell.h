// Exact values in a compact form, and what it takes to read, show and write them.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/row.h"

namespace rowplan::mysql {

/// How the values of one column are held. The forms of numbers and times sort as their values do
/// when compared as bytes.
enum class CellKind : std::uint8_t {
  integer,      ///< 1 byte sign (0 negative, 1 not), 8 bytes big-endian; also BIT
  year,         ///< as integer
  decimal,      ///< the server's text, with `scale` digits after the point
  real,         ///< 8 bytes: IEEE bits, big-endian, made to sort; -0 is held as 0
  date,         ///< 8 bytes packed, big-endian
  datetime,     ///< likewise; TIMESTAMP in UTC
  time,         ///< 8 bytes: microseconds + 2^63, big-endian
  text,         ///< UTF-8 bytes as stored; may be ill-formed
  tagged_text,  ///< 't' and UTF-8, or 'x' and the stored bytes where they do not convert back
  bytes,        ///< as stored; also GEOMETRY and VECTOR
  label,        ///< ENUM, SET: '1' alone for index 0, else '0' and the labels in UTF-8
  json,         ///< canonical or stored text, UTF-8
  plain,        ///< ASCII text: UUID, INET4, INET6
};

struct CellType {
  CellKind kind = CellKind::bytes;
  bool single = false;     ///< real: shown as the shortest text that reads back as a FLOAT
  unsigned scale = 0;      ///< decimal
  unsigned fsp = 0;        ///< datetime, time: digits of the fraction shown
  bool is_set = false;     ///< label: of a SET
  bool canonical = false;  ///< json: parsed and put into canonical form by the client

  friend bool operator==(const CellType&, const CellType&) = default;
};

// Building and reading cells of numbers and times.
struct PackedTime {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, microsecond = 0;
};
[[nodiscard]] std::uint64_t real_bits(double value);
[[nodiscard]] inline std::uint64_t datetime_bits(const PackedTime& t) {
  const std::uint64_t day = (std::uint64_t{t.year} << 4 | t.month) << 5 | t.day;
  const std::uint64_t second = ((day << 5 | t.hour) << 6 | t.minute) << 6 | t.second;
  return second << 20 | t.microsecond;
}
[[nodiscard]] std::uint64_t time_bits(bool negative, std::uint64_t microseconds);
inline void put_u64(char* out, std::uint64_t value) {
  const std::uint64_t big = __builtin_bswap64(value);
  std::memcpy(out, &big, sizeof big);
}
[[nodiscard]] inline char sign_of(bool negative) { return static_cast<char>(negative ? 0 : 1); }
void append_integer(std::string& out, bool negative, std::uint64_t bits);
void append_real(std::string& out, double value);
void append_datetime(std::string& out, const PackedTime& time);
void append_time(std::string& out, bool negative, std::uint64_t microseconds);
[[nodiscard]] double real_of(std::string_view cell);
[[nodiscard]] PackedTime datetime_of(std::string_view cell);

/// A value as people and plans see it.
struct Shown {
  bool text = true;  ///< false: `data` is bytes that are not text
  std::string data;
};
/// Exact text of a cell that is not NULL. For an ENUM's index 0 the empty bytes, not text.
[[nodiscard]] Shown show(const CellType& type, std::string_view cell);
/// Appends show()'s text of a cell of a kind that always has one and is as it is written: numbers
/// but `real`, times, decimal, plain.
void append_plain_text(std::string& out, const CellType& type, std::string_view cell);
/// The cell whose show() this is; nullopt if there is none (an edited plan).
[[nodiscard]] std::optional<std::string> cell_from_shown(const CellType& type, const Shown& shown);

/// SQL for the value: typed, exact, safe in every escape mode. For a tagged 'x' value the bytes.
[[nodiscard]] std::string literal(const CellType& type, std::string_view cell);
/// Can a strict session store it? Not: an ENUM's index 0.
[[nodiscard]] bool needs_lenient_mode(const CellType& type, std::string_view cell);

}  // namespace rowplan::mysql
