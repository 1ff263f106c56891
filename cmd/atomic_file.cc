#include "cmd/atomic_file.h"

#include <fcntl.h>
#include <stdlib.h>  // mkostemp is no part of <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "planner/descriptor.h"
#include "planner/file_error.h"

namespace rowplan::cmd {
namespace {

using planner::Descriptor;
using planner::FileError;

constexpr mode_t kMode = 0644;

/// Takes its name away again unless keep() was called.
class TemporaryName {
 public:
  explicit TemporaryName(std::string name) : name_(std::move(name)) {}
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  void keep() noexcept { name_.clear(); }

 private:
  std::string name_;
};

void write_all(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw FileError(path, errno, "write");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

mode_t current_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

void sync_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const Descriptor directory(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // The file is whole either way; a file system that cannot sync a directory is no failure.
  if (directory.is_open()) ::fsync(directory.get());
}

}  // namespace

void write_file_atomically(const std::string& path, std::string_view content, bool replace) {
  std::string name = path + ".XXXXXX";
  Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.is_open()) throw FileError(path, errno, "write");
  TemporaryName temporary(name);
  write_all(file.get(), content, path);
  if (::fchmod(file.get(), kMode & ~current_umask()) != 0) throw FileError(path, errno, "write");
  if (::fsync(file.get()) != 0) throw FileError(path, errno, "write");
  file.reset();
  if (replace) {
    if (::rename(name.c_str(), path.c_str()) != 0) throw FileError(path, errno, "replace");
    temporary.keep();
  } else if (::link(name.c_str(), path.c_str()) != 0) {
    // Unlike rename, link leaves a file that is there.
    throw FileError(path, errno, "write");
  }
  sync_directory_of(path);
}

}  // namespace rowplan::cmd
