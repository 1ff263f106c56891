#include "mysql/cell.h"

#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>

#include "mysql/double_text.h"
#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

constexpr std::size_t kLengthBytes = 4;
constexpr std::uint32_t kNullLength = 0xFFFFFFFF;
constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

void put_u64(std::string& out, std::uint64_t value) {
  const std::uint64_t big = __builtin_bswap64(value);
  std::array<char, 8> bytes{};
  std::memcpy(bytes.data(), &big, bytes.size());
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

PackedTime unpack(std::uint64_t bits) {
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

// --- text back to cells -------------------------------------------------------------------------

/// Takes digits (and one optional sign) off the front; nullopt if there are none.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

/// ".5" with up to 6 digits -> 500000; nothing -> 0.
std::optional<std::uint64_t> take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  const std::string_view digits = text;
  const auto value = take_number(text);
  const std::size_t count = digits.size() - text.size();
  if (!value || count > 6) return std::nullopt;
  std::uint64_t scaled = *value;
  for (std::size_t i = count; i < 6; ++i) scaled *= 10;
  return scaled;
}

std::optional<std::string> integer_cell(std::string_view text) {
  std::string out;
  if (!text.empty() && text[0] == '-') {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value >= 0) return std::nullopt;
    append_integer(out, true, static_cast<std::uint64_t>(value));
    return out;
  }
  const auto value = take_number(text);
  if (!value || !text.empty()) return std::nullopt;
  append_integer(out, false, *value);
  return out;
}

std::optional<std::string> datetime_cell(std::string_view text, bool with_time) {
  PackedTime t;
  const auto part = [&](unsigned& out, char before) {
    if (before != 0 && !take(text, before)) return false;
    const auto value = take_number(text);
    if (!value || *value > 9999) return false;
    out = static_cast<unsigned>(*value);
    return true;
  };
  if (!part(t.year, 0) || !part(t.month, '-') || !part(t.day, '-')) return std::nullopt;
  if (with_time) {
    if (!part(t.hour, ' ') || !part(t.minute, ':') || !part(t.second, ':')) return std::nullopt;
    const auto us = take_fraction(text);
    if (!us) return std::nullopt;
    t.microsecond = static_cast<unsigned>(*us);
  }
  if (!text.empty() || t.month > 15 || t.day > 31 || t.hour > 31 || t.minute > 63 || t.second > 63)
    return std::nullopt;
  std::string out;
  append_datetime(out, t);
  return out;
}

std::optional<std::string> time_cell(std::string_view text) {
  const bool negative = take(text, '-');
  const auto hours = take_number(text);
  if (!hours || *hours > 100000 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text);
  if (!minutes || *minutes > 59 || !take(text, ':')) return std::nullopt;
  const auto seconds = take_number(text);
  if (!seconds || *seconds > 59) return std::nullopt;
  const auto us = take_fraction(text);
  if (!us || !text.empty()) return std::nullopt;
  std::string out;
  append_time(out, negative, ((*hours * 60 + *minutes) * 60 + *seconds) * 1000000 + *us);
  return out;
}

std::optional<std::string> real_cell(const CellType& type, std::string_view text) {
  std::string out;
  const char* end = text.data() + text.size();
  if (type.single) {
    float value = 0;
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || at != end || !std::isfinite(value)) return std::nullopt;
    append_real(out, static_cast<double>(value));
    return out;
  }
  double value = 0;
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || !std::isfinite(value)) return std::nullopt;
  append_real(out, value);
  return out;
}

bool is_decimal(std::string_view text, unsigned scale) {
  take(text, '-');
  std::size_t whole = 0;
  while (whole < text.size() && text[whole] >= '0' && text[whole] <= '9') ++whole;
  if (whole == 0) return false;
  text.remove_prefix(whole);
  if (scale == 0) return text.empty();
  if (!take(text, '.') || text.size() != scale) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

// --- Row ----------------------------------------------------------------------------------------

void Row::add_null() {
  data_.append(kLengthBytes, '\xFF');
  ends_.push_back(data_.size());
}

void Row::add(std::string_view cell) {
  open().append(cell);
  close();
}

std::string& Row::open() {
  data_.append(kLengthBytes, '\0');
  return data_;
}

void Row::close() {
  const std::size_t begin = ends_.empty() ? 0 : ends_.back();
  const std::size_t length = data_.size() - begin - kLengthBytes;
  assert(length < kNullLength);
  const auto stored = static_cast<std::uint32_t>(length);
  std::memcpy(data_.data() + begin, &stored, kLengthBytes);
  ends_.push_back(data_.size());
}

bool Row::is_null(std::size_t i) const {
  std::uint32_t length = 0;
  std::memcpy(&length, data_.data() + begin_of(i), kLengthBytes);
  return length == kNullLength;
}

std::string_view Row::cell(std::size_t i) const {
  const std::size_t begin = begin_of(i) + kLengthBytes;
  return std::string_view(data_).substr(begin, ends_[i] - begin);
}

// --- cells --------------------------------------------------------------------------------------

void append_integer(std::string& out, bool negative, std::uint64_t bits) {
  out += static_cast<char>(negative ? 0 : 1);
  put_u64(out, bits);
}

void append_real(std::string& out, double value) {
  // -0 equals 0; MariaDB does not even print it.
  const auto bits = std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : value);
  put_u64(out, (bits & kSignBit) != 0 ? ~bits : bits | kSignBit);
}

double real_of(std::string_view cell) {
  const std::uint64_t sorted = get_u64(cell);
  return std::bit_cast<double>((sorted & kSignBit) != 0 ? sorted & ~kSignBit : ~sorted);
}

void append_datetime(std::string& out, const PackedTime& t) {
  std::uint64_t bits = t.year;
  bits = bits << 4 | t.month;
  bits = bits << 5 | t.day;
  bits = bits << 5 | t.hour;
  bits = bits << 6 | t.minute;
  bits = bits << 6 | t.second;
  bits = bits << 20 | t.microsecond;
  put_u64(out, bits);
}

void append_time(std::string& out, bool negative, std::uint64_t microseconds) {
  const auto us = static_cast<std::int64_t>(microseconds);
  put_u64(out, static_cast<std::uint64_t>(negative ? -us : us) ^ kSignBit);
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
      return {true, date_text(unpack(get_u64(cell)))};
    case CellKind::datetime:
      return {true, datetime_text(unpack(get_u64(cell)), type.fsp)};
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

std::optional<std::string> cell_from_shown(const CellType& type, const Shown& shown) {
  const auto only_text = [&](std::optional<std::string> cell) {
    return shown.text ? std::move(cell) : std::nullopt;
  };
  switch (type.kind) {
    case CellKind::integer:
    case CellKind::year:
      return only_text(integer_cell(shown.data));
    case CellKind::real:
      return only_text(real_cell(type, shown.data));
    case CellKind::date:
      return only_text(datetime_cell(shown.data, false));
    case CellKind::datetime:
      return only_text(datetime_cell(shown.data, true));
    case CellKind::time:
      return only_text(time_cell(shown.data));
    case CellKind::tagged_text:
      return (shown.text ? "t" : "x") + shown.data;
    case CellKind::label:
      if (type.is_set) return only_text((shown.data.empty() ? "1" : "0") + shown.data);
      if (!shown.text) return shown.data.empty() ? std::optional<std::string>("1") : std::nullopt;
      return "0" + shown.data;
    case CellKind::bytes:
      return shown.text ? std::nullopt : std::optional(shown.data);
    case CellKind::text:
    case CellKind::json:
      return shown.data;
    case CellKind::decimal:
      return only_text(is_decimal(shown.data, type.scale) ? std::optional(shown.data)
                                                          : std::nullopt);
    case CellKind::plain:
      return only_text(shown.data);
  }
  assert(false);
  return std::nullopt;
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
