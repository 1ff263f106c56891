#include "planner/two_way_window.h"

#include <cassert>
#include <deque>
#include <list>
#include <optional>
#include <span>
#include <utility>

#include "mysql/row_stream.h"
#include "planner/keys_compare.h"
#include "planner/member_rows.h"
#include "planner/stamped_tables.h"
#include "planner/two_way_table.h"

namespace rowplan::planner {

namespace {

constexpr std::uint64_t kWindowKeysAtOnce = 100'000;

/// The keys of one member's window, in order. In pages: the session is wanted for rows in between.
class WindowKeys {
 public:
  /// `stamped`: the member as the source of a pair.
  WindowKeys(mysql::Session& session, TablePair stamped, const Window& window)
      : session_(session),
        stamped_(std::move(stamped)),
        window_(window),
        at_end_(*window.low >= window.to) {}

  /// nullptr: the end. No result is open on the session.
  const mysql::Row* peek() {
    if (keys_.empty() && !at_end_) read_on();
    return keys_.empty() ? nullptr : &keys_.front();
  }
  void pop() { keys_.pop_front(); }

 private:
  void read_on() {
    mysql::RowStream stream(
        session_, select_window_keys(stamped_, *window_.low, window_.to, last_, kWindowKeysAtOnce),
        read_columns(stamped_, Side::source, Wanted::key),
        "reading the changes of " + stamped_.job.address);
    mysql::Row row;
    while (stream.next(row)) keys_.push_back(row);
    at_end_ = keys_.size() < kWindowKeysAtOnce;
    if (!keys_.empty()) last_ = keys_.back();
  }

  mysql::Session& session_;
  TablePair stamped_;
  const Window& window_;
  bool at_end_;
  std::deque<mysql::Row> keys_;
  std::optional<mysql::Row> last_;
};

/// A window shows some rows that are gone elsewhere, by the chance of what was changed beside it.
/// So that deletes come when all do, none comes before; but what a killed run began to delete, and
/// may have on some member, is finished.
class WithoutDeletes : public MergeVisitor {
 public:
  WithoutDeletes(const MergeRules& rules, const MergeShape& shape, MergeVisitor& next)
      : merger_(rules, shape.types), next_(next) {}

  void row(const mysql::Row& key, const MergeInput& input) override {
    if (!deletes(input)) next_.row(key, input);
  }
  void chunk_end(const KeyRange& range) override { next_.chunk_end(range); }
  bool stop() override { return next_.stop(); }

 private:
  bool deletes(const MergeInput& input) {
    if (!input.intents.empty()) return false;
    const MergeDecision decision = merger_.merge(input);
    return decision.outcome == MergeOutcome::merged && !decision.result;
  }

  RowMerger merger_;
  MergeVisitor& next_;
};

/// Why these keys are all that can differ, deletes apart: at the last sync all members had equal
/// rows, those of the baseline, and a row that a user changed since has a stamp that is not before
/// its member's watermark. What rowplan wrote since is of units that are in, so equal on all and in
/// the baseline, or of units that are not, or of a table with one that is not. Then the watermarks
/// of all its members stand where they stood (they move together, when the last unit is in), and
/// what was merged into the unit is in the windows still; what was begun of it is among the
/// intents. Where a member missed a sync that others had, or conflicts were skipped, there is no
/// window.
class Candidates {
 public:
  Candidates(const TwoWayTask& task, const MergeShape& shape, const state::BaselineInfo& baseline,
             const std::vector<KeyedIntents>& intents)
      : task_(task), shape_(shape), intents_(intents), baseline_(*task.store, shape, baseline) {
    std::vector<TablePair> stamped = stamped_tables(task.pair);
    assert(task.windows.size() == stamped.size());
    for (std::size_t m = 0; m < stamped.size(); ++m)
      windows_.emplace_back(*task.readers[m], std::move(stamped[m]), task.windows[m]);
  }

  bool merge(MergeVisitor& visitor) {
    while (true) {
      const std::size_t first_intent = intent_;
      const std::vector<mysql::Row> keys = next_keys();
      if (keys.empty()) return true;
      const auto intents = std::span(intents_).subspan(first_intent, intent_ - first_intent);
      if (visitor.stop() || !walk(keys, intents, visitor)) return false;
    }
  }

 private:
  [[nodiscard]] std::vector<mysql::Row> next_keys() {
    std::vector<mysql::Row> keys;
    while (keys.size() < kKeysAtOnce) {
      const mysql::Row* first = intent_ < intents_.size() ? &intents_[intent_].key : nullptr;
      for (WindowKeys& window : windows_) {
        const mysql::Row* key = window.peek();
        if (key != nullptr && (first == nullptr || order_of(*key, *first) < 0)) first = key;
      }
      if (first == nullptr) break;
      const mysql::Row& key = keys.emplace_back(*first);
      for (WindowKeys& window : windows_)
        while (window.peek() != nullptr && order_of(*window.peek(), key) == 0) window.pop();
      if (intent_ < intents_.size() && order_of(intents_[intent_].key, key) == 0) ++intent_;
    }
    return keys;
  }

  [[nodiscard]] int order_of(const mysql::Row& a, const mysql::Row& b) const {
    return mysql::compare_keys(shape_.order, a, b);
  }

  bool walk(const std::vector<mysql::Row>& keys, std::span<const KeyedIntents> intents,
            MergeVisitor& visitor) {
    std::list<StreamRows> rows;
    std::vector<RowSource*> sources;
    for (std::size_t m = 0; m < task_.readers.size(); ++m) {
      const TablePair& view = (*task_.pair.views)[m];
      sources.push_back(&rows.emplace_back(*task_.readers[m], view, Side::target,
                                           select_keys_in_order(view, Side::target, keys)));
    }
    baseline_.want(keys);
    return merge_walk(shape_, sources, {&baseline_, intents}, visitor);
  }

  const TwoWayTask& task_;
  const MergeShape& shape_;
  const std::vector<KeyedIntents>& intents_;
  BaselinePicks baseline_;
  std::list<WindowKeys> windows_;
  std::size_t intent_ = 0;  // the first whose key was not at hand yet
};

}  // namespace

bool merge_windows(const TwoWayTask& task, const MergeShape& shape,
                   const state::BaselineInfo& baseline, const std::vector<KeyedIntents>& intents,
                   MergeVisitor& visitor) {
  WithoutDeletes kept(merge_rules_of(task.pair), shape, visitor);
  return Candidates(task, shape, baseline, intents).merge(kept);
}

}  // namespace rowplan::planner
