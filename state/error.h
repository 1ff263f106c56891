// A failure of the state file, or of the lock beside it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace rowplan::state {

enum class StateErrorKind : std::uint8_t {
  unreadable,     ///< may not be opened: permission, a directory that is missing
  corrupt,        ///< damaged, truncated, empty, or no SQLite database at all
  newer_version,  ///< written by a newer rowplan
  foreign,        ///< an SQLite database of another program
  unsuitable,     ///< a symbolic link, not a regular file, or on a network file system
  misfit,         ///< a baseline of another job, of other members or columns
  busy,           ///< another process holds it, or wrote it while it was read: try again later
  full,           ///< no space left; nothing of the transaction is kept
  io,             ///< reading or writing failed; SQLite tells a quota or a size limit so too
  read_only,      ///< a write to what was opened, or can only be opened, for reading
  other,          ///< any other SQLite code
};

[[nodiscard]] const char* kind_name(StateErrorKind kind) noexcept;
/// Nothing but a person can put it right (exit code 14 where it ends a command).
[[nodiscard]] bool needs_person(StateErrorKind kind) noexcept;

class StateError : public std::runtime_error {
 public:
  StateError(std::string path, StateErrorKind kind, const std::string& what, int sqlite_code = 0)
      : std::runtime_error(path + ": " + what),
        path_(std::move(path)),
        kind_(kind),
        sqlite_code_(sqlite_code) {}
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] StateErrorKind kind() const noexcept { return kind_; }
  /// SQLite's extended result code; 0: the failure was not SQLite's.
  [[nodiscard]] int sqlite_code() const noexcept { return sqlite_code_; }

 private:
  std::string path_;
  StateErrorKind kind_;
  int sqlite_code_;
};

/// What an SQLite result code, extended, means for a caller.
[[nodiscard]] StateErrorKind kind_of_sqlite(int extended_code) noexcept;
/// The same for an errno of a call of ours.
[[nodiscard]] StateErrorKind kind_of_errno(int system_errno) noexcept;
/// `doing`: "cannot open", "cannot lock"; the reason is appended.
[[nodiscard]] StateError error_from_errno(const std::string& path, int system_errno,
                                          const std::string& doing);

}  // namespace rowplan::state
