// sql/<server>.sql: a plan's changes as SQL that the mysql client can run. A view: apply never
// reads it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/plan.h"
#include "planner/unit_steps.h"

namespace rowplan::planner {

/// One server's file, unit by unit: one statement a line, each for one row that must still hold its
/// old values, or for equal rows of a table without a key that must still be as many. Outside of
/// names in backticks the text is printable ASCII. The same input gives the same bytes.
class SqlView {
 public:
  using Sink = std::function<void(std::string_view)>;

  /// Writes the head. `complete`: can the file hold every value of the plan? If not, it begins with
  /// a statement that fails. A first pass with a sink that drops everything tells.
  SqlView(Sink sink, std::string_view server, bool complete);

  /// `tables`: the unit's changes on this server. What the file cannot hold is left out, and the
  /// unit then fails at its start and ends in ROLLBACK: changes with withheld values, tables or
  /// columns with control characters in their names (a client could take those for commands), a
  /// unit that nothing can order. Throws PlanError for changes that do not fit their tables.
  void add_unit(const PlanUnit& unit, const std::vector<UnitTable>& tables);

  /// False once something was left out: plan.json's sql_complete.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  void line(std::string_view text);
  void write_transaction(const std::vector<UnitTable>& tables);
  void write_steps(const std::vector<UnitTable>& tables, const UnitSteps& steps);
  void write_change(const UnitTable& table, const Step& step, std::size_t change);

  Sink sink_;
  bool complete_ = true;
};

}  // namespace rowplan::planner
