// `rowplan init`: a commented manifest from a few flags.
#pragma once

#include <string>

#include "cmd/context.h"

namespace rowplan::cmd {

/// The text. Throws Refusal{usage} for flags of which no manifest can be made.
[[nodiscard]] std::string manifest_text(const InitOptions& options);

/// Throws Refusal{usage}, FileError.
[[nodiscard]] ExitCode run_init(const InitOptions& options, const Context& context);

}  // namespace rowplan::cmd
