#include "planner/plan_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "planner/address.h"
#include "planner/checked_file.h"
#include "planner/file_error.h"
#include "planner/plan_json.h"
#include "planner/plan_place.h"
#include "planner/plan_tree.h"
#include "planner/sha256.h"
#include "state/durable.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} * 1024;
constexpr std::size_t kMaxNameBytes =
    240;  // file systems take 255; a temporary name is longer by 5
constexpr std::size_t kKeptNameBytes = 160;
constexpr std::size_t kHashDigits = 16;
constexpr const char* kIndex = "plan.json";
constexpr const char* kDigest = "plan.sha256";

void sync_parent(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const int error = directory.is_open() ? state::sync_file(directory.get()) : errno;
  if (error != 0) throw FileError(parent.string(), error, "sync");
}

std::string bounded_name(std::string name) {
  if (name.size() <= kMaxNameBytes) return name;
  const std::string hash = sha256_hex(name).substr(0, kHashDigits);
  name.resize(kKeptNameBytes);
  const std::size_t percent = name.find('%', kKeptNameBytes - 2);  // a %XX that was cut in two
  if (percent != std::string::npos) name.resize(percent);
  return name + "~" + hash;
}

}  // namespace

struct PlanDirectoryState {
  std::filesystem::path path;
  Descriptor root;
  Descriptor index;  // plan.json under way, until finish() takes it
  bool made_root = false;
  bool finished = false;
  WriteFault fault;
  std::atomic<std::uint64_t> bytes{0};
  mutable std::mutex mutex;  // guards what follows
  std::vector<std::string> made_directories;
  std::map<std::string, std::optional<FileDigest>> files;  // nullopt: under way

  [[nodiscard]] std::string full(const std::string& relative) const {
    return (path / relative).string();
  }
  void step(const std::string& relative, std::uint64_t size, const char* doing) const {
    const int error = fault ? fault(relative, size) : 0;
    if (error != 0) throw FileError(full(relative), error, doing);
  }
  void remove_all() noexcept;
};

void PlanDirectoryState::remove_all() noexcept {
  ::unlinkat(root.get(), kIndex, 0);
  ::unlinkat(root.get(), kDigest, 0);
  for (const auto& [relative, digest] : files) ::unlinkat(root.get(), relative.c_str(), 0);
  for (auto made = made_directories.rbegin(); made != made_directories.rend(); ++made) {
    ::unlinkat(root.get(), made->c_str(), AT_REMOVEDIR);
  }
  ::unlinkat(root.get(), kIndexUnderWay, 0);
  if (made_root) ::rmdir(path.c_str());
}

struct PlanFileWriter::Open {
  PlanDirectoryState& directory;
  std::string path;
  Descriptor parent;
  std::string name;
  std::string temporary;
  Descriptor file;
  bool registered = true;  // plan.json and plan.sha256 are not in plan.files
  bool published = false;
  std::string buffer;         // what follows the bytes in the file
  std::uint64_t flushed = 0;  // bytes in the file
  std::uint64_t marked = 0;   // where rollback() goes back to
  Sha256 hash;                // of the bytes in the file
  Sha256 marked_hash;         // of the bytes before the mark, if that is in the file
  std::optional<FileDigest> digest;

  /// `made`: the temporary file, where it is open already.
  Open(PlanDirectoryState& of, std::string relative, bool listed, Descriptor made = {})
      : directory(of), path(std::move(relative)), file(std::move(made)), registered(listed) {
    try {
      ParentAndName at = [&] {
        const std::scoped_lock lock(directory.mutex);
        return open_parent(directory.root.get(), path, MakeParents::yes,
                           &directory.made_directories);
      }();
      parent = std::move(at.parent);
      name = std::move(at.name);
    } catch (const FileError& error) {
      throw FileError(directory.full(path), error.error(), "make");
    }
    temporary = "." + name + ".tmp";
    directory.step(path, 0, "make");
    if (file.is_open()) return;
    file =
        Descriptor(::openat(parent.get(), temporary.c_str(),
                            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file.is_open()) throw FileError(directory.full(path), errno, "make");
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

  ~Open() {
    if (published) return;
    ::unlinkat(parent.get(), temporary.c_str(), 0);
    directory.bytes -= flushed + buffer.size();
    const std::scoped_lock lock(directory.mutex);
    if (registered) directory.files.erase(path);
  }

  [[nodiscard]] std::uint64_t size() const { return flushed + buffer.size(); }

  void flush() {
    directory.step(path, buffer.size(), "write");
    const int error = state::write_all(file.get(), buffer);
    if (error != 0) throw FileError(directory.full(path), error, "write");
    std::string_view rest = buffer;
    if (marked >= flushed) {
      const std::size_t before_mark = marked - flushed;
      hash.update(rest.substr(0, before_mark));
      marked_hash = hash;
      rest.remove_prefix(before_mark);
    }
    hash.update(rest);
    flushed += buffer.size();
    buffer.clear();
  }

  void rollback() {
    directory.bytes -= size() - marked;
    if (marked >= flushed) {
      buffer.resize(marked - flushed);
      return;
    }
    buffer.clear();
    const auto offset = static_cast<off_t>(marked);
    if (::ftruncate(file.get(), offset) != 0 || ::lseek(file.get(), offset, SEEK_SET) != offset) {
      throw FileError(directory.full(path), errno, "truncate");
    }
    flushed = marked;
    hash = marked_hash;
  }

  void seal() {
    flush();
    directory.step(path, 0, "sync");
    const int error = state::sync_file(file.get());
    if (error != 0) throw FileError(directory.full(path), error, "sync");
    digest = FileDigest{hash.finish_hex(), flushed};
  }

  void publish() {
    directory.step(path, 0, "rename");
    int error = state::rename_at(parent.get(), temporary.c_str(), parent.get(), name.c_str());
    if (error != 0) throw FileError(directory.full(path), error, "rename");
    published = true;
    file.reset();
    error = state::sync_file(parent.get());
    if (error != 0) throw FileError(directory.full(path), error, "sync");
    const std::scoped_lock lock(directory.mutex);
    if (registered) directory.files[path] = digest;
  }
};

PlanFileWriter::PlanFileWriter(std::unique_ptr<Open> open) : open_(std::move(open)) {}
PlanFileWriter::~PlanFileWriter() = default;

void PlanFileWriter::append(std::string_view bytes) {
  assert(!open_->digest);
  open_->buffer += bytes;
  open_->directory.bytes += bytes.size();
  if (open_->buffer.size() >= kBufferBytes) open_->flush();
}

std::uint64_t PlanFileWriter::bytes() const noexcept { return open_->size(); }

void PlanFileWriter::mark() { open_->marked = open_->size(); }

void PlanFileWriter::rollback() { open_->rollback(); }

void PlanFileWriter::close() {
  assert(!open_->digest);
  open_->seal();
  open_->publish();
}

PlanDirectory::PlanDirectory(std::unique_ptr<PlanDirectoryState> state)
    : state_(std::move(state)) {}
PlanDirectory::PlanDirectory(PlanDirectory&&) noexcept = default;

PlanDirectory& PlanDirectory::operator=(PlanDirectory&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

PlanDirectory::~PlanDirectory() {
  if (state_ && !state_->finished) state_->remove_all();
}

PlanDirectory PlanDirectory::create(const std::filesystem::path& path, Overwrite overwrite,
                                    WriteFault fault) {
  auto state = std::make_unique<PlanDirectoryState>();
  // "plan/" names the same directory as "plan", and its parent is not "plan".
  state->path = path.has_filename() ? path : path.parent_path();
  state->fault = std::move(fault);
  PlanPlace place = take_place(state->path, overwrite);
  state->root = std::move(place.root);
  state->index = std::move(place.index);
  state->made_root = place.made;
  return PlanDirectory(std::move(state));
}

std::unique_ptr<PlanFileWriter> PlanDirectory::open_file(const std::string& path) {
  assert(is_plan_path(path) && path != kIndex && path != kDigest);
  {
    const std::scoped_lock lock(state_->mutex);
    [[maybe_unused]] const bool is_new = state_->files.emplace(path, std::nullopt).second;
    assert(is_new);
  }
  try {
    return std::unique_ptr<PlanFileWriter>(
        new PlanFileWriter(std::make_unique<PlanFileWriter::Open>(*state_, path, true)));
  } catch (...) {
    const std::scoped_lock lock(state_->mutex);
    state_->files.erase(path);
    throw;
  }
}

void PlanDirectory::write_file(const std::string& path, std::string_view content) {
  const auto file = open_file(path);
  file->append(content);
  file->close();
}

void PlanDirectory::visit_changes(const std::string& path, const ChangeVisitor& visitor) const {
  CheckedFile file([&] { return open_for_reading(state_->root.get(), path); }, state_->full(path));
  std::string_view line;
  while (file.next_line(line) && visitor(change_from_json_line(line))) {
  }
}

std::vector<PlanFile> PlanDirectory::closed_files() const {
  const std::scoped_lock lock(state_->mutex);
  std::vector<PlanFile> closed;
  for (const auto& [path, digest] : state_->files)
    if (digest) closed.push_back({path, digest->sha256, digest->bytes});
  return closed;
}

std::string PlanDirectory::finish(Plan& plan) {
  // Of files that were given up; those with anything in them stay.
  for (auto made = state_->made_directories.rbegin(); made != state_->made_directories.rend();
       ++made) {
    ::unlinkat(state_->root.get(), made->c_str(), AT_REMOVEDIR);
  }
  plan.files.clear();
  for (const auto& [path, digest] : state_->files) {
    assert(digest);  // a file under way has no digest
    plan.files.push_back({path, digest->sha256, digest->bytes});
  }
  PlanFileWriter index(
      std::make_unique<PlanFileWriter::Open>(*state_, kIndex, false, std::move(state_->index)));
  write_plan_json(plan, [&](std::string_view text) { index.append(text); });
  index.open_->seal();
  std::string sha256 = index.open_->digest->sha256;
  PlanFileWriter digest(std::make_unique<PlanFileWriter::Open>(*state_, kDigest, false));
  digest.append(sha256 + "  " + kIndex + "\n");
  digest.close();
  index.open_->publish();
  if (state_->made_root) sync_parent(state_->path);
  state_->finished = true;
  return sha256;
}

const std::filesystem::path& PlanDirectory::path() const noexcept { return state_->path; }

std::uint64_t PlanDirectory::bytes() const { return state_->bytes; }

std::string changes_path(std::string_view pair, std::string_view table) {
  const SharedAddress shared = without_spoke(pair);
  const std::string spoke = shared.spoke.empty() ? "" : '@' + shared.spoke;
  return "changes/" + bounded_name(shared.address) + "/" +
         bounded_name(std::string(table) + spoke) + ".ndjson";
}

std::string baseline_path(std::string_view pair, std::string_view table) {
  return "baseline/" + bounded_name(std::string(pair)) + "/" + bounded_name(std::string(table)) +
         ".moves";
}

void write_summary(PlanDirectory& directory, const Plan& plan, std::size_t sample_rows) {
  const SampleChanges sample = [&](const PlanTable& table, const ChangeVisitor& visitor) {
    directory.visit_changes(table.changes_path, visitor);
  };
  directory.write_file("summary.md", summary_markdown(plan, sample, sample_rows));
}

}  // namespace rowplan::planner
