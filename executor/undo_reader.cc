#include "executor/undo_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <string>
#include <utility>

#include "executor/undo_log.h"
#include "planner/checked_file.h"
#include "planner/file_error.h"
#include "planner/plan_error.h"

namespace rowplan::executor {

namespace {

using planner::Descriptor;
using planner::FileError;
using planner::PlanError;

// A row stands in its line twice, in hex digits perhaps.
constexpr planner::LineRules kRules{std::size_t{5} << 30U, true};

Descriptor open_file(const std::filesystem::path& path) {
  // Without O_NONBLOCK, a named pipe would wait for a writer.
  Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) throw FileError(path.string(), errno, "open");
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw FileError(path.string(), errno, "look at");
  if (!S_ISREG(status.st_mode)) throw FileError(path.string(), EINVAL, "open", "not a file");
  return file;
}

/// Behind something wrong in the record of `unit` (not known: its first line is wrong): does the
/// line show that others came after it?
bool belongs_to_another(std::string_view line, std::optional<std::uint64_t>& unit) {
  if (is_undo_unit(line)) return true;
  if (!is_undo_end(line)) return false;
  try {
    const std::uint64_t ended = undo_end_from(line, "").unit;
    return std::exchange(unit, ended).value_or(ended) != ended;
  } catch (const PlanError&) {
    return false;
  }
}

/// The lines of one unit, from its first to its last.
class UnitLines {
 public:
  UnitLines(std::string_view first, const planner::Sha256& header_hash, const std::string& file)
      : unit_(undo_unit_from(first, file)), hash_(header_hash), file_(file) {
    count(first);
  }

  /// False: that was the last. Throws PlanError.
  bool take(std::string_view line, const UndoVisitor& visitor) {
    if (is_undo_end(line)) {
      const UndoEnd end = undo_end_from(line, file_);
      if (end.unit != unit_.id || end.lines != lines_ || end.sha256 != hash_.finish_hex())
        throw PlanError(file_, "unit " + std::to_string(unit_.id) + " is not as it was written");
      return false;
    }
    count(line);
    if (is_undo_table(line)) {
      table_ = undo_table_from(line, file_);
    } else if (table_) {
      visitor(*table_, undo_row_from(line, *table_, file_));
    } else {
      throw PlanError(file_, "a row without its table");
    }
    return true;
  }

  [[nodiscard]] const UndoUnit& unit() const { return unit_; }

 private:
  void count(std::string_view line) {
    hash_.update(line);
    hash_.update("\n");
    ++lines_;
  }

  UndoUnit unit_;  // without its rows
  std::uint64_t lines_ = 0;
  planner::Sha256 hash_;
  std::optional<UndoTable> table_;
  const std::string& file_;
};

}  // namespace

struct UndoReader::State {
  std::string name;  // of the file, for errors
  planner::CheckedFile file;
  UndoHeader header;
  planner::Sha256 header_hash;
  std::vector<UndoPlace> units;
  bool cut_off = false;
  bool begun = false;  // the first line of the unit under way was good

  explicit State(const std::filesystem::path& path)
      : name(path.string()), file([path] { return open_file(path); }, path.string(), kRules) {}

  bool read_header(const std::filesystem::path& path);
  void read_units();
  void read_unit(std::string_view& line, UndoPlace& place);
};

bool UndoReader::State::read_header(const std::filesystem::path& path) {
  const std::string own_name = path.filename().string();
  if (!is_undo_file_name(own_name)) throw PlanError(name, "it has not the name of an undo file");
  std::string_view line;
  if (!file.next_line(line)) return false;
  header = undo_header_from(line, name);
  header_hash.update(line);
  header_hash.update("\n");
  if (own_name != undo_file_name(header.plan_id, header.run_id))
    throw PlanError(name, "it has the name of another plan or run");
  return true;
}

/// What is wrong is damage where another unit follows it, and may be a crash's doing where none
/// does.
void UndoReader::State::read_units() {
  std::map<std::pair<std::uint64_t, std::uint64_t>, UndoPlace> found;
  std::optional<PlanError> wrong;
  std::optional<std::uint64_t> unit;  // in which something is wrong
  UndoPlace place{0, 0, file.offset(), 0};
  std::string_view line;
  while (file.next_line(line)) {
    if (wrong && belongs_to_another(line, unit)) throw PlanError(*wrong);
    if (wrong) continue;
    try {
      place = {0, 0, place.offset, 0};
      read_unit(line, place);
      found[{place.unit, place.step}] = place;
      place.offset = file.offset();
    } catch (const PlanError& error) {
      if (begun && is_undo_unit(line)) throw;  // the next unit, where this one has no end
      wrong = error;
      if (begun) unit = place.unit;
    }
  }
  cut_off = wrong.has_value() || file.is_cut();
  for (const auto& [id, at] : found) units.push_back(at);
}

/// `line` is the first of the unit, then the one that was read last. Throws PlanError.
void UndoReader::State::read_unit(std::string_view& line, UndoPlace& place) {
  begun = false;
  UnitLines unit(line, header_hash, name);
  begun = true;
  place.unit = unit.unit().id;
  place.step = unit.unit().step;
  const auto count = [&](const UndoTable&, const UndoRow&) { ++place.rows; };
  while (file.next_line(line))
    if (!unit.take(line, count)) return;
  line = {};
  throw PlanError(name, "unit " + std::to_string(place.unit) + " has no end");
}

UndoReader::UndoReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
UndoReader::UndoReader(UndoReader&&) noexcept = default;
UndoReader& UndoReader::operator=(UndoReader&&) noexcept = default;
UndoReader::~UndoReader() = default;

std::optional<UndoHeader> read_undo_header(const std::filesystem::path& path) {
  UndoReader::State state(path);
  if (!state.read_header(path)) return std::nullopt;
  return std::move(state.header);
}

std::optional<UndoReader> UndoReader::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>(path);
  if (!state->read_header(path)) return std::nullopt;
  state->read_units();
  return UndoReader(std::move(state));
}

const UndoHeader& UndoReader::header() const noexcept { return state_->header; }
const std::vector<UndoPlace>& UndoReader::units() const noexcept { return state_->units; }
bool UndoReader::is_cut_off() const noexcept { return state_->cut_off; }

void UndoReader::visit(const UndoPlace& place, const UndoVisitor& visitor) {
  state_->file.seek(place.offset);
  std::string_view line;
  if (!state_->file.next_line(line)) throw PlanError(state_->name, "it became shorter");
  UnitLines unit(line, state_->header_hash, state_->name);
  while (state_->file.next_line(line))
    if (!unit.take(line, visitor)) return;
  throw PlanError(state_->name, "it became shorter");
}

}  // namespace rowplan::executor
