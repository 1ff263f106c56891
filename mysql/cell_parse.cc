// Text back to cells: what a plan shows becomes a value again, or is refused.
#include <cassert>
#include <charconv>
#include <cmath>

#include "mysql/cell.h"

namespace rowplan::mysql {

namespace {

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

}  // namespace rowplan::mysql
