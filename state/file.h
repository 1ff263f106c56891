// What kind of file a state path names, and on what kind of file system it stands.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace rowplan::state {

enum class FileSystemFitness : std::uint8_t {
  local,     ///< locks and shared memory work
  network,   ///< refused: locks of NFS, SMB and their like cannot be relied on
  doubtful,  ///< depends on what is behind it (FUSE, 9P): noted, not refused
};

/// `magic`: f_type of statfs(2).
[[nodiscard]] FileSystemFitness fitness_of(std::uint64_t magic) noexcept;

/// A path as SQLite is given it: the directory without symbolic links, the name as it is, because
/// SQLite refuses links anywhere in a path, and only one in the last place is a danger.
struct ResolvedPath {
  std::filesystem::path directory;
  std::filesystem::path file;
  FileSystemFitness fitness = FileSystemFitness::local;
};

/// nullopt: the directory does not exist. Throws StateError: unreadable, unsuitable (network).
[[nodiscard]] std::optional<ResolvedPath> resolve(const std::filesystem::path& path);

/// Tells whether a file was written or replaced between two looks at it.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  unsigned mode = 0;  ///< permission bits

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

/// nullopt: no such file. Throws StateError: unreadable, unsuitable (a link, not a regular file).
/// Opens nothing: to close a descriptor of an SQLite file drops the locks of the whole process.
[[nodiscard]] std::optional<FileStamp> look_at(const std::filesystem::path& file);

/// Makes an empty file, mode 0600, that did not exist before. Throws StateError.
void create_exclusively(const std::filesystem::path& file);

/// Gives a finished file its name, durably; false: the name is taken, and `from` is as it was.
/// Throws StateError.
[[nodiscard]] bool publish(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace rowplan::state
