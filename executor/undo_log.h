// Keeps what apply overwrites, durably, before the COMMIT that overwrites it. docs/undo-log.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "executor/undo_record.h"
#include "planner/descriptor.h"
#include "planner/sha256.h"

namespace rowplan::executor {

/// `<state path>.undo`.
[[nodiscard]] std::filesystem::path undo_directory(const std::filesystem::path& state_path);
/// `<plan_id>.<run_id>.ndjson`: sorts by plan, then by run.
[[nodiscard]] std::string undo_file_name(const std::string& plan_id, const std::string& run_id);

[[nodiscard]] bool is_undo_file_name(std::string_view name) noexcept;

/// The undo file of one apply; made, with its directory, when the first unit is kept. It does not
/// know which units were committed: the journal does. One thread at a time.
class UndoLog {
 public:
  /// `header`: both ids must be of the form of a plan's id.
  UndoLog(const std::filesystem::path& state_path, UndoHeader header);

  /// On disk when it returns; only then may the unit be committed. A unit that is kept again takes
  /// the place of what was kept of it before. Throws FileError; then the unit must be rolled back,
  /// and nothing more can be kept.
  void keep(const std::vector<UndoUnit>& units);
  void keep(const UndoUnit& unit) { keep(std::vector<UndoUnit>{unit}); }

  /// Empty: nothing was kept.
  [[nodiscard]] std::string path() const { return file_.is_open() ? path_.string() : ""; }

 private:
  void open();
  void write(std::string_view line);
  void flush();

  std::filesystem::path directory_;
  std::filesystem::path path_;
  UndoHeader header_;
  planner::Descriptor file_;
  planner::Sha256 header_hash_;  // of the header's line; each unit's digest goes on from there
  planner::Sha256 hash_;
  std::uint64_t lines_ = 0;
  std::string buffer_;
};

}  // namespace rowplan::executor
