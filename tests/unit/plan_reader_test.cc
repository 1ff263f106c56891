// Reading a plan: whole or not at all.
#include "planner/plan_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "planner/plan_error.h"
#include "planner/sha256.h"
#include "tests/unit/sample_plan.h"

namespace rowplan::planner {
namespace {

using namespace sample;  // NOLINT: made for these tests

namespace fs = std::filesystem;

std::string error_of(const fs::path& directory) {
  try {
    const LoadedPlan loaded = load_plan(directory);
    for (const PlanTable& table : loaded.plan.tables) {
      static_cast<void>(ChangeReader(loaded, table));
    }
    return "";
  } catch (const PlanError& error) {
    return error.what();
  }
}

std::vector<fs::path> files_of(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  return files;
}

void set_byte(const fs::path& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

// Makes the digests fit again, as one who edits a plan on purpose would.
void sign_again(const fs::path& directory) {
  auto plan = nlohmann::ordered_json::parse(file_text(directory / "plan.json"));
  for (auto& file : plan["files"]) {
    const std::string text = file_text(directory / file["path"].get<std::string>());
    file["sha256"] = sha256_hex(text);
    file["bytes"] = text.size();
  }
  set_file_text(directory / "plan.json", plan.dump());
  set_file_text(directory / "plan.sha256", sha256_hex(plan.dump()) + "  plan.json\n");
}

class PlanReader : public ::testing::Test {
 protected:
  void SetUp() override { digest = write_sample_plan(path); }
  TemporaryDirectory temporary;
  fs::path path = temporary.path() / "plan";
  fs::path orders = path / "changes/orders/shop.orders.ndjson";
  std::string digest;
};

TEST_F(PlanReader, ReadsAWholePlan) {
  const LoadedPlan loaded = load_plan(path);
  EXPECT_EQ(loaded.digest, digest);
  EXPECT_EQ(loaded.directory, path);
  EXPECT_EQ(loaded.plan.tables.size(), 3U);
  EXPECT_EQ(loaded.plan.files.size(), 4U);
}

TEST_F(PlanReader, SeesEveryFlippedByte) {
  for (const fs::path& file : files_of(path)) {
    const std::string good = file_text(file);
    ASSERT_FALSE(good.empty());
    for (std::size_t i = 0; i < good.size(); ++i) {
      set_byte(file, i, static_cast<char>(good[i] ^ 1));
      ASSERT_NE(error_of(path), "") << file << " at " << i;
      set_byte(file, i, good[i]);
    }
  }
  EXPECT_EQ(error_of(path), "");
}

TEST_F(PlanReader, SeesWhatIsCutOffOrAddedOrMissing) {
  for (const fs::path& file : files_of(path)) {
    const std::string good = file_text(file);
    for (const std::string& bad : {good.substr(0, good.size() - 1), good + "\n", std::string()}) {
      set_file_text(file, bad);
      EXPECT_NE(error_of(path), "") << file;
    }
    fs::remove(file);
    EXPECT_NE(error_of(path), "") << file;
    set_file_text(file, good);
  }
  EXPECT_EQ(error_of(path), "");
}

TEST_F(PlanReader, IsNoPlanWithoutPlanJson) {
  fs::remove(path / "plan.json");
  EXPECT_EQ(error_of(path), "plan.json: no plan.json: not a plan");
  EXPECT_NE(error_of(temporary.path() / "nowhere"), "");
  EXPECT_NE(error_of(orders), "");
}

TEST_F(PlanReader, RefusesWhatIsNotListed) {
  for (const char* name : {"extra", ".hidden", "changes/orders/x.ndjson", "deep/er/x",
                           "changes/orders/.shop.orders.ndjson.tmp"}) {
    fs::create_directories((path / name).parent_path());
    set_file_text(path / name, "");
    EXPECT_EQ(error_of(path), std::string(name) + ": not listed in plan.json");
    fs::remove(path / name);
  }
  EXPECT_EQ(error_of(path), "");
  ASSERT_EQ(::mkfifo((path / "pipe").c_str(), 0600), 0);
  EXPECT_NE(error_of(path), "");
  fs::remove(path / "pipe");
  fs::path deep = path;
  for (int i = 0; i < 20; ++i) deep /= "d";
  fs::create_directories(deep);
  EXPECT_NE(error_of(path), "");
}

TEST_F(PlanReader, RefusesLinks) {
  for (const fs::path& file : files_of(path)) {
    const fs::path moved = temporary.path() / "moved";
    fs::rename(file, moved);
    fs::create_symlink(moved, file);
    EXPECT_NE(error_of(path), "") << file;
    fs::remove(file);
    fs::rename(moved, file);
  }
  fs::rename(path / "changes", temporary.path() / "changes");
  fs::create_directory_symlink(temporary.path() / "changes", path / "changes");
  EXPECT_NE(error_of(path), "");
  fs::remove(path / "changes");
  fs::rename(temporary.path() / "changes", path / "changes");
  fs::create_directory_symlink("/", path / "root");
  EXPECT_NE(error_of(path), "");
}

TEST_F(PlanReader, RefusesAPipeInsteadOfAFile) {
  fs::remove(orders);
  ASSERT_EQ(::mkfifo(orders.c_str(), 0600), 0);
  EXPECT_NE(error_of(path), "");
}

TEST_F(PlanReader, GivesTheChangesInOrder) {
  const LoadedPlan loaded = load_plan(path);
  const std::vector<Change> expected = order_changes();
  ChangeReader reader(loaded, loaded.plan.tables[1]);
  for (const Change& change : expected) {
    const std::optional<Change> read = reader.next();
    ASSERT_TRUE(read);
    EXPECT_EQ(to_json_line(*read), to_json_line(change));
  }
  EXPECT_FALSE(reader.next());
  reader.seek(21);
  EXPECT_EQ(to_json_line(reader.next().value()), to_json_line(expected[2]));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.chunk(17).size(), 2U);
  EXPECT_EQ(reader.chunk(21).size(), 1U);
  ChangeReader none(loaded, loaded.plan.tables[2]);
  EXPECT_FALSE(none.next());
}

TEST_F(PlanReader, SeesAFileThatChangesAfterItWasChecked) {
  const LoadedPlan loaded = load_plan(path);
  const std::string good = file_text(orders);
  std::string bad = good;
  bad.replace(bad.find("paid"), 4, "free");
  {
    ChangeReader reader(loaded, loaded.plan.tables[1]);
    static_cast<void>(reader.next());
  }
  set_file_text(orders, bad);
  EXPECT_THROW(ChangeReader(loaded, loaded.plan.tables[1]), PlanError);
  fs::remove(orders);
  EXPECT_THROW(ChangeReader(loaded, loaded.plan.tables[1]), PlanError);
}

TEST_F(PlanReader, RefusesEditsThatFitTheirDigests) {
  const std::string good = file_text(orders);
  const auto edited = [&](const std::string& what, const std::string& with) {
    std::string bad = good;
    bad.replace(bad.find(what), what.size(), with);
    set_file_text(orders, bad);
    sign_again(path);
    return error_of(path);
  };
  EXPECT_EQ(edited("paid", "free"), "");  // this is what --expect-digest is for
  const std::string first = good.substr(0, good.find('\n') + 1);
  EXPECT_NE(edited(first, ""), "");
  EXPECT_NE(edited(first, first + first), "");
  EXPECT_NE(edited(first, first + "\n"), "");
  EXPECT_NE(edited("\"chunk\":17", "\"chunk\":21"), "");
  EXPECT_NE(edited("\"chunk\":21", "\"chunk\":17"), "");
  EXPECT_NE(edited("\"chunk\":21", "\"chunk\":99"), "");
  EXPECT_NE(edited("\"on\":\"dw\"", "\"on\":\"hq\""), "");
  EXPECT_NE(edited("\"key\":[\"1000003\"]", "\"key\":null"), "");
  EXPECT_NE(edited("\"key\":[\"1000003\"]", "\"key\":[\"1\",\"2\"]"), "");
  EXPECT_NE(edited("{\"status\":\"new\"}", "{\"secret\":\"new\"}"), "");
  EXPECT_NE(edited("\"op\":\"update\"", "\"op\":\"insert\""), "");
  EXPECT_NE(edited("\"op\":\"update\"", "\"op\":\"delete\""), "");
  EXPECT_NE(edited("\"op\":\"insert\"", "\"op\":\"update\""), "");
  EXPECT_NE(edited("\"reason\":\"extra\"}\n", "\"reason\":\"extra\"}"), "");
  const std::string error = edited("\"op\":\"insert\"", "\"op\":\"truncate\"");
  EXPECT_EQ(error, "changes/orders/shop.orders.ndjson: line 2: unknown op \"truncate\"");
}

TEST_F(PlanReader, RefusesCopiesThatDoNotFit) {
  const fs::path logs = path / "changes/orders/shop.logs.ndjson";
  const std::string good = file_text(logs);
  const auto edited = [&](const std::string& what, const std::string& with) {
    std::string bad = good;
    bad.replace(bad.find(what), what.size(), with);
    set_file_text(logs, bad);
    sign_again(path);
    return error_of(path);
  };
  EXPECT_EQ(edited("\"count\":2", "\"count\":3"), "");
  EXPECT_NE(edited("\"count\":2", "\"count\":4"), "");
  EXPECT_NE(edited("\"count\":2", "\"count\":0"), "");
  EXPECT_NE(edited(",\"had\":3", ""), "");
  EXPECT_NE(edited("\"count\":2,", ""), "");
  EXPECT_NE(edited("\"key\":null", "\"key\":[\"1\"]"), "");
  EXPECT_NE(edited("\"line\"", "\"lines\""), "");
  EXPECT_NE(edited("\"op\":\"delete\"", "\"op\":\"insert\""), "");
}

// Lines longer than a block, and chunks over many blocks.
TEST(ChangeReader, ReadsLongLinesAndManyBlocks) {
  const TemporaryDirectory temporary;
  Plan plan = sample_plan();
  plan.tables.erase(plan.tables.begin());
  PlanTable& table = plan.tables[0];
  table.chunks.clear();
  std::vector<Change> changes;
  for (std::uint64_t id = 1; id <= 300; ++id) {
    table.chunks.push_back(sample_chunk(id, 1, 3));
    for (int i = 0; i < 3; ++i) {
      Change change = order_changes()[0];
      change.chunk = id;
      const std::size_t size = id == 150 ? 700'000 : (id * 37) % 4000;
      change.after[0].second = text_value(std::string(size, static_cast<char>('a' + id % 26)));
      changes.push_back(change);
    }
  }
  table.changes_lines = changes.size();
  plan.units = {{1, changes.size(), 300}};
  {
    PlanDirectory directory = PlanDirectory::create(temporary.path() / "plan", Overwrite::no);
    write_changes(directory, table.changes_path, changes);
    static_cast<void>(directory.finish(plan));
  }
  const LoadedPlan loaded = load_plan(temporary.path() / "plan");
  ChangeReader reader(loaded, loaded.plan.tables[0]);
  for (const Change& change : changes) {
    ASSERT_EQ(to_json_line(reader.next().value()), to_json_line(change));
  }
  EXPECT_FALSE(reader.next());
  for (std::uint64_t id = 300; id >= 1; --id) {
    const std::vector<Change> chunk = reader.chunk(id);
    ASSERT_EQ(chunk.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      ASSERT_EQ(to_json_line(chunk[i]), to_json_line(changes[(id - 1) * 3 + i]));
    }
  }
  // Changed in place, while the reader has it open: seen before anything of it is given away.
  const fs::path file = temporary.path() / "plan" / table.changes_path;
  std::string text = file_text(file);
  text[text.size() / 2] = '#';
  set_file_text(file, text);
  reader.seek(1);
  EXPECT_THROW(
      {
        while (reader.next()) {
        }
      },
      PlanError);
}

}  // namespace
}  // namespace rowplan::planner
