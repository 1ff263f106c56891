#include "planner/unit_split.h"

#include <algorithm>
#include <set>
#include <utility>

#include "planner/guessed_free_value.h"

namespace rowplan::planner {

namespace {

/// Gathers changes into steps; what was parked keeps its step open.
class Splitter {
 public:
  Splitter(std::size_t tables, std::uint64_t max_rows) : tables_(tables), max_rows_(max_rows) {}

  void park(std::size_t table, std::size_t change) { parked_.insert({table, change}); }

  /// False: the changes since the last place to cut are too many for one step.
  bool write(std::size_t table, std::size_t change) {
    parked_.erase({table, change});
    open_.emplace_back(table, change);
    if (!parked_.empty()) return open_.size() < max_rows_;
    if (rows_ + open_.size() > max_rows_) close_step();
    if (open_.size() > max_rows_) return false;
    if (steps_.empty() || rows_ == 0) steps_.emplace_back(tables_);
    for (const auto& [t, c] : open_) steps_.back()[t].push_back(c);
    rows_ += open_.size();
    open_.clear();
    return true;
  }

  /// What follows is a step of its own.
  void cut() { close_step(); }

  std::vector<StepChanges> take() { return std::move(steps_); }

 private:
  void close_step() { rows_ = 0; }

  std::size_t tables_;
  std::uint64_t max_rows_;
  std::uint64_t rows_ = 0;  // of the last step
  std::vector<StepChanges> steps_;
  std::vector<std::pair<std::size_t, std::size_t>> open_;  // since the last place to cut
  std::set<std::pair<std::size_t, std::size_t>> parked_;
};

}  // namespace

std::optional<std::vector<StepChanges>> split_unit(const std::vector<UnitTable>& tables,
                                                   std::uint64_t max_rows) {
  std::vector<UnitTable> blind = tables;
  for (UnitTable& table : blind) table.target_rows.clear();
  const bool linked = is_via_source(tables);
  GuessedFreeValue guesses;
  NoFreeValue none;
  const auto ordered = order_unit(blind, linked ? static_cast<FreeValue&>(none) : guesses);
  const auto* steps = std::get_if<UnitSteps>(&ordered);
  if (steps == nullptr || steps->foreign_keys_off) return std::nullopt;
  Splitter splitter(tables.size(), max_rows);
  Step::Kind last = Step::Kind::remove;
  for (const Step& step : steps->steps) {
    if (linked && step.kind == Step::Kind::park) return std::nullopt;
    if (linked && (step.kind == Step::Kind::remove) != (last == Step::Kind::remove)) splitter.cut();
    last = step.kind;
    for (const std::size_t change : step.changes) {
      if (step.kind == Step::Kind::park)
        splitter.park(step.table, change);
      else if (!splitter.write(step.table, change))
        return std::nullopt;
    }
  }
  return splitter.take();
}

bool is_via_source(const std::vector<UnitTable>& tables) {
  return std::any_of(tables.begin(), tables.end(),
                     [](const UnitTable& table) { return table.pair->job.via_source(); });
}

std::vector<UnitTable> step_tables(const std::vector<UnitTable>& tables, const StepChanges& step) {
  std::vector<UnitTable> part;
  for (std::size_t t = 0; t < tables.size(); ++t) {
    UnitTable& table = part.emplace_back();
    table.pair = tables[t].pair;
    for (const std::size_t change : step[t]) table.changes.push_back(tables[t].changes[change]);
  }
  return part;
}

}  // namespace rowplan::planner
