#include "cmd/time_text.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace rowplan::cmd {
namespace {

constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";  // d: a digit

/// The number of `size` digits at `at`; kForm has made sure that they are digits.
int number_at(std::string_view text, std::size_t at, std::size_t size) {
  int number = 0;
  std::from_chars(text.data() + at, text.data() + at + size, number);
  return number;
}

}  // namespace

std::optional<std::chrono::system_clock::time_point> parse_time(std::string_view text) {
  using namespace std::chrono;
  if (text.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool fits = kForm[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == kForm[i];
    if (!fits) return std::nullopt;
  }
  const year_month_day date{year(number_at(text, 0, 4)),
                            month(static_cast<unsigned>(number_at(text, 5, 2))),
                            day(static_cast<unsigned>(number_at(text, 8, 2)))};
  const hours of_day(number_at(text, 11, 2));
  const minutes of_hour(number_at(text, 14, 2));
  const seconds of_minute(number_at(text, 17, 2));
  if (!date.ok() || of_day >= hours(24) || of_hour >= minutes(60) || of_minute > seconds(60)) {
    return std::nullopt;
  }
  return sys_days(date) + of_day + of_hour + of_minute + milliseconds(number_at(text, 20, 3));
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
