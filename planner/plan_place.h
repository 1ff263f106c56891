// The directory that a plan is about to be written to.
#pragma once

#include <cstdint>
#include <filesystem>

#include "planner/descriptor.h"

namespace rowplan::planner {

enum class Overwrite : std::uint8_t { no, yes };

/// plan.json while it is under way: there from the first step to the last, and locked. Where it is
/// left over and nobody holds the lock, what stands beside it is left over too.
inline constexpr const char* kIndexUnderWay = ".plan.json.tmp";

struct PlanPlace {
  Descriptor root;
  Descriptor index;   ///< of kIndexUnderWay, empty, locked as long as it is open
  bool made = false;  ///< the directory was not there before
};

/// Makes the directory (its parent must exist), mode 0700, or takes an empty one, or what a plan
/// left that was killed. One that holds a plan is emptied if `overwrite` says so, plan.json first;
/// where files that are no plan's stand beside it, it stays as it is. Throws FileError: ENOTEMPTY
/// for a directory with anything in it that may not be removed, ENOTDIR, or what the system says;
/// Refusal{locked} where another plan is being written to it.
[[nodiscard]] PlanPlace take_place(const std::filesystem::path& path, Overwrite overwrite);

}  // namespace rowplan::planner
