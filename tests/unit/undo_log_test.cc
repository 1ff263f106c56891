// What apply keeps for undo: written, read back, damaged, pruned.
#include "executor/undo_log.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "executor/undo_prune.h"
#include "executor/undo_reader.h"
#include "planner/file_error.h"
#include "planner/plan_error.h"
#include "tests/unit/state_support.h"

namespace rowplan::executor {
namespace {

namespace fs = std::filesystem;
using planner::Op;
using planner::PlanValue;
using state::testing::bytes_of;
using state::testing::TempDir;
using state::testing::write_bytes;

constexpr const char* kPlan = "01JD5Z6QK0ABCDEFGHJKMNPQRS";
constexpr const char* kRun = "01JD5Z6QK0ABCDEFGHJKMNPQRT";

PlanValue text(std::string data) { return {PlanValue::Form::text, std::move(data), 0}; }
PlanValue bytes(std::string data) { return {PlanValue::Form::hex, std::move(data), 0}; }

UndoHeader header(const std::string& at = "2026-03-01T09:30:00.125Z") {
  return {kPlan, std::string(64, 'a'), kRun, at, "0.1.0"};
}

UndoTable orders() {
  return {"shop/shop.orders", "dw", "1d-e-n-t", "dw.orders", {"id"}, {"id", "note", "b"}};
}

UndoUnit unit(std::uint64_t id, const std::string& note = "new\n\"\xc3\xa9") {
  UndoTablePart part{orders(), {}};
  const UndoValues before{text("1"), text("old"), PlanValue{}};
  const UndoValues after{text("1"), text(note), bytes(std::string("\0\xff", 2))};
  part.rows.push_back({Op::update, UndoValues{text("1")}, before, after, 0});
  part.rows.push_back({Op::remove, UndoValues{text("1")}, before, std::nullopt, 0});
  part.rows.push_back({Op::insert, UndoValues{text("1")}, std::nullopt, after, 0});
  UndoTable keyless = orders();
  keyless.key.clear();
  UndoTablePart other{keyless, {{Op::remove, std::nullopt, before, std::nullopt, 7}}};
  return {id, 0, {part, other}};
}

std::vector<UndoRow> rows_of(UndoReader& reader, const UndoPlace& place) {
  std::vector<UndoRow> rows;
  reader.visit(place, [&](const UndoTable& table, const UndoRow& row) {
    EXPECT_EQ(table.name, "dw.orders");
    EXPECT_EQ(table.identity, "1d-e-n-t");
    rows.push_back(row);
  });
  return rows;
}

std::vector<UndoRow> rows_of(const UndoUnit& unit) {
  std::vector<UndoRow> rows;
  for (const UndoTablePart& part : unit.tables)
    rows.insert(rows.end(), part.rows.begin(), part.rows.end());
  return rows;
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

/// A file with units 1, 2 and 3, and where each of them ends.
struct Kept {
  TempDir directory;
  fs::path path;
  std::vector<std::size_t> ends;  // [0]: of the header

  Kept() {
    UndoLog log(directory / "state.db", header());
    for (const std::uint64_t id : {1U, 2U, 3U}) {
      log.keep(unit(id));
      path = log.path();
      if (ends.empty()) ends.push_back(bytes_of(path).find('\n') + 1);
      ends.push_back(fs::file_size(path));
    }
  }
  [[nodiscard]] std::string all() const { return bytes_of(path); }
};

TEST(UndoLog, GivesBackWhatWasKept) {
  const Kept kept;
  EXPECT_EQ(mode_of(kept.path), 0600U);
  EXPECT_EQ(mode_of(kept.path.parent_path()), 0700U);
  EXPECT_EQ(kept.path, kept.directory.path() / "state.db.undo" / undo_file_name(kPlan, kRun));
  auto reader = UndoReader::open(kept.path);
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->is_cut_off());
  EXPECT_EQ(reader->header().plan_digest, header().plan_digest);
  ASSERT_EQ(reader->units().size(), 3U);
  for (std::size_t i = 3; i-- > 0;) {
    EXPECT_EQ(reader->units()[i].unit, i + 1);
    EXPECT_EQ(reader->units()[i].rows, 4U);
    EXPECT_EQ(rows_of(*reader, reader->units()[i]), rows_of(unit(i + 1)));
  }
}

TEST(UndoLog, MakesNothingBeforeItIsNeeded) {
  const TempDir directory;
  const UndoLog log(directory / "state.db", header());
  EXPECT_EQ(log.path(), "");
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(UndoLog, OfAUnitKeptTwiceTheLastCounts) {
  const TempDir directory;
  UndoLog log(directory / "state.db", header());
  for (const char* note : {"first", "second"}) log.keep(unit(5, note));
  auto reader = UndoReader::open(log.path());
  ASSERT_TRUE(reader);
  ASSERT_EQ(reader->units().size(), 1U);
  EXPECT_EQ(rows_of(*reader, reader->units()[0]), rows_of(unit(5, "second")));
}

TEST(UndoLog, OfAUnitInStepsEachCounts) {
  const TempDir directory;
  UndoLog log(directory / "state.db", header());
  for (const std::uint64_t step : {1, 2, 2}) {
    UndoUnit kept = unit(5, "step");
    kept.step = step;
    log.keep(kept);
  }
  auto reader = UndoReader::open(log.path());
  ASSERT_TRUE(reader);
  ASSERT_EQ(reader->units().size(), 2U);
  EXPECT_EQ(reader->units()[0].step, 1U);
  EXPECT_EQ(reader->units()[1].step, 2U);
}

TEST(UndoLog, KeepsRowsLargerThanItsBuffer) {
  const TempDir directory;
  UndoLog log(directory / "state.db", header());
  const UndoUnit large = unit(1, std::string(std::size_t{3} << 20U, 'x'));
  log.keep(large);
  auto reader = UndoReader::open(log.path());
  ASSERT_TRUE(reader);
  EXPECT_EQ(rows_of(*reader, reader->units().at(0)), rows_of(large));
}

TEST(UndoLog, FollowsNoLink) {
  const TempDir directory;
  fs::create_directory(directory / "elsewhere");
  fs::create_directory_symlink(directory / "elsewhere", directory / "state.db.undo");
  UndoLog log(directory / "state.db", header());
  EXPECT_THROW(log.keep(unit(1)), planner::FileError);
  EXPECT_TRUE(fs::is_empty(directory / "elsewhere"));
}

// As a crash leaves it, wherever it comes.
TEST(UndoReader, KnowsATornEnd) {
  const Kept kept;
  const std::string all = kept.all();
  for (std::size_t size = 0; size < all.size(); ++size) {
    write_bytes(kept.path, all.substr(0, size));
    auto reader = UndoReader::open(kept.path);
    ASSERT_EQ(reader.has_value(), size >= kept.ends[0]) << size;
    if (!reader) continue;
    std::size_t whole = 0;
    while (whole + 1 < kept.ends.size() && kept.ends[whole + 1] <= size) ++whole;
    ASSERT_EQ(reader->units().size(), whole) << size;
    ASSERT_EQ(reader->is_cut_off(), kept.ends[whole] != size) << size;
  }
}

// A block that the disk never got, of the last unit.
TEST(UndoReader, KnowsAnEndWithHoles) {
  const Kept kept;
  const std::string all = kept.all();
  for (std::size_t at = kept.ends[2]; at + 1 < kept.ends[3]; at += 7) {
    std::string holed = all;
    holed.replace(at, 5, std::string(5, '\0'));
    holed.resize(all.size());
    write_bytes(kept.path, holed);
    auto reader = UndoReader::open(kept.path);
    ASSERT_TRUE(reader);
    ASSERT_TRUE(reader->is_cut_off()) << at;
    ASSERT_EQ(reader->units().size(), 2U) << at;
  }
}

// A unit that others follow was whole once: no bit of it may differ.
TEST(UndoReader, RefusesAFlippedBit) {
  const Kept kept;
  const std::string all = kept.all();
  for (std::size_t at = 0; at < kept.ends[2]; ++at) {
    std::string flipped = all;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    write_bytes(kept.path, flipped);
    ASSERT_THROW(static_cast<void>(UndoReader::open(kept.path)), planner::PlanError) << at;
  }
}

TEST(UndoReader, RefusesUnitsOfAnotherFile) {
  const Kept kept;
  UndoHeader other = header();
  other.plan_digest = std::string(64, 'b');
  const TempDir elsewhere;
  UndoLog log(elsewhere / "state.db", other);
  log.keep(unit(9));
  const std::string foreign = bytes_of(log.path());
  const std::string all = kept.all();
  write_bytes(kept.path, all.substr(0, kept.ends[1]) + foreign.substr(foreign.find('\n') + 1) +
                             all.substr(kept.ends[1]));
  EXPECT_THROW(static_cast<void>(UndoReader::open(kept.path)), planner::PlanError);
}

TEST(UndoReader, RefusesWhatIsNone) {
  const Kept kept;
  const std::string all = kept.all();
  const fs::path renamed =
      kept.path.parent_path() / undo_file_name(kPlan, "01JD5Z6QK0ABCDEFGHJKMNPQRV");
  write_bytes(renamed, all);
  EXPECT_THROW(static_cast<void>(UndoReader::open(renamed)), planner::PlanError);
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"1.0\"", "\"2.0\""},
                                                        {"\"none\"", "\"rot13\""},
                                                        {kPlan, "../../../etc/passwd-000000"},
                                                        {"{\"undo_version\"", "[\"undo_version\""},
                                                        {"2026-03-01", "soon"}}) {
    std::string changed = all;
    changed.replace(changed.find(from), from.size(), to);
    write_bytes(kept.path, changed);
    EXPECT_THROW(static_cast<void>(UndoReader::open(kept.path)), planner::PlanError) << to;
  }
  fs::remove(kept.path);
  fs::create_symlink(renamed, kept.path);
  EXPECT_THROW(static_cast<void>(UndoReader::open(kept.path)), planner::FileError);
  fs::remove(kept.path);
  ASSERT_EQ(::mkfifo(kept.path.c_str(), 0600), 0);
  EXPECT_THROW(static_cast<void>(UndoReader::open(kept.path)), planner::FileError);
}

TEST(UndoReader, RefusesRowsThatDoNotFit) {
  const UndoTable table = orders();
  const auto refuses = [&](const std::string& line) {
    EXPECT_THROW(static_cast<void>(undo_row_from(line, table, "f")), planner::PlanError) << line;
  };
  const std::string row = R"("before":["1","x",null])";
  EXPECT_NO_THROW(
      static_cast<void>(undo_row_from(R"({"op":"delete","key":["1"],)" + row + "}", table, "f")));
  refuses(R"({"op":"delete","key":["2"],)" + row + "}");
  refuses(R"({"op":"delete","key":null,"count":1,)" + row + "}");
  refuses(R"({"op":"delete","key":["1"]})");
  refuses(R"({"op":"insert","key":["1"],)" + row + "}");
  refuses(R"({"op":"update","key":["1"],)" + row + "}");
  refuses(R"({"op":"conflict","key":["1"],)" + row + "}");
  refuses(R"({"op":"delete","key":["1"],"more":1,)" + row + "}");
  refuses(R"({"op":"delete","key":["1"],"key":["1"],)" + row + "}");
  for (const char* value : {"1", "{\"hex\":\"0\"}", "{\"hex\":\"00\",\"x\":1}", "[]", "true",
                            R"({"ref":"00","bytes":1})", R"({"hmac":"00"})"})
    refuses(R"({"op":"delete","key":["1"],"before":["1","x",)" + std::string(value) + "]}");
}

TEST(UndoPrune, RemovesWhatIsOldAndSettled) {
  const TempDir directory;
  const fs::path state = directory / "state.db";
  state::Store store = state::testing::create(state);
  state::Journal journal(store);
  UndoLog log(state, header("2026-03-01T09:30:00.125Z"));
  log.keep(unit(1));
  const fs::path kept = log.path();
  const fs::path notes = kept.parent_path() / "notes.txt";
  write_bytes(notes, "mine");
  EXPECT_EQ(prune_undo(state, journal, "2026-03-01T09:30:00.125Z").files, 0U);
  const state::PlanRef plan{kPlan, header().plan_digest};
  journal.intend(plan, {{1, 1}});
  EXPECT_EQ(prune_undo(state, journal, "2999-01-01T00:00:00.000Z").files, 0U);
  EXPECT_TRUE(fs::exists(kept));
  journal.settle(plan, {{1, 1}}, state::UnitState::committed);
  const UndoPruned pruned = prune_undo(state, journal, "2999-01-01T00:00:00.000Z");
  EXPECT_EQ(pruned.files, 1U);
  EXPECT_EQ(pruned.units, 1U);
  EXPECT_EQ(pruned.notes.size(), 1U);
  EXPECT_FALSE(fs::exists(kept));
  EXPECT_TRUE(fs::exists(notes));
}

TEST(UndoPrune, NeedsNoDirectory) {
  const TempDir directory;
  state::Store store = state::testing::create(directory / "state.db");
  state::Journal journal(store);
  EXPECT_EQ(prune_undo(directory / "state.db", journal, "2999-01-01T00:00:00.000Z").files, 0U);
}

}  // namespace
}  // namespace rowplan::executor
