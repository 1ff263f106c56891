#include "planner/audit_trail.h"

#include <algorithm>
#include <utility>

#include "planner/change_builder.h"
#include "planner/ties.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kConflictsAtOnce = 200;
constexpr std::size_t kBytesKept = 4U << 20U;
constexpr std::size_t kBytesBesideRow = 256;

}  // namespace

std::optional<std::string> audit_key(const TablePair& pair, const mysql::Row& key) {
  const std::vector<PlanValue> values = plan_key(pair, key);
  std::string text;
  for (const PlanValue& value : values) {
    if (value.form != PlanValue::Form::text) return std::nullopt;
    if (values.size() > 1 && value.data.find(',') != std::string::npos) return std::nullopt;
    if (&value != &values.front()) text += ',';
    text += value.data;
  }
  return text;
}

std::vector<std::pair<std::string, std::optional<AuditEntry>>> who_changed(
    const TablePair& pair, const Conflict& conflict, const MergeInput& input) {
  std::vector<std::pair<std::string, std::optional<AuditEntry>>> who;
  if (!pair.audit_logs) return who;
  for (std::size_t member = 0; member < pair.views->size(); ++member) {
    who.emplace_back((*pair.views)[member].job.target, std::nullopt);
    if (member < input.audit.size() && conflict.states[member] != RowState::unchanged)
      who.back().second = input.audit[member];
  }
  return who;
}

AuditTrail::AuditTrail(const TablePair& pair, const MergeRules& rules, const HeldBack& held,
                       AuditLookup lookup, MergeVisitor& next)
    : pair_(pair),
      held_(held),
      lookup_(std::move(lookup)),
      next_(next),
      merger_(rules, pair.types()) {}

bool AuditTrail::is_conflict(const mysql::Row& key, const MergeInput& input) {
  const mysql::Row* first = input.rows.front();
  const bool equal = std::all_of(input.rows.begin(), input.rows.end(), [&](const mysql::Row* row) {
    return row == nullptr || first == nullptr ? row == first : *row == *first;
  });
  if (equal) return false;
  return merger_.merge(input).conflict || (!held_.empty() && held_.count(tie_key(key)) > 0);
}

void AuditTrail::row(const mysql::Row& key, const MergeInput& input) {
  if (!pair_.audit_logs) return next_.row(key, input);
  std::optional<std::string> asked;
  if (is_conflict(key, input)) asked = audit_key(pair_, key);
  if (kept_.empty() && !asked) return next_.row(key, input);
  keep(key, input, std::move(asked));
  if (keys_.size() >= kConflictsAtOnce || bytes_ >= kBytesKept) flush();
}

void AuditTrail::chunk_end(const KeyRange& range) {
  if (kept_.empty()) return next_.chunk_end(range);
  kept_.emplace_back().end = range;
}

void AuditTrail::keep(const mysql::Row& key, const MergeInput& input,
                      std::optional<std::string> asked) {
  Kept& kept = kept_.emplace_back();
  kept.key = key;
  kept.has_baseline = input.has_baseline;
  if (input.base != nullptr) kept.base = *input.base;
  for (const mysql::Row* row : input.rows) {
    kept.rows.push_back(row == nullptr ? std::nullopt : std::optional(*row));
    bytes_ += kBytesBesideRow + (row == nullptr ? 0 : row->bytes().size());
  }
  kept.intents.assign(input.intents.begin(), input.intents.end());
  for (const MemberBase& own : input.own)
    kept.own.push_back({own.kind, own.row ? std::optional(*own.row) : std::nullopt});
  kept.is_listed = input.is_listed;
  if (asked) keys_.push_back(*asked);
  kept.asked = std::move(asked);
}

void AuditTrail::flush() {
  Entries entries;
  for (std::size_t member = 0; !keys_.empty() && member < pair_.audit_logs->size(); ++member)
    entries.push_back(lookup_(member, keys_));
  for (const Kept& kept : kept_) pass_on(kept, entries);
  kept_.clear();
  keys_.clear();
  bytes_ = 0;
}

void AuditTrail::pass_on(const Kept& kept, const Entries& entries) {
  if (kept.end) return next_.chunk_end(*kept.end);
  std::vector<const mysql::Row*> rows;
  for (const auto& row : kept.rows) rows.push_back(row ? &*row : nullptr);
  std::vector<std::optional<AuditEntry>> audit;
  for (const auto& of_member : entries) {
    if (!kept.asked) break;
    const auto found = of_member.find(*kept.asked);
    audit.push_back(found == of_member.end() ? std::nullopt : std::optional(found->second));
  }
  std::vector<MemberBase> own;
  for (const BehindRow& behind : kept.own) own.push_back(behind.base());
  next_.row(kept.key, {kept.has_baseline, kept.base ? &*kept.base : nullptr, rows, kept.intents,
                       own, kept.is_listed, audit});
}

}  // namespace rowplan::planner
