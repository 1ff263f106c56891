// The file in which a plan keeps how a two-way table's baseline moves: for each chunk what is
// intended of rows before the first commit, and what all members have of them after the last. Keys
// and values are those of baseline_rows.h. One entry a line, with its bytes in hex.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/checked_file.h"
#include "planner/plan_directory.h"
#include "planner/plan_reader.h"
#include "state/baseline_intents.h"
#include "state/baselines.h"

namespace rowplan::planner {

/// One line of it.
struct BaselineEntry {
  enum class Kind : std::uint8_t {
    intent,  ///< `i`
    move,    ///< `m`
    option,  ///< `o`: both, should a person let a member win
  };
  Kind kind = Kind::move;
  std::uint64_t chunk = 0;  ///< 0: of none
  std::string key;
  std::optional<std::string> value;  ///< of a move; nullopt: the key is gone
  std::string intent;                ///< of an intent, an option
  std::uint64_t member = 0;          ///< of an option: by its place among the members
};

/// Writes it while a table is read; the file appears with its first entry.
class BaselineMovesWriter {
 public:
  /// The directory must outlive it.
  BaselineMovesWriter(PlanDirectory& directory, std::string path);

  /// Chunks rise; what belongs to none may stand between them.
  void append(const BaselineEntry& entry);
  /// The file's path, or nothing where there was no entry.
  [[nodiscard]] std::string close();

 private:
  PlanDirectory& directory_;
  std::string path_;
  std::unique_ptr<PlanFileWriter> file_;
};

/// What stands there of one chunk.
struct ChunkMoves {
  std::vector<state::BaselineIntent> intents;
  std::vector<state::BaselineChange> moves;
};

/// Reads it. The constructor reads it through once, and checks it against the plan's digest of it;
/// what is read later was checked again. Throws PlanError, FileError. Memory: 16 bytes a chunk.
class BaselineMovesReader {
 public:
  /// `table`: a two-way one of the plan's, whose baseline has a path. Both must outlive it.
  BaselineMovesReader(const LoadedPlan& plan, const PlanTable& table);

  [[nodiscard]] ChunkMoves chunk(std::uint64_t id);
  /// All moves, of chunk 0 too, in the order of their keys.
  void visit(const std::function<void(std::uint64_t chunk, const state::BaselineChange&)>& visitor);
  /// All entries as they stand there.
  void visit_entries(const std::function<void(BaselineEntry&)>& visitor);

 private:
  /// false: the end.
  [[nodiscard]] bool next(BaselineEntry& entry);

  std::string path_;
  CheckedFile file_;
  std::map<std::uint64_t, std::uint64_t> offsets_;  // chunk -> of its first entry
};

}  // namespace rowplan::planner
