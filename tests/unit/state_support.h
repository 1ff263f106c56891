// Shared by the tests of state/: throwaway directories, child processes, bytes of files.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "state/error.h"
#include "state/journal.h"
#include "state/store.h"

namespace rowplan::state::testing {

class TempDir {
 public:
  TempDir() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "rowplan-state-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("mkdtemp");
    }
    path_ = pattern;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

inline Store create(const std::filesystem::path& file) {
  OpenOptions options;
  options.job = "shop";
  return std::move(*Store::open(file, OpenMode::create, options));
}

/// How opening fails; nullopt: it does not.
inline std::optional<StateErrorKind> open_failure(const std::filesystem::path& file, OpenMode mode,
                                                  const OpenOptions& options = {}) {
  try {
    static_cast<void>(Store::open(file, mode, options));
    return std::nullopt;
  } catch (const StateError& error) {
    return error.kind();
  }
}

/// Runs `work` in a forked child and returns its exit code, or 128 + the signal that ended it.
/// What `work` returns is the exit code; 99: it threw.
inline int in_child(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    int code = 99;
    try {
      code = work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(code);
  }
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid) {
    return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// In a child: become a user whom permissions stop. Without root they stop us already.
inline void drop_root() {
  constexpr uid_t kNobody = 65534;
  if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) {
    throw std::runtime_error("setuid");
  }
}

}  // namespace rowplan::state::testing
