// Reads the throttle of a pair.
#include <array>
#include <charconv>
#include <string_view>

#include "planner/manifest_pairs.h"

namespace rowplan::planner {
namespace {

constexpr unsigned kMinutesOfDay = 24 * 60;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_variable(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return !name.empty() && name.find_first_not_of(kLetters) == std::string_view::npos;
}

/// `Threads_running=25,Threads_connected=500`.
std::optional<std::vector<LoadLimit>> parse_load(std::string_view text) {
  std::vector<LoadLimit> limits;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = text.substr(0, comma);
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trimmed(entry.substr(0, equals));
    const auto limit = number_of<std::uint64_t>(trimmed(entry.substr(equals + 1)));
    if (!is_variable(name) || !limit) return std::nullopt;
    limits.push_back({std::string(name), *limit});
    if (comma == std::string_view::npos) return limits;
    text.remove_prefix(comma + 1);
  }
}

/// `08:00`, up to `24:00`, in minutes.
std::optional<unsigned> parse_minute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hours = number_of<unsigned>(text.substr(0, 2));
  const auto minutes = number_of<unsigned>(text.substr(3));
  if (!hours || !minutes || *minutes >= 60 || *hours * 60 + *minutes > kMinutesOfDay)
    return std::nullopt;
  return *hours * 60 + *minutes;
}

std::optional<DayWindow> parse_window(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = parse_minute(trimmed(text.substr(0, dash)));
  const auto to = parse_minute(trimmed(text.substr(dash + 1)));
  if (!from || !to || *from == *to || *from == kMinutesOfDay) return std::nullopt;
  return DayWindow{*from, *to};
}

void read_load(const ManifestSection& section, std::string_view key,
               std::vector<LoadLimit>& limits) {
  const std::optional<std::string> text = section.text(key);
  if (!text) return;
  if (auto parsed = parse_load(*text)) {
    limits = std::move(*parsed);
    return;
  }
  section.report().error(
      section.value_span(key),
      in_quotes(key) + " must be names of status variables with limits, not " + in_quotes(*text),
      "like \"Threads_running=25\", several with commas between them");
}

void read_windows(const ManifestSection& section, std::vector<DayWindow>& windows) {
  const std::optional<std::vector<Text>> entries = section.texts("not_between");
  if (!entries) return;
  windows.clear();
  for (const Text& entry : *entries) {
    if (const auto window = parse_window(entry.value)) {
      windows.push_back(*window);
      continue;
    }
    section.report().error(
        entry.span, "\"not_between\" must hold spans of a day, not " + in_quotes(entry.value),
        "like \"08:00-18:00\", or \"22:00-02:00\" over midnight");
  }
  std::array<bool, kMinutesOfDay> closed{};
  for (unsigned minute = 0; minute < kMinutesOfDay; ++minute)
    for (const DayWindow& window : windows)
      if (window.holds(minute)) closed.at(minute) = true;
  for (const bool minute_closed : closed)
    if (!minute_closed) return;
  section.report().error(section.value_span("not_between"),
                         "\"not_between\" leaves no time of the day");
}

}  // namespace

void read_throttle(const ManifestSection& section, const std::map<std::string, ServerSpec>& servers,
                   ThrottleSpec& throttle) {
  const std::optional<ManifestSection> found = section.section("throttle", kThrottle);
  if (!found) return;
  if (const auto lag = found->duration("max_lag")) throttle.max_lag = lag;
  if (const auto replicas = found->texts("replicas")) {
    throttle.replicas.clear();
    for (const Text& replica : *replicas) {
      check_server(*found, replica.span, replica.value, servers);
      throttle.replicas.push_back(replica.value);
    }
    if (!throttle.max_lag)
      found->report().error(found->key_span("replicas"),
                            found->title() + " has \"replicas\" without \"max_lag\"");
  }
  read_load(*found, "max_load", throttle.max_load);
  read_load(*found, "critical_load", throttle.critical_load);
  if (auto path = found->text("pause_file")) throttle.pause_file = std::move(*path);
  if (auto path = found->text("panic_file")) throttle.panic_file = std::move(*path);
  if (const auto ratio = found->integer("nice_ratio"))
    throttle.nice_ratio = static_cast<unsigned>(*ratio);
  read_windows(*found, throttle.not_between);
  if (const auto age = found->duration("max_snapshot_age")) throttle.max_snapshot_age = *age;
}

}  // namespace rowplan::planner
