#include "cmd/status_command.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "cmd/manifest_file.h"
#include "cmd/shown_text.h"
#include "cmd/time_text.h"

namespace rowplan::cmd {
namespace {

using nlohmann::ordered_json;

bool is_outdated(const PairStatus& pair, const StatusOptions& options, SystemTime now) {
  return options.max_age && is_outdated(pair, *options.max_age, now);
}

std::string time_with_age(const std::string& text, SystemTime now) {
  const std::optional<SystemTime> at = parse_time(text);
  return at ? text + " (" + age_text(now - *at) + " ago)" : shown(text);
}

std::string run_text(const state::RunRecord& run, SystemTime now) {
  std::string text = shown(run.start.verb) + ", " + time_with_age(run.started_at, now);
  return text + (run.end ? ", exit " + std::to_string(run.end->exit_code) : ", not finished");
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

ordered_json time_or_null(const std::optional<std::string>& text) {
  return text ? ordered_json(*text) : ordered_json(nullptr);
}

ordered_json pair_json(const PairStatus& pair, const StatusOptions& options, SystemTime now) {
  ordered_json entry = {{"pair", pair.name},
                        {"source", pair.source},
                        {"target", pair.target},
                        {"last_success_at", nullptr},
                        {"last_success_age_s", nullptr},
                        {"last_plan_id", nullptr},
                        {"last_full_compare_at", nullptr},
                        {"rows", nullptr},
                        {"last_run", nullptr},
                        {"watermarks", ordered_json::array()},
                        {"outdated", is_outdated(pair, options, now)}};
  if (pair.record) {
    entry["last_success_at"] = pair.record->last_success_at;
    entry["last_plan_id"] = pair.record->last_plan_id;
    entry["last_full_compare_at"] = time_or_null(pair.record->last_full_compare_at);
    entry["rows"] = {{"inserted", pair.record->rows.inserted},
                     {"updated", pair.record->rows.updated},
                     {"deleted", pair.record->rows.deleted},
                     {"conflicts", pair.record->rows.conflicts},
                     {"kept", pair.record->rows.kept}};
  }
  if (pair.success_at) {
    entry["last_success_age_s"] =
        std::chrono::duration_cast<std::chrono::seconds>(now - *pair.success_at).count();
  }
  if (pair.last_run) {
    const state::RunRecord& run = *pair.last_run;
    entry["last_run"] = {{"verb", run.start.verb},
                         {"run_id", run.start.run_id},
                         {"plan_id", run.start.plan_id},
                         {"started_at", run.started_at},
                         {"finished_at", time_or_null(run.finished_at)},
                         {"exit_code", nullptr}};
    if (run.end) entry["last_run"]["exit_code"] = run.end->exit_code;
  }
  for (const state::Watermark& mark : pair.watermarks) {
    entry["watermarks"].push_back({{"address", mark.address}, {"value", mark.value}});
  }
  return entry;
}

std::string label_value(const std::string& text) {
  std::string out;
  for (const char c : shown(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

std::string seconds_text(SystemTime at) {
  return std::to_string(
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
}

/// One metric family: a sample for each pair that has a value.
void add_metric(std::string& out, const JobStatus& status, const std::string& name,
                const std::string& help,
                const std::function<std::optional<std::string>(const PairStatus&)>& value) {
  out += "# HELP " + name + ' ' + help + "\n# TYPE " + name + " gauge\n";
  for (const PairStatus& pair : status.pairs) {
    const std::optional<std::string> sample = value(pair);
    if (!sample) continue;
    out += name + "{job_name=\"" + label_value(status.job) + "\",pair=\"" + label_value(pair.name) +
           "\"} " + *sample + '\n';
  }
}

void add_rows_metric(std::string& out, const JobStatus& status) {
  out +=
      "# HELP rowplan_rows Rows written by the pair's last successful run.\n"
      "# TYPE rowplan_rows gauge\n";
  for (const PairStatus& pair : status.pairs) {
    if (!pair.record) continue;
    const state::RowCounts& rows = pair.record->rows;
    const std::pair<const char*, std::uint64_t> samples[] = {
        {"insert", rows.inserted}, {"update", rows.updated},     {"delete", rows.deleted},
        {"kept", rows.kept},       {"conflict", rows.conflicts},
    };
    for (const auto& [op, count] : samples) {
      out += "rowplan_rows{job_name=\"" + label_value(status.job) + "\",pair=\"" +
             label_value(pair.name) + "\",op=\"" + op + "\"} " + std::to_string(count) + '\n';
    }
  }
}

}  // namespace

std::string status_text(const JobStatus& status, const StatusOptions& options, SystemTime now) {
  std::string text;
  if (!status.state_exists) {
    text += "no runs yet: there is no state file " + shown(status.state_path) + '\n';
  }
  if (status.lock) text += lock_text(*status.lock) + '\n';
  for (const PairStatus& pair : status.pairs) {
    text += shown(pair.name) + " (" + shown(pair.source) + " -> " + shown(pair.target) + ")\n";
    text += "  last success       ";
    if (pair.record) {
      text += time_with_age(pair.record->last_success_at, now) + ", plan " +
              shown(pair.record->last_plan_id);
    } else {
      text += "never";
    }
    text += is_outdated(pair, options, now) ? ", older than --max-age\n" : "\n";
    if (pair.last_run) text += "  last run           " + run_text(*pair.last_run, now) + '\n';
    if (pair.record) {
      text += "  rows               " + rows_text(pair.record->rows) + '\n';
      text += "  last full compare  " +
              (pair.record->last_full_compare_at
                   ? time_with_age(*pair.record->last_full_compare_at, now)
                   : std::string("never")) +
              '\n';
    }
    for (const state::Watermark& mark : pair.watermarks) {
      text += "  watermark          " + shown(mark.address) + ' ' + shown(mark.value) + '\n';
    }
  }
  return text;
}

ordered_json status_json(const JobStatus& status, const StatusOptions& options, SystemTime now) {
  ordered_json document = {{"job", status.job},
                           {"state", status.state_path},
                           {"state_exists", status.state_exists},
                           {"lock", nullptr},
                           {"pairs", ordered_json::array()}};
  if (status.lock) {
    document["lock"] = {{"id", status.lock->id},       {"pid", status.lock->pid},
                        {"host", status.lock->host},   {"verb", status.lock->verb},
                        {"since", status.lock->since}, {"alive", status.lock->alive}};
  }
  for (const PairStatus& pair : status.pairs) {
    document["pairs"].push_back(pair_json(pair, options, now));
  }
  return document;
}

std::string status_metrics(const JobStatus& status) {
  std::string out;
  using Sample = std::optional<std::string>;
  add_metric(out, status, "rowplan_last_success_timestamp_seconds",
             "When the pair last went well; 0: never.", [](const PairStatus& pair) -> Sample {
               return pair.success_at ? seconds_text(*pair.success_at) : "0";
             });
  add_metric(out, status, "rowplan_last_full_compare_timestamp_seconds",
             "When all rows were last compared.", [](const PairStatus& pair) -> Sample {
               if (!pair.record || !pair.record->last_full_compare_at) return std::nullopt;
               const auto at = parse_time(*pair.record->last_full_compare_at);
               return at ? Sample(seconds_text(*at)) : std::nullopt;
             });
  add_metric(out, status, "rowplan_last_run_exit_code", "Exit code of the pair's last run.",
             [](const PairStatus& pair) -> Sample {
               if (!pair.last_run || !pair.last_run->end) return std::nullopt;
               return std::to_string(pair.last_run->end->exit_code);
             });
  add_rows_metric(out, status);
  out += "# HELP rowplan_lock_held Is a run under way?\n# TYPE rowplan_lock_held gauge\n";
  out += "rowplan_lock_held{job_name=\"" + label_value(status.job) + "\"} " +
         (status.lock && status.lock->alive ? "1" : "0") + '\n';
  return out;
}

ExitCode run_status(const StatusOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  const JobStatus status = read_status(loaded.manifest);
  const SystemTime now = std::chrono::system_clock::now();
  const bool outdated =
      std::any_of(status.pairs.begin(), status.pairs.end(),
                  [&](const PairStatus& pair) { return is_outdated(pair, options, now); });
  const ExitCode code = outdated ? ExitCode::outdated : ExitCode::done;
  switch (options.format) {
    case StatusFormat::text:
      context.console.out() << status_text(status, options, now);
      break;
    case StatusFormat::json: {
      ordered_json document = status_json(status, options, now);
      document["exit_code"] = static_cast<int>(code);
      context.console.print_json(document);
      break;
    }
    case StatusFormat::prometheus:
      context.console.out() << status_metrics(status);
      break;
  }
  return code;
}

}  // namespace rowplan::cmd
