#include "cmd/status_text.h"

#include "cmd/shown_text.h"
#include "cmd/time_text.h"

namespace rowplan::cmd {
namespace {

std::string run_text(const state::RunRecord& run, SystemTime now) {
  std::string text = shown(run.start.verb) + ", " + time_with_age(run.started_at, now);
  if (!run.end) return text + ", not finished";
  text += ", exit " + std::to_string(run.end->exit_code);
  if (run.end->units_stale > 0) {
    text += ", " + counted(run.end->units_stale, "stale unit", "stale units");
  }
  if (run.end->units_failed > 0) {
    text += ", " + counted(run.end->units_failed, "failed unit", "failed units");
  }
  return text;
}

std::string progress_text(const RunProgress& progress) {
  std::string text = "  " + shown(progress.verb) + " is " + shown(progress.phase);
  if (!progress.table.empty()) text += ' ' + shown(progress.table);
  if (progress.units > 0) {
    text += ": " + std::to_string(progress.units_done) + " of " +
            counted(progress.units, "unit", "units");
  }
  text += ", " + counted(progress.rows, "row", "rows");
  if (progress.rows_per_second > 0) text += ", " + std::to_string(progress.rows_per_second) + "/s";
  text += ", run " + shown(progress.run_id) + ", as of " + shown(progress.updated_at) + '\n';
  if (!progress.waiting.empty()) text += "  it waits: " + shown(progress.waiting) + '\n';
  return text;
}

std::string pair_text(const PairStatus& pair, const StatusOptions& options, SystemTime now) {
  std::string text =
      shown(pair.name) + " (" + shown(pair.source) +
      (pair.spokes.empty() ? " -> " + shown(pair.target) : " <-> " + shown_list(pair.spokes)) +
      ")\n";
  text += "  last success       ";
  if (pair.record) {
    text += time_with_age(pair.record->last_success_at, now) + ", plan " +
            shown(pair.record->last_plan_id);
  } else {
    text += "never";
  }
  if (options.max_age && is_outdated(pair, *options.max_age, now)) text += ", older than --max-age";
  text += '\n';
  if (pair.last_run) {
    text += "  last run           " + run_text(*pair.last_run, now) + '\n';
    if (pair.last_run->end && !pair.last_run->end->message.empty()) {
      text += "                     " + shown(pair.last_run->end->message) + '\n';
    }
  }
  if (pair.record) {
    text += "  rows               " + rows_text(pair.record->rows) + '\n';
    text +=
        "  last full compare  " +
        (pair.record->last_full_compare_at ? time_with_age(*pair.record->last_full_compare_at, now)
                                           : std::string("never")) +
        '\n';
  }
  for (const TableBehind& table : pair.behind) {
    text += "  behind             " + shown(table.address) + ": ";
    text += table.list.since.empty() ? "in all syncs"
                                     : "missing since " + time_with_age(table.list.since, now);
    text += table.list.kind == state::BehindKind::listed
                ? ", " + counted(table.list.rows, "row", "rows") + " to catch up\n"
                : std::string(", ") + state::behind_kind_name(table.list.kind) + '\n';
  }
  for (const TableWatermark& table : pair.watermarks) {
    text += "  watermark          " + shown(table.mark.address) + ' ' + watermark_text(table, now) +
            '\n';
  }
  return text;
}

}  // namespace

std::string time_with_age(const std::string& text, SystemTime now) {
  const std::optional<SystemTime> at = parse_time(text);
  return at ? text + " (" + age_text(now - *at) + " ago)" : shown(text);
}

std::string rows_text(const state::RowCounts& rows) {
  std::string text = std::to_string(rows.inserted) + " inserted, " + std::to_string(rows.updated) +
                     " updated, " + std::to_string(rows.deleted) + " deleted";
  if (rows.conflicts > 0) text += ", " + counted(rows.conflicts, "conflict", "conflicts");
  if (rows.kept > 0) text += ", " + std::to_string(rows.kept) + " kept";
  return text;
}

std::string lock_text(const state::Holder& holder) {
  return (holder.alive ? "locked by " : "lock left behind by ") + shown(holder.verb) + " on " +
         shown(holder.host) + ", pid " + std::to_string(holder.pid) + ", since " +
         shown(holder.since) + ", id " + shown(holder.id);
}

std::string watermark_text(const TableWatermark& table, SystemTime now) {
  std::string text = shown(table.mark.value);
  if (table.at) text += " (" + age_text(now - *table.at) + " behind)";
  if (table.mark.plan_id.empty()) text += ", set by a person at " + shown(table.mark.set_at);
  return text;
}

std::string status_text(const JobStatus& status, const StatusOptions& options, SystemTime now) {
  std::string text;
  if (!status.state_exists) {
    text += "no runs yet: there is no state file " + shown(status.state_path) + '\n';
  }
  if (status.lock) text += lock_text(*status.lock) + '\n';
  if (status.progress) text += progress_text(*status.progress);
  for (const PairStatus& pair : status.pairs) text += pair_text(pair, options, now);
  return text;
}

}  // namespace rowplan::cmd
