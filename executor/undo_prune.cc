#include "executor/undo_prune.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "executor/undo_log.h"
#include "executor/undo_reader.h"
#include "planner/file_error.h"
#include "planner/plan_error.h"
#include "planner/plan_tree.h"
#include "state/kill_point.h"

namespace rowplan::executor {

namespace {

using planner::FileError;
using planner::TreeEntry;

std::set<std::string> unsettled_plans(const state::Journal& journal) {
  std::set<std::string> plans;
  for (const state::UnitEntry& unit : journal.unsettled()) plans.insert(unit.plan.plan_id);
  return plans;
}

}  // namespace

UndoPruned prune_undo(const std::filesystem::path& state_path, state::Journal& journal,
                      const std::string& before) {
  UndoPruned pruned;
  const std::filesystem::path path = undo_directory(state_path);
  const planner::Descriptor directory(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.is_open() && errno != ENOENT) throw FileError(path.string(), errno, "open");
  if (directory.is_open()) {
    const std::set<std::string> unsettled = unsettled_plans(journal);
    for (const TreeEntry& entry : planner::list_tree(directory.get(), path.string())) {
      try {
        const auto header = read_undo_header(path / entry.path);
        // Where the header was never finished nothing was kept, and no apply is under way.
        if (header && (header->created_at >= before || unsettled.count(header->plan_id) > 0))
          continue;
      } catch (const std::runtime_error& strange) {
        pruned.notes.emplace_back(strange.what());
        continue;
      }
      if (::unlinkat(directory.get(), entry.path.c_str(), 0) != 0)
        pruned.notes.push_back(FileError((path / entry.path).string(), errno, "remove").what());
      else
        ++pruned.files;
      state::kill_point("undo pruned");
    }
  }
  pruned.units = journal.prune(before);
  return pruned;
}

}  // namespace rowplan::executor
