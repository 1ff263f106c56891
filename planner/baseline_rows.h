// The state's baselines and intents, whose keys and values are opaque there, as rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "planner/merge.h"
#include "planner/merge_shape.h"
#include "state/baseline_intents.h"
#include "state/baseline_lookup.h"
#include "state/baseline_reader.h"
#include "state/behind_lists.h"

namespace rowplan::planner {

/// 16 bytes of the row's hash, then 8 of each cell's.
[[nodiscard]] std::string baseline_value(const BaselineRow& row);
[[nodiscard]] std::uint64_t baseline_value_bytes(const MergeShape& shape);

/// A key and what earlier runs were about to make of its row, the oldest first.
struct KeyedIntents {
  mysql::Row key;
  std::vector<MergeIntent> intents;
};
[[nodiscard]] std::string intent_value(const MergeShape& shape, const MergeIntent& intent);
[[nodiscard]] std::uint64_t intent_value_bytes(const MergeShape& shape);
/// Of intent_value_bytes() bytes.
[[nodiscard]] MergeIntent intent_from_value(const MergeShape& shape, std::string_view value);

/// What one member had of a row, as it stands in its list.
struct BehindRow {
  MemberBase::Kind kind = MemberBase::Kind::own;
  std::optional<BaselineRow> row;  ///< of own; nullopt: none

  [[nodiscard]] MemberBase base() const { return {kind, row ? &*row : nullptr}; }
};

/// The order of reading, over the bytes of keys.
[[nodiscard]] state::KeyOrder reading_order(const MergeShape& shape);

/// The first cells of a row.
[[nodiscard]] mysql::Row key_of(const MergeShape& shape, const mysql::Row& row);

/// Keys with values, in the order of reading.
class ListedKeys {
 public:
  /// Both must outlive it.
  ListedKeys(const state::Store& store, const MergeShape& shape, state::BaselineReader reader)
      : store_(store), shape_(shape), reader_(std::move(reader)) {}

  /// false: the end. Throws state::StateError: damaged, also where keys do not rise; moved
  /// meanwhile.
  [[nodiscard]] bool next(mysql::Row& key);
  [[nodiscard]] std::string_view value() const { return reader_.value(); }

 private:
  const state::Store& store_;
  const MergeShape& shape_;
  state::BaselineReader reader_;
  std::optional<mysql::Row> last_;
};

/// Rows of a table's baseline in the order of reading.
class BaselineSource {
 public:
  virtual ~BaselineSource() = default;
  /// As ListedKeys::next.
  [[nodiscard]] virtual bool next(mysql::Row& key, BaselineRow& row) = 0;
};

/// All of them.
class BaselineRows : public BaselineSource {
 public:
  /// Both must outlive it. Throws state::StateError where it has other columns.
  BaselineRows(const state::Store& store, const MergeShape& shape, const state::BaselineInfo& info);

  [[nodiscard]] bool next(mysql::Row& key, BaselineRow& row) override;

 private:
  ListedKeys keys_;
};

/// Those of some keys.
class BaselinePicks : public BaselineSource {
 public:
  /// As BaselineRows.
  BaselinePicks(const state::Store& store, const MergeShape& shape,
                const state::BaselineInfo& info);

  /// `keys` rise, and are behind those that were wanted before.
  void want(std::vector<mysql::Row> keys);
  [[nodiscard]] bool next(mysql::Row& key, BaselineRow& row) override;

 private:
  const state::Store& store_;
  const MergeShape& shape_;
  state::BaselineLookup lookup_;
  std::vector<mysql::Row> keys_;
  std::size_t next_ = 0;  // of them
};

/// What a member had of rows that have moved without it.
class BehindRows {
 public:
  /// `list`: of that baseline. As BaselineRows.
  BehindRows(const state::Store& store, const MergeShape& shape, const state::BaselineInfo& info,
             const state::BehindInfo& list);

  [[nodiscard]] bool next(mysql::Row& key, BehindRow& row);

 private:
  const state::Store& store_;
  const MergeShape& shape_;
  ListedKeys keys_;
};

/// What earlier runs left of a table, in the order of reading, as far as it is of the shape's
/// members. Throws state::StateError.
[[nodiscard]] std::vector<KeyedIntents> read_intents(state::Store& store, const MergeShape& shape);

}  // namespace rowplan::planner
