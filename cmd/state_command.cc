#include "cmd/state_command.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/manifest_file.h"
#include "cmd/shown_text.h"
#include "state/journal.h"
#include "state/lock.h"
#include "state/pairs.h"
#include "state/runs.h"
#include "state/store.h"
#include "state/watermarks.h"

namespace rowplan::cmd {
namespace {

using nlohmann::ordered_json;

ordered_json list_json(state::Store& store) {
  ordered_json pairs = ordered_json::array();
  for (const state::PairRecord& pair : state::Pairs(store).all()) {
    pairs.push_back({{"address", pair.address},
                     {"last_success_at", pair.last_success_at},
                     {"last_plan_id", pair.last_plan_id}});
  }
  ordered_json marks = ordered_json::array();
  for (const state::Watermark& mark : state::Watermarks(store).all()) {
    marks.push_back({{"address", mark.address},
                     {"value", mark.value},
                     {"set_at", mark.set_at},
                     {"plan_id", mark.plan_id}});
  }
  return {{"pairs", pairs}, {"watermarks", marks}};
}

void print_list(const ordered_json& list, std::ostream& out) {
  for (const ordered_json& pair : list["pairs"]) {
    out << "pair " << shown(pair["address"].get<std::string>()) << ": last success "
        << shown(pair["last_success_at"].get<std::string>()) << ", plan "
        << shown(pair["last_plan_id"].get<std::string>()) << '\n';
  }
  for (const ordered_json& mark : list["watermarks"]) {
    out << "watermark " << shown(mark["address"].get<std::string>()) << ": "
        << shown(mark["value"].get<std::string>()) << '\n';
  }
  if (list["pairs"].empty() && list["watermarks"].empty()) out << "nothing is recorded yet\n";
}

ordered_json run_json(const state::RunRecord& run) {
  ordered_json entry = {{"run_id", run.start.run_id},   {"verb", run.start.verb},
                        {"plan_id", run.start.plan_id}, {"plan_digest", run.start.plan_digest},
                        {"pairs", run.start.pairs},     {"tool_version", run.start.tool_version},
                        {"host", run.start.host},       {"pid", run.start.pid},
                        {"started_at", run.started_at}, {"finished_at", nullptr},
                        {"exit_code", nullptr}};
  if (run.finished_at) entry["finished_at"] = *run.finished_at;
  if (run.end) {
    entry["exit_code"] = run.end->exit_code;
    entry["units"] = {{"applied", run.end->units_applied},
                      {"already_done", run.end->units_done},
                      {"stale", run.end->units_stale},
                      {"failed", run.end->units_failed}};
    entry["rows"] = {{"inserted", run.end->rows.inserted},
                     {"updated", run.end->rows.updated},
                     {"deleted", run.end->rows.deleted}};
    entry["message"] = run.end->message;
  }
  return entry;
}

ordered_json lock_json(const std::optional<state::Holder>& holder) {
  if (!holder) return nullptr;
  return {{"id", holder->id},     {"pid", holder->pid},     {"host", holder->host},
          {"verb", holder->verb}, {"since", holder->since}, {"alive", holder->alive}};
}

ordered_json show_json(state::Store& store, std::size_t limit) {
  const state::Meta meta = store.meta();
  ordered_json runs = ordered_json::array();
  for (const state::RunRecord& run : state::Runs(store).newest(limit))
    runs.push_back(run_json(run));
  ordered_json units = ordered_json::array();
  for (const state::UnitEntry& unit : state::Journal(store).unsettled()) {
    units.push_back({{"plan_id", unit.plan.plan_id},
                     {"unit", unit.unit},
                     {"state", state::unit_state_name(unit.state)},
                     {"at", unit.at}});
  }
  return {{"job", meta.job},
          {"state_id", meta.state_id},
          {"created_at", meta.created_at},
          {"runs", runs},
          {"unsettled_units", units}};
}

std::string text_or(const ordered_json& value, const char* otherwise) {
  return value.is_string() ? shown(value.get<std::string>()) : otherwise;
}

void print_show(const ordered_json& shown_state, std::ostream& out) {
  out << "job " << text_or(shown_state["job"], "") << ", state "
      << text_or(shown_state["state_id"], "") << ", created "
      << text_or(shown_state["created_at"], "") << '\n';
  for (const ordered_json& run : shown_state["runs"]) {
    out << "run " << text_or(run["run_id"], "") << ": " << text_or(run["verb"], "") << " of plan "
        << text_or(run["plan_id"], "") << ", began " << text_or(run["started_at"], "") << ", ended "
        << text_or(run["finished_at"], "never");
    if (run["exit_code"].is_number()) out << ", exit " << run["exit_code"].get<int>();
    out << '\n';
  }
  for (const ordered_json& unit : shown_state["unsettled_units"]) {
    out << "unit " << unit["unit"].get<std::uint64_t>() << " of plan "
        << text_or(unit["plan_id"], "") << ": " << text_or(unit["state"], "") << " since "
        << text_or(unit["at"], "") << "; apply the plan again to settle it\n";
  }
}

void print_lock(const std::optional<state::Holder>& lock, std::ostream& out) {
  if (!lock) return;
  out << "lock " << shown(lock->id) << ": " << shown(lock->verb) << " on " << shown(lock->host)
      << ", pid " << lock->pid << ", since " << shown(lock->since)
      << (lock->alive ? ", at work\n" : ", left behind\n");
}

}  // namespace

ExitCode run_state(const StateOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  const std::filesystem::path path =
      planner::beside(loaded.manifest.file, loaded.manifest.state_path);
  std::optional<state::Store> store = state::Store::open(path, state::OpenMode::read_only);
  const std::optional<state::Holder> lock = state::read_holder(path);
  ordered_json document = {{"state", path.string()}, {"state_exists", store.has_value()}};
  ordered_json content = ordered_json::object();
  const bool lists = options.verb == StateVerb::list;
  if (store) content = lists ? list_json(*store) : show_json(*store, options.limit);
  if (context.global.json) {
    if (!lists) document["lock"] = lock_json(lock);
    document.update(content);
    context.console.print_json(document);
    return ExitCode::done;
  }
  std::ostream& out = context.console.out();
  if (!store) {
    out << "no runs yet: there is no state file " << shown(path.string()) << '\n';
  } else if (lists) {
    print_list(content, out);
  } else {
    print_show(content, out);
  }
  if (!lists) print_lock(lock, out);
  return ExitCode::done;
}

}  // namespace rowplan::cmd
