// Reads the directory of a plan, and trusts nothing in it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "planner/descriptor.h"
#include "planner/plan.h"

namespace rowplan::planner {

struct LoadedPlan {
  Plan plan;
  std::string digest;  ///< SHA-256 of plan.json, hex: what --expect-digest names
  std::filesystem::path directory;
};

/// Reads plan.json and checks plan.sha256, the digest of every listed file, and that there is
/// nothing else in the directory. Throws PlanError for a plan that is not whole, FileError where
/// the system does not let it be read.
[[nodiscard]] LoadedPlan load_plan(const std::filesystem::path& directory);

/// Opens a file of the plan for reading. Throws PlanError where it is not there, or is no regular
/// file; FileError.
[[nodiscard]] Descriptor open_plan_file(const std::filesystem::path& directory,
                                        const std::string& path);

/// The changes of one table, in the order of its chunks, in little memory. The constructor reads
/// the file through once: digest, form, chunks, counts. What next() gives later was checked again,
/// block by block, against that first reading. Throws PlanError, FileError. One thread at a time.
class ChangeReader {
 public:
  /// `plan` and `table`, one of its tables, must outlive the reader.
  ChangeReader(const LoadedPlan& plan, const PlanTable& table);
  ChangeReader(ChangeReader&&) noexcept;
  ChangeReader& operator=(ChangeReader&&) noexcept;
  ~ChangeReader();

  /// nullopt after the last change of the table.
  [[nodiscard]] std::optional<Change> next();
  /// next() goes on with the first change of chunk `id`, which must be one of the table's.
  void seek(std::uint64_t id);
  /// All changes of one chunk.
  [[nodiscard]] std::vector<Change> chunk(std::uint64_t id);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rowplan::planner
