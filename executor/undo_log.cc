#include "executor/undo_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cassert>
#include <cerrno>

#include "planner/file_error.h"
#include "planner/plan_id.h"
#include "state/durable.h"

namespace rowplan::executor {

namespace {

using planner::Descriptor;
using planner::FileError;

constexpr std::size_t kBufferBytes = std::size_t{1} << 20U;

/// Makes it, mode 0700, or takes the one that is there. Not through a link: what is kept stays
/// where the state is.
Descriptor open_directory(const std::filesystem::path& path) {
  const bool made = ::mkdir(path.c_str(), S_IRWXU) == 0;
  if (!made && errno != EEXIST) throw FileError(path.string(), errno, "make directory");
  Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.is_open()) throw FileError(path.string(), errno, "open");
  if (::fchmod(directory.get(), S_IRWXU) != 0)
    throw FileError(path.string(), errno, "set the mode of");
  if (!made) return directory;
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  if (const int error = state::sync_directory(parent))
    throw FileError(parent.string(), error, "sync");
  return directory;
}

}  // namespace

std::filesystem::path undo_directory(const std::filesystem::path& state_path) {
  std::filesystem::path path = state_path;
  path += ".undo";
  return path;
}

std::string undo_file_name(const std::string& plan_id, const std::string& run_id) {
  return plan_id + "." + run_id + ".ndjson";
}

bool is_undo_file_name(std::string_view name) noexcept {
  const std::size_t first = name.find('.');
  if (first == std::string_view::npos) return false;
  const std::size_t second = name.find('.', first + 1);
  return second != std::string_view::npos && planner::is_plan_id(name.substr(0, first)) &&
         planner::is_plan_id(name.substr(first + 1, second - first - 1)) &&
         name.substr(second) == ".ndjson";
}

UndoLog::UndoLog(const std::filesystem::path& state_path, UndoHeader header)
    : directory_(undo_directory(state_path)),
      path_(directory_ / undo_file_name(header.plan_id, header.run_id)),
      header_(std::move(header)) {
  assert(planner::is_plan_id(header_.plan_id) && planner::is_plan_id(header_.run_id));
}

void UndoLog::keep(const std::vector<UndoUnit>& units) {
  const bool is_new = !file_.is_open();
  if (is_new) open();
  for (const UndoUnit& unit : units) {
    hash_ = header_hash_;
    lines_ = 0;
    write(unit_line(unit.id, unit.step));
    for (const UndoTablePart& part : unit.tables) {
      if (part.rows.empty()) continue;
      write(to_line(part.table));
      for (const UndoRow& row : part.rows) write(to_line(row));
    }
    buffer_ += to_line(UndoEnd{unit.id, lines_, hash_.finish_hex()});
  }
  flush();
  if (const int error = state::sync_data(file_.get()))
    throw FileError(path_.string(), error, "sync");
  if (!is_new) return;
  if (const int error = state::sync_directory(directory_))
    throw FileError(directory_.string(), error, "sync");
}

void UndoLog::open() {
  const Descriptor directory = open_directory(directory_);
  const std::string name = path_.filename().string();
  file_ = Descriptor(::openat(directory.get(), name.c_str(),
                              O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                              S_IRUSR | S_IWUSR));
  if (!file_.is_open()) throw FileError(path_.string(), errno, "make");
  // The umask can only take bits away, which would lock the owner out.
  if (::fchmod(file_.get(), S_IRUSR | S_IWUSR) != 0)
    throw FileError(path_.string(), errno, "set the mode of");
  buffer_ = to_line(header_);
  header_hash_.update(buffer_);
}

void UndoLog::write(std::string_view line) {
  hash_.update(line);
  ++lines_;
  buffer_ += line;
  if (buffer_.size() >= kBufferBytes) flush();
}

void UndoLog::flush() {
  const int error = state::write_all(file_.get(), buffer_);
  buffer_.clear();
  if (error != 0) throw FileError(path_.string(), error, "write");
}

}  // namespace rowplan::executor
