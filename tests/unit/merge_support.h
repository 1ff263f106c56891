// Rows of small numbers for the tests of the merge: key, value, another value, a time.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "planner/merge.h"

namespace rowplan::planner::testing {

inline constexpr std::size_t kStampColumn = 3;
inline constexpr int kNull = -1;

/// The cells after the key; kNull: NULL. The last is a time, in seconds.
using Values = std::array<int, 3>;
using MaybeValues = std::optional<Values>;  // none: no row

inline std::vector<mysql::CellType> merge_types() {
  return {{mysql::CellKind::integer},
          {mysql::CellKind::integer},
          {mysql::CellKind::integer},
          {mysql::CellKind::datetime}};
}

inline mysql::Row merge_row(const Values& values) {
  mysql::Row row;
  std::string cell;
  mysql::append_integer(cell, false, 7);
  row.add(cell);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == kNull) {
      row.add_null();
      continue;
    }
    cell.clear();
    if (i + 1 == kStampColumn)
      mysql::append_datetime(cell, {2026, 1, 2, 3, 4, static_cast<unsigned>(values[i]), 0});
    else
      mysql::append_integer(cell, false, static_cast<std::uint64_t>(values[i]));
    row.add(cell);
  }
  return row;
}

inline MergeRule rule_of(Resolve resolve, std::size_t member = 0, int threshold_s = 0) {
  MergeRule rule;
  rule.resolve = resolve;
  rule.member = member;
  if (by_column(resolve)) rule.column = {kStampColumn, merge_types()[kStampColumn], {}};
  rule.threshold = std::chrono::seconds(threshold_s);
  return rule;
}

inline MergeRules rules_of(const MergeRule& rule) { return {rule, std::nullopt, false}; }

/// What a member had other than the others, where it did.
struct OwnBase {
  MemberBase::Kind kind = MemberBase::Kind::common;
  MaybeValues row;
};

/// One row on all members; keeps what MergeInput points to.
struct MergeCase {
  bool has_baseline = true;
  MaybeValues base;
  std::vector<MaybeValues> rows;
  std::vector<MergeIntent> intents = {};
  std::vector<OwnBase> own = {};

  template <typename Use>
  auto with_input(RowMerger& merger, const Use& use) const {
    BaselineRow baseline;
    if (base) baseline = merger.baseline_of(merge_row(*base));
    std::vector<BaselineRow> rows_before(own.size());
    std::vector<MemberBase> before;
    for (std::size_t m = 0; m < own.size(); ++m) {
      if (own[m].row) rows_before[m] = merger.baseline_of(merge_row(*own[m].row));
      before.push_back({own[m].kind, own[m].row ? &rows_before[m] : nullptr});
    }
    const Pointers pointers(rows);
    const bool listed = std::any_of(before.begin(), before.end(), [](const MemberBase& each) {
      return each.kind == MemberBase::Kind::own;
    });
    return use(MergeInput{has_baseline, base ? &baseline : nullptr, pointers.rows, intents, before,
                          listed});
  }

  [[nodiscard]] MergeDecision merge(const MergeRules& rules) const {
    RowMerger merger(rules, merge_types());
    return with_input(merger, [&](const MergeInput& input) { return merger.merge(input); });
  }

  /// The run ended when it was about to make `result` of the rows.
  void intend(const MergeRules& rules, const std::optional<mysql::Row>& result) {
    RowMerger merger(rules, merge_types());
    intents.push_back(with_input(
        merger, [&](const MergeInput& input) { return merger.intent_to(input, result); }));
  }

  struct Pointers {
    explicit Pointers(const std::vector<MaybeValues>& values) : kept(values.size()) {
      for (std::size_t m = 0; m < values.size(); ++m) {
        if (values[m]) kept[m] = merge_row(*values[m]);
        rows.push_back(values[m] ? &kept[m] : nullptr);
      }
    }
    std::vector<mysql::Row> kept;
    std::vector<const mysql::Row*> rows;
  };
};

}  // namespace rowplan::planner::testing
