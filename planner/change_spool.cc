#include "planner/change_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "planner/change.h"
#include "planner/file_error.h"

namespace rowplan::planner {

ChangeSpool::ChangeSpool(const std::filesystem::path& directory) : directory_(directory) {
  const int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) {
    file_.reset(::fdopen(fd, "w+"));
    if (!file_) ::close(fd);
  } else if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT) {
    // Not every file system knows files without a name.
    file_.reset(std::tmpfile());
  }
  if (!file_) fail("open a temporary file in");
}

void ChangeSpool::fail(const char* doing) const {
  throw FileError(directory_.string(), errno, doing);
}

void ChangeSpool::append(const Change& change) {
  const std::string line = to_json_line(change) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size())
    fail("write a temporary file in");
  bytes_ += line.size();
}

void ChangeSpool::mark() { marked_ = bytes_; }

void ChangeSpool::rollback() {
  if (bytes_ == marked_) return;
  if (std::fflush(file_.get()) != 0 ||
      ::ftruncate(::fileno(file_.get()), static_cast<off_t>(marked_)) != 0 ||
      ::fseeko(file_.get(), static_cast<off_t>(marked_), SEEK_SET) != 0)
    fail("write a temporary file in");
  bytes_ = marked_;
}

void ChangeSpool::hand_on(ChangeSink& sink, std::uint64_t chunks) {
  if (std::fflush(file_.get()) != 0) fail("write a temporary file in");
  std::rewind(file_.get());
  std::array<char, std::size_t{1} << 16U> block{};
  std::string line;
  std::uint64_t read = 0;
  while (read < bytes_) {
    const std::size_t got = std::fread(block.data(), 1, block.size(), file_.get());
    if (got == 0) fail("read a temporary file in");
    read += got;
    std::string_view rest(block.data(), got);
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      line += rest.substr(0, end);
      if (end == std::string_view::npos) break;
      sink.append_line(with_chunks_raised(line, chunks));
      line.clear();
      rest.remove_prefix(end + 1);
    }
  }
  sink.mark();
}

}  // namespace rowplan::planner
