#include "planner/link_speed.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "planner/checksum_sql.h"
#include "planner/member_rows.h"

namespace rowplan::planner {

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned kQuestions = 3;
constexpr unsigned kHashings = 2;                // the quicker counts: others use the server too
constexpr std::uint64_t kFirstRows = 128;        // tell how long rows are
constexpr std::uint64_t kSampleBytes = 100'000;  // less than a thousandth of a table worth it
constexpr std::uint64_t kSampleRowsAtMost = 20'000;
constexpr double kShortest = 1e-6;   // seconds: clocks are not finer than that
constexpr double kBurst = 8;         // times faster than the whole: no rate, but what lay waiting
constexpr double kTurnsToBegin = 2;  // round trips until rows come: prepare and execute

double seconds_since(Clock::time_point start) {
  return std::max(kShortest, std::chrono::duration<double>(Clock::now() - start).count());
}

struct Sample {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  double rows_per_s = 0;
  double bytes_per_s = 0;
  mysql::Row last;
};

/// The rate is of the second half of the rows: by then a connection has found its speed. But where
/// these came all at once, something on the way hands on in lumps: then it is of all rows.
Sample stream_sample(const TablePair& pair, Side side, mysql::Session& session, std::uint64_t rows,
                     double round_trip) {
  std::string list;
  for (const mysql::ReadColumn& read : read_columns(pair, side))
    list += (list.empty() ? "" : ",") + read.expression;
  const std::string filter = filter_of(pair, side);
  const Clock::time_point start = Clock::now();
  StreamRows stream(session, pair, side,
                    "SELECT " + list + from_by_key(pair, side) +
                        (filter.empty() ? "" : " WHERE " + filter) + order_by_key(pair, side) +
                        " LIMIT " + std::to_string(rows));
  Sample sample;
  mysql::Row row;
  Clock::time_point half = Clock::now();
  std::uint64_t half_bytes = 0;
  while (stream.next(row)) {
    if (sample.rows == rows / 2) {
      half = Clock::now();
      half_bytes = sample.bytes;
    }
    ++sample.rows;
    sample.bytes += row.bytes().size();
    sample.last.swap(row);
  }
  if (sample.rows < rows) return sample;
  const double half_s = seconds_since(half);
  const double all_s = std::max(kShortest, seconds_since(start) - kTurnsToBegin * round_trip);
  const bool in_lumps = half_s * kBurst < all_s;
  const std::uint64_t counted = in_lumps ? rows : rows - rows / 2;
  const std::uint64_t bytes = in_lumps ? sample.bytes : sample.bytes - half_bytes;
  const double took = in_lumps ? all_s : half_s;
  sample.rows_per_s = static_cast<double>(counted) / took;
  sample.bytes_per_s = static_cast<double>(bytes) / took;
  return sample;
}

}  // namespace

double round_trip_s(mysql::Session& session) {
  double shortest = std::numeric_limits<double>::max();
  for (unsigned i = 0; i < kQuestions; ++i) {
    const auto start = Clock::now();
    (void)session.query("SELECT 1", "measuring the round trip");
    shortest = std::min(shortest, seconds_since(start));
  }
  return shortest;
}

std::optional<LinkSpeed> measure_link(const TablePair& pair, Side side, mysql::Session& session) {
  LinkSpeed speed;
  speed.round_trip_s = round_trip_s(session);
  const Sample first = stream_sample(pair, side, session, kFirstRows, speed.round_trip_s);
  if (first.rows < kFirstRows) return std::nullopt;
  const std::uint64_t row_bytes = std::max<std::uint64_t>(1, first.bytes / first.rows);
  const std::uint64_t rows = std::clamp(kSampleBytes / row_bytes, kFirstRows, kSampleRowsAtMost);
  const Sample sample = stream_sample(pair, side, session, rows, speed.round_trip_s);
  if (sample.rows < rows) return std::nullopt;
  speed.rows_per_s = sample.rows_per_s;
  speed.bytes_per_s = sample.bytes_per_s;
  const KeyRange range{std::nullopt, key_of(pair, sample.last)};
  const std::string sql = ChecksumSql(pair, side).sums({range}, Summed::high);
  double took = std::numeric_limits<double>::max();
  for (unsigned i = 0; i < kHashings; ++i) {
    const auto start = Clock::now();
    (void)session.query(sql, "measuring how fast " + pair.job.address + " is hashed");
    took = std::min(took, seconds_since(start));
  }
  took = std::max(kShortest, took - speed.round_trip_s);
  speed.hashed_rows_per_s = static_cast<double>(rows) / took;
  return speed;
}

}  // namespace rowplan::planner
