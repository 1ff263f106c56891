// The state's baselines and intents, whose keys and values are opaque there, as rows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/merge.h"
#include "planner/merge_shape.h"
#include "state/baseline_intents.h"
#include "state/baseline_lookup.h"
#include "state/baseline_reader.h"

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

/// The order of reading, over the bytes of keys.
[[nodiscard]] state::KeyOrder reading_order(const MergeShape& shape);

/// The first cells of a row.
[[nodiscard]] mysql::Row key_of(const MergeShape& shape, const mysql::Row& row);

/// Rows of a table's baseline in the order of reading.
class BaselineSource {
 public:
  virtual ~BaselineSource() = default;
  /// false: the end. Throws state::StateError: damaged; moved meanwhile.
  [[nodiscard]] virtual bool next(mysql::Row& key, BaselineRow& row) = 0;
};

/// All of them.
class BaselineRows : public BaselineSource {
 public:
  /// Both must outlive it.
  BaselineRows(const state::Store& store, const MergeShape& shape, const state::BaselineInfo& info);

  /// Keys that do not rise are damage, too.
  [[nodiscard]] bool next(mysql::Row& key, BaselineRow& row) override;

 private:
  const state::Store& store_;
  const MergeShape& shape_;
  state::BaselineReader reader_;
  std::optional<mysql::Row> last_;
};

/// Those of some keys.
class BaselinePicks : public BaselineSource {
 public:
  /// As BaselineRows. Throws state::StateError.
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

/// What earlier runs left of a table, in the order of reading. Throws state::StateError.
[[nodiscard]] std::vector<KeyedIntents> read_intents(state::Store& store, const MergeShape& shape);

}  // namespace rowplan::planner
