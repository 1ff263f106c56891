#include "planner/method_choice.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "planner/checksum_sql.h"
#include "planner/link_speed.h"
#include "planner/small_table.h"

namespace rowplan::planner {

namespace {

constexpr double kNearS = 0.001;              // a round trip as within one building
constexpr std::uint64_t kSmallRows = 50'000;  // not worth measuring for
constexpr double kClearly = 2;                // times as fast
constexpr double kSlowBytesPerS = 12e6;       // about 100 Mbit/s: zlib keeps up with that

std::string printed(const char* format, double value) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string milliseconds(double seconds) { return printed("%.1f ms", seconds * 1e3); }

}  // namespace

MethodChoice choose_by_speed(const LinkSpeed& source, const LinkSpeed& target, std::uint64_t rows) {
  // Both members work at the same time, so the slower one counts.
  const double streamed_s =
      static_cast<double>(rows) / std::min(source.rows_per_s, target.rows_per_s);
  const double hashed_s =
      static_cast<double>(rows) / std::min(source.hashed_rows_per_s, target.hashed_rows_per_s);
  const double bytes_per_s = std::min(source.bytes_per_s, target.bytes_per_s);
  MethodChoice choice;
  choice.measured = true;
  if (streamed_s > kClearly * hashed_s) choice.method = Method::checksum;
  choice.compress = choice.method == Method::checksum || bytes_per_s < kSlowBytesPerS;
  choice.reason = "round trip " + milliseconds(std::max(source.round_trip_s, target.round_trip_s)) +
                  ", rows arrive at " + printed("%.1f MB/s", bytes_per_s / 1e6) + "; about " +
                  printed("%.0f s", streamed_s) + " to stream, " + printed("%.0f s", hashed_s) +
                  " to hash on the servers";
  return choice;
}

MethodChoice MethodChooser::choose(const TablePair& pair, mysql::Session& source,
                                   mysql::Session& target) {
  const TableOptions& options = pair.job.options;
  std::string why = why_streamed(pair);
  if (pair.job.via_source()) why = "rows of a replica are looked at one by one";
  constexpr std::uint64_t kPacketMin = std::uint64_t{1} << 20U;
  if (std::min(source.max_allowed_packet(), target.max_allowed_packet()) < kPacketMin)
    why = "max_allowed_packet is less than 1 MiB";
  MethodChoice choice;
  if (!why.empty()) {
    choice.reason = why;
    // Told where something else was wished for, or might have been chosen.
    const bool expected = options.method == Method::stream;
    tell(expected ? pair.job.pair : pair.job.address,
         expected ? MethodChoice{Method::stream, "asked for"} : choice);
  } else {
    choice = decide(pair, source, target);
    tell(pair.job.pair, choice);
  }
  choice.compress = options.compress == Compress::yes ||
                    (options.compress == Compress::automatic && choice.compress);
  return choice;
}

MethodChoice MethodChooser::choose_for_window(const TablePair& pair) {
  MethodChoice choice{Method::stream, "the rows of a window", false, false};
  tell(pair.job.pair, choice);
  choice.compress = pair.job.options.compress == Compress::yes;
  return choice;
}

MethodChoice MethodChooser::decide(const TablePair& pair, mysql::Session& source,
                                   mysql::Session& target) {
  const TableOptions& options = pair.job.options;
  // Sums and hashes are few: to compress them costs nothing.
  MethodChoice choice{Method::checksum, "", true};
  if (options.method == Method::automatic ||
      (options.method == Method::stream && options.compress == Compress::automatic))
    choice = measured(pair, source, target);
  if (options.method == Method::automatic) return choice;
  choice.method = options.method;
  choice.reason = "asked for";
  return choice;
}

MethodChoice MethodChooser::measured(const TablePair& pair, mysql::Session& source,
                                     mysql::Session& target) {
  const std::lock_guard lock(mutex_);
  const auto known = measured_.find(pair.job.pair);
  // In place of the pair's method; but on the pair's sessions.
  if (known != measured_.end() && is_soon_streamed(pair))
    return {Method::stream, "its tables are small", known->second.compress};
  if (known != measured_.end()) return known->second;
  if (pair.job.rows_estimate < kSmallRows) return {Method::stream, "its tables are small"};
  const double round_trip = std::max(round_trip_s(source), round_trip_s(target));
  MethodChoice choice{Method::stream,
                      "round trip " + milliseconds(round_trip) + ": the servers are near", false,
                      true};
  if (round_trip >= kNearS) {
    const auto from = measure_link(pair, Side::source, source);
    const auto to = from ? measure_link(pair, Side::target, target) : std::nullopt;
    if (!to) return {Method::stream, "a member has few rows"};
    choice = choose_by_speed(*from, *to, pair.job.rows_estimate);
  }
  return measured_[pair.job.pair] = choice;
}

/// What was measured outweighs what was taken of a small table.
void MethodChooser::tell(const std::string& of, const MethodChoice& choice) {
  const std::lock_guard lock(mutex_);
  const auto [told, fresh] = told_.try_emplace(of, choice);
  const bool outweighs = (choice.measured && !told->second.measured) ||
                         (choice.method != Method::stream && told->second.method == Method::stream);
  if (!fresh && !outweighs) return;
  told->second = choice;
  observer_.note(of + ": compared by " + method_name(choice.method) + ": " + choice.reason);
}

std::string MethodChooser::method() const {
  const std::lock_guard lock(mutex_);
  std::string method = "stream";
  bool first = true;
  for (const auto& [of, choice] : told_) {
    const std::string name = method_name(choice.method);
    method = first || method == name ? name : "mixed";
    first = false;
  }
  return method;
}

std::string MethodChooser::reason() const {
  const std::lock_guard lock(mutex_);
  std::string reason;
  for (const auto& [of, choice] : told_)
    reason += (reason.empty() ? "" : "; ") + of + ": " + method_name(choice.method) + ", " +
              choice.reason;
  return reason;
}

}  // namespace rowplan::planner
