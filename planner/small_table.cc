#include "planner/small_table.h"

#include <algorithm>
#include <cstdint>

#include "mysql/text_row_stream.h"
#include "planner/member_rows.h"
#include "planner/select_sql.h"

namespace rowplan::planner {

namespace {

constexpr std::uint64_t kSmallRows = 4096;
constexpr std::uint64_t kSoonBytes = 4U << 20U;
constexpr std::uint64_t kNumberBytes = 70;  // as text; also times, UUIDs and their kin
constexpr std::uint64_t kCharacterBytes = 4;

/// What a value takes at most; more than any limit where the schema does not say.
std::uint64_t bytes_at_most(const mysql::Column& column) {
  switch (column.family) {
    case mysql::TypeFamily::text:
      return kCharacterBytes * column.length;
    case mysql::TypeFamily::bytes:
      return column.length;
    case mysql::TypeFamily::json:
    case mysql::TypeFamily::geometry:
    case mysql::TypeFamily::vector:
    case mysql::TypeFamily::unknown:
      return kSoonBytes + 1;
    default:
      return kNumberBytes;
  }
}

std::unique_ptr<RowSource> ask(mysql::Session& session, const TablePair& pair, Side side,
                               const std::string& sql) {
  if (mysql::is_exact_as_text(read_columns(pair, side)))
    return std::make_unique<AskedRows>(session, pair, side, sql);
  return std::make_unique<StreamRows>(session, pair, side, sql);
}

}  // namespace

bool is_small(const TablePair& pair) { return pair.job.rows_estimate <= kSmallRows; }

bool is_soon_streamed(const TablePair& pair) {
  std::uint64_t bytes = 0;
  for (const PairColumn& column : pair.columns) bytes += bytes_at_most(column.source);
  return is_small(pair) && bytes * std::max<std::uint64_t>(1, pair.job.rows_estimate) <= kSoonBytes;
}

bool is_read_at_once(const TablePair& pair, const MemberSessions& members) {
  return is_small(pair) && members.catch_up == nullptr;
}

SmallReading::SmallReading(const TablePair& pair, const MemberSessions& members,
                           const std::string& source_sql, const std::string& target_sql)
    : source_(ask(members.source, pair, Side::source, source_sql)),
      target_(ask(members.target, pair, Side::target, target_sql)) {}

}  // namespace rowplan::planner
