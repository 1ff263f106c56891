// The merge of rows of members that missed syncs: as if they had been there, and each three-way
// merge against what they had themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "tests/unit/merge_support.h"

namespace rowplan::planner {
namespace {

using testing::kNull;
using testing::MaybeValues;
using testing::MergeCase;
using testing::OwnBase;
using testing::rule_of;
using testing::rules_of;
using testing::Values;

using Kind = MemberBase::Kind;

const Values kOld{1, 1, 10};
const Values kMoved{2, 1, 20};
const Values kMine{1, 2, 30};

const OwnBase kUpToDate{};
const OwnBase kUnknown{Kind::unknown, std::nullopt};
OwnBase had(const MaybeValues& row) { return {Kind::own, row}; }

std::optional<mysql::Row> row(const MaybeValues& values) {
  return values ? std::optional(testing::merge_row(*values)) : std::nullopt;
}

/// The hub, an up-to-date spoke, and one that is back.
MergeCase back(const MaybeValues& base, const MaybeValues& others, const OwnBase& own,
               const MaybeValues& mine) {
  MergeCase one{true, base, {others, others, mine}};
  one.own = {kUpToDate, kUpToDate, own};
  return one;
}

MergeDecision by_hand(const MergeCase& one) {
  return one.merge(rules_of(rule_of(Resolve::manual)));
}

TEST(MergeBehind, GetsWhatItMissed) {
  for (const MaybeValues& before : {MaybeValues(kOld), MaybeValues()}) {
    for (const MaybeValues& now : {MaybeValues(kMoved), MaybeValues()}) {
      if (before == now) continue;
      const MergeDecision decision = by_hand(back(now, now, had(before), before));
      EXPECT_EQ(decision.outcome, MergeOutcome::merged);
      EXPECT_EQ(decision.result, row(now)) << "a delete, too";
      EXPECT_FALSE(decision.conflict);
    }
  }
}

TEST(MergeBehind, ADeleteItMissedAgainstAChange) {
  const MergeDecision decision = by_hand(back(std::nullopt, std::nullopt, had(kOld), kMine));
  EXPECT_EQ(decision.outcome, MergeOutcome::unresolved);
  ASSERT_TRUE(decision.conflict);
  EXPECT_EQ(decision.conflict->kind, ConflictKind::update_delete);
  EXPECT_EQ(decision.conflict->states,
            (std::vector{RowState::deleted, RowState::deleted, RowState::changed}));
}

TEST(MergeBehind, ItsOwnDeleteAgainstAChangeItMissed) {
  const MergeDecision decision = by_hand(back(kMoved, kMoved, had(kOld), std::nullopt));
  ASSERT_TRUE(decision.conflict);
  EXPECT_EQ(decision.conflict->kind, ConflictKind::update_delete);
  EXPECT_EQ(decision.conflict->states,
            (std::vector{RowState::changed, RowState::changed, RowState::deleted}));
}

TEST(MergeBehind, OneKeyInsertedTwice) {
  const MergeDecision decision = by_hand(back(kMoved, kMoved, had(std::nullopt), kMine));
  ASSERT_TRUE(decision.conflict);
  EXPECT_EQ(decision.conflict->kind, ConflictKind::insert_insert);
  const MergeDecision by_time =
      back(kMoved, kMoved, had(std::nullopt), kMine).merge(rules_of(rule_of(Resolve::newest)));
  EXPECT_EQ(by_time.outcome, MergeOutcome::unresolved) << "no time decides two inserts";
}

TEST(MergeBehind, WhoIsNamedWinsThoughTheOthersChangedBefore) {
  const MergeCase one = back(kMoved, kMoved, had(kOld), kMine);
  for (const std::size_t member : {0U, 1U, 2U}) {
    const MergeDecision decision = one.merge(rules_of(rule_of(Resolve::member, member)));
    EXPECT_EQ(decision.outcome, MergeOutcome::merged);
    EXPECT_EQ(decision.result, row(member == 2 ? kMine : kMoved));
    EXPECT_TRUE(decision.conflict) << "that was decided";
  }
  EXPECT_EQ(one.merge(rules_of(rule_of(Resolve::newest))).result, row(kMine));
  EXPECT_EQ(one.merge(rules_of(rule_of(Resolve::oldest))).result, row(kMoved));
}

TEST(MergeBehind, TheSameChangeOnBothSidesDissolves) {
  const MergeDecision decision = by_hand(back(kMoved, kMoved, had(kOld), kMoved));
  EXPECT_EQ(decision.outcome, MergeOutcome::dissolved) << "and what is listed goes";
  EXPECT_TRUE(decision.hash);
  const MergeDecision gone = by_hand(back(std::nullopt, std::nullopt, had(kOld), std::nullopt));
  EXPECT_EQ(gone.outcome, MergeOutcome::dissolved);
  EXPECT_FALSE(gone.hash);
}

TEST(MergeBehind, ANewChangeOfTheOthersTakesTheOldOnesPlace) {
  MergeCase one = back(kMoved, kMoved, had(kOld), kMine);
  one.rows[0] = Values{7, 7, 40};
  const MergeDecision decision = one.merge(rules_of(rule_of(Resolve::newest)));
  EXPECT_EQ(decision.result, row(Values{7, 7, 40}));
  EXPECT_EQ(decision.conflict->states,
            (std::vector{RowState::changed, RowState::unchanged, RowState::changed}));
  EXPECT_EQ(one.merge(rules_of(rule_of(Resolve::member, 1))).outcome, MergeOutcome::unresolved)
      << "the spoke that changed nothing since";
}

TEST(MergeBehind, TwoThatAreBack) {
  MergeCase one{true, kMoved, {kMoved, kMine, Values{1, 5, 11}}};
  one.own = {kUpToDate, had(kOld), had(std::nullopt)};
  const MergeDecision decision = one.merge(rules_of(rule_of(Resolve::member, 0)));
  EXPECT_EQ(decision.result, row(kMoved));
  EXPECT_EQ(decision.conflict->kind, ConflictKind::insert_insert) << "of one it was an insert";
  one.rows[2] = std::nullopt;
  EXPECT_EQ(one.merge(rules_of(rule_of(Resolve::newest))).result, row(kMine));
}

TEST(MergeBehind, ColumnsThatTheOthersDidNotTouch) {
  MergeRules rules = rules_of(rule_of(Resolve::manual));
  rules.by_columns = true;
  MergeCase one = back(Values{2, 1, 10}, Values{2, 1, 10}, had(Values{1, 1, 10}), Values{1, 9, 10});
  EXPECT_EQ(one.merge(rules).result, row(Values{2, 9, 10}));
  EXPECT_FALSE(one.merge(rules).conflict);
  one.rows[2] = Values{5, 9, 10};
  ASSERT_TRUE(one.merge(rules).conflict);
  EXPECT_EQ(one.merge(rules).conflict->cells.size(), 1U);
  EXPECT_EQ(one.merge(rules).conflict->states,
            (std::vector{RowState::changed, RowState::changed, RowState::changed}));
  rules.conflict = rule_of(Resolve::member, 1);
  EXPECT_EQ(one.merge(rules).result, row(Values{2, 9, 10}));
}

TEST(MergeBehind, NothingIsKnownOfIt) {
  EXPECT_EQ(by_hand(back(kOld, kOld, kUnknown, std::nullopt)).result, row(kOld))
      << "what it lacks it did not delete";
  EXPECT_EQ(by_hand(back(std::nullopt, std::nullopt, kUnknown, kMine)).result, row(kMine))
      << "what it alone has is new";
  EXPECT_EQ(by_hand(back(kOld, kOld, kUnknown, kOld)).outcome, MergeOutcome::same);
  EXPECT_EQ(by_hand(back(kOld, kMoved, kUnknown, kOld)).result, row(kMoved));
  const MergeDecision differs = by_hand(back(kOld, kOld, kUnknown, kMine));
  EXPECT_EQ(differs.outcome, MergeOutcome::unresolved);
  EXPECT_EQ(differs.conflict->kind, ConflictKind::no_baseline);
  const MergeDecision deleted = by_hand(back(kOld, std::nullopt, kUnknown, kOld));
  EXPECT_EQ(deleted.conflict->kind, ConflictKind::no_baseline) << "nothing of it is deleted";
  const MergeDecision twice = by_hand(back(std::nullopt, kMoved, kUnknown, kMine));
  EXPECT_EQ(twice.conflict->kind, ConflictKind::no_baseline);
}

TEST(MergeBehind, AKilledRunWithoutIt) {
  const MergeRules rules = rules_of(rule_of(Resolve::manual));
  // The hub changed the row; the run was killed when it had written one of the two spokes.
  MergeCase one{true, kOld, {kMoved, kOld, kOld}};
  MergeCase without{true, kOld, {kMoved, kOld}};
  without.intend(rules, row(kMoved));
  MergeIntent intent = without.intents.front();
  intent.seen.push_back(std::nullopt);
  intent.absent = {false, false, true};
  one.intents = {intent};
  one.rows[1] = kMoved;
  EXPECT_EQ(by_hand(one).result, row(kMoved));
  EXPECT_FALSE(by_hand(one).conflict);
  one.rows[2] = kMine;
  ASSERT_TRUE(by_hand(one).conflict);
  EXPECT_EQ(by_hand(one).conflict->states,
            (std::vector{RowState::changed, RowState::unchanged, RowState::changed}));
}

/// Random cases of few values, with a seed.
class RandomBehind : public ::testing::Test {
 protected:
  static constexpr int kRounds = 20'000;

  MaybeValues any_row() {
    if (random() % 4 == 0) return std::nullopt;
    const auto any = [&](int below) { return static_cast<int>(random() % below); };
    return Values{any(3), any(3), random() % 8 == 0 ? kNull : 10 + any(3) * 5};
  }

  MergeRules any_rules(std::size_t members) {
    const std::vector<Resolve> all{Resolve::member,   Resolve::newest, Resolve::oldest,
                                   Resolve::greatest, Resolve::manual, Resolve::skip};
    MergeRules rules = rules_of(rule_of(all[random() % all.size()], random() % members));
    rules.conflict.otherwise = random() % 2 == 0 ? Resolve::member : Resolve::manual;
    rules.conflict.otherwise_member = random() % members;
    rules.by_columns = random() % 2 == 0;
    if (random() % 2 == 0) rules.inserts = rule_of(Resolve::newest);
    return rules;
  }

  void for_each_round(const std::function<void()>& check) {
    const std::uint64_t first = std::random_device{}();
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
      const std::uint64_t seed = first + static_cast<std::uint64_t>(round);
      SCOPED_TRACE("seed " + std::to_string(seed));
      random.seed(seed);
      check();
    }
  }

  std::mt19937_64 random;
};

void expect_same(const MergeDecision& found, const MergeDecision& expected) {
  EXPECT_EQ(found.outcome, expected.outcome);
  EXPECT_EQ(found.result, expected.result);
  ASSERT_EQ(found.conflict.has_value(), expected.conflict.has_value());
  if (!found.conflict) return;
  EXPECT_EQ(found.conflict->kind, expected.conflict->kind);
  EXPECT_EQ(found.conflict->states, expected.conflict->states);
  EXPECT_EQ(found.conflict->pick.member, expected.conflict->pick.member);
  EXPECT_EQ(found.conflict->pick.because, expected.conflict->pick.because);
}

// The others have changed the row one after the other, and all have the last of it: that is the
// same merge as if none had been without the member, and all of them had changed it at once.
TEST_F(RandomBehind, IsAThreeWayMergeAgainstWhatItHad) {
  for_each_round([&] {
    const std::size_t others = 1 + random() % 3;
    const MaybeValues before = any_row();
    const MaybeValues moved = any_row();
    const MaybeValues mine = random() % 3 == 0 ? before : any_row();
    MergeCase late{true, moved, std::vector<MaybeValues>(others, moved)};
    late.own.assign(others, kUpToDate);
    MergeCase plain{true, before, std::vector<MaybeValues>(others, moved)};
    const std::size_t at = random() % (others + 1);
    const auto place = [&](auto& list, const auto& value) {
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), value);
    };
    place(late.rows, mine);
    place(late.own, had(before));
    place(plain.rows, mine);
    const MergeRules rules = any_rules(others + 1);
    const MergeDecision expected = plain.merge(rules);
    // What was settled without the member is news to the baseline, but to the rows is none.
    if (expected.outcome == MergeOutcome::same || expected.outcome == MergeOutcome::dissolved) {
      EXPECT_EQ(late.merge(rules).outcome, MergeOutcome::dissolved);
      return;
    }
    expect_same(late.merge(rules), expected);
  });
}

// Who did nothing meanwhile gets what the others make of the row without it.
TEST_F(RandomBehind, WhoDidNothingHasNoSay) {
  for_each_round([&] {
    const std::size_t others = 2 + random() % 2;
    const MaybeValues base = any_row();
    MergeCase without{true, base, {}};
    for (std::size_t m = 0; m < others; ++m)
      without.rows.push_back(random() % 2 == 0 ? base : any_row());
    MergeCase with = without;
    with.own.assign(others, kUpToDate);
    const MaybeValues before = any_row();
    if (before == base) return;
    with.rows.push_back(before);
    with.own.push_back(had(before));
    const MergeRules rules = any_rules(others);
    const MergeDecision expected = without.merge(rules);
    const MergeDecision found = with.merge(rules);
    if (expected.outcome == MergeOutcome::same || expected.outcome == MergeOutcome::dissolved) {
      // All the others have one row: the member gets it, if it has another.
      const bool equal = without.rows[0] == before;
      EXPECT_EQ(found.outcome, equal ? MergeOutcome::dissolved : MergeOutcome::merged);
      if (!equal) {
        EXPECT_EQ(found.result, row(without.rows[0]));
      }
      return;
    }
    EXPECT_EQ(found.outcome, expected.outcome);
    EXPECT_EQ(found.result, expected.result);
    EXPECT_EQ(found.conflict.has_value(), expected.conflict.has_value());
  });
}

// Whatever is known or not: what somebody changed is nowhere lost without a word.
TEST_F(RandomBehind, NothingIsLostWithoutAConflict) {
  for_each_round([&] {
    const std::size_t members = 2 + random() % 3;
    MergeCase one{true, any_row(), {}};
    const auto base_of = [&](std::size_t m) -> MaybeValues {
      return one.own[m].kind == Kind::own ? one.own[m].row : one.base;
    };
    for (std::size_t m = 0; m < members; ++m) {
      const int kind = m == 0 ? 0 : static_cast<int>(random() % 3);
      one.own.push_back(kind == 0 ? kUpToDate : kind == 1 ? had(any_row()) : kUnknown);
      one.rows.push_back(random() % 2 == 0 ? base_of(m) : any_row());
    }
    MergeRules rules = any_rules(members);
    rules.by_columns = false;
    const MergeDecision decision = one.merge(rules);
    if (decision.outcome != MergeOutcome::merged || decision.conflict) return;
    for (std::size_t m = 0; m < members; ++m) {
      if (row(one.rows[m]) == decision.result) continue;
      if (one.own[m].kind == Kind::unknown)
        EXPECT_TRUE(!one.rows[m] || (one.rows[m] == one.base && decision.result));
      else
        EXPECT_TRUE(one.rows[m] == base_of(m) || one.rows[m] == one.base);
    }
    // And what is made is somebody's change, or what the others had.
    const bool news = std::find(one.rows.begin(), one.rows.end(), one.base) == one.rows.end() ||
                      decision.result != row(one.base);
    bool somebody = !news;
    for (std::size_t m = 0; m < members; ++m)
      somebody = somebody || (row(one.rows[m]) == decision.result && one.rows[m] != base_of(m)) ||
                 (one.own[m].kind == Kind::unknown && row(one.rows[m]) == decision.result);
    EXPECT_TRUE(somebody || decision.result == row(one.base));
  });
}

}  // namespace
}  // namespace rowplan::planner
