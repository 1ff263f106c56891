#include "mysql/cell.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#include "mysql/double_text.h"
#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

void append_u64(std::string& out, std::uint64_t value) {
  std::array<char, sizeof value> bytes{};
  put_u64(bytes.data(), value);
  out.append(bytes.data(), bytes.size());
}

std::uint64_t get_u64(std::string_view bytes) {
  assert(bytes.size() >= 8);
  std::uint64_t big = 0;
  std::memcpy(&big, bytes.data(), sizeof big);
  return __builtin_bswap64(big);
}

std::string padded(std::uint64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

std::string fraction(std::uint64_t microsecond, unsigned fsp) {
  return fsp == 0 ? "" : "." + padded(microsecond, 6).substr(0, fsp);
}

std::string integer_text(std::string_view cell) {
  const std::uint64_t bits = get_u64(cell.substr(1));
  return cell[0] == 0 ? std::to_string(static_cast<std::int64_t>(bits)) : std::to_string(bits);
}

std::string date_text(const PackedTime& t) {
  return padded(t.year, 4) + "-" + padded(t.month, 2) + "-" + padded(t.day, 2);
}

std::string datetime_text(const PackedTime& t, unsigned fsp) {
  return date_text(t) + " " + padded(t.hour, 2) + ":" + padded(t.minute, 2) + ":" +
         padded(t.second, 2) + fraction(t.microsecond, fsp);
}

std::string time_text(std::string_view cell, unsigned fsp) {
  const auto signed_us = static_cast<std::int64_t>(get_u64(cell) ^ kSignBit);
  const auto us = static_cast<std::uint64_t>(signed_us < 0 ? -signed_us : signed_us);
  const std::uint64_t seconds = us / 1000000;
  return std::string(signed_us < 0 ? "-" : "") + padded(seconds / 3600, 2) + ":" +
         padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2) + fraction(us % 1000000, fsp);
}

std::string real_text(const CellType& type, std::string_view cell) {
  const double value = real_of(cell);
  return type.single ? float_text(static_cast<float>(value)) : double_text(value);
}

}  // namespace

std::uint64_t real_bits(double value) {
  // -0 equals 0; MariaDB does not even print it.
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  return (bits & kSignBit) != 0 ? ~bits : bits | kSignBit;
}

std::uint64_t time_bits(bool negative, std::uint64_t microseconds) {
  const auto us = static_cast<std::int64_t>(microseconds);
  return static_cast<std::uint64_t>(negative ? -us : us) ^ kSignBit;
}

void append_integer(std::string& out, bool negative, std::uint64_t bits) {
  out += sign_of(negative);
  append_u64(out, bits);
}

void append_real(std::string& out, double value) { append_u64(out, real_bits(value)); }

void append_datetime(std::string& out, const PackedTime& t) { append_u64(out, datetime_bits(t)); }

void append_time(std::string& out, bool negative, std::uint64_t microseconds) {
  append_u64(out, time_bits(negative, microseconds));
}

double real_of(std::string_view cell) {
  const std::uint64_t sorted = get_u64(cell);
  return std::bit_cast<double>((sorted & kSignBit) != 0 ? sorted & ~kSignBit : ~sorted);
}

PackedTime datetime_of(std::string_view cell) {
  std::uint64_t bits = get_u64(cell);
  const auto take = [&](unsigned width) {
    const auto part = static_cast<unsigned>(bits & ((std::uint64_t{1} << width) - 1));
    bits >>= width;
    return part;
  };
  PackedTime time;
  time.microsecond = take(20);
  time.second = take(6);
  time.minute = take(6);
  time.hour = take(5);
  time.day = take(5);
  time.month = take(4);
  time.year = take(14);
  return time;
}

Shown show(const CellType& type, std::string_view cell) {
  switch (type.kind) {
    case CellKind::integer:
      return {true, integer_text(cell)};
    case CellKind::year:
      return {true, padded(get_u64(cell.substr(1)), 4)};
    case CellKind::real:
      return {true, real_text(type, cell)};
    case CellKind::date:
      return {true, date_text(datetime_of(cell))};
    case CellKind::datetime:
      return {true, datetime_text(datetime_of(cell), type.fsp)};
    case CellKind::time:
      return {true, time_text(cell, type.fsp)};
    case CellKind::tagged_text:
      return {cell[0] == 't', std::string(cell.substr(1))};
    case CellKind::label:
      return {cell[0] == '0' || type.is_set, std::string(cell.substr(1))};
    case CellKind::bytes:
      return {false, std::string(cell)};
    case CellKind::text:
    case CellKind::json:
      return {is_utf8(cell), std::string(cell)};
    case CellKind::decimal:
    case CellKind::plain:
      return {true, std::string(cell)};
  }
  assert(false);
  return {};
}

std::string literal(const CellType& type, std::string_view cell) {
  switch (type.kind) {
    case CellKind::integer:
      return integer_text(cell);
    case CellKind::year: {
      // The string '0' would be 2000; the number 0 and four digits are what they say.
      return "'" + padded(get_u64(cell.substr(1)), 4) + "'";
    }
    case CellKind::decimal:
      return std::string(cell);
    case CellKind::real: {
      // The double's own text even for a FLOAT: f = 0.1e0 is false, f = 0.10000000149011612e0 true.
      std::string text = double_text(real_of(cell));
      if (text.find('e') == std::string::npos) text += "e0";
      return text;
    }
    case CellKind::date:
    case CellKind::datetime:
    case CellKind::time:
      return "'" + show(type, cell).data + "'";
    case CellKind::text:
    case CellKind::json:
      return is_utf8(cell) ? text_literal(cell) : bytes_literal(cell);
    case CellKind::tagged_text:
      return cell[0] == 't' ? text_literal(cell.substr(1)) : bytes_literal(cell.substr(1));
    case CellKind::bytes:
      return bytes_literal(cell);
    case CellKind::label:
      return cell[0] == '1' && !type.is_set ? "0" : text_literal(cell.substr(1));
    case CellKind::plain:
      return text_literal(cell);
  }
  assert(false);
  return {};
}

bool needs_lenient_mode(const CellType& type, std::string_view cell) {
  return type.kind == CellKind::label && !type.is_set && cell[0] == '1';
}

}  // namespace rowplan::mysql
