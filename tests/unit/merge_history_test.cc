// Random histories of several members in memory, with a baseline in a real state file: changes
// anywhere, syncs, and syncs that are killed between two members' commits. In the end all members
// have what the model has.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

#include "planner/merge_walk.h"
#include "state/baseline_build.h"
#include "tests/unit/merge_support.h"
#include "tests/unit/state_support.h"

namespace rowplan::planner {
namespace {

using testing::Values;

constexpr int kKeys = 60;

mysql::Row row_of(int key, const Values& values) {
  const mysql::Row rest = testing::merge_row(values);
  mysql::Row row;
  std::string cell;
  mysql::append_integer(cell, false, static_cast<std::uint64_t>(key));
  row.add(cell);
  for (std::size_t i = 1; i < rest.size(); ++i) row.add(rest.cell(i));
  return row;
}

using Table = std::map<std::string, mysql::Row>;  // by the bytes of the key: positive integers

class TableRows : public RowSource {
 public:
  explicit TableRows(const Table& table) : at_(table.begin()), end_(table.end()) {}
  bool next(mysql::Row& row) override {
    if (at_ == end_) return false;
    row = at_++->second;
    return true;
  }

 private:
  Table::const_iterator at_;
  Table::const_iterator end_;
};

/// One row to be written, or taken for equal.
struct Planned {
  mysql::Row key;
  std::optional<mysql::Row> result;
  MergeIntent intent;
  bool written = false;
};

/// Plans a sync.
class Planning : public MergeVisitor {
 public:
  Planning(const MergeShape& shape, const MergeRules& rules) : merger(rules, shape.types) {}

  void row(const mysql::Row& key, const MergeInput& input) override {
    ++keys;
    const MergeDecision decision = merger.merge(input);
    EXPECT_FALSE(decision.conflict) << conflict_kind_name(decision.conflict->kind);
    if (decision.outcome == MergeOutcome::same && input.has_baseline) return;
    Planned next{key, decision.result, {}, decision.outcome == MergeOutcome::merged};
    if (next.written)
      next.intent = merger.intent_to(input, decision.result);
    else if (input.rows.front() != nullptr)
      next.result = *input.rows.front();
    planned.push_back(std::move(next));
  }
  void chunk_end(const KeyRange& range) override {
    EXPECT_EQ(range.low.has_value(), last_.has_value());
    EXPECT_TRUE(!last_ || *range.low == *last_) << "without a gap";
    last_ = range.high;
    ++chunks;
  }
  [[nodiscard]] bool open_above() const { return !last_; }

  RowMerger merger;
  std::vector<Planned> planned;
  int keys = 0;
  int chunks = 0;

 private:
  std::optional<mysql::Row> last_;
};

class MergeHistory : public ::testing::TestWithParam<bool> {
 protected:
  MergeHistory() {
    rules_.by_columns = GetParam();
    shape_.by_columns = GetParam();
    shape_.address = "g/db.t";
    shape_.types = testing::merge_types();
    shape_.key_columns = 1;
    shape_.order = {mysql::ColumnOrder::bytes};
    shape_.chunk_rows = 5;
  }

  void start(std::uint64_t seed) {
    random_.seed(seed);
    const std::size_t members = 2 + random_() % 4;
    tables_.assign(members, {});
    origin_.clear();
    truth_.clear();
    shape_.members.assign(members, "m");
    static_cast<void>(baselines_.remove(shape_.address));
    state::BaselineIntents(store_).settle_all(shape_.address);
  }

  /// A user writes a key: on any member where the last sync is through with it, else on the one
  /// where it was changed, since two would make a conflict.
  void change_something() {
    const int number = static_cast<int>(random_() % kKeys) + 1;
    const std::string key(row_key(number).bytes());
    const std::size_t member = origin_.try_emplace(key, random_() % tables_.size()).first->second;
    Table& table = tables_[member];
    if (table.contains(key) && random_() % 3 == 0) {
      table.erase(key);
      truth_.erase(key);
      return;
    }
    const auto any = [&] { return static_cast<int>(random_() % 50); };
    truth_[key] = table[key] = row_of(number, {any(), any(), any()});
  }

  /// Ends after so many commits, as if killed. True: it came to its end.
  bool sync(int commits) {
    const auto info = baselines_.find(shape_.address);
    Planning planning(shape_, rules_);
    plan(info, planning);
    std::size_t done = 0;
    for (std::uint64_t unit = 1; info && done < planning.planned.size(); ++unit) {
      const std::size_t end = std::min(planning.planned.size(), done + 1 + random_() % 8);
      if (!apply({planning.planned.begin() + static_cast<std::ptrdiff_t>(done),
                  planning.planned.begin() + static_cast<std::ptrdiff_t>(end)},
                 planning.merger, unit, commits))
        return false;
      done = end;
    }
    if (!info && !first_sync(planning, commits)) return false;
    state::BaselineIntents(store_).settle_all(shape_.address);
    origin_.clear();
    return true;
  }

  void expect_synced() {
    for (const Table& table : tables_) EXPECT_TRUE(table == truth_);
    Planning again(shape_, rules_);
    plan(baselines_.find(shape_.address), again);
    EXPECT_TRUE(again.planned.empty()) << "a second plan is empty";
  }

  std::mt19937_64 random_;

 private:
  static mysql::Row row_key(int number) {
    mysql::Row key;
    key.add(row_of(number, {0, 0, 0}).cell(0));
    return key;
  }

  void plan(const std::optional<state::BaselineInfo>& info, Planning& planning) {
    std::vector<TableRows> rows(tables_.begin(), tables_.end());
    std::vector<RowSource*> sources;
    for (TableRows& source : rows) sources.push_back(&source);
    std::optional<BaselineRows> baseline;
    if (info) baseline.emplace(store_, shape_, *info);
    const std::vector<KeyedIntents> intents = read_intents(store_, shape_);
    EXPECT_TRUE(merge_walk(shape_, sources, {baseline ? &*baseline : nullptr, intents}, planning));
    EXPECT_TRUE(planning.open_above());
  }

  [[nodiscard]] state::PlanRef plan_ref() { return {"PLAN" + std::to_string(plans_++), "digest"}; }

  bool write(const std::vector<Planned>& unit, int& commits) {
    for (Table& table : tables_) {
      if (commits-- == 0) return false;
      for (const Planned& row : unit) {
        if (!row.written) continue;
        if (row.result)
          table[std::string(row.key.bytes())] = *row.result;
        else
          table.erase(std::string(row.key.bytes()));
      }
    }
    return commits-- != 0;
  }

  void intend(const state::PlanRef& plan, std::uint64_t unit, const std::vector<Planned>& rows) {
    std::vector<state::BaselineIntent> intents;
    for (const Planned& row : rows)
      if (row.written)
        intents.push_back({std::string(row.key.bytes()), intent_value(shape_, row.intent)});
    state::BaselineIntents(store_).put(shape_.address, plan, unit, intents);
  }

  bool apply(const std::vector<Planned>& unit, RowMerger& merger, std::uint64_t number,
             int& commits) {
    const state::PlanRef plan = plan_ref();
    intend(plan, number, unit);
    if (!write(unit, commits)) return false;
    std::vector<state::BaselineChange> changes;
    for (const Planned& row : unit) {
      changes.push_back({std::string(row.key.bytes()), std::nullopt});
      if (row.result) changes.back().value = baseline_value(merger.baseline_of(*row.result));
    }
    store_.atomically([&] {
      const auto from = baselines_.find(shape_.address);
      EXPECT_TRUE(baselines_.move(*from, changes, reading_order(shape_), plan.plan_id));
      state::BaselineIntents(store_).settle(shape_.address, plan, number);
    });
    for (const Planned& row : unit) origin_.erase(std::string(row.key.bytes()));
    return true;
  }

  bool first_sync(Planning& planning, int& commits) {
    const state::PlanRef plan = plan_ref();
    intend(plan, 1, planning.planned);
    if (!write(planning.planned, commits)) return false;
    state::BaselineBuild build(store_, shape_.address, "job", baseline_value_bytes(shape_));
    for (const Planned& row : planning.planned)
      if (row.result)
        build.append(row.key.bytes(), baseline_value(planning.merger.baseline_of(*row.result)));
    static_cast<void>(build.finish(plan.plan_id));
    return true;
  }

  state::testing::TempDir dir_;
  state::Store store_ = state::testing::create(dir_ / "s.db");
  state::Baselines baselines_{store_};
  MergeRules rules_;
  MergeShape shape_;
  std::vector<Table> tables_;
  Table truth_;
  std::map<std::string, std::size_t> origin_;  // who changed a key since its last sync
  int plans_ = 0;
};

TEST_P(MergeHistory, AllEqualTheModelInTheEnd) {
  constexpr int kHistories = 6;
  const std::uint64_t first_seed = std::random_device{}();
  for (int history = 0; history < kHistories && !HasFailure(); ++history) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(history);
    SCOPED_TRACE("seed " + std::to_string(seed));
    start(seed);
    // Without a baseline a delete cannot be told: there is one from the first.
    ASSERT_TRUE(sync(1000));
    for (int round = 0; round < 15 && !HasFailure(); ++round) {
      for (std::uint64_t i = random_() % 30; i > 0; --i) change_something();
      if (!sync(static_cast<int>(random_() % 60))) continue;
      expect_synced();
    }
    ASSERT_TRUE(sync(1'000'000));
    expect_synced();
  }
}

INSTANTIATE_TEST_SUITE_P(By, MergeHistory, ::testing::Bool(),
                         [](const ::testing::TestParamInfo<bool>& by_columns) {
                           return by_columns.param ? "Columns" : "Rows";
                         });

}  // namespace
}  // namespace rowplan::planner
