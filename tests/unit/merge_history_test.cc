// Random histories of several members in memory, with a baseline in a real state file: changes
// anywhere, syncs, syncs that members miss, and syncs that are killed between two members' commits.
// In the end all members have what the model has.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <random>
#include <set>

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
    away_.assign(members, false);
    unseen_.assign(members, {});
    begun_.clear();
    origin_.clear();
    truth_.clear();
    synced_.clear();
    all_.clear();
    for (std::size_t m = 0; m < members; ++m) all_.push_back("m" + std::to_string(m));
    static_cast<void>(baselines_.remove(shape_.address));
    state::BaselineIntents(store_).settle_all(shape_.address);
  }

  /// All but the first may miss the next sync, but one.
  void send_away() {
    const std::size_t stays = 1 + random_() % (tables_.size() - 1);
    for (std::size_t m = 1; m < tables_.size(); ++m) away_[m] = m != stays && random_() % 2 == 0;
  }
  void call_back() { away_.assign(away_.size(), false); }

  /// A user writes a key: on any member where the last sync is through with it, else on the one
  /// where it was changed, since two would make a conflict. So would a change to what the member
  /// has not seen yet, or to what a killed run may have written.
  void change_something() {
    const int number = static_cast<int>(random_() % kKeys) + 1;
    const std::string key(row_key(number).bytes());
    const std::size_t any_member = random_() % tables_.size();
    const auto known = origin_.find(key);
    const std::size_t member = known == origin_.end() ? any_member : known->second;
    if (unseen_[member].contains(key) || begun_.contains(key)) return;
    origin_[key] = member;
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
    shape_.members = names(false);
    Planning planning(shape_, rules_);
    plan(info, planning);
    std::size_t done = 0;
    for (std::uint64_t unit = 1; info && done < planning.planned.size(); ++unit) {
      const std::size_t end = std::min(planning.planned.size(), done + 1 + random_() % 8);
      if (!apply({planning.planned.begin() + static_cast<std::ptrdiff_t>(done),
                  planning.planned.begin() + static_cast<std::ptrdiff_t>(end)},
                 planning.merger, unit, commits)) {
        for (; misses_ && done < end; ++done)
          begun_.insert(std::string(planning.planned[done].key.bytes()));
        return false;
      }
      done = end;
    }
    if (!info && !first_sync(planning, commits)) return false;
    come_to_the_end();
    return true;
  }

  void expect_synced() {
    for (std::size_t m = 0; m < tables_.size(); ++m) {
      if (!away_[m]) {
        EXPECT_TRUE(tables_[m] == synced_) << m;
      }
    }
    Planning again(shape_, rules_);
    plan(baselines_.find(shape_.address), again);
    EXPECT_TRUE(again.planned.empty()) << "a second plan is empty";
  }

  void expect_all() { EXPECT_TRUE(synced_ == truth_); }

  std::mt19937_64 random_;
  bool misses_ = false;  // some syncs

 private:
  static mysql::Row row_key(int number) {
    mysql::Row key;
    key.add(row_of(number, {0, 0, 0}).cell(0));
    return key;
  }

  [[nodiscard]] std::vector<std::string> names(bool away) const {
    std::vector<std::string> found;
    for (std::size_t m = 0; m < all_.size(); ++m)
      if (away_[m] == away) found.push_back(all_[m]);
    return found;
  }

  /// Of this sync's members, in step with their lists.
  void plan(const std::optional<state::BaselineInfo>& info, Planning& planning) {
    std::list<TableRows> rows;
    std::list<BehindRows> behind;
    std::vector<RowSource*> sources;
    std::vector<MemberPast> pasts;
    const auto lists =
        info ? state::BehindLists(store_).of(*info) : std::vector<state::BehindInfo>();
    for (std::size_t m = 0; m < all_.size(); ++m) {
      if (away_[m]) continue;
      sources.push_back(&rows.emplace_back(tables_[m]));
      pasts.emplace_back();
      for (const state::BehindInfo& list : lists)
        if (list.member == all_[m])
          pasts.back().behind = &behind.emplace_back(store_, shape_, *info, list);
    }
    std::optional<BaselineRows> baseline;
    if (info) baseline.emplace(store_, shape_, *info);
    const std::vector<KeyedIntents> intents = read_intents(store_, shape_);
    EXPECT_TRUE(
        merge_walk(shape_, sources, {baseline ? &*baseline : nullptr, intents, pasts}, planning));
    EXPECT_TRUE(planning.open_above());
  }

  /// Those that were there have all that anybody of them did.
  void come_to_the_end() {
    state::BaselineIntents(store_).settle_all(shape_.address);
    state::BehindLists lists(store_);
    lists.missed(baselines_.find(shape_.address).value(), names(true));
    EXPECT_TRUE(lists.caught_up(baselines_.find(shape_.address).value(), names(false), {},
                                reading_order(shape_)));
    std::set<std::string> keys;
    for (const auto& [key, row] : truth_) keys.insert(key);
    for (const auto& [key, row] : synced_) keys.insert(key);
    for (const std::string& key : keys) {
      const auto origin = origin_.find(key);
      if (origin != origin_.end() && away_[origin->second] && !is_carried(key)) continue;
      if (truth_.contains(key))
        synced_[key] = truth_[key];
      else
        synced_.erase(key);
    }
    std::erase_if(origin_, [&](const auto& entry) { return !away_[entry.second]; });
    for (std::size_t m = 0; m < all_.size(); ++m)
      if (!away_[m]) unseen_[m].clear();
    if (names(true).empty()) begun_.clear();
    for (const state::BehindInfo& list : lists.of(baselines_.find(shape_.address).value()))
      EXPECT_TRUE(away_[static_cast<std::size_t>(list.member.at(1) - '0')]) << list.member;
  }

  [[nodiscard]] state::PlanRef plan_ref() { return {"PLAN" + std::to_string(plans_++), "digest"}; }

  bool write(const std::vector<Planned>& unit, int& commits) {
    for (std::size_t m = 0; m < tables_.size(); ++m) {
      if (away_[m]) continue;
      if (commits-- == 0) return false;
      Table& table = tables_[m];
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
    state::UnitIntents intents{shape_.members, {}};
    for (const Planned& row : rows)
      if (row.written)
        intents.intents.push_back({std::string(row.key.bytes()), intent_value(shape_, row.intent)});
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
      EXPECT_TRUE(baselines_.move(*from, changes, reading_order(shape_), plan.plan_id,
                                  {names(false), names(true)}));
      state::BaselineIntents(store_).settle(shape_.address, plan, number);
    });
    for (const Planned& row : unit) {
      const std::string key(row.key.bytes());
      const auto origin = origin_.find(key);
      // Of a member that is away: the row went on without its change.
      if (origin != origin_.end() && !away_[origin->second]) settle(key, origin);
      for (std::size_t m = 0; m < all_.size(); ++m)
        if (away_[m]) unseen_[m].insert(key);
    }
    return true;
  }

  /// Had a run that was killed written it before its origin went away?
  bool is_carried(const std::string& key) {
    const auto found = tables_[0].find(key);
    const auto truth = truth_.find(key);
    if (!begun_.contains(key)) return false;
    if (found == tables_[0].end() || truth == truth_.end())
      return found == tables_[0].end() && truth == truth_.end();
    return found->second == truth->second;
  }

  void settle(const std::string& key, std::map<std::string, std::size_t>::iterator origin) {
    origin_.erase(origin);
    if (truth_.contains(key))
      synced_[key] = truth_[key];
    else
      synced_.erase(key);
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
  std::vector<std::string> all_;               // names
  std::vector<bool> away_;                     // by member
  std::vector<std::set<std::string>> unseen_;  // likewise: keys that moved without it
  std::set<std::string> begun_;                // keys that a killed run may have written
  Table truth_;
  Table synced_;                               // as far as a sync has seen it
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

TEST_P(MergeHistory, MembersThatMissSyncs) {
  constexpr int kHistories = 8;
  const std::uint64_t first_seed = std::random_device{}();
  for (int history = 0; history < kHistories && !HasFailure(); ++history) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(history);
    SCOPED_TRACE("seed " + std::to_string(seed));
    start(seed);
    misses_ = true;
    ASSERT_TRUE(sync(1000));
    for (int round = 0; round < 20 && !HasFailure(); ++round) {
      for (std::uint64_t i = random_() % 30; i > 0; --i) change_something();
      if (random_() % 4 == 0)
        call_back();
      else
        send_away();
      if (!sync(random_() % 3 == 0 ? static_cast<int>(random_() % 60) : 1'000'000)) continue;
      expect_synced();
    }
    call_back();
    ASSERT_TRUE(sync(1'000'000));
    expect_synced();
    expect_all();
  }
}

INSTANTIATE_TEST_SUITE_P(By, MergeHistory, ::testing::Bool(),
                         [](const ::testing::TestParamInfo<bool>& by_columns) {
                           return by_columns.param ? "Columns" : "Rows";
                         });

}  // namespace
}  // namespace rowplan::planner
