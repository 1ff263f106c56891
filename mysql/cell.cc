#include "mysql/cell.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
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

template <typename Integer>
void append_number(std::string& out, Integer value) {
  std::array<char, 20> digits{};  // the longest: a sign and 19, or 20
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

void append_integer_text(std::string& out, std::string_view cell) {
  const std::uint64_t bits = get_u64(cell.substr(1));
  if (cell[0] == 0)
    append_number(out, static_cast<std::int64_t>(bits));
  else
    append_number(out, bits);
}

/// A date's or a time's text under way: rows of them are hashed, so it is appended at once.
class TimeText {
 public:
  void put(char c) { *end_++ = c; }

  void put_padded(std::uint64_t value, std::size_t width) {
    std::array<char, kDigits> digits{};
    std::size_t first = digits.size();
    for (; value != 0 || digits.size() - first < width; value /= 10)
      digits[--first] = static_cast<char>('0' + value % 10);
    end_ = std::copy(digits.data() + first, digits.data() + digits.size(), end_);
  }

  void put_date(const PackedTime& t) {
    put_padded(t.year, 4);
    put('-');
    put_padded(t.month, 2);
    put('-');
    put_padded(t.day, 2);
  }

  void put_clock(std::uint64_t hour, std::uint64_t minute, std::uint64_t second) {
    put_padded(hour, 2);
    put(':');
    put_padded(minute, 2);
    put(':');
    put_padded(second, 2);
  }

  void put_fraction(std::uint64_t microsecond, unsigned fsp) {
    if (fsp == 0) return;
    put('.');
    put_padded(microsecond, kMicrosecondDigits);
    end_ -= kMicrosecondDigits - fsp;
  }

  void append_to(std::string& out) const {
    out.append(text_.data(), static_cast<std::size_t>(end_ - text_.data()));
  }

 private:
  static constexpr std::size_t kDigits = 20;  // of 64 bits
  static constexpr unsigned kMicrosecondDigits = 6;
  // More than the parts of any cell come to, whatever its bits.
  std::array<char, 2 * kDigits> text_{};
  char* end_ = text_.data();
};

void append_date_text(std::string& out, const PackedTime& t) {
  TimeText text;
  text.put_date(t);
  text.append_to(out);
}

void append_datetime_text(std::string& out, const PackedTime& t, unsigned fsp) {
  TimeText text;
  text.put_date(t);
  text.put(' ');
  text.put_clock(t.hour, t.minute, t.second);
  text.put_fraction(t.microsecond, fsp);
  text.append_to(out);
}

void append_time_text(std::string& out, std::string_view cell, unsigned fsp) {
  const auto signed_us = static_cast<std::int64_t>(get_u64(cell) ^ kSignBit);
  const auto us = static_cast<std::uint64_t>(signed_us < 0 ? -signed_us : signed_us);
  const std::uint64_t seconds = us / 1000000;
  TimeText text;
  if (signed_us < 0) text.put('-');
  text.put_clock(seconds / 3600, seconds / 60 % 60, seconds % 60);
  text.put_fraction(us % 1000000, fsp);
  text.append_to(out);
}

void append_year_text(std::string& out, std::string_view cell) {
  TimeText text;
  text.put_padded(get_u64(cell.substr(1)), 4);
  text.append_to(out);
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

void append_plain_text(std::string& out, const CellType& type, std::string_view cell) {
  switch (type.kind) {
    case CellKind::integer:
      return append_integer_text(out, cell);
    case CellKind::year:
      return append_year_text(out, cell);
    case CellKind::date:
      return append_date_text(out, datetime_of(cell));
    case CellKind::datetime:
      return append_datetime_text(out, datetime_of(cell), type.fsp);
    case CellKind::time:
      return append_time_text(out, cell, type.fsp);
    case CellKind::decimal:
    case CellKind::plain:
      out += cell;
      return;
    default:
      assert(false);
  }
}

Shown show(const CellType& type, std::string_view cell) {
  switch (type.kind) {
    case CellKind::real:
      return {true, real_text(type, cell)};
    case CellKind::tagged_text:
      return {cell[0] == 't', std::string(cell.substr(1))};
    case CellKind::label:
      return {cell[0] == '0' || type.is_set, std::string(cell.substr(1))};
    case CellKind::bytes:
      return {false, std::string(cell)};
    case CellKind::text:
    case CellKind::json:
      return {is_utf8(cell), std::string(cell)};
    default:
      Shown shown;
      append_plain_text(shown.data, type, cell);
      return shown;
  }
}

std::string literal(const CellType& type, std::string_view cell) {
  switch (type.kind) {
    case CellKind::integer:
    case CellKind::decimal:
      return show(type, cell).data;
    case CellKind::real: {
      // The double's own text even for a FLOAT: f = 0.1e0 is false, f = 0.10000000149011612e0 true.
      std::string text = double_text(real_of(cell));
      if (text.find('e') == std::string::npos) text += "e0";
      return text;
    }
    case CellKind::year:  // the string '0' would be 2000; four digits are what they say
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
