// The files below a plan's directory. No path leads out of it, and no symbolic link is followed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "planner/descriptor.h"

namespace rowplan::planner {

/// Names of files and directories of [A-Za-z0-9_$%~.-], none of which begins with a dot, parted by
/// '/': no path that leaves the directory, and none of a temporary file.
[[nodiscard]] bool is_plan_path(std::string_view path) noexcept;

/// The directory `path` is in, and its last name.
struct ParentAndName {
  Descriptor parent;
  std::string name;
};

enum class MakeParents : std::uint8_t { no, yes };

/// Opens the directory in which `path` stands below `root`, making those above it (mode 0700) if so
/// asked; `made` is given each path that was made. Throws FileError.
[[nodiscard]] ParentAndName open_parent(int root, std::string_view path, MakeParents make,
                                        std::vector<std::string>* made = nullptr);

/// Opens a regular file below `root` for reading. Throws FileError: ENOENT, ELOOP for a symbolic
/// link, EINVAL for what is no regular file, or what the system says.
[[nodiscard]] Descriptor open_for_reading(int root, std::string_view path);

struct TreeEntry {
  enum class Type : std::uint8_t { file, directory, other };
  std::string path;
  Type type = Type::other;
};

/// All that lies below `root`, in order of path. `name` is for errors. Throws FileError: too deep
/// (ELOOP), or what the system says.
[[nodiscard]] std::vector<TreeEntry> list_tree(int root, const std::string& name);

}  // namespace rowplan::planner
