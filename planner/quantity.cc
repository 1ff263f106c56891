#include "planner/quantity.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <utility>

namespace rowplan::planner {
namespace {

constexpr std::uint64_t kSizeMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDurationMaxMs = 10LL * 366 * 24 * 3600 * 1000;
constexpr std::uint32_t kWhole = 1'000'000;
constexpr std::size_t kShareDecimals = 4;

/// Takes a whole number off the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<std::uint64_t> size_unit(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 10> kUnits = {{
      {"B", 1},
      {"kB", 1'000},
      {"KB", 1'000},
      {"MB", 1'000'000},
      {"GB", 1'000'000'000},
      {"TB", 1'000'000'000'000},
      {"KiB", 1ULL << 10U},
      {"MiB", 1ULL << 20U},
      {"GiB", 1ULL << 30U},
      {"TiB", 1ULL << 40U},
  }};
  for (const auto& [unit, bytes] : kUnits) {
    if (unit == name) return bytes;
  }
  return std::nullopt;
}

std::optional<std::int64_t> duration_unit_ms(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits = {
      {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  for (const auto& [unit, ms] : kUnits) {
    if (unit == name) return ms;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const std::optional<std::uint64_t> number = take_number(text);
  if (!number) return std::nullopt;
  if (text.starts_with(' ')) text.remove_prefix(1);
  const std::optional<std::uint64_t> unit = size_unit(text);
  if (!unit || *number > kSizeMax / *unit) return std::nullopt;
  return *number * *unit;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t sum = 0;
  while (!text.empty()) {
    const std::optional<std::uint64_t> number = take_number(text);
    if (!number) return std::nullopt;
    const std::size_t end = text.find_first_of("0123456789");
    const std::optional<std::int64_t> unit = duration_unit_ms(text.substr(0, end));
    if (!unit || *number > static_cast<std::uint64_t>(kDurationMaxMs / *unit)) return std::nullopt;
    sum += static_cast<std::int64_t>(*number) * *unit;
    if (sum > kDurationMaxMs) return std::nullopt;
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  }
  return std::chrono::milliseconds(sum);
}

std::optional<std::uint32_t> parse_share(std::string_view text) {
  const std::optional<std::uint64_t> percent = take_number(text);
  if (!percent || *percent > 100) return std::nullopt;
  std::uint32_t share = static_cast<std::uint32_t>(*percent) * (kWhole / 100);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::uint32_t worth = kWhole / 1000;  // of the first decimal
    std::size_t digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      share += static_cast<std::uint32_t>(text.front() - '0') * worth;
      worth /= 10;
      ++digits;
      text.remove_prefix(1);
    }
    if (digits == 0 || digits > kShareDecimals) return std::nullopt;
  }
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text != "%" || share > kWhole) return std::nullopt;
  return share;
}

}  // namespace rowplan::planner
