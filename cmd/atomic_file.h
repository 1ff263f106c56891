// Writes a small file complete, or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rowplan::cmd {

enum class FileMode : std::uint8_t {
  by_umask,  ///< 0644 but for the umask
  for_all,   ///< 0644: for programs of other users to read
};

/// Through a temporary file beside it, fsync and rename. With `replace` false a file that is there
/// already stays. Throws FileError: EEXIST, or what the system says.
void write_file_atomically(const std::string& path, std::string_view content, bool replace,
                           FileMode mode = FileMode::by_umask);

}  // namespace rowplan::cmd
