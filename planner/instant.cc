#include "planner/instant.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace rowplan::planner {

namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::int64_t kLongestOffsetS = std::int64_t{14} * 3600;

std::int64_t unit_of(unsigned digits) {
  std::int64_t unit = 1;
  for (unsigned i = digits; i < 6; ++i) unit *= 10;
  return unit;
}

/// Reads a text from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  bool skip(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly `digits` digits.
  std::optional<unsigned> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    unsigned value = 0;
    const char* end = rest_.data() + digits;
    const auto [stop, error] = std::from_chars(rest_.data(), end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }
  /// The digits after a point, as microseconds.
  std::optional<unsigned> fraction() {
    const std::size_t end = rest_.find_first_not_of("0123456789");
    const std::size_t digits = end == std::string_view::npos ? rest_.size() : end;
    if (digits == 0 || digits > 6) return std::nullopt;
    const auto value = number(digits);
    if (!value) return std::nullopt;
    return *value * static_cast<unsigned>(unit_of(static_cast<unsigned>(digits)));
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<Instant> date(Scanner& text) {
  const auto year = text.number(4);
  if (!year || !text.skip('-')) return std::nullopt;
  const auto month = text.number(2);
  if (!month || !text.skip('-')) return std::nullopt;
  const auto day = text.number(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<microseconds> time_of_day(Scanner& text) {
  const auto hour = text.number(2);
  if (!hour || *hour > 23 || !text.skip(':')) return std::nullopt;
  const auto minute = text.number(2);
  if (!minute || *minute > 59 || !text.skip(':')) return std::nullopt;
  const auto second = text.number(2);
  if (!second || *second > 59) return std::nullopt;
  std::optional<unsigned> fraction = 0;
  if (text.skip('.')) fraction = text.fraction();
  if (!fraction) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second) +
         microseconds(*fraction);
}

}  // namespace

std::string to_text(Instant instant, unsigned digits) {
  const auto day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(instant - day);
  std::array<char, 48> text{};
  int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  std::string out(text.data(), static_cast<std::size_t>(size));
  if (digits == 0) return out;
  size = std::snprintf(text.data(), text.size(), ".%0*lld", static_cast<int>(digits),
                       static_cast<long long>(time.subseconds().count() / unit_of(digits)));
  return out.append(text.data(), static_cast<std::size_t>(size));
}

std::optional<seconds> parse_offset(std::string_view text) {
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  Scanner rest(text.substr(1));
  const auto hours = rest.number(2);
  if (!hours || !rest.skip(':')) return std::nullopt;
  const auto minutes = rest.number(2);
  if (!minutes || *minutes > 59 || !rest.done()) return std::nullopt;
  const std::int64_t offset = std::int64_t{*hours} * 3600 + std::int64_t{*minutes} * 60;
  if (offset > kLongestOffsetS) return std::nullopt;
  return seconds(text.front() == '-' ? -offset : offset);
}

std::optional<Instant> parse_instant(std::string_view text, seconds offset) {
  Scanner scanner(text);
  const auto day = date(scanner);
  if (!day) return std::nullopt;
  microseconds time{0};
  if (scanner.skip(' ') || scanner.skip('T')) {
    const auto found = time_of_day(scanner);
    if (!found) return std::nullopt;
    time = *found;
    if (scanner.rest() == "Z") return *day + time;
    if (!scanner.done()) {
      const auto own = parse_offset(scanner.rest());
      if (!own) return std::nullopt;
      return *day + time - *own;
    }
  }
  if (!scanner.done()) return std::nullopt;
  return *day + time - offset;
}

Instant floor_to(Instant instant, unsigned digits) {
  const std::int64_t unit = unit_of(digits);
  const std::int64_t count = instant.time_since_epoch().count();
  const std::int64_t over = ((count % unit) + unit) % unit;
  return Instant(microseconds(count - over));
}

}  // namespace rowplan::planner
