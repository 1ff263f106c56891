// Removes what is too old to be undone.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "state/journal.h"

namespace rowplan::executor {

/// How long what apply overwrote is kept.
inline constexpr std::chrono::hours kUndoKept{24 * 30};

struct UndoPruned {
  std::uint64_t files = 0;
  std::uint64_t units = 0;         ///< of the journal
  std::vector<std::string> notes;  ///< what was left because it is not what it should be
};

/// Removes undo files that say that they were made before `before` (as rfc3339_utc), and the
/// journal's memory of plans as old. A plan with a unit that is not settled keeps both. The caller
/// holds the state's lock. Throws StateError; FileError where the directory cannot be read.
UndoPruned prune_undo(const std::filesystem::path& state_path, state::Journal& journal,
                      const std::string& before);

}  // namespace rowplan::executor
