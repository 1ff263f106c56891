// The state of a job, held by a run that writes: its lock and the open file.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "planner/manifest.h"
#include "state/lock.h"
#include "state/store.h"

namespace rowplan::executor {

class Halt;

/// From before the run reads anything to its end.
class StateHold {
 public:
  using Tell = std::function<void(const std::string&)>;

  /// Waits for another run for so long, unless `halt` says stop; it may be null where there is no
  /// wait. `tell` hears who has the lock while it waits, and who left it behind. Throws
  /// Refusal{locked}; Refusal{state} where the file is another job's; StateError; Interrupted.
  [[nodiscard]] static StateHold take(const planner::Manifest& manifest, const std::string& verb,
                                      std::chrono::milliseconds wait, Halt* halt, const Tell& tell);

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] state::Store& store() noexcept { return store_; }

 private:
  StateHold(std::filesystem::path path, state::Lock lock, state::Store store)
      : path_(std::move(path)), lock_(std::move(lock)), store_(std::move(store)) {}

  std::filesystem::path path_;
  state::Lock lock_;
  state::Store store_;
};

/// The lock alone, as take() has it: for who may not want the file to be made.
[[nodiscard]] state::Lock lock_state(const std::filesystem::path& path, const std::string& verb,
                                     std::chrono::milliseconds wait, Halt* halt,
                                     const StateHold::Tell& tell);

/// Where the manifest's state file is.
[[nodiscard]] std::filesystem::path state_path_of(const planner::Manifest& manifest);

}  // namespace rowplan::executor
