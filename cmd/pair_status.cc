#include "cmd/pair_status.h"

#include "cmd/time_text.h"
#include "planner/address.h"
#include "state/baselines.h"
#include "state/store.h"

namespace rowplan::cmd {

namespace {

std::vector<TableBehind> read_behind(state::Store& store, const std::string& pair) {
  std::vector<TableBehind> behind;
  for (const state::BaselineInfo& info : state::Baselines(store).all()) {
    if (!info.address.starts_with(pair + '/')) continue;
    for (state::BehindInfo& list : state::BehindLists(store).of(info)) {
      const std::string address = planner::with_spoke({info.address, list.member});
      behind.push_back({address, std::move(list)});
    }
  }
  return behind;
}

}  // namespace

JobStatus read_status(const planner::Manifest& manifest) {
  JobStatus status;
  status.job = manifest.name;
  const std::filesystem::path path = planner::beside(manifest.file, manifest.state_path);
  status.state_path = path.string();
  std::optional<state::Store> store = state::Store::open(path, state::OpenMode::read_only);
  status.state_exists = store.has_value();
  status.lock = state::read_holder(path);
  if (status.lock) status.progress = read_run_progress(path, *status.lock);
  for (const planner::PairSpec& spec : manifest.pairs) {
    PairStatus pair;
    pair.name = spec.name;
    pair.source = spec.source;
    pair.target = spec.target;
    pair.spokes = spec.spokes;
    if (store) {
      pair.record = state::Pairs(*store).find(spec.name);
      if (pair.record) pair.success_at = parse_time(pair.record->last_success_at);
      if (pair.record && pair.record->last_full_compare_at)
        pair.full_compare_at = parse_time(*pair.record->last_full_compare_at);
      pair.last_run = state::Runs(*store).last_of(spec.name);
      for (state::Watermark& mark : state::Watermarks(*store).all()) {
        if (!mark.address.starts_with(spec.name + '/')) continue;
        const std::optional<SystemTime> at = parse_watermark(mark.value);
        pair.watermarks.push_back({std::move(mark), at});
      }
      pair.behind = read_behind(*store, spec.name);
    }
    status.pairs.push_back(std::move(pair));
  }
  return status;
}

bool is_outdated(const PairStatus& pair, std::chrono::milliseconds max_age, SystemTime now) {
  return !pair.success_at || now - *pair.success_at > max_age;
}

}  // namespace rowplan::cmd
