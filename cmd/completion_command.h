// `rowplan completion SHELL`: a script that completes verbs, options and their values.
#pragma once

#include <string>

#include "cmd/context.h"
#include "cmd/option_table.h"

namespace rowplan::cmd {

[[nodiscard]] std::string completion_script(Shell shell, const TableVerb& program);

[[nodiscard]] ExitCode run_completion(const CompletionOptions& options, const Context& context);

}  // namespace rowplan::cmd
