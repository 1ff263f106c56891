#include "cmd/state_command.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/manifest_file.h"
#include "cmd/pair_status.h"
#include "cmd/shown_text.h"
#include "cmd/state_change.h"
#include "cmd/status_json.h"
#include "cmd/status_text.h"
#include "cmd/time_text.h"
#include "planner/address.h"
#include "planner/refusal.h"
#include "planner/resolve.h"
#include "state/journal.h"
#include "state/stopped_appliers.h"
#include "state/store.h"

namespace rowplan::cmd {
namespace {

using nlohmann::ordered_json;
using planner::Address;

/// `rebases`: a spoke of a two-way group has a past of its own.
Address known_address(const std::string& text, const planner::Manifest& manifest, bool rebases) {
  const std::optional<Address> address = planner::parse_address(text);
  if (!address) {
    throw planner::Refusal(planner::RefusalReason::usage, "'" + text + "' is not an address",
                           "an address is `pair` or `pair/db.table`; of a group `group@spoke` "
                           "or `group@spoke/db.table`");
  }
  const bool known =
      std::any_of(manifest.pairs.begin(), manifest.pairs.end(), [&](const planner::PairSpec& pair) {
        const bool spoke = std::any_of(
            pair.all_spokes.begin(), pair.all_spokes.end(), [&](const std::string& name) {
              return rebases && planner::spoke_name(pair.name, name) == address->pair;
            });
        return (spoke || pair.name == address->pair) &&
               (!address->table || planner::job_of(manifest, pair.name, *address->table));
      });
  if (!known) {
    throw planner::Refusal(planner::RefusalReason::usage, "unknown address '" + text + "'",
                           "rowplan validate --connect lists the addresses");
  }
  return *address;
}

/// Of a pair that the manifest does not have any more, source and target are empty.
struct Listing {
  JobStatus status;
  std::vector<PairStatus> others;  ///< in the state, not in the manifest
};

Listing read_listing(const planner::Manifest& manifest, state::Store* store) {
  Listing listing{read_status(manifest), {}};
  if (store == nullptr) return listing;
  std::vector<PairStatus>& known = listing.status.pairs;
  const auto other = [&](const std::string& name) -> PairStatus* {
    const auto is_it = [&](const PairStatus& pair) { return pair.name == name; };
    if (std::any_of(known.begin(), known.end(), is_it)) return nullptr;
    const auto found = std::find_if(listing.others.begin(), listing.others.end(), is_it);
    if (found != listing.others.end()) return &*found;
    listing.others.emplace_back().name = name;
    return &listing.others.back();
  };
  for (state::PairRecord& record : state::Pairs(*store).all()) {
    if (PairStatus* pair = other(record.address)) pair->record = std::move(record);
  }
  for (state::Watermark& mark : state::Watermarks(*store).all()) {
    if (PairStatus* pair = other(mark.address.substr(0, mark.address.find('/')))) {
      const auto at = parse_watermark(mark.value);
      pair->watermarks.push_back({std::move(mark), at});
    }
  }
  return listing;
}

ordered_json listed(const PairStatus& pair, bool in_manifest, SystemTime now) {
  ordered_json entry = {{"address", pair.name},
                        {"in_manifest", in_manifest},
                        {"last_success_at", nullptr},
                        {"last_plan_id", nullptr},
                        {"last_full_compare_at", nullptr},
                        {"watermarks", ordered_json::array()}};
  if (pair.record) {
    entry["last_success_at"] = pair.record->last_success_at;
    entry["last_plan_id"] = pair.record->last_plan_id;
    if (pair.record->last_full_compare_at) {
      entry["last_full_compare_at"] = *pair.record->last_full_compare_at;
    }
  }
  for (const TableWatermark& table : pair.watermarks) {
    entry["watermarks"].push_back(watermark_json(table, now));
  }
  return entry;
}

std::string listed_text(const PairStatus& pair, bool in_manifest, SystemTime now) {
  std::string text = shown(pair.name);
  text += pair.record ? ": last success " + time_with_age(pair.record->last_success_at, now)
                      : ": no success yet";
  if (pair.record && pair.record->last_full_compare_at) {
    text += ", all compared " + time_with_age(*pair.record->last_full_compare_at, now);
  }
  text += in_manifest ? "\n" : ", not in the manifest\n";
  for (const TableWatermark& table : pair.watermarks) {
    text += shown(table.mark.address) + ": watermark " + watermark_text(table, now) + '\n';
  }
  return text;
}

void list(const Listing& listing, ordered_json document, const Context& context) {
  const SystemTime now = std::chrono::system_clock::now();
  std::string text;
  document["pairs"] = ordered_json::array();
  for (const auto* pairs : {&listing.status.pairs, &listing.others}) {
    const bool in_manifest = pairs == &listing.status.pairs;
    for (const PairStatus& pair : *pairs) {
      document["pairs"].push_back(listed(pair, in_manifest, now));
      text += listed_text(pair, in_manifest, now);
    }
  }
  if (context.global.json) {
    context.console.print_json(document);
  } else {
    context.console.out() << text;
  }
}

/// Of the state as a whole, or of one address.
struct Shown {
  state::Meta meta;
  std::optional<state::Holder> lock;
  std::optional<PairStatus> pair;  ///< with the watermark of the one table, if it is about one
  std::vector<state::RunRecord> runs;
  std::vector<state::UnitEntry> unsettled;
  std::vector<state::StoppedApplier> appliers;
};

Shown read_shown(state::Store& store, const planner::Manifest& manifest,
                 const std::optional<Address>& address, std::size_t limit) {
  Shown found;
  found.meta = store.meta();
  JobStatus status = read_status(manifest);
  found.lock = std::move(status.lock);
  if (address) {
    for (PairStatus& pair : status.pairs) {
      if (pair.name != address->pair) continue;
      if (address->table) {
        std::erase_if(pair.watermarks, [&](const TableWatermark& table) {
          return table.mark.address != to_string(*address);
        });
      }
      found.pair = std::move(pair);
    }
  }
  found.runs = state::Runs(store).newest(
      limit, address ? std::optional(address->pair) : std::optional<std::string>());
  found.unsettled = state::Journal(store).unsettled();
  found.appliers = state::StoppedAppliers(store).all();
  return found;
}

ordered_json shown_json(const Shown& found) {
  ordered_json runs = ordered_json::array();
  for (const state::RunRecord& run : found.runs) runs.push_back(run_json(run));
  ordered_json units = ordered_json::array();
  for (const state::UnitEntry& unit : found.unsettled) {
    units.push_back({{"plan_id", unit.plan.plan_id},
                     {"unit", unit.unit},
                     {"state", state::unit_state_name(unit.state)},
                     {"at", unit.at}});
  }
  ordered_json appliers = ordered_json::array();
  for (const state::StoppedApplier& applier : found.appliers) {
    appliers.push_back({{"server", applier.server},
                        {"channel", applier.channel},
                        {"plan_id", applier.plan_id},
                        {"position", applier.position},
                        {"at", applier.at}});
  }
  ordered_json document = {{"job", found.meta.job},
                           {"state_id", found.meta.state_id},
                           {"created_at", found.meta.created_at},
                           {"runs", runs},
                           {"unsettled_units", units},
                           {"stopped_appliers", appliers}};
  if (found.pair) document["pair"] = listed(*found.pair, true, std::chrono::system_clock::now());
  return document;
}

std::string run_text(const state::RunRecord& run) {
  std::string text = "run " + shown(run.start.run_id) + ": " + shown(run.start.verb);
  if (!run.start.plan_id.empty()) text += " of plan " + shown(run.start.plan_id);
  text +=
      ", began " + shown(run.started_at) + ", ended " + shown(run.finished_at.value_or("never"));
  if (run.end) {
    text += ", exit " + std::to_string(run.end->exit_code) + ", " + rows_text(run.end->rows);
    if (run.end->units_stale > 0) {
      text += ", " + counted(run.end->units_stale, "stale unit", "stale units");
    }
    if (!run.end->message.empty()) text += ": " + shown(run.end->message);
  }
  return text + '\n';
}

std::string applier_text(const state::StoppedApplier& applier, bool under_way) {
  std::string text = "applier of " + shown(applier.server);
  if (!applier.channel.empty()) text += ", channel " + shown(applier.channel);
  text += ": stopped at " + shown(applier.position) + " by plan " + shown(applier.plan_id) +
          " since " + shown(applier.at);
  return text + (under_way ? "; the run under way starts it when it is done\n"
                           : "; the next apply or sync starts it\n");
}

std::string shown_text(const Shown& found) {
  std::string text;
  if (found.pair) {
    text = listed_text(*found.pair, true, std::chrono::system_clock::now());
  } else {
    text = "job " + shown(found.meta.job) + ", state " + shown(found.meta.state_id) + ", created " +
           shown(found.meta.created_at) + '\n';
  }
  for (const state::RunRecord& run : found.runs) text += run_text(run);
  for (const state::UnitEntry& unit : found.unsettled) {
    text += "unit " + std::to_string(unit.unit) + " of plan " + shown(unit.plan.plan_id) + ": " +
            state::unit_state_name(unit.state) + " since " + shown(unit.at) +
            "; apply the plan again to settle it\n";
  }
  for (const state::StoppedApplier& applier : found.appliers) {
    text += applier_text(applier, found.lock && found.lock->alive);
  }
  return text;
}

}  // namespace

ExitCode run_state(const StateOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  std::optional<Address> address;
  if (!options.address.empty())
    address = known_address(options.address, loaded.manifest, options.verb == StateVerb::rebase);
  if (options.verb != StateVerb::list && options.verb != StateVerb::show) {
    return change_state(options, address, loaded.manifest, context);
  }
  const std::filesystem::path path =
      planner::beside(loaded.manifest.file, loaded.manifest.state_path);
  std::optional<state::Store> store = state::Store::open(path, state::OpenMode::read_only);
  ordered_json document = {{"state", path.string()}, {"state_exists", store.has_value()}};
  if (options.verb == StateVerb::list) {
    list(read_listing(loaded.manifest, store ? &*store : nullptr), document, context);
    return ExitCode::done;
  }
  std::optional<Shown> found;
  if (store) found = read_shown(*store, loaded.manifest, address, options.limit);
  const std::optional<state::Holder> lock = found ? found->lock : state::read_holder(path);
  if (context.global.json) {
    document["lock"] = lock_json(lock);
    if (found) document.update(shown_json(*found));
    context.console.print_json(document);
    return ExitCode::done;
  }
  context.console.out() << (found ? shown_text(*found)
                                  : "no runs yet: there is no state file " + shown(path.string()) +
                                        '\n');
  if (lock) context.console.out() << lock_text(*lock) << '\n';
  return ExitCode::done;
}

}  // namespace rowplan::cmd
