#include "cmd/time_text.h"

#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

namespace rowplan::cmd {
namespace {

constexpr std::string_view kTimeForm = "dddd-dd-ddTdd:dd:dd.dddZ";  // d: a digit
constexpr std::string_view kWatermarkForm = "dddd-dd-dd dd:dd:dd.dddddd";
constexpr std::size_t kSecondsSize = 19;  // of both, without the fraction

bool has_form(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return false;
  }
  return true;
}

/// The number of `size` digits at `at`; has_form has made sure that they are digits.
int number_at(std::string_view text, std::size_t at, std::size_t size) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + at + size, number);
  return number;
}

/// The first 19 characters of either form. nullopt: no day or time of day.
std::optional<std::chrono::sys_seconds> seconds_of(std::string_view text) {
  using namespace std::chrono;
  const year_month_day date{year(number_at(text, 0, 4)),
                            month(static_cast<unsigned>(number_at(text, 5, 2))),
                            day(static_cast<unsigned>(number_at(text, 8, 2)))};
  const hours of_day(number_at(text, 11, 2));
  const minutes of_hour(number_at(text, 14, 2));
  const seconds of_minute(number_at(text, 17, 2));
  // What a time_point of nanoseconds can hold, and to spare.
  if (date.year() < year(1700) || date.year() > year(2200)) return std::nullopt;
  if (!date.ok() || of_day >= hours(24) || of_hour >= minutes(60) || of_minute > seconds(60)) {
    return std::nullopt;
  }
  return sys_days(date) + of_day + of_hour + of_minute;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) {
  if (!has_form(text, kTimeForm)) return std::nullopt;
  const auto whole = seconds_of(text);
  if (!whole) return std::nullopt;
  return *whole + std::chrono::milliseconds(number_at(text, kSecondsSize + 1, 3));
}

std::optional<std::chrono::system_clock::time_point> parse_watermark(std::string_view text) {
  // Without a fraction, or with a point and up to six digits of one.
  if (text.size() == kSecondsSize + 1 || text.size() > kWatermarkForm.size()) return std::nullopt;
  if (!has_form(text, kWatermarkForm.substr(0, text.size()))) return std::nullopt;
  if (text.size() < kSecondsSize) return std::nullopt;
  const auto whole = seconds_of(text);
  if (!whole) return std::nullopt;
  if (text.size() == kSecondsSize) return *whole;
  std::string fraction(text.substr(kSecondsSize + 1));
  fraction.resize(6, '0');
  return *whole + std::chrono::microseconds(number_at(fraction, 0, 6));
}

std::string age_text(std::chrono::system_clock::duration age) {
  using namespace std::chrono;
  const auto whole = duration_cast<seconds>(age).count();
  if (whole < 60) return std::to_string(whole < 0 ? 0 : whole) + 's';
  if (whole < 3600) return std::to_string(whole / 60) + 'm';
  if (whole < 86400) {
    return std::to_string(whole / 3600) + "h " + std::to_string(whole / 60 % 60) + 'm';
  }
  return std::to_string(whole / 86400) + "d " + std::to_string(whole / 3600 % 24) + 'h';
}

}  // namespace rowplan::cmd
