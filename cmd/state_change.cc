#include "cmd/state_change.h"

#include <spdlog/logger.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cmd/shown_text.h"
#include "cmd/time_text.h"
#include "executor/run_record.h"
#include "executor/state_hold.h"
#include "executor/undo_prune.h"
#include "planner/address.h"
#include "planner/display_text.h"
#include "planner/plan_id.h"
#include "planner/refusal.h"
#include "planner/resolve.h"
#include "state/baseline_intents.h"
#include "state/baselines.h"
#include "state/behind_lists.h"
#include "state/journal.h"
#include "state/pairs.h"
#include "state/runs.h"
#include "state/watermarks.h"

namespace rowplan::cmd {
namespace {

using nlohmann::ordered_json;
using planner::Refusal;
using planner::RefusalReason;

/// What is told: a document, and the same as lines.
struct Told {
  ordered_json document;
  std::string text;
};

/// The change and who made it, together. `message` says what was there before.
void record(state::Store& store, const char* verb, const planner::Address& address,
            const std::string& message) {
  const std::string id = planner::new_plan_id(std::chrono::system_clock::now());
  state::Runs runs(store);
  runs.begin({id,
              "",
              "",
              verb,
              {address.pair},
              ROWPLAN_VERSION,
              executor::host_name(),
              static_cast<std::int64_t>(::getpid())});
  state::RunEnd end;
  end.message = message;
  runs.finish(id, end);
}

/// Nothing would ever look at the watermark of another table.
void check_incremental(const planner::Address& address, const planner::Manifest& manifest) {
  const auto job = planner::job_of(manifest, address.pair, *address.table);
  if (job && job->options.incremental && job->two_way())
    throw Refusal(RefusalReason::usage,
                  "the table '" + to_string(address) +
                      "' is two-way: each member has its watermark, and a sync moves them together",
                  "rowplan state rebase forgets them, and the baseline");
  if (job && job->options.incremental) return;
  throw Refusal(RefusalReason::usage,
                "the table '" + to_string(address) + "' is not incremental: it has no watermark",
                "incremental.column in the manifest makes it so");
}

void check_value(const std::string& value) {
  const auto at = parse_watermark(value);
  if (!at) {
    throw Refusal(RefusalReason::usage, "'" + value + "' is not a watermark",
                  "it is a time in UTC as 'YYYY-MM-DD HH:MM:SS' or 'YYYY-MM-DD HH:MM:SS.ffffff'");
  }
  if (*at > std::chrono::system_clock::now()) {
    throw Refusal(RefusalReason::usage, "the watermark '" + value + "' lies ahead of now",
                  "up to a time that is still to come nothing can be synced; the time is in UTC");
  }
}

Told set_watermark(state::Store& store, const planner::Address& address, const std::string& value) {
  const std::string text = to_string(address);
  state::Watermarks marks(store);
  std::optional<std::string> before;
  store.atomically([&] {
    if (const auto stored = marks.find(text)) before = stored->value;
    marks.set(text, value);
    record(store, "state set-watermark", address,
           text + ": watermark set from " + before.value_or("none") + " to " + value);
  });
  return {{{"address", text},
           {"value", value},
           {"before", before ? ordered_json(*before) : ordered_json()}},
          "The watermark of " + shown(text) + " is " + shown(value) + "; it was " +
              shown(before.value_or("none")) + ".\n"};
}

/// Of a two-way table each member has its own, behind an '@'.
bool is_at(const std::string& stored, const planner::Address& address) {
  const std::string text = to_string(address);
  if (!address.table) return stored.starts_with(text + '/');
  return stored == text || stored.starts_with(text + '@');
}

/// Of two-way tables: what all had after the last sync, and what killed runs were about to write.
ordered_json forget_baselines(state::Store& store, const planner::Address& address,
                              std::string& message) {
  ordered_json forgotten = ordered_json::array();
  state::Baselines baselines(store);
  for (const state::BaselineInfo& info : baselines.all()) {
    if (!is_at(info.address, address) || !baselines.remove(info.address)) continue;
    state::BaselineIntents(store).settle_all(info.address);
    forgotten.push_back({{"address", info.address}, {"rows", info.rows}});
    message += "; forgot the baseline of " + info.address;
  }
  return forgotten;
}

/// Of a spoke of a two-way group: what it had, of each of these tables.
ordered_json forget_spoke(state::Store& store, const planner::Address& address,
                          std::string& message) {
  ordered_json forgotten = ordered_json::array();
  const auto [shared, spoke] = planner::without_spoke(to_string(address));
  if (spoke.empty()) return forgotten;
  for (const state::BaselineInfo& info : state::Baselines(store).all()) {
    if (info.address != shared && !info.address.starts_with(shared + '/')) continue;
    static_cast<void>(state::BehindLists(store).forget(info, spoke));
    forgotten.push_back({{"address", info.address}, {"member", spoke}});
    message += "; forgot what '" + spoke + "' had of " + info.address;
  }
  return forgotten;
}

/// Those of the table, or of all tables of the pair.
std::vector<state::Watermark> watermarks_at(const state::Watermarks& marks,
                                            const planner::Address& address) {
  std::vector<state::Watermark> found;
  for (state::Watermark& mark : marks.all())
    if (is_at(mark.address, address)) found.push_back(std::move(mark));
  return found;
}

Told rebase(state::Store& store, const planner::Address& address) {
  const std::string text = to_string(address);
  state::Watermarks marks(store);
  ordered_json forgotten = ordered_json::array();
  ordered_json baselines;
  ordered_json spokes;
  bool full_compare = false;
  store.atomically([&] {
    std::string message = text + ": rebased";
    baselines = forget_baselines(store, address, message);
    spokes = forget_spoke(store, address, message);
    for (const state::Watermark& mark : watermarks_at(marks, address)) {
      if (!marks.remove(mark.address)) continue;
      forgotten.push_back({{"address", mark.address}, {"value", mark.value}});
      message += "; forgot the watermark " + mark.value + " of " + mark.address;
    }
    full_compare = state::Pairs(store).forget_full_compare(address.pair);
    if (full_compare) message += "; forgot the last full compare";
    if (full_compare || !forgotten.empty() || !baselines.empty() || !spokes.empty())
      record(store, "state rebase", address, message);
  });
  Told told{{{"address", text},
             {"forgotten", forgotten},
             {"baselines_forgotten", baselines},
             {"spokes_forgotten", spokes},
             {"full_compare_forgotten", full_compare}},
            ""};
  for (const ordered_json& baseline : baselines) {
    told.text += "Forgot what all members of " + shown(baseline["address"].get<std::string>()) +
                 " had after the last sync (" +
                 planner::with_commas(baseline["rows"].get<std::uint64_t>()) +
                 " rows): the next one deletes nothing.\n";
  }
  for (const ordered_json& table : spokes) {
    told.text += "Forgot what '" + shown(table["member"].get<std::string>()) + "' had of " +
                 shown(table["address"].get<std::string>()) +
                 ": the next sync deletes nothing of it.\n";
  }
  for (const ordered_json& mark : forgotten) {
    told.text += "Forgot the watermark " + shown(mark["value"].get<std::string>()) + " of " +
                 shown(mark["address"].get<std::string>()) + ".\n";
  }
  if (full_compare) told.text += "Forgot when " + shown(address.pair) + " was last compared.\n";
  told.text += told.text.empty() ? "There was nothing to forget of " + shown(text) + ".\n"
                                 : "The next run compares " + shown(text) + " in full.\n";
  return told;
}

/// Nothing holds a pair back in this version: that comes with undo.
Told release(const planner::Address& address) {
  const std::string text = to_string(address);
  return {{{"address", text}, {"released", false}},
          shown(text) + " is not held back: there is nothing to release.\n"};
}

Told prune(state::Store& store, const std::string& path, std::chrono::milliseconds older_than) {
  const std::string before = state::rfc3339_utc(std::chrono::system_clock::now() - older_than);
  state::Journal journal(store);
  const executor::UndoPruned undo = executor::prune_undo(path, journal, before);
  const std::uint64_t runs = state::Runs(store).prune(before);
  Told told{{{"before", before},
             {"runs", runs},
             {"undo_files", undo.files},
             {"journal_units", undo.units},
             {"left", undo.notes}},
            "Removed what is from before " + before + ": " + counted(runs, "run", "runs") + ", " +
                counted(undo.files, "undo file", "undo files") + ", " +
                counted(undo.units, "unit of the journal", "units of the journal") + ".\n"};
  for (const std::string& note : undo.notes) told.text += "Left: " + shown(note) + '\n';
  return told;
}

const char* verb_name(StateVerb verb) {
  switch (verb) {
    case StateVerb::set_watermark:
      return "state set-watermark";
    case StateVerb::rebase:
      return "state rebase";
    case StateVerb::release:
      return "state release";
    case StateVerb::prune:
      return "state prune";
    case StateVerb::list:
    case StateVerb::show:
      break;
  }
  return "state";
}

Told change(const StateOptions& options, const std::optional<planner::Address>& address,
            state::Store& store, const std::string& path) {
  if (options.verb == StateVerb::prune) return prune(store, path, options.older_than);
  if (options.verb == StateVerb::set_watermark)
    return set_watermark(store, *address, options.value);
  if (options.verb == StateVerb::rebase) return rebase(store, *address);
  return release(*address);
}

}  // namespace

ExitCode change_state(const StateOptions& options, const std::optional<planner::Address>& address,
                      const planner::Manifest& manifest, const Context& context) {
  const bool sets = options.verb == StateVerb::set_watermark;
  if (sets && !address->table) {
    throw Refusal(RefusalReason::usage, "a watermark is a table's: name it as pair/db.table");
  }
  if (sets) {
    check_incremental(*address, manifest);
    check_value(options.value);
  }
  const std::string path = planner::beside(manifest.file, manifest.state_path).string();
  Told told;
  {
    const state::Lock lock =
        executor::lock_state(path, verb_name(options.verb), {}, nullptr,
                             [&](const std::string& text) { context.log.info("{}", text); });
    // Only a watermark is worth a new file.
    std::optional<state::Store> store = state::Store::open(
        path, sets ? state::OpenMode::create : state::OpenMode::read_write, {.job = manifest.name});
    if (store) told = change(options, address, *store, path);
    told.document["state"] = path;
    told.document["state_exists"] = store.has_value();
    if (!store) told.text = "There is no state file " + shown(path) + ".\n";
  }
  if (context.global.json) {
    told.document["exit_code"] = 0;
    context.console.print_json(told.document);
  } else {
    context.console.out() << told.text;
  }
  return ExitCode::done;
}

}  // namespace rowplan::cmd
