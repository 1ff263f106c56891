#include "cmd/status_json.h"

#include <nlohmann/json.hpp>
#include <string>

namespace rowplan::cmd {
namespace {

using nlohmann::ordered_json;

ordered_json text_or_null(const std::optional<std::string>& text) {
  return text ? ordered_json(*text) : ordered_json(nullptr);
}

ordered_json age_or_null(const std::optional<SystemTime>& at, SystemTime now) {
  if (!at) return nullptr;
  return std::chrono::duration_cast<std::chrono::seconds>(now - *at).count();
}

ordered_json progress_json(const std::optional<RunProgress>& progress) {
  if (!progress) return nullptr;
  return {
      {"run_id", progress->run_id},
      {"pid", progress->pid},
      {"verb", progress->verb},
      {"updated_at", progress->updated_at},
      {"phase", progress->phase},
      {"table", progress->table},
      {"rows", progress->rows},
      {"rows_per_second", progress->rows_per_second},
      {"units_done", progress->units_done},
      {"units", progress->units},
      {"waiting", progress->waiting.empty() ? ordered_json() : ordered_json(progress->waiting)}};
}

ordered_json pair_json(const PairStatus& pair, const StatusOptions& options, SystemTime now) {
  ordered_json entry = {
      {"pair", pair.name},
      {"source", pair.source},
      {"target", pair.target},
      {"last_success_at", nullptr},
      {"last_success_age_s", age_or_null(pair.success_at, now)},
      {"last_plan_id", nullptr},
      {"last_full_compare_at", nullptr},
      {"last_full_compare_age_s", age_or_null(pair.full_compare_at, now)},
      {"rows", nullptr},
      {"last_run", nullptr},
      {"watermarks", ordered_json::array()},
      {"outdated", options.max_age.has_value() && is_outdated(pair, *options.max_age, now)}};
  if (!pair.spokes.empty()) entry["spokes"] = pair.spokes;
  for (const TableBehind& table : pair.behind)
    entry["behind"].push_back(
        {{"address", table.address},
         {"kind", state::behind_kind_name(table.list.kind)},
         {"since", table.list.since.empty() ? ordered_json() : ordered_json(table.list.since)},
         {"rows", table.list.rows}});
  if (pair.record) {
    entry["last_success_at"] = pair.record->last_success_at;
    entry["last_plan_id"] = pair.record->last_plan_id;
    entry["last_full_compare_at"] = text_or_null(pair.record->last_full_compare_at);
    entry["rows"] = rows_json(pair.record->rows);
  }
  if (pair.last_run) entry["last_run"] = run_json(*pair.last_run);
  for (const TableWatermark& table : pair.watermarks) {
    entry["watermarks"].push_back(watermark_json(table, now));
  }
  return entry;
}

}  // namespace

ordered_json lock_json(const std::optional<state::Holder>& holder) {
  if (!holder) return nullptr;
  return {{"id", holder->id},     {"pid", holder->pid},     {"host", holder->host},
          {"verb", holder->verb}, {"since", holder->since}, {"alive", holder->alive}};
}

ordered_json rows_json(const state::RowCounts& rows) {
  return {{"inserted", rows.inserted},
          {"updated", rows.updated},
          {"deleted", rows.deleted},
          {"conflicts", rows.conflicts},
          {"kept", rows.kept}};
}

ordered_json watermark_json(const TableWatermark& table, SystemTime now) {
  const state::Watermark& mark = table.mark;
  return {{"address", mark.address},
          {"value", mark.value},
          {"lag_s", age_or_null(table.at, now)},
          {"set_at", mark.set_at},
          {"plan_id", mark.plan_id.empty() ? ordered_json() : ordered_json(mark.plan_id)}};
}

ordered_json run_json(const state::RunRecord& run) {
  ordered_json entry = {
      {"run_id", run.start.run_id},   {"verb", run.start.verb},
      {"plan_id", run.start.plan_id}, {"plan_digest", run.start.plan_digest},
      {"pairs", run.start.pairs},     {"tool_version", run.start.tool_version},
      {"host", run.start.host},       {"pid", run.start.pid},
      {"started_at", run.started_at}, {"finished_at", text_or_null(run.finished_at)},
      {"exit_code", nullptr}};
  if (!run.end) return entry;
  entry["exit_code"] = run.end->exit_code;
  entry["units"] = {{"applied", run.end->units_applied},
                    {"already_done", run.end->units_done},
                    {"stale", run.end->units_stale},
                    {"failed", run.end->units_failed}};
  entry["rows"] = rows_json(run.end->rows);
  entry["message"] = run.end->message;
  return entry;
}

ordered_json status_json(const JobStatus& status, const StatusOptions& options, SystemTime now) {
  ordered_json document = {{"job", status.job},
                           {"state", status.state_path},
                           {"state_exists", status.state_exists},
                           {"lock", lock_json(status.lock)},
                           {"running", progress_json(status.progress)},
                           {"pairs", ordered_json::array()}};
  for (const PairStatus& pair : status.pairs) {
    document["pairs"].push_back(pair_json(pair, options, now));
  }
  return document;
}

}  // namespace rowplan::cmd
