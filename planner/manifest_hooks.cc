// Reads the hooks of a manifest or a pair.
#include <array>
#include <utility>

#include "planner/manifest_pairs.h"

namespace rowplan::planner {

void read_hooks(const ManifestSection& section, HooksSpec& hooks) {
  const std::optional<ManifestSection> found = section.section("hooks", kHooks);
  if (!found) return;
  const std::array<std::pair<const char*, std::vector<std::string>*>, 5> commands = {
      {{"before", &hooks.before},
       {"after", &hooks.after},
       {"on_success", &hooks.on_success},
       {"on_failure", &hooks.on_failure},
       {"on_conflict", &hooks.on_conflict}}};
  for (const auto& [key, command] : commands)
    if (auto argv = found->names(key)) *command = std::move(*argv);
  if (const auto time = found->duration("timeout")) hooks.timeout = *time;
}

}  // namespace rowplan::planner
