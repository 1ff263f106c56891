// The merge against a model that knows no hashes and keeps the rows themselves, for all small cases
// and for random larger ones; and what must hold of any merge.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "tests/unit/merge_support.h"

namespace rowplan::planner {
namespace {

using testing::kNull;
using testing::MaybeValues;
using testing::merge_row;
using testing::MergeCase;
using testing::Values;

struct Expected {
  MergeOutcome outcome = MergeOutcome::merged;
  MaybeValues result;
};

/// The merge as one would write it down from the manual.
struct Model {
  const MergeRules& rules;
  const MergeCase& one;

  using Proposals = std::map<std::size_t, MaybeValues>;  // of members

  struct Verdict {
    std::optional<std::size_t> winner;
    bool skip = false;
  };

  Verdict fall_back(const MergeRule& rule, const Proposals& from) const {
    if (rule.otherwise == Resolve::member && from.contains(rule.otherwise_member))
      return {rule.otherwise_member, false};
    return {std::nullopt, rule.otherwise == Resolve::skip};
  }

  Verdict judge(const MergeRule& rule, const Proposals& from,
                const std::map<std::size_t, int>& values) const {
    if (rule.resolve == Resolve::skip || rule.resolve == Resolve::manual)
      return {std::nullopt, rule.resolve == Resolve::skip};
    if (rule.resolve == Resolve::member) {
      if (from.contains(rule.member)) return {rule.member, false};
      return fall_back(rule, from);
    }
    const bool down = rule.resolve == Resolve::oldest || rule.resolve == Resolve::least;
    std::optional<std::size_t> winner;
    for (const auto& [candidate, row] : from) {
      bool beats_all = true;
      for (const auto& [other, other_row] : from) {
        if (!row || !other_row || (*row)[2] == kNull || (*other_row)[2] == kNull)
          return fall_back(rule, from);
        if (values.at(candidate) == values.at(other)) continue;
        const int ahead = ((*row)[2] - (*other_row)[2]) * (down ? -1 : 1);
        if (ahead <= 0 || std::chrono::seconds(ahead) < rule.threshold) beats_all = false;
      }
      if (beats_all) winner = candidate;
    }
    if (winner) return {winner, false};
    return fall_back(rule, from);
  }

  Expected whole(const Proposals& from, bool inserts) const {
    std::map<std::size_t, int> values;
    std::vector<MaybeValues> known;
    for (const auto& [member, row] : from) {
      const auto at = std::find(known.begin(), known.end(), row);
      values[member] = static_cast<int>(at - known.begin());
      if (at == known.end()) known.push_back(row);
    }
    if (known.size() == 1) return {MergeOutcome::merged, known.front()};
    Verdict verdict;
    if (inserts && !rules.inserts && rules.conflict.by_time())
      verdict = fall_back(rules.conflict, from);
    else
      verdict = judge(inserts && rules.inserts ? *rules.inserts : rules.conflict, from, values);
    if (verdict.winner) return {MergeOutcome::merged, from.at(*verdict.winner)};
    return {verdict.skip ? MergeOutcome::skipped : MergeOutcome::unresolved, std::nullopt};
  }

  Expected cells() const {
    Values result{};
    bool open = false;
    bool manual = false;
    for (std::size_t c = 0; c < result.size(); ++c) {
      Proposals from;
      std::map<std::size_t, int> values;
      std::set<int> different;
      for (std::size_t m = 0; m < one.rows.size(); ++m) {
        const int value = (*one.rows[m])[c];
        if (value == (*one.base)[c]) continue;
        from[m] = one.rows[m];
        values[m] = value;
        different.insert(value);
      }
      if (different.empty()) {
        result[c] = (*one.base)[c];
        continue;
      }
      if (different.size() == 1) {
        result[c] = *different.begin();
        continue;
      }
      MergeRule rule = rules.conflict;
      if (c == 2) rule.threshold = {};
      const Verdict verdict = judge(rule, from, values);
      if (verdict.winner) result[c] = values.at(*verdict.winner);
      open = open || !verdict.winner;
      manual = manual || (!verdict.winner && !verdict.skip);
    }
    if (!open) return {MergeOutcome::merged, result};
    return {manual ? MergeOutcome::unresolved : MergeOutcome::skipped, std::nullopt};
  }

  Expected expect() const {
    const bool equal = std::all_of(one.rows.begin(), one.rows.end(),
                                   [&](const MaybeValues& row) { return row == one.rows[0]; });
    if (equal) {
      const bool known = one.has_baseline && one.rows[0] == one.base;
      return {known || (!one.rows[0] && !one.base) ? MergeOutcome::same : MergeOutcome::dissolved,
              std::nullopt};
    }
    Proposals from;
    const bool all_have =
        std::all_of(one.rows.begin(), one.rows.end(), [](const auto& row) { return !!row; });
    if (rules.by_columns && one.has_baseline && one.base && all_have) return cells();
    for (std::size_t m = 0; m < one.rows.size(); ++m)
      if (one.has_baseline ? one.rows[m] != one.base : one.rows[m].has_value())
        from[m] = one.rows[m];
    return whole(from, one.has_baseline && !one.base);
  }
};

std::string text_of(const MaybeValues& row) {
  if (!row) return "none";
  std::string text = "(";
  for (const int value : *row) text += std::to_string(value) + " ";
  return text + ")";
}

std::string text_of(const MergeCase& one, const MergeRules& rules) {
  std::string text = one.has_baseline ? "base " + text_of(one.base) : "no baseline";
  for (const MaybeValues& row : one.rows) text += ", " + text_of(row);
  text += std::string("; ") + resolve_name(rules.conflict.resolve) + " " +
          std::to_string(rules.conflict.member) + " otherwise " +
          resolve_name(rules.conflict.otherwise);
  return text + (rules.by_columns ? ", by columns" : "");
}

bool is_row(const std::optional<mysql::Row>& row, const MaybeValues& values) {
  if (!row || !values) return !row && !values;
  return *row == merge_row(*values);
}

void expect_as_model(const MergeCase& one, const MergeRules& rules) {
  const MergeDecision decision = one.merge(rules);
  const Expected expected = Model{rules, one}.expect();
  ASSERT_EQ(static_cast<int>(decision.outcome), static_cast<int>(expected.outcome))
      << text_of(one, rules);
  ASSERT_TRUE(is_row(decision.result, expected.result)) << text_of(one, rules);
  const bool open =
      decision.outcome == MergeOutcome::unresolved || decision.outcome == MergeOutcome::skipped;
  ASSERT_TRUE(!open || decision.conflict) << text_of(one, rules);
}

std::vector<MergeRules> all_rules(std::size_t members) {
  std::vector<MergeRules> all;
  for (const Resolve resolve :
       {Resolve::member, Resolve::newest, Resolve::oldest, Resolve::greatest, Resolve::least,
        Resolve::manual, Resolve::skip}) {
    for (const Resolve otherwise : {Resolve::manual, Resolve::skip, Resolve::member}) {
      for (const bool by_columns : {false, true}) {
        MergeRules rules = testing::rules_of(testing::rule_of(resolve, members - 1));
        rules.conflict.otherwise = otherwise;
        rules.by_columns = by_columns;
        if (resolve == Resolve::newest || resolve == Resolve::oldest)
          rules.conflict.threshold = std::chrono::seconds(otherwise == Resolve::skip ? 3 : 0);
        if (otherwise == Resolve::member) rules.inserts = testing::rule_of(resolve, 0);
        all.push_back(std::move(rules));
      }
    }
  }
  return all;
}

/// Rows of few values, none first.
std::vector<MaybeValues> few_rows() {
  std::vector<MaybeValues> rows{std::nullopt};
  for (const int a : {0, 1})
    for (const int b : {0, 1})
      for (const int t : {10, 12, 20}) rows.push_back(Values{a, b, t});
  rows.push_back(Values{0, 1, kNull});
  return rows;
}

TEST(MergeModel, AllSmallCasesOfTwo) {
  const std::vector<MaybeValues> rows = few_rows();
  for (const MergeRules& rules : all_rules(2)) {
    for (const MaybeValues& left : rows) {
      for (const MaybeValues& right : rows) {
        for (const MaybeValues& base : rows)
          expect_as_model({true, base, {left, right}, {}}, rules);
        expect_as_model({false, std::nullopt, {left, right}, {}}, rules);
        if (HasFatalFailure()) return;
      }
    }
  }
}

/// Random cases, each with its seed.
class RandomMerge : public ::testing::Test {
 protected:
  static constexpr int kRounds = 5'000;

  MaybeValues any_row() {
    if (random() % 5 == 0) return std::nullopt;
    const auto any = [&](int below) { return static_cast<int>(random() % below); };
    const int time = any(6) * 2 + 10;
    return Values{any(3), any(3), random() % 8 == 0 ? kNull : time};
  }

  MergeRules any_rules(std::size_t members) {
    const std::vector<MergeRules> all = all_rules(members);
    MergeRules rules = all[random() % all.size()];
    rules.conflict.member = random() % members;
    rules.conflict.otherwise_member = random() % members;
    return rules;
  }

  /// Members that changed few things since the baseline.
  MergeCase any_case() {
    MergeCase one;
    one.has_baseline = random() % 6 != 0;
    const MaybeValues before = any_row();
    if (one.has_baseline) one.base = before;
    const std::size_t members = 2 + random() % 4;
    for (std::size_t m = 0; m < members; ++m) {
      MaybeValues row = random() % 2 == 0 ? before : any_row();
      if (row && before && random() % 2 == 0) {
        row = before;
        (*row)[random() % 3] = static_cast<int>(random() % 3) + 10;
      }
      one.rows.push_back(row);
    }
    return one;
  }

  void for_each_case(const std::function<void(const MergeCase&, const MergeRules&)>& check) {
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
      const std::uint64_t seed = first_seed_ + static_cast<std::uint64_t>(round);
      SCOPED_TRACE("seed " + std::to_string(seed));
      random.seed(seed);
      const MergeCase one = any_case();
      const MergeRules rules = any_rules(one.rows.size());
      SCOPED_TRACE(text_of(one, rules));
      check(one, rules);
    }
  }

  std::mt19937_64 random;

 private:
  std::uint64_t first_seed_ = std::random_device{}();
};

TEST_F(RandomMerge, IsAsTheModel) {
  for_each_case([](const MergeCase& one, const MergeRules& rules) { expect_as_model(one, rules); });
}

TEST_F(RandomMerge, OrderOfMembersMattersNot) {
  for_each_case([&](const MergeCase& one, const MergeRules& rules) {
    std::vector<std::size_t> to(one.rows.size());
    std::iota(to.begin(), to.end(), 0);
    std::shuffle(to.begin(), to.end(), random);
    MergeCase moved = one;
    for (std::size_t m = 0; m < to.size(); ++m) moved.rows[to[m]] = one.rows[m];
    MergeRules same = rules;
    same.conflict.member = to[rules.conflict.member];
    same.conflict.otherwise_member = to[rules.conflict.otherwise_member];
    if (same.inserts) same.inserts->member = to[rules.inserts->member];
    const MergeDecision decision = one.merge(rules);
    const MergeDecision other = moved.merge(same);
    EXPECT_EQ(decision.outcome, other.outcome);
    EXPECT_TRUE(decision.result == other.result);
    EXPECT_EQ(decision.conflict.has_value(), other.conflict.has_value());
  });
}

TEST_F(RandomMerge, MergingWhatWasMergedIsEmpty) {
  for_each_case([](const MergeCase& one, const MergeRules& rules) {
    const MergeDecision decision = one.merge(rules);
    if (decision.outcome != MergeOutcome::merged) return;
    RowMerger merger(rules, testing::merge_types());
    const mysql::Row* row = decision.result ? &*decision.result : nullptr;
    const std::vector<const mysql::Row*> rows(one.rows.size(), row);
    BaselineRow base;
    if (row != nullptr) base = merger.baseline_of(*row);
    EXPECT_EQ(merger.merge({true, row != nullptr ? &base : nullptr, rows, {}}).outcome,
              MergeOutcome::same);
  });
}

TEST_F(RandomMerge, EveryCellIsSomeMembers) {
  for_each_case([](const MergeCase& one, const MergeRules& rules) {
    const MergeDecision decision = one.merge(rules);
    if (!decision.result) return;
    std::vector<mysql::Row> rows;
    for (const MaybeValues& row : one.rows)
      if (row) rows.push_back(merge_row(*row));
    const auto cell_is = [&](const mysql::Row& row, std::size_t c) {
      return row.is_null(c) == decision.result->is_null(c) &&
             row.cell(c) == decision.result->cell(c);
    };
    for (std::size_t c = 0; c < decision.result->size(); ++c)
      EXPECT_TRUE(std::any_of(rows.begin(), rows.end(),
                              [&](const mysql::Row& row) { return cell_is(row, c); }));
    EXPECT_TRUE(rules.by_columns ||
                std::find(rows.begin(), rows.end(), *decision.result) != rows.end());
  });
}

TEST_F(RandomMerge, OnlyWhatWasDeletedIsGone) {
  for_each_case([](const MergeCase& one, const MergeRules& rules) {
    const MergeDecision decision = one.merge(rules);
    if (decision.outcome != MergeOutcome::merged) return;
    const bool some_deleted =
        one.base && std::find(one.rows.begin(), one.rows.end(), std::nullopt) != one.rows.end();
    if (!decision.result) {
      EXPECT_TRUE(some_deleted);
    }
    // And nothing comes back that one deleted and nobody changed.
    const bool others_unchanged = std::all_of(
        one.rows.begin(), one.rows.end(), [&](const auto& row) { return !row || row == one.base; });
    if (some_deleted && others_unchanged) {
      EXPECT_FALSE(decision.result);
    }
  });
}

// A run that was killed after it had written some of the members: the next one, which knows what it
// intended, comes to the same rows, whichever were written.
TEST_F(RandomMerge, AKilledRunIsFinished) {
  for_each_case([&](const MergeCase& one, const MergeRules& rules) {
    const MergeDecision decision = one.merge(rules);
    if (decision.outcome != MergeOutcome::merged) return;
    RowMerger merger(rules, testing::merge_types());
    const MergeDecision again = one.with_input(merger, [&](MergeInput input) {
      const std::vector<MergeIntent> intents{merger.intent_to(input, decision.result)};
      std::vector<const mysql::Row*> rows(input.rows.begin(), input.rows.end());
      for (const mysql::Row*& row : rows)
        if (random() % 2 == 0) row = decision.result ? &*decision.result : nullptr;
      input.rows = rows;
      input.intents = intents;
      return merger.merge(input);
    });
    EXPECT_TRUE(again.outcome == MergeOutcome::merged || again.outcome == MergeOutcome::dissolved);
    if (again.outcome == MergeOutcome::merged) {
      EXPECT_TRUE(again.result == decision.result);
    }
  });
}

}  // namespace
}  // namespace rowplan::planner
