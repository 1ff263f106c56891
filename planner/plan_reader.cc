#include "planner/plan_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "planner/checked_file.h"
#include "planner/file_error.h"
#include "planner/plan_error.h"
#include "planner/plan_json.h"
#include "planner/plan_tree.h"
#include "planner/sha256.h"

namespace rowplan::planner {
namespace {

constexpr const char* kIndex = "plan.json";
constexpr const char* kDigest = "plan.sha256";
constexpr std::size_t kDigestBytesMax = 4096;

Descriptor open_directory(const std::filesystem::path& directory) {
  Descriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (root.is_open()) return root;
  if (errno == ENOENT || errno == ENOTDIR) {
    throw PlanError(directory.string(), "no such directory: not a plan");
  }
  throw FileError(directory.string(), errno, "open");
}

// Opens a file of the plan; one that is not there, or is no regular file, makes the plan a damaged
// one.
Descriptor open_part(const Descriptor& root, const std::filesystem::path& directory,
                     const std::string& path, const char* missing) {
  try {
    return open_for_reading(root.get(), path);
  } catch (const FileError& error) {
    switch (error.error()) {
      case ENOENT:
        throw PlanError(path, missing);
      case ELOOP:
      case ENOTDIR:
      case EINVAL:
      case ENXIO:
        throw PlanError(path, "not a regular file");
      default:
        throw FileError((directory / path).string(), error.error(), "open");
    }
  }
}

std::string read_all(const Descriptor& file, const std::string& path, std::size_t max) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw FileError(path, errno, "look at");
  std::string text;
  if (status.st_size > 0) text.reserve(std::min(max, static_cast<std::size_t>(status.st_size) + 1));
  constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
  while (true) {
    const std::size_t size = text.size();
    text.resize(size + kReadBytes);
    const ssize_t got =
        ::pread(file.get(), text.data() + size, kReadBytes, static_cast<off_t>(size));
    if (got < 0 && errno != EINTR) throw FileError(path, errno, "read");
    text.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got == 0) return text;
    if (text.size() > max) throw PlanError(path, "too large");
  }
}

void check_file(const Descriptor& root, const std::filesystem::path& directory,
                const PlanFile& listed) {
  const Descriptor file = open_part(root, directory, listed.path, "missing");
  const FileDigest digest = digest_file(file.get(), (directory / listed.path).string());
  if (digest.bytes != listed.bytes || digest.sha256 != listed.sha256) {
    throw PlanError(listed.path, "not what plan.json lists: edited or damaged");
  }
}

void check_nothing_else(const Descriptor& root, const std::filesystem::path& directory,
                        const Plan& plan) {
  std::set<std::string> listed = {kIndex, kDigest};
  for (const PlanFile& file : plan.files) listed.insert(file.path);
  std::vector<TreeEntry> entries;
  try {
    entries = list_tree(root.get(), directory.string());
  } catch (const FileError& error) {
    if (error.error() == ELOOP) throw PlanError(error.path(), "no part of a plan");
    throw;
  }
  for (const TreeEntry& entry : entries) {
    if (entry.type == TreeEntry::Type::directory) continue;
    if (entry.type == TreeEntry::Type::other) throw PlanError(entry.path, "not a regular file");
    if (listed.count(entry.path) == 0) throw PlanError(entry.path, "not listed in plan.json");
  }
}

}  // namespace

LoadedPlan load_plan(const std::filesystem::path& directory) {
  const Descriptor root = open_directory(directory);
  LoadedPlan loaded;
  loaded.directory = directory;
  {
    const Descriptor file = open_part(root, directory, kIndex, "no plan.json: not a plan");
    constexpr std::size_t kIndexBytesMax = std::size_t{4} << 30U;
    const std::string text = read_all(file, (directory / kIndex).string(), kIndexBytesMax);
    loaded.digest = sha256_hex(text);
    const Descriptor digest = open_part(root, directory, kDigest, "missing");
    if (read_all(digest, (directory / kDigest).string(), kDigestBytesMax) !=
        loaded.digest + "  " + kIndex + "\n") {
      throw PlanError(kIndex, "not what plan.sha256 says: edited or damaged");
    }
    loaded.plan = plan_from_json(text);
  }
  for (const PlanFile& file : loaded.plan.files) {
    if (file.path == kIndex || file.path == kDigest) throw PlanError(file.path, "lists itself");
    check_file(root, directory, file);
  }
  check_nothing_else(root, directory, loaded.plan);
  return loaded;
}

Descriptor open_plan_file(const std::filesystem::path& directory, const std::string& path) {
  return open_part(open_directory(directory), directory, path, "missing");
}

struct ChangeReader::State {
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t lines = 0;
  };
  const PlanTable& table;
  std::optional<CheckedFile> file;  // none: no changes
  std::map<std::uint64_t, Place> chunks;
  std::unordered_set<std::string> columns;
  std::uint64_t line = 0;  // of the change that was read last, from 1; for errors

  explicit State(const PlanTable& of) : table(of) {
    columns.insert(table.columns.begin(), table.columns.end());
    columns.insert(table.key.begin(), table.key.end());
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw PlanError(table.changes_path, "line " + std::to_string(line) + ": " + what);
  }

  [[nodiscard]] std::optional<Change> read() {
    std::string_view text;
    if (!file || !file->next_line(text)) return std::nullopt;
    ++line;
    try {
      return change_from_json_line(text);
    } catch (const PlanError& error) {
      refuse(std::string(error.what()).substr(error.path().size() + 2));
    }
  }

  void check_names(const NamedValues& values) const {
    for (const auto& [column, value] : values) {
      if (columns.count(column) == 0) refuse("a column that the table does not have");
    }
  }

  /// Of a table without a key: whole rows come and go, and no more go than there are.
  void check_copies(const Change& change) const {
    if (change.op == Op::update) refuse("an update without a key");
    if (change.op == Op::remove && change.count > change.had)
      refuse("\"count\" is more than \"had\"");
    const NamedValues& row = change.op == Op::remove ? change.before : change.after;
    if (row.size() != table.columns.size()) refuse("not a whole row");
  }

  void check_conflict(const Change& change) const {
    const auto& rows = change.conflict->rows;
    if (!table.two_way() || rows.size() != table.members.size() ||
        change.key->size() != table.key.size())
      refuse("not a conflict of the table's members");
    for (const auto& [server, row] : rows) {
      if (table.members.count(server) == 0) refuse("a member that the table does not have");
      if (row) check_names(*row);
    }
  }

  void check(const Change& change) const {
    if (change.op == Op::conflict) {
      check_conflict(change);
      return;
    }
    const bool member =
        table.two_way() ? table.members.count(change.on) > 0 : change.on == table.target;
    if (!member) refuse("\"on\" is not a member that is written");
    if (change.key.has_value() == table.key.empty() ||
        (change.key && change.key->size() != table.key.size())) {
      refuse("\"key\" does not fit the table's");
    }
    if ((change.count != 0) == change.key.has_value()) refuse("\"count\" does not fit the key");
    if (!change.key) check_copies(change);
    const bool before = !change.before.empty();
    const bool after = !change.after.empty();
    const bool fits = change.op == Op::insert   ? !before && after
                      : change.op == Op::remove ? before && !after
                      : change.op == Op::update ? before && after
                                                : true;
    if (!fits) refuse("\"before\" and \"after\" do not fit the op");
    const auto same_name = [](const auto& left, const auto& right) {
      return left.first == right.first;
    };
    if (change.op == Op::update &&
        !std::equal(change.before.begin(), change.before.end(), change.after.begin(),
                    change.after.end(), same_name)) {
      refuse("\"before\" and \"after\" have different columns");
    }
    check_names(change.before);
    check_names(change.after);
  }

  void index();
};

void ChangeReader::State::index() {
  auto chunk = table.chunks.begin();
  std::uint64_t offset = 0;
  while (const std::optional<Change> change = read()) {
    check(*change);
    while (chunk != table.chunks.end() && chunk->id < change->chunk) {
      if (chunks[chunk->id].lines != chunk->changes)
        refuse("changes of the chunk before are missing");
      ++chunk;
    }
    if (chunk == table.chunks.end() || chunk->id != change->chunk) {
      refuse("its chunk is not one of the table's, or not in order");
    }
    Place& place = chunks[chunk->id];
    if (place.lines == 0) place.offset = offset;
    if (++place.lines > chunk->changes) refuse("more changes than its chunk has");
    offset = file->offset();
  }
  for (; chunk != table.chunks.end(); ++chunk) {
    if (chunks[chunk->id].lines != chunk->changes) refuse("changes are missing behind it");
  }
}

ChangeReader::ChangeReader(const LoadedPlan& plan, const PlanTable& table)
    : state_(std::make_unique<State>(table)) {
  if (table.changes_path.empty()) return;
  const auto listed =
      std::find_if(plan.plan.files.begin(), plan.plan.files.end(),
                   [&](const PlanFile& file) { return file.path == table.changes_path; });
  assert(listed != plan.plan.files.end());  // load_plan() has checked that
  const auto open = [directory = plan.directory, path = table.changes_path] {
    return open_plan_file(directory, path);
  };
  state_->file.emplace(open, table.changes_path);
  state_->index();
  if (state_->file->sha256() != listed->sha256 || state_->file->bytes() != listed->bytes) {
    throw PlanError(table.changes_path, "changed since the plan was checked");
  }
  state_->file->seek(0);
  state_->line = 0;
}

ChangeReader::ChangeReader(ChangeReader&&) noexcept = default;
ChangeReader& ChangeReader::operator=(ChangeReader&&) noexcept = default;
ChangeReader::~ChangeReader() = default;

std::optional<Change> ChangeReader::next() { return state_->read(); }

void ChangeReader::seek(std::uint64_t id) {
  const auto at = state_->chunks.find(id);
  assert(at != state_->chunks.end());
  state_->file->seek(at->second.offset);
}

std::vector<Change> ChangeReader::chunk(std::uint64_t id) {
  seek(id);
  std::vector<Change> changes;
  const std::uint64_t lines = state_->chunks.at(id).lines;
  changes.reserve(lines);
  while (changes.size() < lines) {
    std::optional<Change> change = next();
    assert(change);  // the file has not changed since it was counted
    changes.push_back(std::move(*change));
  }
  return changes;
}

}  // namespace rowplan::planner
