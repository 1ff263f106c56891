// One run at a time per state file: an OS lock on a file beside it, which the kernel gives up when
// the process ends, however it ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "state/clock.h"

namespace rowplan::state {

struct LockInfo {
  std::string verb;
  std::string host;
  Clock clock = [] { return std::chrono::system_clock::now(); };
};

/// What the lock file says. All but `alive` is empty or 0 where its text is damaged, or not written
/// yet.
struct Holder {
  std::string id;  ///< random, 16 hex digits: what `unlock` asks for
  std::int64_t pid = 0;
  std::string host;
  std::string verb;
  std::string since;
  bool alive = false;  ///< the lock is held; false: abandoned, the next run takes it over
};

[[nodiscard]] std::filesystem::path lock_path(const std::filesystem::path& state_path);

/// A lock that is held. Letting go of it removes the lock file.
class Lock {
 public:
  Lock(Lock&&) noexcept;
  Lock& operator=(Lock&&) noexcept;
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock();

  [[nodiscard]] const Holder& holder() const noexcept;
  /// Who left the lock file behind without letting go; nullopt: nobody did.
  [[nodiscard]] const std::optional<Holder>& abandoned_by() const noexcept;

 private:
  friend std::variant<Lock, Holder> try_acquire(const std::filesystem::path& state_path,
                                                const LockInfo& info);
  struct Impl;
  explicit Lock(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Waits for nobody; a Holder is who has it. Throws StateError: unreadable, unsuitable, full, io,
/// read_only.
[[nodiscard]] std::variant<Lock, Holder> try_acquire(const std::filesystem::path& state_path,
                                                     const LockInfo& info);

/// nullopt: nobody holds it and nobody left it behind. Throws StateError.
[[nodiscard]] std::optional<Holder> read_holder(const std::filesystem::path& state_path);

enum class ReleaseOutcome : std::uint8_t {
  released,   ///< the abandoned lock file is gone
  not_there,  ///< no lock file
  other_id,   ///< abandoned, but under another id: left as it is
  held,       ///< by a live process: left as it is
};
struct Release {
  ReleaseOutcome outcome = ReleaseOutcome::not_there;
  Holder holder;  ///< whose lock it was or is; empty for not_there
};
/// For `unlock ID`: clears up after a dead process, never takes a lock from a live one.
[[nodiscard]] Release release_abandoned(const std::filesystem::path& state_path,
                                        const std::string& id);

}  // namespace rowplan::state
