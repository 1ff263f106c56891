#include "executor/linked_writer.h"

#include <algorithm>

#include "executor/unit_writer.h"
#include "planner/statements.h"
#include "planner/unit_split.h"
#include "planner/unit_steps.h"
#include "state/kill_point.h"

namespace rowplan::executor {

namespace {

using planner::Change;
using planner::Step;

constexpr std::size_t kPacketReserve = 1024;

class LinkedWriter {
 public:
  LinkedWriter(mysql::Session& source, const UnitWork& unit) : source_(source), unit_(unit) {}

  std::optional<UnitProblem> write(const Step& step) {
    const TableWork& table = unit_.tables[step.table];
    for (const std::size_t change : step.changes)
      if (auto problem = write(table, step.kind, table.changes[change])) return problem;
    return std::nullopt;
  }

 private:
  static std::string statement(const planner::TablePair& pair, Step::Kind kind,
                               const Change& change) {
    switch (kind) {
      case Step::Kind::insert:
        return planner::insert_if_free(pair, change);
      case Step::Kind::remove:
        return planner::delete_statement(pair, change, planner::RowTerms{});
      case Step::Kind::update:
      case Step::Kind::park:
        break;
    }
    return planner::update_statement(pair, change);
  }

  std::optional<UnitProblem> write(const TableWork& table, Step::Kind kind, const Change& change) {
    const std::string sql = statement(*table.pair, kind, change);
    const auto problem = [&](const std::string& detail) {
      return UnitProblem{unit_.id, UnitOutcome::failed, table.table->address, detail};
    };
    // A value beside its statement is logged in a form that not every type reads back.
    if (sql.size() + kPacketReserve > source_.max_allowed_packet())
      return problem("a row needs a statement of " + std::to_string(sql.size()) +
                     " bytes, over max_allowed_packet of '" + source_.server() + "'");
    const std::string doing = "writing " + table.table->address;
    state::kill_point("statement");
    const bool lenient =
        kind != Step::Kind::remove && planner::needs_lenient_mode(*table.pair, change);
    // An ENUM's index 0 is refused by a strict session, and by an applier that follows it.
    if (lenient)
      source_.execute("SET SESSION sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'", doing);
    const std::uint64_t changed = source_.execute(sql, doing);
    if (lenient)
      source_.execute(
          "SET SESSION sql_mode='STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'",
          doing);
    state::kill_point("statement done");
    if (changed == 0) return std::nullopt;
    return problem("a statement that was to change no row of '" + source_.server() + "' changed " +
                   std::to_string(changed) + "; it was rolled back");
  }

  mysql::Session& source_;
  const UnitWork& unit_;
};

}  // namespace

std::optional<UnitProblem> write_linked(mysql::Session& source, const UnitWork& unit,
                                        const std::vector<TableRows>& rows) {
  const std::vector<planner::UnitTable> tables = unit_tables(unit, rows);
  planner::NoFreeValue none;
  const auto ordered = planner::order_unit(tables, none);
  const auto* steps = std::get_if<planner::UnitSteps>(&ordered);
  const auto parks = [](const Step& step) { return step.kind == Step::Kind::park; };
  if (steps == nullptr || steps->foreign_keys_off ||
      std::any_of(steps->steps.begin(), steps->steps.end(), parks))
    return UnitProblem{unit.id, UnitOutcome::failed, unit.tables.front().table->address,
                       "rows exchange unique values, or refer to each other in a circle"};
  LinkedWriter writer(source, unit);
  for (const Step& step : steps->steps)
    if (auto problem = writer.write(step)) return problem;
  return std::nullopt;
}

}  // namespace rowplan::executor
