#include "planner/merge_walk.h"

#include <stdexcept>
#include <utility>

namespace rowplan::planner {

namespace {

constexpr unsigned kAskToStopEvery = 1024;  // keys

/// One member with its row at hand.
class MemberHead {
 public:
  MemberHead(const MergeShape& shape, std::size_t member, RowSource& rows)
      : shape_(shape), member_(member), rows_(rows), has_(rows.next(row_)) {}

  [[nodiscard]] const mysql::Row* row() const { return has_ ? &row_ : nullptr; }

  void advance() {
    row_.swap(previous_);
    has_ = rows_.next(row_);
    if (has_ && mysql::compare_keys(shape_.order, previous_, row_) >= 0)
      throw std::runtime_error(shape_.address + " on '" + shape_.members[member_] +
                               "': the server returned keys in an order that rowplan does not "
                               "expect; nothing was decided from them");
  }

 private:
  const MergeShape& shape_;
  std::size_t member_;
  RowSource& rows_;
  mysql::Row row_;
  mysql::Row previous_;
  bool has_;
};

/// What one member had, at hand.
class PastHead {
 public:
  explicit PastHead(const MemberPast& past) : past_(past) { advance(); }

  [[nodiscard]] const mysql::Row* key() const { return has_ ? &key_ : nullptr; }
  /// `listed`: the walk is at its key.
  [[nodiscard]] MemberBase base(bool listed) const {
    if (past_.unknown) return {MemberBase::Kind::unknown, nullptr};
    return listed ? entry_.base() : MemberBase();
  }
  void advance() { has_ = past_.behind != nullptr && past_.behind->next(key_, entry_); }

 private:
  MemberPast past_;
  mysql::Row key_;
  BehindRow entry_;
  bool has_ = false;
};

class Walk {
 public:
  Walk(const MergeShape& shape, std::span<RowSource* const> members, const MergePast& past)
      : shape_(shape),
        past_(past),
        hasher_(shape.types),
        rows_(members.size()),
        own_(past.members.size()) {
    heads_.reserve(members.size());
    for (std::size_t i = 0; i < members.size(); ++i) heads_.emplace_back(shape, i, *members[i]);
    for (const MemberPast& member : past.members) pasts_.emplace_back(member);
    advance_base();
  }

  bool run(MergeVisitor& visitor) {
    KeyRange chunk;
    for (unsigned keys = 1; const mysql::Row* key = first_key(); ++keys) {
      if (keys % kAskToStopEvery == 0 && visitor.stop()) return false;
      key_ = key_of(shape_, *key);
      visitor.row(key_, input_at_key());
      if (rows_.front() != nullptr &&
          hasher_.key_crc(*rows_.front(), shape_.key_columns) % shape_.chunk_rows == 0) {
        // As the first member has it: keys that are equal may differ in bytes.
        chunk.high = key_of(shape_, *rows_.front());
        visitor.chunk_end(chunk);
        chunk = {chunk.high, std::nullopt};
      }
      advance();
    }
    visitor.chunk_end(chunk);
    return true;
  }

 private:
  [[nodiscard]] bool before(const mysql::Row& a, const mysql::Row& b) const {
    return mysql::compare_keys(shape_.order, a, b) < 0;
  }
  [[nodiscard]] bool is_at_key(const mysql::Row& row) const {
    return mysql::compare_keys(shape_.order, row, key_) == 0;
  }

  void advance_base() {
    has_base_ = past_.baseline != nullptr && past_.baseline->next(base_key_, base_);
  }

  /// Of all that are at hand; nullptr: all are at their ends.
  const mysql::Row* first_key() {
    const mysql::Row* first = has_base_ ? &base_key_ : nullptr;
    for (const MemberHead& head : heads_)
      if (head.row() != nullptr && (first == nullptr || before(*head.row(), *first)))
        first = head.row();
    for (const PastHead& head : pasts_)
      if (head.key() != nullptr && (first == nullptr || before(*head.key(), *first)))
        first = head.key();
    return first;
  }

  MergeInput input_at_key() {
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      const mysql::Row* row = heads_[i].row();
      rows_[i] = row != nullptr && is_at_key(*row) ? row : nullptr;
    }
    at_base_ = has_base_ && is_at_key(base_key_);
    const auto& intents = past_.intents;
    while (intent_ < intents.size() && before(intents[intent_].key, key_)) ++intent_;
    const bool intended = intent_ < intents.size() && is_at_key(intents[intent_].key);
    MergeInput input{past_.baseline != nullptr, at_base_ ? &base_ : nullptr, rows_, {}, own_};
    for (std::size_t i = 0; i < pasts_.size(); ++i) {
      const bool listed = pasts_[i].key() != nullptr && is_at_key(*pasts_[i].key());
      own_[i] = pasts_[i].base(listed);
      input.is_listed = input.is_listed || listed;
    }
    if (intended) input.intents = intents[intent_].intents;
    return input;
  }

  void advance() {
    for (std::size_t i = 0; i < heads_.size(); ++i)
      if (rows_[i] != nullptr) heads_[i].advance();
    for (PastHead& head : pasts_)
      if (head.key() != nullptr && is_at_key(*head.key())) head.advance();
    if (at_base_) advance_base();
  }

  const MergeShape& shape_;
  const MergePast& past_;
  mysql::RowHasher hasher_;
  std::vector<MemberHead> heads_;
  std::vector<PastHead> pasts_;
  std::vector<const mysql::Row*> rows_;  // at the key, of each member
  std::vector<MemberBase> own_;          // likewise
  mysql::Row key_;
  mysql::Row base_key_;
  BaselineRow base_;
  bool has_base_ = false;
  bool at_base_ = false;
  std::size_t intent_ = 0;
};

}  // namespace

bool merge_walk(const MergeShape& shape, std::span<RowSource* const> members, const MergePast& past,
                MergeVisitor& visitor) {
  return Walk(shape, members, past).run(visitor);
}

}  // namespace rowplan::planner
