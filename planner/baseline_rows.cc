#include "planner/baseline_rows.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "state/error.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kHashBytes = 16;
constexpr std::size_t kCellBytes = 8;

void append_u64(std::string& out, std::uint64_t value) {
  char bytes[sizeof value];
  mysql::put_u64(bytes, value);
  out.append(bytes, sizeof bytes);
}

/// Takes what was appended off the front of `rest`, which is long enough.
std::uint64_t take_u64(std::string_view& rest) {
  assert(rest.size() >= sizeof(std::uint64_t));
  std::uint64_t big = 0;
  std::memcpy(&big, rest.data(), sizeof big);
  rest.remove_prefix(sizeof big);
  return __builtin_bswap64(big);
}

mysql::RowHash take_hash(std::string_view& rest) {
  const std::uint64_t high = take_u64(rest);
  return {high, take_u64(rest)};
}

void append_maybe(std::string& out, const std::optional<mysql::RowHash>& hash) {
  out += hash ? '\1' : '\0';
  append_u64(out, hash ? hash->high : 0);
  append_u64(out, hash ? hash->low : 0);
}

std::optional<mysql::RowHash> take_maybe(std::string_view& rest) {
  const bool has = rest.front() != '\0';
  rest.remove_prefix(1);
  const mysql::RowHash hash = take_hash(rest);
  return has ? std::optional(hash) : std::nullopt;
}

std::size_t intent_bytes(const MergeShape& shape) {
  const std::size_t members = shape.members.size();
  const std::size_t cells =
      shape.by_columns ? shape.types.size() * (kCellBytes + members) : std::size_t{0};
  return (2 + members) * (1 + kHashBytes) + cells;
}

/// May these bytes be a key's cells, none of which is NULL?
bool is_key(const MergeShape& shape, std::string_view bytes) {
  for (std::size_t i = 0; i < shape.key_columns; ++i) {
    std::uint32_t length = 0;
    if (bytes.size() < sizeof length) return false;
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes.remove_prefix(sizeof length);
    if (bytes.size() < length) return false;
    bytes.remove_prefix(length);
  }
  return bytes.empty();
}

[[noreturn]] void damaged(const state::Store& store, const MergeShape& shape) {
  throw state::StateError(store.path(), state::StateErrorKind::corrupt,
                          "the baseline of " + shape.address +
                              " is damaged: its keys are not those of the table, or not in order");
}

void need_same_columns(const state::Store& store, const MergeShape& shape,
                       const state::BaselineInfo& info) {
  if (info.value_bytes != baseline_value_bytes(shape))
    throw state::StateError(store.path(), state::StateErrorKind::misfit,
                            "the baseline of " + shape.address + " has other columns");
}

void take_row(std::string_view value, BaselineRow& row) {
  row.row = take_hash(value);
  row.cells.clear();
  while (!value.empty()) row.cells.push_back(take_u64(value));
}

/// The shape as it was when this was intended.
MergeShape shape_of(const MergeShape& shape, const state::UnitIntents& unit) {
  MergeShape then = shape;
  if (!unit.members.empty()) then.members = unit.members;
  return then;
}

/// Of the members of `from`, those of `to`.
MergeIntent of_members(const MergeShape& to, const MergeShape& from, MergeIntent intent) {
  if (to.members == from.members) return intent;
  const MergeIntent then = std::move(intent);
  intent = {then.base, then.result, {}, {}, then.cells, {}};
  for (const std::string& member : to.members) {
    const auto found = std::find(from.members.begin(), from.members.end(), member);
    const bool absent = found == from.members.end();
    const auto at = static_cast<std::size_t>(found - from.members.begin());
    intent.absent.push_back(absent);
    intent.seen.push_back(absent ? std::nullopt : then.seen[at]);
    if (then.wrote.empty()) continue;
    intent.wrote.push_back(absent ? std::vector<bool>(to.types.size()) : then.wrote[at]);
  }
  return intent;
}

}  // namespace

std::string baseline_value(const BaselineRow& row) {
  std::string value;
  append_u64(value, row.row.high);
  append_u64(value, row.row.low);
  for (const std::uint64_t cell : row.cells) append_u64(value, cell);
  return value;
}

std::uint64_t baseline_value_bytes(const MergeShape& shape) {
  return kHashBytes + (shape.by_columns ? kCellBytes * shape.types.size() : 0);
}

std::string intent_value(const MergeShape& shape, const MergeIntent& intent) {
  std::string value;
  append_maybe(value, intent.base);
  append_maybe(value, intent.result);
  for (const auto& seen : intent.seen) append_maybe(value, seen);
  for (const std::uint64_t cell : intent.cells) append_u64(value, cell);
  for (const std::vector<bool>& cells : intent.wrote)
    for (const bool wrote : cells) value += wrote ? '\1' : '\0';
  value.resize(intent_bytes(shape));  // all of one width: a delete has no cells
  return value;
}

std::uint64_t intent_value_bytes(const MergeShape& shape) { return intent_bytes(shape); }

MergeIntent intent_from_value(const MergeShape& shape, std::string_view value) {
  MergeIntent intent;
  intent.base = take_maybe(value);
  intent.result = take_maybe(value);
  for (std::size_t member = 0; member < shape.members.size(); ++member)
    intent.seen.push_back(take_maybe(value));
  if (!shape.by_columns || !intent.result) return intent;
  for (std::size_t c = 0; c < shape.types.size(); ++c) intent.cells.push_back(take_u64(value));
  for (std::size_t member = 0; member < shape.members.size(); ++member) {
    intent.wrote.emplace_back(shape.types.size());
    for (std::size_t c = 0; c < shape.types.size(); ++c)
      intent.wrote.back()[c] = value[member * shape.types.size() + c] != '\0';
  }
  return intent;
}

state::KeyOrder reading_order(const MergeShape& shape) {
  return [order = shape.order](std::string_view a, std::string_view b) {
    mysql::Row left;
    mysql::Row right;
    left.assign(a);
    right.assign(b);
    return mysql::compare_keys(order, left, right);
  };
}

mysql::Row key_of(const MergeShape& shape, const mysql::Row& row) {
  mysql::Row key;
  for (std::size_t i = 0; i < shape.key_columns; ++i) key.add(row.cell(i));
  return key;
}

bool ListedKeys::next(mysql::Row& key) {
  if (!reader_.next()) return false;
  if (!is_key(shape_, reader_.key())) damaged(store_, shape_);
  key.assign(reader_.key());
  if (last_ && mysql::compare_keys(shape_.order, *last_, key) >= 0) damaged(store_, shape_);
  last_ = key;
  return true;
}

BaselineRows::BaselineRows(const state::Store& store, const MergeShape& shape,
                           const state::BaselineInfo& info)
    : keys_(store, shape, state::BaselineReader(store, info)) {
  need_same_columns(store, shape, info);
}

bool BaselineRows::next(mysql::Row& key, BaselineRow& row) {
  if (!keys_.next(key)) return false;
  take_row(keys_.value(), row);
  return true;
}

BehindRows::BehindRows(const state::Store& store, const MergeShape& shape,
                       const state::BaselineInfo& info, const state::BehindInfo& list)
    : store_(store), shape_(shape), keys_(store, shape, state::BaselineReader(store, info, list)) {
  need_same_columns(store, shape, info);
}

bool BehindRows::next(mysql::Row& key, BehindRow& row) {
  if (!keys_.next(key)) return false;
  std::string_view value = keys_.value();
  const char kind = value.front();
  value.remove_prefix(1);
  row = {};
  if (kind == state::kBehindUnknown)
    row.kind = MemberBase::Kind::unknown;
  else if (kind == state::kBehindRow)
    take_row(value, row.row.emplace());
  else if (kind != state::kBehindNoRow)
    damaged(store_, shape_);
  return true;
}

BaselinePicks::BaselinePicks(const state::Store& store, const MergeShape& shape,
                             const state::BaselineInfo& info)
    : store_(store), shape_(shape), lookup_(store, info, reading_order(shape)) {
  need_same_columns(store, shape, info);
}

void BaselinePicks::want(std::vector<mysql::Row> keys) {
  keys_ = std::move(keys);
  next_ = 0;
}

bool BaselinePicks::next(mysql::Row& key, BaselineRow& row) {
  while (next_ < keys_.size()) {
    if (!lookup_.find(keys_[next_++].bytes())) continue;
    if (!is_key(shape_, lookup_.key())) damaged(store_, shape_);
    key.assign(lookup_.key());
    take_row(lookup_.value(), row);
    return true;
  }
  return false;
}

std::vector<KeyedIntents> read_intents(state::Store& store, const MergeShape& shape) {
  std::vector<KeyedIntents> intents;
  for (const state::UnitIntents& unit : state::BaselineIntents(store).all(shape.address)) {
    const MergeShape then = shape_of(shape, unit);
    for (const state::BaselineIntent& stored : unit.intents) {
      if (!is_key(shape, stored.key) || stored.value.size() != intent_bytes(then))
        damaged(store, shape);
      intents.push_back({{}, {of_members(shape, then, intent_from_value(then, stored.value))}});
      intents.back().key.assign(stored.key);
    }
  }
  std::stable_sort(intents.begin(), intents.end(),
                   [&](const KeyedIntents& a, const KeyedIntents& b) {
                     return mysql::compare_keys(shape.order, a.key, b.key) < 0;
                   });
  // Those of one key stand side by side now, the oldest first.
  std::vector<KeyedIntents> joined;
  for (KeyedIntents& next : intents) {
    if (joined.empty() || mysql::compare_keys(shape.order, joined.back().key, next.key) != 0)
      joined.push_back(std::move(next));
    else
      joined.back().intents.push_back(std::move(next.intents.front()));
  }
  return joined;
}

}  // namespace rowplan::planner
