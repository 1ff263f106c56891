#include "planner/plan_place.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "planner/file_error.h"
#include "planner/plan_tree.h"
#include "planner/refusal.h"
#include "state/durable.h"
#include "state/kill_point.h"

namespace rowplan::planner {
namespace {

constexpr const char* kIndex = "plan.json";

bool has_suffix(std::string_view text, std::string_view suffix) {
  return text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

// May --overwrite remove this? Only what the layout of a plan knows: a wrong -o must not cost
// files.
bool belongs_to_plan(const TreeEntry& entry) {
  const std::size_t last = entry.path.rfind('/');
  const std::string parent = last == std::string::npos ? "" : entry.path.substr(0, last);
  const std::string name = last == std::string::npos ? entry.path : entry.path.substr(last + 1);
  const auto in_pair_of = [&](const std::string& folder) {
    return parent.starts_with(folder + '/') && parent.find('/', folder.size() + 1) == parent.npos;
  };
  const bool in_changes = in_pair_of("changes");
  const bool in_baseline = in_pair_of("baseline");
  if (entry.type == TreeEntry::Type::directory) {
    return entry.path == "changes" || entry.path == "baseline" || entry.path == "sql" ||
           parent == "changes" || parent == "baseline";
  }
  if (entry.type != TreeEntry::Type::file) return false;
  if (parent.empty() && (name == kIndex || name == "plan.sha256" || name == "summary.md"))
    return true;
  if (!parent.empty() && parent != "sql" && !in_changes && !in_baseline) return false;
  if (name.front() == '.' && has_suffix(name, ".tmp")) return true;  // of a plan that was cut off
  return (in_changes && has_suffix(name, ".ndjson")) ||
         (in_baseline && has_suffix(name, ".moves")) ||
         (parent == "sql" && has_suffix(name, ".sql"));
}

bool holds_file(const std::vector<TreeEntry>& entries, const char* path) {
  return std::any_of(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
    return entry.path == path && entry.type == TreeEntry::Type::file;
  });
}

bool is_named(int file, int directory, const char* name) {
  struct stat by_fd {};
  struct stat by_name {};
  return ::fstat(file, &by_fd) == 0 &&
         ::fstatat(directory, name, &by_name, AT_SYMLINK_NOFOLLOW) == 0 &&
         by_fd.st_dev == by_name.st_dev && by_fd.st_ino == by_name.st_ino;
}

class Taking {
 public:
  explicit Taking(const std::filesystem::path& path) : path_(path.string()) {
    if (::mkdir(path_.c_str(), S_IRWXU) == 0) {
      place_.made = true;
    } else if (errno != EEXIST) {
      throw FileError(path_, errno, "make directory");
    }
    state::kill_point("plan's directory made");
  }

  PlanPlace take(Overwrite overwrite) {
    place_.root = Descriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!place_.root.is_open()) throw FileError(path_, errno, "open");
    const std::vector<TreeEntry> entries = list_tree(root(), path_);
    const bool has_plan = holds_file(entries, kIndex);
    if (!entries.empty() && !has_plan && !holds_file(entries, kIndexUnderWay))
      throw FileError(path_, ENOTEMPTY, "write a plan to");
    if (has_plan && overwrite == Overwrite::no)
      throw FileError(path_, ENOTEMPTY, "write a plan to", "it holds a plan");
    if (entries.empty()) {
      open_index(O_CREAT | O_EXCL);
    } else {
      empty(entries);
    }
    if (::fchmod(root(), S_IRWXU) != 0) throw FileError(path_, errno, "set the mode of");
    return std::move(place_);
  }

 private:
  [[nodiscard]] int root() const { return place_.root.get(); }

  void empty(const std::vector<TreeEntry>& entries) {
    for (const TreeEntry& entry : entries) {
      if (belongs_to_plan(entry)) continue;
      throw FileError(path_, ENOTEMPTY, "overwrite",
                      "'" + entry.path + "' in it is no part of a plan");
    }
    if (!holds_file(entries, kIndexUnderWay)) {
      // In one step it is no plan any more, and marked as what may be removed.
      const int error = state::rename_at(root(), kIndex, root(), kIndexUnderWay);
      if (error != 0) throw FileError(path_, error, "overwrite");
    }
    open_index(0);
    for (const TreeEntry& entry : entries)
      if (entry.path == kIndex) remove(entry);
    if (const int error = state::sync_file(root())) throw FileError(path_, error, "sync");
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry)
      if (entry->path != kIndexUnderWay) remove(*entry);
    if (::ftruncate(place_.index.get(), 0) != 0) throw FileError(path_, errno, "overwrite");
  }

  void open_index(int flags) {
    place_.index = Descriptor(::openat(root(), kIndexUnderWay,
                                       flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!place_.index.is_open()) throw FileError(path_, errno, "write a plan to");
    const int error = ::flock(place_.index.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    if (error == EWOULDBLOCK || !is_named(place_.index.get(), root(), kIndexUnderWay))
      throw Refusal(RefusalReason::locked, "another plan is being written to '" + path_ + "'",
                    "wait for it to end, or name another directory");
    // A file system without such locks takes new plans, but what is left over there may be in use.
    if (error != 0 && (flags & O_EXCL) == 0) throw FileError(path_, error, "lock");
    state::kill_point("plan begun");
  }

  void remove(const TreeEntry& entry) const {
    const int flags = entry.type == TreeEntry::Type::directory ? AT_REMOVEDIR : 0;
    if (::unlinkat(root(), entry.path.c_str(), flags) != 0 && errno != ENOENT)
      throw FileError(path_ + "/" + entry.path, errno, "remove");
    state::kill_point("removed");
  }

  std::string path_;
  PlanPlace place_;
};

}  // namespace

PlanPlace take_place(const std::filesystem::path& path, Overwrite overwrite) {
  return Taking(path).take(overwrite);
}

}  // namespace rowplan::planner
