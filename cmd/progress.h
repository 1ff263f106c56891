// Progress on stderr: a bar that is redrawn in place, or one plain line every ten seconds.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cmd/cli.h"
#include "cmd/console.h"

namespace rowplan::cmd {

/// How far a piece of work is.
struct ProgressReading {
  std::string verb;  ///< "compared", "applied"
  std::string unit;  ///< "rows", "units"
  std::uint64_t done = 0;
  std::uint64_t total = 0;  ///< 0: not known
  bool is_estimate = false;
  std::string detail;  ///< "2 of 5 tables, 3 chunks differ"; may be empty
};

/// `compared 500 of about 1000 rows (50%), 250/s, 0:02 left; 1 of 2 tables`. At most 99% of an
/// estimate. `waiting`: why nothing goes on; then there is no speed, and `waiting: ...; ` in front.
[[nodiscard]] std::string plain_line(const ProgressReading& reading,
                                     std::chrono::duration<double> elapsed,
                                     const std::string& waiting = "");
/// The same behind a bar, in at most `width` columns.
[[nodiscard]] std::string bar_line(const ProgressReading& reading,
                                   std::chrono::duration<double> elapsed, std::size_t width,
                                   const std::string& waiting = "");

/// `automatic` becomes a bar on a terminal that can move its cursor, else plain lines.
[[nodiscard]] ProgressMode resolved_mode(ProgressMode mode, bool quiet, const TerminalFacts& facts);

struct ProgressSettings {
  ProgressMode mode = ProgressMode::none;  ///< not automatic
  std::function<std::size_t()> width = [] { return std::size_t{80}; };
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
  bool heartbeat = true;  ///< lines go on while nothing is told, from a thread
};

/// Draws readings as they come, never faster than one can look. Safe for several threads.
class ProgressView {
 public:
  ProgressView(Console& console, ProgressSettings settings);
  ~ProgressView();
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  void show(ProgressReading reading);
  /// Why nothing goes on for now; empty: it does. Stands in front of what was shown last.
  void waiting(std::string reason);
  /// Draws again what was shown last, if it is time. Called by the heartbeat.
  void tick();
  /// Removes the bar.
  void finish();

 private:
  void draw();
  void beat();

  Console& console_;
  ProgressSettings settings_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::optional<ProgressReading> reading_;
  std::string waiting_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_;
  std::thread heartbeat_;
};

/// Columns of the terminal that stderr is; 80 where it is none.
[[nodiscard]] std::size_t terminal_width();

/// For stderr as it is.
[[nodiscard]] ProgressSettings progress_settings(const GlobalOptions& global);

}  // namespace rowplan::cmd
