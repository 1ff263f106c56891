// Writes the directory of a plan: complete, or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "planner/plan.h"
#include "planner/plan_place.h"
#include "planner/summary_markdown.h"

namespace rowplan::planner {

/// Asked before each write, sync and rename with its path inside the plan and the bytes to write;
/// an errno other than 0 makes that step fail. For tests.
using WriteFault = std::function<int(const std::string& path, std::uint64_t bytes)>;

struct PlanDirectoryState;

/// A file under way: hashed and counted while it is written. It appears under its name when it is
/// closed; without close() it never was. One thread at a time; different files, different threads.
class PlanFileWriter {
 public:
  ~PlanFileWriter();
  PlanFileWriter(const PlanFileWriter&) = delete;
  PlanFileWriter& operator=(const PlanFileWriter&) = delete;

  /// Buffered. Throws FileError.
  void append(std::string_view bytes);
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  /// What was appended up to here stays; what follows can be taken back by rollback(). At first the
  /// mark stands at the beginning.
  void mark();
  /// Takes back what was appended since the last mark. Throws FileError.
  void rollback();
  /// Syncs and renames; the file is then one of the plan's. Throws FileError.
  void close();

 private:
  friend class PlanDirectory;
  struct Open;
  explicit PlanFileWriter(std::unique_ptr<Open> open);
  std::unique_ptr<Open> open_;
};

/// Removes on destruction all that it made, unless finish() came to its end. Safe for several
/// threads that write different files.
class PlanDirectory {
 public:
  /// Makes the directory (its parent must exist), mode 0700, or takes an empty one, or what a plan
  /// left that was killed. One that holds a plan is emptied if `overwrite` says so, plan.json
  /// first; where files that are no plan's stand beside it, it stays as it is. Throws FileError:
  /// ENOTEMPTY for a directory with anything in it that may not be removed, ENOTDIR, or what the
  /// system says; Refusal{locked} where another plan is being written to it.
  [[nodiscard]] static PlanDirectory create(const std::filesystem::path& path, Overwrite overwrite,
                                            WriteFault fault = {});

  PlanDirectory(PlanDirectory&&) noexcept;
  PlanDirectory& operator=(PlanDirectory&&) noexcept;
  ~PlanDirectory();

  /// `path` is relative, as in is_plan_path(), and new. The writer must be closed, or given up,
  /// before finish() and may not outlive this object. Throws FileError.
  [[nodiscard]] std::unique_ptr<PlanFileWriter> open_file(const std::string& path);
  void write_file(const std::string& path, std::string_view content);  ///< Throws FileError.

  /// The changes of a changes file that was closed, until `visitor` has enough. Throws FileError.
  void visit_changes(const std::string& path, const ChangeVisitor& visitor) const;

  /// Fills plan.files, writes plan.sha256 and, last, plan.json. Returns the digest: SHA-256 of
  /// plan.json, in hex. Throws FileError.
  [[nodiscard]] std::string finish(Plan& plan);

  [[nodiscard]] const std::filesystem::path& path() const noexcept;
  [[nodiscard]] std::uint64_t bytes() const;  ///< of all files so far, those under way included
  [[nodiscard]] std::vector<PlanFile> closed_files() const;  ///< in order of path

 private:
  explicit PlanDirectory(std::unique_ptr<PlanDirectoryState> state);
  std::unique_ptr<PlanDirectoryState> state_;
};

/// changes/<pair>/<table>.ndjson, for a pair and a `db.table` that are encoded as in addresses;
/// changes/<group>/<table>@<spoke>.ndjson for `group@spoke`. A name too long for a file system is
/// cut and told apart by a hash.
[[nodiscard]] std::string changes_path(std::string_view pair, std::string_view table);

/// baseline/<pair>/<table>.moves, likewise: see baseline_moves.h.
[[nodiscard]] std::string baseline_path(std::string_view pair, std::string_view table);

/// Writes summary.md from `plan` and the changes files, which must be closed; `sample_rows` for
/// each table at most. Throws FileError.
void write_summary(PlanDirectory& directory, const Plan& plan, std::size_t sample_rows);

}  // namespace rowplan::planner
