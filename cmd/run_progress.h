// What a run at work is doing, in a small file beside the state, for `status` of other processes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "state/lock.h"

namespace rowplan::cmd {

struct RunProgress {
  std::string run_id;
  std::int64_t pid = 0;
  std::string verb;
  std::string updated_at;  ///< as rfc3339_utc
  std::string phase;       ///< "comparing", "applying"
  std::string table;       ///< the address that was told of last; may be empty
  std::uint64_t rows = 0;  ///< compared, or written
  std::uint64_t units_done = 0;
  std::uint64_t units = 0;
  std::uint64_t rows_per_second = 0;  ///< since the phase began
  std::string waiting;                ///< for what, in a person's words; empty: at work
};

/// `<state path>.progress.json`.
[[nodiscard]] std::filesystem::path progress_path(const std::filesystem::path& state_path);

/// What the holder of the state's lock says that it is doing. nullopt: it is not at work, or the
/// file is missing, of another run, or not as rowplan writes it. Never throws for what is in it.
[[nodiscard]] std::optional<RunProgress> read_run_progress(const std::filesystem::path& state_path,
                                                           const state::Holder& holder);

/// Publishes from a thread of its own, what changed, once a second. That it
/// cannot be written is no failure. Safe for several threads. The file goes with it.
class RunProgressFile {
 public:
  RunProgressFile(const std::filesystem::path& state_path, std::string verb,
                  std::chrono::milliseconds every = std::chrono::seconds(1));
  ~RunProgressFile();
  RunProgressFile(const RunProgressFile&) = delete;
  RunProgressFile& operator=(const RunProgressFile&) = delete;

  /// From here on the run has the state's lock: nobody else writes the file.
  void start(const std::string& run_id);
  /// Phase, table, rows, units and what is waited for; the rest is filled in.
  void show(RunProgress progress);
  /// Sets what is waited for alone; empty: nothing any more.
  void wait_for(const std::string& reason);

 private:
  void work();
  void write(const RunProgress& progress) const;

  std::filesystem::path path_;
  std::string verb_;
  std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string run_id_;
  RunProgress progress_;
  std::chrono::steady_clock::time_point phase_began_;
  bool changed_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace rowplan::cmd
