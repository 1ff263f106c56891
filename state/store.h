// The state file: one SQLite database beside the manifest, described in docs/state-schema.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "state/clock.h"

namespace SQLite {
class Database;
}

namespace rowplan::state {

enum class OpenMode : std::uint8_t {
  read_only,   ///< creates nothing, changes no byte of the file
  read_write,  ///< an existing file
  create,      ///< made if it is missing
};

struct OpenOptions {
  std::string job;  ///< the manifest's name; recorded when the file is created
  std::chrono::milliseconds busy_timeout{5000};
  /// A larger file is opened without PRAGMA quick_check, and a note says so.
  std::uint64_t quick_check_bytes_max = 256U << 20U;
  Clock clock = [] { return std::chrono::system_clock::now(); };
  const std::vector<const char*>* schema = nullptr;  ///< for tests: another list of migrations
};

struct Meta {
  std::string job;
  std::string state_id;  ///< random, 32 hex digits: tells a copy or a new file from the old one
  std::string created_at;
};

/// An open state file. May be shared between threads: each call is alone in it. Must not be carried
/// over a fork.
class Store {
 public:
  /// nullopt: there is no such file (never in mode create). Throws StateError: unreadable, corrupt,
  /// newer_version, foreign, unsuitable, busy, full, io, read_only.
  [[nodiscard]] static std::optional<Store> open(const std::filesystem::path& path, OpenMode mode,
                                                 const OpenOptions& options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

  [[nodiscard]] const std::string& path() const noexcept;  ///< as given to open
  [[nodiscard]] Meta meta() const;
  /// What a person may want to know about how it was opened; for the log.
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept;
  [[nodiscard]] std::string now() const;  ///< of the clock it was opened with

  /// With `later` a power failure may undo a write, until the next one with `now`; the end of the
  /// process may not.
  enum class Sync : std::uint8_t { now, later };

  /// All that `work` writes through the other classes of state/ is kept together when this returns,
  /// or nothing is. Exceptions of `work` undo it and pass through; it must not swallow a
  /// StateError. Throws StateError.
  void atomically(const std::function<void()>& work, Sync sync = Sync::now);

  // For the other files of state/.
  void write(const std::function<void(SQLite::Database&)>& work, Sync sync = Sync::now);
  void read(const std::function<void(SQLite::Database&)>& work) const;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace rowplan::state
