#include "planner/plan_units.h"

#include <algorithm>
#include <map>

namespace rowplan::planner {

namespace {

/// What the tables of one unit allow.
struct UnitRules {
  std::string address;  ///< of its first table
  std::uint64_t max_rows = 0;
  bool split = true;
  bool via_source = false;
};

using Rules = std::map<std::uint64_t, UnitRules>;

Rules number_units(Plan& plan, const std::vector<TablePair>& pairs,
                   const std::vector<std::vector<std::uint64_t>>& units) {
  Rules rules;
  std::map<std::uint64_t, PlanUnit> numbered;
  for (std::size_t t = 0; t < plan.tables.size(); ++t)
    for (PlanChunk& chunk : plan.tables[t].chunks) {
      chunk.unit = units[t][chunk.id - 1];
      PlanUnit& unit = numbered[chunk.unit];
      unit.id = chunk.unit;
      unit.changes += rows_written(plan.tables[t], chunk);
      ++unit.chunks;
      const TableOptions& options = pairs[t].job.options;
      const auto [it, fresh] =
          rules.try_emplace(chunk.unit, UnitRules{plan.tables[t].address, options.max_unit_rows});
      it->second.max_rows = std::min(it->second.max_rows, options.max_unit_rows);
      // What triggers do to other rows is put right in one transaction or not at all.
      if (!options.split_units || !pairs[t].target.triggers.empty() || pairs[t].is_keyless() ||
          pairs[t].job.two_way())
        it->second.split = false;
      if (pairs[t].job.via_source()) it->second.via_source = true;
    }
  for (const auto& [id, unit] : numbered) plan.units.push_back(unit);
  return rules;
}

void tell_too_large(Plan& plan, const PlanUnit& unit, const UnitRules& rules) {
  plan.findings.push_back(
      {"unit_too_large", Severity::error, rules.address,
       "unit " + std::to_string(unit.id) + " has " + std::to_string(unit.changes) +
           " changes that must be committed together, over max_unit_rows (" +
           std::to_string(rules.max_rows) + ")",
       rules.split ? "raise max_unit_rows: rows refer to each other in a circle, "
                     "which takes one transaction"
                   : "raise max_unit_rows, if the server can hold such a "
                     "transaction, or set split_units = true"});
}

void tell_split(Plan& plan, const PlanUnit& unit, const UnitRules& rules) {
  plan.findings.push_back({"unit_in_steps", Severity::warning, rules.address,
                           "unit " + std::to_string(unit.id) + " has " +
                               std::to_string(unit.changes) + " changes, over max_unit_rows (" +
                               std::to_string(rules.max_rows) + "): it is committed in " +
                               std::to_string(unit.steps) +
                               " steps, and readers can see what is between them",
                           ""});
}

void tell_unorderable(Plan& plan, const PlanUnit& unit, const UnitRules& rules) {
  plan.findings.push_back(
      {"via_source_unorderable", Severity::error, rules.address,
       "unit " + std::to_string(unit.id) +
           " has rows that exchange unique values, or that refer to each other in a circle: "
           "statements that change no row of the source cannot put them right one by one",
       "repair one of those rows by hand"});
}

/// Deletes go before, and the replica has them before the rest is written.
void tell_deletes_first(Plan& plan, const std::string& address, std::uint64_t units) {
  plan.findings.push_back(
      {"via_source_steps", Severity::info, address,
       std::to_string(units) + (units == 1 ? " unit deletes rows" : " units delete rows") +
           " before others are written, in transactions of their own: readers of the replica can "
           "see what is between them",
       ""});
}

/// The order of a unit that is written to a replication source; without one it is a finding.
class LinkedUnits {
 public:
  LinkedUnits(Plan& plan, const std::vector<const ChangeSums*>& sums) : plan_(plan), sums_(sums) {}

  void order(PlanUnit& unit, const UnitRules& rules, UnitChanges& changes) {
    if (!split_into_states(plan_, unit, rules.max_rows, changes, sums_))
      tell_unorderable(plan_, unit, rules);
    else if (unit.steps > 1)
      ++in_steps_[rules.address];
  }
  void tell() {
    for (const auto& [address, units] : in_steps_) tell_deletes_first(plan_, address, units);
  }

 private:
  Plan& plan_;
  const std::vector<const ChangeSums*>& sums_;
  std::map<std::string, std::uint64_t> in_steps_;
};

}  // namespace

void fill_units(Plan& plan, const std::vector<TablePair>& pairs, const std::vector<TiedTable>& ties,
                const std::vector<const ChangeSums*>& sums, const PlanDirectory* directory) {
  const Rules rules = number_units(plan, pairs, resolve_ties(ties, plan.findings));
  const auto over = [&](const PlanUnit& unit) { return unit.changes > rules.at(unit.id).max_rows; };
  const bool any_split = std::any_of(plan.units.begin(), plan.units.end(), [&](const auto& unit) {
    return (over(unit) && rules.at(unit.id).split) || rules.at(unit.id).via_source;
  });
  std::optional<LoadedPlan> loaded;
  std::optional<UnitChanges> changes;
  if (any_split && directory != nullptr) {
    loaded.emplace(LoadedPlan{plan, "", directory->path()});
    loaded->plan.files = directory->closed_files();
    changes.emplace(*loaded, pairs);
  }
  LinkedUnits linked(plan, sums);
  for (PlanUnit& unit : plan.units) {
    const UnitRules& own = rules.at(unit.id);
    if (!over(unit)) {
      if (own.via_source && changes) linked.order(unit, own, *changes);
      continue;
    }
    if (own.split && !changes) continue;  // nothing is written, and nobody asks
    if (own.split && split_into_states(plan, unit, own.max_rows, *changes, sums))
      tell_split(plan, unit, own);
    else
      tell_too_large(plan, unit, own);
  }
  linked.tell();
}

}  // namespace rowplan::planner
