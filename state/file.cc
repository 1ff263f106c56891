// What kind of file a state path names, and on what kind of file system it stands.
#include "state/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "state/durable.h"
#include "state/error.h"
#include "state/kill_point.h"

namespace rowplan::state {

namespace {

// f_type values, from statfs(2) and linux/magic.h.
constexpr std::uint64_t kNfs = 0x6969;
constexpr std::uint64_t kSmb = 0x517b;
constexpr std::uint64_t kSmb2 = 0xfe534d42;
constexpr std::uint64_t kCifs = 0xff534d42;
constexpr std::uint64_t kNcp = 0x564c;
constexpr std::uint64_t kCoda = 0x73757245;
constexpr std::uint64_t kAfs = 0x5346414f;
constexpr std::uint64_t kKafs = 0x6b414653;
constexpr std::uint64_t kCeph = 0x00c36400;
constexpr std::uint64_t kFuse = 0x65735546;
constexpr std::uint64_t kV9fs = 0x01021997;

}  // namespace

FileSystemFitness fitness_of(std::uint64_t magic) noexcept {
  switch (magic) {
    case kNfs:
    case kSmb:
    case kSmb2:
    case kCifs:
    case kNcp:
    case kCoda:
    case kAfs:
    case kKafs:
    case kCeph:
      return FileSystemFitness::network;
    case kFuse:
    case kV9fs:
      return FileSystemFitness::doubtful;
    default:
      return FileSystemFitness::local;
  }
}

std::optional<ResolvedPath> resolve(const std::filesystem::path& path) {
  if (!path.has_filename()) {
    throw StateError(path.string(), StateErrorKind::unsuitable, "does not name a file");
  }
  const auto parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code failed;
  ResolvedPath resolved;
  resolved.directory = std::filesystem::canonical(parent, failed);
  if (failed == std::errc::no_such_file_or_directory) {
    return std::nullopt;
  }
  if (failed) {
    throw error_from_errno(path.string(), failed.value(), "cannot reach its directory");
  }
  resolved.file = resolved.directory / path.filename();
  struct statfs system {};
  if (::statfs(resolved.directory.c_str(), &system) != 0) {
    throw error_from_errno(path.string(), errno, "cannot tell its file system");
  }
  // f_type is signed on some architectures; the magic numbers have 32 bits.
  resolved.fitness = fitness_of(static_cast<std::uint64_t>(system.f_type) & 0xffffffffU);
  if (resolved.fitness == FileSystemFitness::network) {
    throw StateError(path.string(), StateErrorKind::unsuitable,
                     "is on a network file system, where locks cannot be relied on; set [state] "
                     "path to a local disk");
  }
  return resolved;
}

std::optional<FileStamp> look_at(const std::filesystem::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) {
      return std::nullopt;
    }
    throw error_from_errno(file.string(), errno, "cannot be reached");
  }
  if (S_ISLNK(status.st_mode)) {
    throw StateError(file.string(), StateErrorKind::unsuitable,
                     "is a symbolic link; name the file itself");
  }
  if (!S_ISREG(status.st_mode)) {
    throw StateError(file.string(), StateErrorKind::unsuitable, "is not a regular file");
  }
  FileStamp stamp;
  stamp.device = status.st_dev;
  stamp.inode = status.st_ino;
  stamp.bytes = static_cast<std::uint64_t>(status.st_size);
  stamp.modified_ns =
      static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  stamp.mode = status.st_mode & 0777U;
  return stamp;
}

void create_exclusively(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    throw error_from_errno(file.string(), errno, "cannot create the file");
  }
  // The umask can only take bits away, which would lock the owner out.
  const int failed = ::fchmod(fd, 0600) == 0 ? 0 : errno;
  ::close(fd);
  if (failed != 0) {
    throw error_from_errno(file.string(), failed, "cannot set the mode");
  }
  kill_point("file made");
}

bool publish(const std::filesystem::path& from, const std::filesystem::path& to) {
  const int taken = rename_if_free(from.c_str(), to.c_str());
  if (taken == EEXIST) {
    return false;
  }
  if (taken != 0) {
    throw error_from_errno(to.string(), taken, "cannot create the file");
  }
  if (const int failed = sync_directory(to.parent_path()); failed != 0) {
    throw error_from_errno(to.parent_path().string(), failed, "cannot sync the directory");
  }
  return true;
}

}  // namespace rowplan::state
