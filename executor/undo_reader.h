// Reads an undo file, believing none of it unchecked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "executor/undo_record.h"

namespace rowplan::executor {

/// The first line of an undo file. nullopt: it was never finished, so nothing was kept in the file.
/// Throws PlanError: not an undo file, of another version, its name not that of its plan and run;
/// FileError: also for a link or what is no regular file.
[[nodiscard]] std::optional<UndoHeader> read_undo_header(const std::filesystem::path& path);

/// A unit, or a step of one, in a file; of what was kept twice, the last.
struct UndoPlace {
  std::uint64_t unit = 0;
  std::uint64_t step = 0;    ///< 0: the whole unit
  std::uint64_t offset = 0;  ///< of its first line
  std::uint64_t rows = 0;
};

/// Called for each row, with the table that it is in.
using UndoVisitor = std::function<void(const UndoTable& table, const UndoRow& row)>;

/// Memory: a few bytes for each unit of the file and for each block of it, and one row.
class UndoReader {
 public:
  /// Reads the whole file through and checks every unit's digest and form. nullopt and exceptions
  /// as of read_undo_header(); PlanError also for a damaged unit.
  [[nodiscard]] static std::optional<UndoReader> open(const std::filesystem::path& path);

  UndoReader(UndoReader&&) noexcept;
  UndoReader& operator=(UndoReader&&) noexcept;
  ~UndoReader();

  [[nodiscard]] const UndoHeader& header() const noexcept;
  [[nodiscard]] const std::vector<UndoPlace>& units()
      const noexcept;  ///< in order of unit and step
  /// Is the file's last record unfinished, as a crash leaves it? Its unit was not committed with
  /// it. If the journal says that it was, the file is damaged.
  [[nodiscard]] bool is_cut_off() const noexcept;

  /// Throws PlanError if the file is no longer what was checked.
  void visit(const UndoPlace& place, const UndoVisitor& visitor);

 private:
  friend std::optional<UndoHeader> read_undo_header(const std::filesystem::path& path);
  struct State;
  explicit UndoReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rowplan::executor
