// Between the walk over a two-way table and what its rows are merged by: asks the members'
// application logs about rows in conflict, many at once.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "planner/audit_entry.h"
#include "planner/baseline_rows.h"
#include "planner/merge_chunks.h"
#include "planner/merge_walk.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// What a log has in its column for the key: the value's text; of several values with commas
/// between. nullopt: no text, or a comma in one of several. `key`: its first cells are the key.
[[nodiscard]] std::optional<std::string> audit_key(const TablePair& pair, const mysql::Row& key);

/// For the plan: the entry of each member that changed the row; nullopt for one that did not, whose
/// newest entry is of something before. Empty: no log is asked.
[[nodiscard]] std::vector<std::pair<std::string, std::optional<AuditEntry>>> who_changed(
    const TablePair& pair, const Conflict& conflict, const MergeInput& input);

/// The newest entries of a member's log, by key.
using AuditLookup = std::function<std::map<std::string, AuditEntry>(
    std::size_t member, const std::vector<std::string>& keys)>;

/// Passes on all rows and ends of chunks as they came; rows in conflict with `audit` filled in. For
/// that it keeps a few conflicts, and what came after them, up to some megabytes.
class AuditTrail : public MergeVisitor {
 public:
  /// All must outlive it. Without `pair.audit_logs` it only passes on.
  AuditTrail(const TablePair& pair, const MergeRules& rules, const HeldBack& held,
             AuditLookup lookup, MergeVisitor& next);

  void row(const mysql::Row& key, const MergeInput& input) override;
  void chunk_end(const KeyRange& range) override;
  bool stop() override { return next_.stop(); }

  /// Passes on what is kept. To be called after the walk.
  void flush();

 private:
  /// A row, or the end of a chunk, that was not passed on yet.
  struct Kept {
    std::optional<KeyRange> end;
    mysql::Row key;
    bool has_baseline = true;
    std::optional<BaselineRow> base;
    std::vector<std::optional<mysql::Row>> rows;
    std::vector<MergeIntent> intents;
    std::vector<BehindRow> own;
    bool is_listed = false;
    std::optional<std::string> asked;
  };
  using Entries = std::vector<std::map<std::string, AuditEntry>>;  // of each member

  [[nodiscard]] bool is_conflict(const mysql::Row& key, const MergeInput& input);
  void keep(const mysql::Row& key, const MergeInput& input, std::optional<std::string> asked);
  void pass_on(const Kept& kept, const Entries& entries);

  const TablePair& pair_;
  const HeldBack& held_;
  AuditLookup lookup_;
  MergeVisitor& next_;
  RowMerger merger_;
  std::vector<Kept> kept_;
  std::vector<std::string> keys_;  // that are asked for
  std::size_t bytes_ = 0;
};

}  // namespace rowplan::planner
