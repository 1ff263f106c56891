// The three-way merge, case by case.
#include "planner/merge.h"

#include <gtest/gtest.h>

#include "tests/unit/merge_support.h"

namespace rowplan::planner {
namespace {

using testing::kNull;
using testing::merge_row;
using testing::MergeCase;
using testing::Values;

const Values kOld{1, 1, 10};
const Values kNew{2, 1, 20};
const Values kOther{3, 1, 30};

MergeRules manual() { return {}; }
MergeRules by(Resolve resolve, std::size_t member = 0) {
  return testing::rules_of(testing::rule_of(resolve, member));
}
MergeRules newest(int threshold_s) {
  return testing::rules_of(testing::rule_of(Resolve::newest, 0, threshold_s));
}

void expect_row(const MergeDecision& decision, const Values& values) {
  EXPECT_EQ(decision.outcome, MergeOutcome::merged);
  ASSERT_TRUE(decision.result);
  EXPECT_TRUE(*decision.result == merge_row(values));
}

void expect_deleted(const MergeDecision& decision) {
  EXPECT_EQ(decision.outcome, MergeOutcome::merged);
  EXPECT_FALSE(decision.result);
}

void expect_open(const MergeDecision& decision, ConflictKind kind, Undecided because) {
  EXPECT_EQ(decision.outcome, MergeOutcome::unresolved);
  ASSERT_TRUE(decision.conflict);
  EXPECT_STREQ(conflict_kind_name(decision.conflict->kind), conflict_kind_name(kind));
  EXPECT_STREQ(undecided_name(decision.conflict->pick.because), undecided_name(because));
  EXPECT_FALSE(decision.conflict->pick.member);
}

TEST(Merge, NothingHappened) {
  EXPECT_EQ((MergeCase{true, kOld, {kOld, kOld}, {}}).merge(manual()).outcome, MergeOutcome::same);
}

TEST(Merge, EqualChangesDissolve) {
  for (const MergeCase& one :
       {MergeCase{true, kOld, {kNew, kNew}, {}}, MergeCase{true, kOld, {{}, {}}, {}},
        MergeCase{true, {}, {kNew, kNew}, {}}, MergeCase{false, {}, {kNew, kNew}, {}}}) {
    const MergeDecision decision = one.merge(manual());
    EXPECT_EQ(decision.outcome, MergeOutcome::dissolved);
    EXPECT_FALSE(decision.conflict);
  }
  // For some of three members: what they share goes to the third.
  expect_row((MergeCase{true, kOld, {kNew, kOld, kNew}, {}}).merge(manual()), kNew);
}

TEST(Merge, OneMembersChangeGoesToAll) {
  expect_row((MergeCase{true, kOld, {kOld, kNew}, {}}).merge(manual()), kNew);
  expect_row((MergeCase{true, kOld, {kNew, kOld, kOld}, {}}).merge(manual()), kNew);
  expect_row((MergeCase{true, {}, {{}, kNew}, {}}).merge(manual()), kNew);
  expect_deleted((MergeCase{true, kOld, {kOld, {}}, {}}).merge(manual()));
  expect_deleted((MergeCase{true, kOld, {{}, kOld, {}}, {}}).merge(manual()));
}

TEST(Merge, KindsOfConflict) {
  expect_open((MergeCase{true, kOld, {kNew, kOther}, {}}).merge(manual()),
              ConflictKind::update_update, Undecided::none);
  expect_open((MergeCase{true, kOld, {kNew, {}}, {}}).merge(manual()), ConflictKind::update_delete,
              Undecided::none);
  expect_open((MergeCase{true, {}, {kNew, kOther}, {}}).merge(manual()),
              ConflictKind::insert_insert, Undecided::none);
  expect_open((MergeCase{false, {}, {kNew, kOther}, {}}).merge(manual()), ConflictKind::no_baseline,
              Undecided::none);
  const auto states =
      (MergeCase{true, kOld, {kNew, {}, kOld}, {}}).merge(manual()).conflict->states;
  EXPECT_EQ(states, (std::vector{RowState::changed, RowState::deleted, RowState::unchanged}));
}

TEST(Merge, SkippedStays) {
  const MergeDecision decision =
      (MergeCase{true, kOld, {kNew, kOther}, {}}).merge(by(Resolve::skip));
  EXPECT_EQ(decision.outcome, MergeOutcome::skipped);
  EXPECT_TRUE(decision.conflict);
}

TEST(Merge, WithoutABaselineNothingIsDeleted) {
  expect_row((MergeCase{false, {}, {{}, kNew}, {}}).merge(manual()), kNew);
  expect_row((MergeCase{false, {}, {kNew, {}, kNew}, {}}).merge(manual()), kNew);
  // The time decides here: nobody knows that both were inserted.
  expect_row((MergeCase{false, {}, {kNew, kOther}, {}}).merge(newest(0)), kOther);
}

TEST(MergePolicy, ByMember) {
  const MergeCase one{true, kOld, {kNew, kOther, kOld}, {}};
  expect_row(one.merge(by(Resolve::member, 0)), kNew);
  expect_row(one.merge(by(Resolve::member, 1)), kOther);
  // Who changed nothing has no say: its row would undo both changes.
  expect_open(one.merge(by(Resolve::member, 2)), ConflictKind::update_update,
              Undecided::not_involved);
  expect_deleted((MergeCase{true, kOld, {{}, kNew}, {}}).merge(by(Resolve::member, 0)));
}

TEST(MergePolicy, ByColumn) {
  const MergeCase one{true, kOld, {kNew, kOther}, {}};
  expect_row(one.merge(by(Resolve::newest)), kOther);
  expect_row(one.merge(by(Resolve::oldest)), kNew);
  expect_row(one.merge(by(Resolve::greatest)), kOther);
  expect_row(one.merge(by(Resolve::least)), kNew);
  EXPECT_EQ(one.merge(by(Resolve::newest)).conflict->pick.member, 1U);
}

TEST(MergePolicy, WhatTheColumnCannotDecide) {
  const auto against = [](const testing::MaybeValues& other) {
    return MergeCase{true, kOld, {kNew, other}, {}}.merge(newest(0));
  };
  expect_open(against(Values{9, 9, 20}), ConflictKind::update_update, Undecided::equal);
  expect_open(against(Values{9, 9, kNull}), ConflictKind::update_update, Undecided::null);
  expect_open(against(std::nullopt), ConflictKind::update_delete, Undecided::deleted);
}

TEST(MergePolicy, Otherwise) {
  MergeRules rules = newest(0);
  rules.conflict.otherwise = Resolve::member;
  rules.conflict.otherwise_member = 1;
  expect_deleted((MergeCase{true, kOld, {kNew, {}}, {}}).merge(rules));
  const MergeDecision equal = (MergeCase{true, kOld, {kNew, Values{9, 9, 20}}, {}}).merge(rules);
  expect_row(equal, {9, 9, 20});
  EXPECT_EQ(equal.conflict->pick.by, Resolve::member);
  EXPECT_EQ(equal.conflict->pick.because, Undecided::equal);
  rules.conflict.otherwise = Resolve::skip;
  EXPECT_EQ((MergeCase{true, kOld, {kNew, {}}, {}}).merge(rules).outcome, MergeOutcome::skipped);
}

TEST(MergePolicy, Threshold) {
  const MergeCase one{true, kOld, {kNew, kOther}, {}};  // 10 s apart
  expect_row(one.merge(newest(10)), kOther);
  expect_open(one.merge(newest(11)), ConflictKind::update_update, Undecided::too_close);
  // The winner must be ahead of all others.
  expect_open((MergeCase{true, kOld, {kNew, kOther, Values{4, 1, 32}}, {}}).merge(newest(10)),
              ConflictKind::update_update, Undecided::too_close);
}

TEST(MergePolicy, NoPointInTimeDecidesNothing) {
  const auto row_at = [](unsigned month, unsigned day) {
    mysql::Row row = merge_row(kNew);
    mysql::Row other;
    for (std::size_t i = 0; i < testing::kStampColumn; ++i) other.add(row.cell(i));
    std::string cell;
    mysql::append_datetime(cell, {2026, month, day, 0, 0, 0, 0});
    other.add(cell);
    return other;
  };
  const mysql::Row good = row_at(2, 28);
  for (const mysql::Row& bad : {row_at(0, 0), row_at(2, 31)}) {
    const std::vector<Candidate> both{{0, &good, 0}, {1, &bad, 1}};
    EXPECT_EQ(pick_winner(testing::rule_of(Resolve::newest), both).because, Undecided::no_time);
    EXPECT_EQ(pick_winner(testing::rule_of(Resolve::greatest), both).because, Undecided::none);
  }
}

TEST(MergePolicy, DecimalsRankByValue) {
  const auto row_of = [](const char* decimal) {
    mysql::Row row;
    row.add(decimal);
    return row;
  };
  MergeRule rule;
  rule.resolve = Resolve::greatest;
  rule.column = {0, {mysql::CellKind::decimal, false, 2}, mysql::ColumnOrder::decimal};
  const mysql::Row nine = row_of("9.00");
  const mysql::Row ten = row_of("10.00");
  const mysql::Row minus = row_of("-11.00");
  EXPECT_EQ(pick_winner(rule, {{0, &nine, 0}, {1, &ten, 1}, {2, &minus, 2}}).member, 1U);
  rule.resolve = Resolve::least;
  EXPECT_EQ(pick_winner(rule, {{0, &nine, 0}, {1, &ten, 1}, {2, &minus, 2}}).member, 2U);
}

TEST(MergePolicy, TimeDoesNotDecideTwoInserts) {
  const MergeCase one{true, {}, {kNew, kOther}, {}};
  for (const Resolve resolve : {Resolve::newest, Resolve::greatest})
    expect_open(one.merge(by(resolve)), ConflictKind::insert_insert, Undecided::inserted);
  MergeRules rules = newest(0);
  rules.inserts = testing::rule_of(Resolve::oldest);
  expect_row(one.merge(rules), kNew);
  expect_row(one.merge(by(Resolve::member, 0)), kNew);
  rules = by(Resolve::greatest);
  rules.conflict.column = {1, {mysql::CellKind::integer}, {}};
  expect_row(one.merge(rules), kOther);
}

class MergeColumns : public ::testing::Test {
 protected:
  MergeColumns() { rules_.by_columns = true; }
  MergeRules rules_ = newest(0);
};

TEST_F(MergeColumns, ChangesToDifferentColumnsStandSideBySide) {
  const MergeDecision decision =
      (MergeCase{true, kOld, {Values{2, 1, 20}, Values{1, 3, 30}}, {}}).merge(rules_);
  expect_row(decision, {2, 3, 30});
  EXPECT_FALSE(decision.conflict) << "the time stamp alone is no conflict";
  // By rows one of the two would be lost.
  rules_.by_columns = false;
  EXPECT_TRUE(
      (MergeCase{true, kOld, {Values{2, 1, 20}, Values{1, 3, 30}}, {}}).merge(rules_).conflict);
}

TEST_F(MergeColumns, TheSameColumnIsAConflict) {
  const MergeCase one{true, kOld, {Values{2, 5, 20}, Values{3, 1, 30}}, {}};
  const MergeDecision decision = one.merge(rules_);
  expect_row(decision, {3, 5, 30});
  ASSERT_TRUE(decision.conflict);
  ASSERT_EQ(decision.conflict->cells.size(), 1U);
  EXPECT_EQ(decision.conflict->cells[0].column, 1U);
  rules_.conflict.threshold = std::chrono::seconds(11);
  expect_open(one.merge(rules_), ConflictKind::update_update, Undecided::too_close);
}

TEST_F(MergeColumns, ATimeStampThatCannotBeRankedIsAConflict) {
  expect_open((MergeCase{true, kOld, {Values{2, 1, 20}, Values{1, 3, kNull}}, {}}).merge(rules_),
              ConflictKind::update_update, Undecided::null);
}

TEST_F(MergeColumns, AnUpdateAgainstADeleteIsOfTheWholeRow) {
  expect_open((MergeCase{true, kOld, {kNew, {}}, {}}).merge(rules_), ConflictKind::update_delete,
              Undecided::deleted);
}

TEST(MergeIntents, WhatAnEarlierRunWroteIsNoChange) {
  // Member 1 won against member 0, which was written; then the run was killed, member 1 deleted
  // the row, and member 2 still has it as it was.
  MergeCase crashed{true, kOld, {kNew, kOther, kOld}, {}};
  const MergeRules rules = by(Resolve::newest);
  const MergeDecision first = crashed.merge(rules);
  crashed.intend(rules, first.result);
  crashed.rows = {kOther, std::nullopt, kOld};
  expect_deleted(crashed.merge(rules));
  crashed.intents.clear();
  EXPECT_EQ(crashed.merge(rules).outcome, MergeOutcome::unresolved);
}

TEST(MergeIntents, AnUndoneChangeIsUndoneEverywhere) {
  MergeCase crashed{true, kOld, {kNew, kOld, kOld}, {}};
  const MergeDecision first = crashed.merge(manual());
  crashed.intend(manual(), first.result);
  crashed.rows = {kOld, kNew, kOld};
  expect_row(crashed.merge(manual()), kOld);
}

TEST(MergeIntents, ADeletedInsertIsDeletedEverywhere) {
  MergeCase crashed{true, {}, {kNew, {}, {}}, {}};
  crashed.intend(manual(), merge_row(kNew));
  crashed.rows = {std::nullopt, kNew, std::nullopt};
  expect_deleted(crashed.merge(manual()));
  // Without a baseline nothing is.
  crashed.has_baseline = false;
  expect_row(crashed.merge(manual()), kNew);
}

TEST(MergeIntents, ByColumnsTheMembersOwnChangeStays) {
  MergeRules rules = manual();
  rules.by_columns = true;
  MergeCase crashed{true, Values{1, 1, 10}, {Values{2, 1, 10}, Values{1, 2, 10}}, {}};
  const MergeDecision first = crashed.merge(rules);
  expect_row(first, {2, 2, 10});
  crashed.intend(rules, first.result);
  // Member 0 was written; then member 1 took its own change back.
  crashed.rows = {Values{2, 2, 10}, Values{1, 1, 10}};
  expect_row(crashed.merge(rules), {2, 1, 10});
}

TEST(Merge, WritesOfAMember) {
  const mysql::Row row = merge_row(kOld);
  EXPECT_EQ(op_to(&row, row), std::nullopt);
  EXPECT_EQ(op_to(nullptr, std::nullopt), std::nullopt);
  EXPECT_EQ(op_to(&row, merge_row(kNew)), Op::update);
  EXPECT_EQ(op_to(nullptr, row), Op::insert);
  EXPECT_EQ(op_to(&row, std::nullopt), Op::remove);
}

}  // namespace
}  // namespace rowplan::planner
