// Writes a small file complete, or not at all.
#pragma once

#include <string>
#include <string_view>

namespace rowplan::cmd {

/// Through a temporary file beside it, fsync and rename. With `replace` false a file that is there
/// already stays. Mode 0644 but for the umask. Throws FileError: EEXIST, or what the system says.
void write_file_atomically(const std::string& path, std::string_view content, bool replace);

}  // namespace rowplan::cmd
