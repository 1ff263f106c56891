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
#include "state/durable.h"

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

mode_t current_umask() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return mask;
}

}  // namespace

void write_file_atomically(const std::string& path, std::string_view content, bool replace,
                           FileMode mode) {
  std::string name = path + ".XXXXXX";
  Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.is_open()) throw FileError(path, errno, "write");
  TemporaryName temporary(name);
  if (const int error = state::write_all(file.get(), content))
    throw FileError(path, error, "write");
  const mode_t bits = mode == FileMode::for_all ? kMode : kMode & ~current_umask();
  if (::fchmod(file.get(), bits) != 0) throw FileError(path, errno, "write");
  if (const int error = state::sync_file(file.get())) throw FileError(path, error, "write");
  file.reset();
  if (replace) {
    const int error = state::rename_at(AT_FDCWD, name.c_str(), AT_FDCWD, path.c_str());
    if (error != 0) throw FileError(path, error, "replace");
    temporary.keep();
  } else if (::link(name.c_str(), path.c_str()) != 0) {
    // Unlike rename, link leaves a file that is there.
    throw FileError(path, errno, "write");
  }
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  // The file is whole either way; a file system that cannot sync a directory is no failure.
  static_cast<void>(state::sync_directory(parent.empty() ? "." : parent));
}

}  // namespace rowplan::cmd
