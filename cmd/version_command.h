// `rowplan version`.
#pragma once

#include "cmd/context.h"

namespace rowplan::cmd {

[[nodiscard]] ExitCode run_version(const Context& context);

}  // namespace rowplan::cmd
