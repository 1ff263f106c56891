#include "executor/kept_plans.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>

#include "planner/descriptor.h"
#include "planner/file_error.h"
#include "planner/plan_id.h"
#include "state/durable.h"
#include "state/kill_point.h"

namespace rowplan::executor {

namespace {

namespace fs = std::filesystem;
using planner::FileError;

constexpr const char* kUnderWay = ".under-way";
constexpr const char* kRemoved = ".removed-";  // with the plan's id behind it

/// Makes it, mode 0700, or takes the one that is there, which may be no link.
void make_directory(const fs::path& path) {
  const bool made = ::mkdir(path.c_str(), S_IRWXU) == 0;
  if (!made && errno != EEXIST) throw FileError(path.string(), errno, "make directory");
  const planner::Descriptor directory(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.is_open()) throw FileError(path.string(), errno, "open");
  if (::fchmod(directory.get(), S_IRWXU) != 0)
    throw FileError(path.string(), errno, "set the mode of");
  if (!made) return;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : ".";
  if (const int error = state::sync_directory(parent))
    throw FileError(parent.string(), error, "sync");
}

void rename_within(const fs::path& directory, const std::string& from, const std::string& to) {
  if (::rename((directory / from).c_str(), (directory / to).c_str()) != 0)
    throw FileError((directory / from).string(), errno, "rename");
}

/// Does not follow links.
void remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) throw FileError(path.string(), error.value(), "remove");
}

/// Names in the directory, which may not be there.
std::vector<std::string> names_in(const fs::path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  if (error && error != std::errc::no_such_file_or_directory)
    throw FileError(directory.string(), error.value(), "read");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

fs::path plans_directory(const fs::path& state_path) {
  fs::path path = state_path;
  path += ".plans";
  return path;
}

KeptPlans::KeptPlans(const fs::path& state_path) : directory_(plans_directory(state_path)) {}

fs::path KeptPlans::make_room() {
  make_directory(directory_);
  remove_tree(directory_ / kUnderWay);
  return directory_ / kUnderWay;
}

fs::path KeptPlans::keep(const std::string& plan_id) {
  state::kill_point("plan keep");
  rename_within(directory_, kUnderWay, plan_id);
  if (const int error = state::sync_directory(directory_))
    throw FileError(directory_.string(), error, "sync");
  state::kill_point("plan kept");
  return directory_ / plan_id;
}

fs::path KeptPlans::path_of(const std::string& plan_id) const { return directory_ / plan_id; }

void KeptPlans::remove(const std::string& plan_id) {
  const std::string away = kRemoved + plan_id;
  rename_within(directory_, plan_id, away);
  state::kill_point("plan removed");
  remove_tree(directory_ / away);
}

PlansPruned KeptPlans::prune(std::uint64_t keep, const state::Journal& journal) {
  std::set<std::string> unsettled;
  for (const state::UnitEntry& unit : journal.unsettled()) unsettled.insert(unit.plan.plan_id);
  PlansPruned pruned;
  const auto attempt = [&](const auto& work) {
    try {
      work();
      return true;
    } catch (const FileError& error) {
      pruned.notes.emplace_back(error.what());
      return false;
    }
  };
  std::vector<std::string> plans;
  for (const std::string& name : names_in(directory_)) {
    if (name == kUnderWay || name.starts_with(kRemoved))
      attempt([&] { remove_tree(directory_ / name); });
    if (planner::is_plan_id(name)) plans.push_back(name);
  }
  // Ids sort by the time at which the plans were made.
  const std::size_t surplus = plans.size() > keep ? plans.size() - keep : 0;
  for (std::size_t i = 0; i < surplus; ++i)
    if (unsettled.count(plans[i]) == 0 && attempt([&] { remove(plans[i]); })) ++pruned.plans;
  return pruned;
}

void give_up(const state::PlanRef& plan, state::Store& store) {
  state::Journal journal(store);
  std::vector<state::UnitRows> units;
  for (const state::UnitEntry& unit : journal.unsettled())
    if (unit.plan.plan_id == plan.plan_id && unit.plan.plan_digest == plan.plan_digest)
      units.push_back({unit.unit, 0});
  journal.settle(plan, units, state::UnitState::stale);
}

}  // namespace rowplan::executor
