#include "state/durable.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "state/kill_point.h"

namespace rowplan::state {

namespace {

int error_of(int result) { return result == 0 ? 0 : errno; }

}  // namespace

int write_all(int fd, std::string_view bytes) {
  kill_point("write");
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  kill_point("written");
  return 0;
}

int sync_file(int fd) {
  kill_point("sync");
  const int error = error_of(::fsync(fd));
  kill_point("synced");
  return error;
}

int sync_data(int fd) {
  kill_point("sync");
  const int error = error_of(::fdatasync(fd));
  kill_point("synced");
  return error;
}

int rename_at(int from_directory, const char* from, int to_directory, const char* to) {
  kill_point("rename");
  const int error = error_of(::renameat(from_directory, from, to_directory, to));
  kill_point("renamed");
  return error;
}

int rename_if_free(const char* from, const char* to) {
  kill_point("rename");
  int error = error_of(::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE));
  if (error == EINVAL || error == ENOSYS) {
    error = error_of(::link(from, to));
    kill_point("linked");
    if (error == 0) ::unlink(from);
  }
  kill_point("renamed");
  return error;
}

int sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = sync_file(fd);
  ::close(fd);
  return error == EINVAL ? 0 : error;
}

}  // namespace rowplan::state
