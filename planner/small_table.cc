#include "planner/small_table.h"

#include "mysql/text_row_stream.h"
#include "planner/member_rows.h"
#include "planner/select_sql.h"

namespace rowplan::planner {

namespace {

constexpr std::uint64_t kSmallRows = 4096;

std::unique_ptr<RowSource> ask(mysql::Session& session, const TablePair& pair, Side side,
                               const std::string& sql) {
  if (mysql::is_exact_as_text(read_columns(pair, side)))
    return std::make_unique<AskedRows>(session, pair, side, sql);
  return std::make_unique<StreamRows>(session, pair, side, sql);
}

}  // namespace

bool is_small(const TablePair& pair) { return pair.job.rows_estimate <= kSmallRows; }

bool is_read_at_once(const TablePair& pair, const MemberSessions& members) {
  return is_small(pair) && members.catch_up == nullptr;
}

SmallReading::SmallReading(const TablePair& pair, const MemberSessions& members,
                           const std::string& source_sql, const std::string& target_sql)
    : source_(ask(members.source, pair, Side::source, source_sql)),
      target_(ask(members.target, pair, Side::target, target_sql)) {}

}  // namespace rowplan::planner
