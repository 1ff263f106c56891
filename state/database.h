// Opens and creates the SQLite database of a state file. Internal to state/.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "state/error.h"
#include "state/file.h"
#include "state/store.h"

namespace rowplan::state {

/// Converts at the edge.
[[nodiscard]] StateError error_from_sqlite(const std::string& path,
                                           const SQLite::Exception& failed);

struct OpenedDatabase {
  std::unique_ptr<SQLite::Database> db;
  /// Set where SQLite was told that the file does not change: then it is for us to see if it does.
  std::optional<FileStamp> stamp;
  std::vector<std::string> notes;
};

/// Makes a complete state file, or leaves one that another process made first. `path` is for
/// messages, `file` as resolve() gave it. Throws StateError.
void create_database(const std::string& path, const std::filesystem::path& file,
                     const OpenOptions& options);

/// Checks that it is a sound state file of a known version, and of which kind. nullopt: no such
/// file. Throws StateError.
[[nodiscard]] std::optional<OpenedDatabase> open_for_reading(const std::string& path,
                                                             const std::filesystem::path& file,
                                                             const OpenOptions& options);
/// The same; brings an older version up to date.
[[nodiscard]] std::optional<OpenedDatabase> open_for_writing(const std::string& path,
                                                             const std::filesystem::path& file,
                                                             const OpenOptions& options);

}  // namespace rowplan::state
