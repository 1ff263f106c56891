// The system calls that make a file durable, each between two kill points. All give 0 or an errno:
// callers throw what is theirs to throw.
#pragma once

#include <filesystem>
#include <string_view>

namespace rowplan::state {

/// All of `bytes`, however many calls that takes.
[[nodiscard]] int write_all(int fd, std::string_view bytes);
[[nodiscard]] int sync_file(int fd);  ///< fsync; of a directory's descriptor too
/// fdatasync: the bytes and the length, not the times.
[[nodiscard]] int sync_data(int fd);
/// Names are relative to the directories of the descriptors, unless they are absolute.
[[nodiscard]] int rename_at(int from_directory, const char* from, int to_directory, const char* to);
/// A rename that never replaces (EEXIST); by a hard link where the file system has none.
[[nodiscard]] int rename_if_free(const char* from, const char* to);
/// fsync of a directory. Some file systems have none and say EINVAL: nothing to wait for, and 0.
[[nodiscard]] int sync_directory(const std::filesystem::path& directory);

}  // namespace rowplan::state
