#include "planner/plan_resolve.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "planner/address.h"
#include "planner/baseline_moves.h"
#include "planner/baseline_rows.h"
#include "planner/chunk_hash.h"
#include "planner/plan_error.h"
#include "planner/plan_id.h"
#include "planner/refusal.h"
#include "planner/sql_view.h"
#include "state/clock.h"

namespace rowplan::planner {

namespace {

constexpr const char* kBy = "resolve";

/// What a person decided of one conflict.
struct Decision {
  bool skip = false;
  std::size_t member = 0;  ///< by its place among the conflict's rows
};

/// The place of a conflict: of its chunk's open ones the n-th.
using Place = std::pair<std::uint64_t, std::size_t>;

bool looks_like_time(const std::string& text) {
  return text.size() >= 10 && text[4] == '-' && text[7] == '-' &&
         text.find_first_not_of("0123456789-:. ") == std::string::npos;
}

/// One table of the plan.
class TableResolution {
 public:
  TableResolution(const LoadedPlan& loaded, const PlanTable& from, PlanTable& to,
                  const ResolveRequest& request, PlanDirectory& directory)
      : loaded_(loaded), from_(from), to_(to), request_(request), directory_(directory) {
    for (PlanChunk& chunk : to_.chunks) chunks_[chunk.id] = &chunk;
  }

  std::uint64_t run() {
    if (!from_.changes_path.empty()) copy_changes();
    if (!from_.baseline->path.empty()) copy_moves();
    return decided_.size();
  }

 private:
  // --- changes

  void copy_changes() {
    const auto file = directory_.open_file(from_.changes_path);
    const auto write = [&](const Change& change) { file->append(to_json_line(change) + "\n"); };
    ChangeReader reader(loaded_, from_);
    while (std::optional<Change> change = reader.next()) {
      if (!change->conflict || change->conflict->resolution) {
        write(*change);
        continue;
      }
      const Place place{change->chunk, open_[change->chunk]++};
      const auto decision = decide(*change);
      if (!decision) {
        write(*change);
        continue;
      }
      decided_[place] = *decision;
      --to_.unresolved;
      change->conflict->resolution = {
          decision->skip ? "skip" : change->conflict->rows[decision->member].first, kBy};
      write(*change);
      if (decision->skip) continue;
      for (const Change& each : writes_of(*change, decision->member)) {
        write(each);
        count(each);
      }
    }
    file->close();
  }

  [[nodiscard]] std::optional<Decision> decide(const Change& change) const {
    if (request_.key && key_words(change) != *request_.key) return std::nullopt;
    if (request_.take == "skip") return Decision{true, 0};
    const auto& rows = change.conflict->rows;
    if (request_.take == "newest") return newest(*change.conflict);
    for (std::size_t m = 0; m < rows.size(); ++m)
      if (rows[m].first == request_.take) return Decision{false, m};
    return std::nullopt;
  }

  static std::string key_words(const Change& change) {
    std::string words;
    for (const PlanValue& value : *change.key) words += (words.empty() ? "" : ",") + value.data;
    return words;
  }

  using Rows = std::vector<std::pair<std::string, std::optional<NamedValues>>>;

  /// Times as the plan has them sort as text. Equal ones, and rows without one, decide nothing.
  [[nodiscard]] std::optional<Decision> newest(const ChangeConflict& conflict) const {
    const Rows& rows = conflict.rows;
    std::optional<Decision> first;
    std::string latest;
    bool tied = false;
    for (const std::size_t m : parties(conflict)) {
      const std::optional<std::string> time =
          rows[m].second ? time_of(*rows[m].second) : std::nullopt;
      if (!time) return std::nullopt;
      if (first && *time == latest && rows[m].second != rows[first->member].second) tied = true;
      if (first && *time <= latest) continue;
      tied = false;
      first = Decision{false, m};
      latest = *time;
    }
    return tied ? std::nullopt : first;
  }

  /// The members that are at odds: a row that is as it was does not win.
  static std::vector<std::size_t> parties(const ChangeConflict& conflict) {
    std::vector<std::size_t> changed;
    std::vector<std::size_t> all;
    for (std::size_t m = 0; m < conflict.did.size(); ++m) {
      all.push_back(m);
      if (conflict.did[m].second != row_state_name(RowState::unchanged)) changed.push_back(m);
    }
    return changed.size() < 2 ? all : changed;
  }

  [[nodiscard]] std::optional<std::string> time_of(const NamedValues& row) const {
    for (const auto& [column, value] : row)
      if (column == from_.conflict_column && value.form == PlanValue::Form::text &&
          looks_like_time(value.data))
        return value.data;
    return std::nullopt;
  }

  /// What the others are written, so that all have the member's row.
  [[nodiscard]] std::vector<Change> writes_of(const Change& change, std::size_t winner) const {
    const Rows& rows = change.conflict->rows;
    const std::optional<NamedValues>& result = rows[winner].second;
    std::vector<Change> writes;
    for (const auto& [server, row] : rows) {
      if (!row && !result) continue;
      Change write;
      write.on = server;
      write.chunk = change.chunk;
      write.reason = "conflict";
      write.key = key_in(row ? *row : *result);
      if (!row) {
        write.op = Op::insert;
        write.after = *result;
      } else if (!result) {
        write.op = Op::remove;
        write.before = *row;
      } else {
        write.op = Op::update;
        for (std::size_t i = 0; i < row->size(); ++i) {
          if ((*row)[i].second == (*result)[i].second) continue;
          write.before.push_back((*row)[i]);
          write.after.push_back((*result)[i]);
        }
        if (write.after.empty()) continue;
      }
      writes.push_back(std::move(write));
    }
    return writes;
  }

  [[nodiscard]] std::vector<PlanValue> key_in(const NamedValues& row) const {
    std::vector<PlanValue> key;
    for (const std::string& name : from_.key) {
      const auto at = std::find_if(row.begin(), row.end(),
                                   [&](const auto& column) { return column.first == name; });
      if (at == row.end()) throw PlanError(from_.changes_path, "a conflict without its key");
      key.push_back(at->second);
    }
    return key;
  }

  void count(const Change& change) {
    ++chunks_.at(change.chunk)->changes;
    ++to_.changes_lines;
    const auto add = [&](Ops& ops) {
      if (change.op == Op::insert) ++ops.insert;
      if (change.op == Op::update) ++ops.update;
      if (change.op == Op::remove) ++ops.remove;
    };
    add(to_.ops);
    add(to_.on.at(change.on).ops);
  }

  // --- moves of the baseline, and hashes

  void copy_moves() {
    BaselineMovesReader reader(loaded_, from_);
    BaselineMovesWriter writer(directory_, from_.baseline->path);
    Place at{0, 0};
    std::string key;
    bool any = false;
    reader.visit_entries([&](BaselineEntry& entry) {
      if (entry.kind != BaselineEntry::Kind::option) return writer.append(entry);
      if (!any || entry.chunk != at.first)
        at = {entry.chunk, 0};
      else if (entry.key != key)
        ++at.second;
      any = true;
      key = entry.key;
      const auto decided = decided_.find(at);
      if (decided == decided_.end()) return writer.append(entry);
      if (decided->second.skip || decided->second.member != entry.member) return;
      take(entry, writer);
    });
    to_.baseline->path = writer.close();
  }

  void take(const BaselineEntry& option, BaselineMovesWriter& writer) {
    BaselineEntry entry = option;
    entry.kind = BaselineEntry::Kind::intent;
    writer.append(entry);
    entry.kind = BaselineEntry::Kind::move;
    writer.append(entry);
    const MergeShape shape = shape_of(option);
    if (option.intent.size() != intent_value_bytes(shape))
      throw PlanError(from_.baseline->path, "not what is intended of a row");
    const MergeIntent intent = intent_from_value(shape, option.intent);
    PlanChunk& chunk = *chunks_.at(option.chunk);
    for (std::size_t m = 0; m < shape.members.size(); ++m) {
      ChunkHash& after = chunk.after.at(shape.members[m]);
      if (intent.seen[m]) subtract(after, *intent.seen[m]);
      if (intent.result) add(after, *intent.result);
    }
  }

  /// As far as an intent's form depends on it.
  [[nodiscard]] MergeShape shape_of(const BaselineEntry& option) const {
    MergeShape shape;
    shape.members = from_.servers();
    shape.types.resize(from_.columns.size());
    shape.by_columns = option.intent.size() != intent_value_bytes(shape);
    return shape;
  }

  const LoadedPlan& loaded_;
  const PlanTable& from_;
  PlanTable& to_;
  const ResolveRequest& request_;
  PlanDirectory& directory_;
  std::map<std::uint64_t, PlanChunk*> chunks_;
  std::map<std::uint64_t, std::size_t> open_;  // conflicts seen so far, by chunk
  std::map<Place, Decision> decided_;
};

void copy_file(const LoadedPlan& from, const std::string& path, PlanDirectory& directory) {
  CheckedFile file([&] { return open_plan_file(from.directory, path); }, path);
  const auto to = directory.open_file(path);
  std::string_view line;
  while (file.next_line(line)) {
    to->append(line);
    to->append("\n");
  }
  to->close();
}

bool selected(const PlanTable& table, const ResolveRequest& request) {
  if (!table.two_way()) return false;
  return request.only.empty() ||
         std::any_of(request.only.begin(), request.only.end(), [&](const std::string& address) {
           return table.address == address || table.address.starts_with(address + "/");
         });
}

void check(const Plan& plan, const ResolveRequest& request) {
  for (const std::string& address : request.only) {
    ResolveRequest one;
    one.only = {address};
    const bool known = std::any_of(plan.tables.begin(), plan.tables.end(),
                                   [&](const PlanTable& table) { return selected(table, one); });
    if (!known)
      throw Refusal(RefusalReason::usage, "'" + address + "' is no two-way table of the plan",
                    "rowplan show tells which there are");
  }
  if (request.take == "skip" || request.take == "newest") return;
  const bool member = std::any_of(plan.tables.begin(), plan.tables.end(), [&](const auto& table) {
    return selected(table, request) && table.members.count(request.take) > 0;
  });
  if (!member)
    throw Refusal(RefusalReason::usage,
                  "'" + request.take + "' is no member of the tables that are decided",
                  "--take a member's name, newest or skip");
}

/// A view that holds nothing: to write values, a server's types must be known.
void write_sql(const Plan& plan, PlanDirectory& directory) {
  std::set<std::string> servers;
  for (const PlanTable& table : plan.tables) {
    if (!table.two_way() && !table.chunks.empty()) servers.insert(table.written());
    for (const auto& [server, member] : table.on)
      if (member.ops.changes() > 0) servers.insert(server);
  }
  for (const std::string& server : servers) {
    const auto file = directory.open_file("sql/" + encode_name(server) + ".sql");
    const SqlView view([&](std::string_view text) { file->append(text); }, server, false);
    file->close();
  }
}

void count_again(Plan& plan) {
  plan.summary.ops = {};
  plan.summary.unresolved = 0;
  std::map<std::uint64_t, std::uint64_t> rows;
  for (const PlanTable& table : plan.tables) {
    plan.summary.ops.insert += table.ops.insert;
    plan.summary.ops.update += table.ops.update;
    plan.summary.ops.remove += table.ops.remove;
    plan.summary.ops.conflict += table.ops.conflict;
    plan.summary.ops.kept += table.ops.kept;
    plan.summary.unresolved += table.unresolved;
    for (const PlanChunk& chunk : table.chunks) rows[chunk.unit] += rows_written(table, chunk);
  }
  for (PlanUnit& unit : plan.units) unit.changes = rows[unit.id];
}

}  // namespace

ResolvedPlan resolve_conflicts(const LoadedPlan& loaded, const ResolveRequest& request,
                               PlanDirectory& directory) {
  check(loaded.plan, request);
  ResolvedPlan resolved{loaded.plan, "", 0};
  Plan& plan = resolved.plan;
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    const PlanTable& from = loaded.plan.tables[t];
    if (selected(from, request)) {
      resolved.decided += TableResolution(loaded, from, plan.tables[t], request, directory).run();
      continue;
    }
    if (!from.changes_path.empty()) copy_file(loaded, from.changes_path, directory);
    if (from.two_way() && !from.baseline->path.empty())
      copy_file(loaded, from.baseline->path, directory);
  }
  if (resolved.decided == 0)
    throw Refusal(RefusalReason::usage, "no open conflict of the plan is decided by that",
                  request.take == "newest"
                      ? "times that are equal or NULL, deleted rows and tables without a "
                        "conflict column are not: --take a member, or skip"
                      : "rowplan show tells which there are");
  const auto now = std::chrono::system_clock::now();
  nlohmann::ordered_json record = {
      {"at", state::rfc3339_utc(now)},
      {"by", request.who},
      {"plan", loaded.digest},
      {"take", request.take},
      {"only", request.only},
      {"key", request.key ? nlohmann::ordered_json(*request.key) : nlohmann::ordered_json()},
      {"decided", resolved.decided}};
  plan.run.resolved.push_back(
      record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  plan.run.plan_id = new_plan_id(now);
  plan.run.created_at = state::rfc3339_utc(now);
  plan.run.tool_version = request.tool_version;
  count_again(plan);
  plan.sql_complete = false;
  write_sql(plan, directory);
  write_summary(directory, plan, 20);
  resolved.digest = directory.finish(plan);
  return resolved;
}

}  // namespace rowplan::planner
