// The CLI11 application, its options bound to our structs. For cli.cc and option_table.cc alone.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cmd/cli.h"

namespace rowplan::cmd {

/// Where the options of all verbs end up.
struct BoundOptions {
  GlobalOptions global;
  InitOptions init;
  ValidateOptions validate;
  PlanOptions plan;
  CheckOptions check;
  ShowOptions show;
  ResolveOptions resolve;
  ApplyOptions apply;
  SyncOptions sync;
  StatusOptions status;
  StateOptions state;
  UnlockOptions unlock;
  CompletionOptions completion;
};

/// Verbs of the contract that later versions bring.
[[nodiscard]] const std::vector<std::string>& verbs_not_built();

/// `bound` must outlive `app`. CLI11's applications do not move.
void declare_options(CLI::App& app, BoundOptions& bound);

}  // namespace rowplan::cmd
