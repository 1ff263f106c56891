// The directory of a plan: made complete, or not at all.
#include "planner/plan_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <map>
#include <set>
#include <thread>

#include "planner/file_error.h"
#include "planner/plan_reader.h"
#include "planner/plan_tree.h"
#include "planner/refusal.h"
#include "planner/sha256.h"
#include "tests/unit/sample_plan.h"

namespace rowplan::planner {
namespace {

using namespace sample;  // NOLINT: made for these tests

namespace fs = std::filesystem;

int error_of_create(const fs::path& path, Overwrite overwrite) {
  try {
    static_cast<void>(PlanDirectory::create(path, overwrite));
    return 0;
  } catch (const FileError& error) {
    return error.error();
  }
}

std::map<std::string, std::string> files_of(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), directory).string()] = file_text(entry.path());
    }
  }
  return files;
}

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

TEST(PlanDirectory, WritesAWholePlan) {
  const TemporaryDirectory temporary;
  const fs::path path = temporary.path() / "plan";
  const std::string digest = write_sample_plan(path);
  const auto files = files_of(path);
  std::set<std::string> names;
  for (const auto& [name, text] : files) names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"changes/orders/shop.logs.ndjson",
                                          "changes/orders/shop.orders.ndjson", "plan.json",
                                          "plan.sha256", "sql/dw.sql", "summary.md"}));
  EXPECT_EQ(digest, sha256_hex(files.at("plan.json")));
  EXPECT_EQ(files.at("plan.sha256"), digest + "  plan.json\n");
  EXPECT_EQ(mode_of(path), 0700U);
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    EXPECT_EQ(mode_of(entry.path()), entry.is_directory() ? 0700U : 0600U) << entry.path();
  }
}

TEST(PlanDirectory, WritesTheSameBytesEachTime) {
  const TemporaryDirectory temporary;
  static_cast<void>(write_sample_plan(temporary.path() / "a"));
  static_cast<void>(write_sample_plan(temporary.path() / "b"));
  EXPECT_EQ(files_of(temporary.path() / "a"), files_of(temporary.path() / "b"));
}

TEST(PlanDirectory, ReplacesAPlanOnlyWhenAsked) {
  const TemporaryDirectory temporary;
  const fs::path path = temporary.path() / "plan";
  static_cast<void>(write_sample_plan(path));
  const auto before = files_of(path);
  EXPECT_EQ(error_of_create(path, Overwrite::no), ENOTEMPTY);
  EXPECT_EQ(files_of(path), before);
  set_file_text(path / "sql/.lake.sql.tmp", "cut off");
  {
    PlanDirectory directory = PlanDirectory::create(path, Overwrite::yes);
    EXPECT_EQ(files_of(path), (std::map<std::string, std::string>{{".plan.json.tmp", ""}}));
    Plan plan;
    static_cast<void>(directory.finish(plan));
  }
  EXPECT_EQ(files_of(path).size(), 2U);
}

// As a plan that is killed leaves it: nobody holds the lock any more.
TEST(PlanDirectory, TakesWhatAKilledPlanLeft) {
  const TemporaryDirectory temporary;
  const fs::path path = temporary.path() / "plan";
  for (const char* left : {"changes/a/.b.ndjson.tmp", "changes/a/b.ndjson", "sql/dw.sql",
                           "baseline/a/b.moves", "summary.md", "plan.sha256"}) {
    fs::create_directories((path / left).parent_path());
    set_file_text(path / left, "cut off");
    EXPECT_EQ(error_of_create(path, Overwrite::no), ENOTEMPTY) << "not marked: " << left;
    EXPECT_EQ(error_of_create(path, Overwrite::yes), ENOTEMPTY) << "not marked: " << left;
    set_file_text(path / ".plan.json.tmp", "{");
    EXPECT_NO_THROW(static_cast<void>(write_sample_plan(path))) << left;
    EXPECT_NO_THROW(static_cast<void>(load_plan(path))) << left;
    fs::remove_all(path);
  }
}

TEST(PlanDirectory, TakesNothingOfOthersBesideWhatAKilledPlanLeft) {
  const TemporaryDirectory temporary;
  const fs::path path = temporary.path() / "plan";
  fs::create_directory(path);
  set_file_text(path / ".plan.json.tmp", "{");
  set_file_text(path / "notes.txt", "mine");
  const auto before = files_of(path);
  EXPECT_EQ(error_of_create(path, Overwrite::no), ENOTEMPTY);
  EXPECT_EQ(files_of(path), before);
}

TEST(PlanDirectory, LeavesAPlanUnderWayAlone) {
  const TemporaryDirectory temporary;
  const fs::path path = temporary.path() / "plan";
  PlanDirectory directory = PlanDirectory::create(path, Overwrite::no);
  write_changes(directory, "changes/a/b.ndjson", log_changes());
  for (const Overwrite overwrite : {Overwrite::no, Overwrite::yes})
    EXPECT_THROW(static_cast<void>(PlanDirectory::create(path, overwrite)), Refusal);
  Plan plan;
  static_cast<void>(directory.finish(plan));
  EXPECT_NO_THROW(static_cast<void>(load_plan(path)));
}

TEST(PlanDirectory, RemovesNothingThatIsNoPlans) {
  const TemporaryDirectory temporary;
  const fs::path home = temporary.path() / "home";
  fs::create_directory(home);
  set_file_text(home / "notes.txt", "mine");
  EXPECT_EQ(error_of_create(home, Overwrite::yes), ENOTEMPTY);

  for (const char* name : {"notes.txt", "changes/notes.txt", "changes/a/b/c.ndjson", "sql/x/y.sql",
                           "other/x.ndjson", ".hidden.tmp~", "changes/a/plan.json"}) {
    const fs::path path = temporary.path() / "plan";
    static_cast<void>(write_sample_plan(path));
    fs::create_directories((path / name).parent_path());
    set_file_text(path / name, "mine");
    const auto before = files_of(path);
    EXPECT_EQ(error_of_create(path, Overwrite::yes), ENOTEMPTY) << name;
    EXPECT_EQ(files_of(path), before) << name;
    fs::remove_all(path);
  }
}

TEST(PlanDirectory, RefusesWhatIsInTheWay) {
  const TemporaryDirectory temporary;
  set_file_text(temporary.path() / "file", "x");
  EXPECT_EQ(error_of_create(temporary.path() / "file", Overwrite::yes), ENOTDIR);
  EXPECT_EQ(error_of_create(temporary.path() / "no/parent", Overwrite::yes), ENOENT);
  fs::create_directory(temporary.path() / "links");
  fs::create_symlink("/", temporary.path() / "links/plan.json");
  EXPECT_EQ(error_of_create(temporary.path() / "links", Overwrite::yes), ENOTEMPTY);
  EXPECT_EQ(file_text(temporary.path() / "file"), "x");
}

TEST(PlanDirectory, FollowsNoLinkInside) {
  const TemporaryDirectory temporary;
  const fs::path outside = temporary.path() / "outside";
  fs::create_directory(outside);
  PlanDirectory directory = PlanDirectory::create(temporary.path() / "plan", Overwrite::no);
  fs::create_directory_symlink(outside, temporary.path() / "plan/changes");
  EXPECT_THROW(static_cast<void>(directory.open_file("changes/a/b.ndjson")), FileError);
  set_file_text(outside / "victim", "x");
  fs::create_symlink(outside / "victim", temporary.path() / "plan/.summary.md.tmp");
  EXPECT_THROW(directory.write_file("summary.md", "y"), FileError);
  EXPECT_EQ(file_text(outside / "victim"), "x");
  fs::remove(temporary.path() / "plan/changes");
  fs::remove(temporary.path() / "plan/.summary.md.tmp");
}

TEST(PlanDirectory, TakesBackToTheMark) {
  const TemporaryDirectory temporary;
  PlanDirectory directory = PlanDirectory::create(temporary.path() / "plan", Overwrite::no);
  // Sizes around the buffer's: with the mark in it, before it, and at its border.
  const std::size_t buffer = std::size_t{256} * 1024;
  std::string expected;
  const auto file = directory.open_file("changes/a/b.ndjson");
  for (const std::size_t kept :
       {std::size_t{0}, std::size_t{10}, buffer - 10, buffer, buffer + 1}) {
    for (const std::size_t dropped : {std::size_t{0}, std::size_t{5}, buffer, 3 * buffer + 7}) {
      const std::string part(kept, static_cast<char>('a' + expected.size() % 26));
      file->append(part);
      expected += part;
      file->mark();
      for (std::size_t left = dropped; left > 0; left -= std::min(left, buffer / 3)) {
        file->append(std::string(std::min(left, buffer / 3), '!'));
      }
      file->rollback();
      ASSERT_EQ(file->bytes(), expected.size());
    }
  }
  file->append("end");
  expected += "end";
  EXPECT_EQ(directory.bytes(), expected.size());
  file->close();
  Plan plan;
  static_cast<void>(directory.finish(plan));
  EXPECT_EQ(file_text(temporary.path() / "plan/changes/a/b.ndjson"), expected);
  ASSERT_EQ(plan.files.size(), 1U);
  EXPECT_EQ(plan.files[0].sha256, sha256_hex(expected));
  EXPECT_EQ(plan.files[0].bytes, expected.size());
}

TEST(PlanDirectory, WritesFromSeveralThreads) {
  const TemporaryDirectory temporary;
  PlanDirectory directory = PlanDirectory::create(temporary.path() / "plan", Overwrite::no);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&directory, i] {
      const auto file = directory.open_file("changes/p/t." + std::to_string(i) + ".ndjson");
      for (int line = 0; line < 20'000; ++line) file->append("0123456789abcdef0123456789\n");
      file->close();
    });
  }
  for (std::thread& thread : threads) thread.join();
  Plan plan;
  static_cast<void>(directory.finish(plan));
  EXPECT_EQ(plan.files.size(), 8U);
  EXPECT_NO_THROW(static_cast<void>(load_plan(temporary.path() / "plan")));
}

TEST(PlanDirectory, LeavesNothingWithoutAnEnd) {
  const TemporaryDirectory temporary;
  fs::create_directory(temporary.path() / "empty");
  for (const char* name : {"new", "empty"}) {
    PlanDirectory directory = PlanDirectory::create(temporary.path() / name, Overwrite::no);
    write_changes(directory, "changes/a/b.ndjson", log_changes());
    const auto under_way = directory.open_file("sql/dw.sql");
    under_way->append("x");
  }
  EXPECT_FALSE(fs::exists(temporary.path() / "new"));
  EXPECT_TRUE(fs::is_empty(temporary.path() / "empty"));
}

TEST(PlanDirectory, KeepsNothingOfAFileThatWasGivenUp) {
  const TemporaryDirectory temporary;
  PlanDirectory directory = PlanDirectory::create(temporary.path() / "plan", Overwrite::no);
  directory.open_file("changes/a/b.ndjson")->append("x");
  EXPECT_EQ(directory.bytes(), 0U);
  write_changes(directory, "changes/b/b.ndjson", log_changes());
  Plan plan;
  static_cast<void>(directory.finish(plan));
  EXPECT_FALSE(fs::exists(temporary.path() / "plan/changes/a"));
  EXPECT_EQ(plan.files.size(), 1U);
}

// Whatever step fails, there is no plan, and nothing is left of it.
TEST(PlanDirectory, LeavesNothingWhenAnyStepFails) {
  const TemporaryDirectory temporary;
  const fs::path path = temporary.path() / "plan";
  int steps = 0;
  bool failed = true;
  for (int fail_at = 0; failed; ++fail_at) {
    ASSERT_LT(fail_at, 1000);
    failed = false;
    steps = 0;
    const WriteFault fault = [&](const std::string&, std::uint64_t) {
      return steps++ == fail_at ? ENOSPC : 0;
    };
    try {
      PlanDirectory directory = PlanDirectory::create(path, Overwrite::no, fault);
      Plan plan = sample_plan();
      write_changes(directory, plan.tables[0].changes_path, log_changes());
      write_changes(directory, plan.tables[1].changes_path, order_changes());
      write_summary(directory, plan, 20);
      static_cast<void>(directory.finish(plan));
    } catch (const FileError& error) {
      failed = true;
      EXPECT_EQ(error.error(), ENOSPC);
      EXPECT_FALSE(fs::exists(path)) << fail_at;
    }
  }
  EXPECT_GT(steps, 15);
  EXPECT_NO_THROW(static_cast<void>(load_plan(path)));
}

TEST(PlanDirectory, PlanJsonComesLast) {
  const TemporaryDirectory temporary;
  std::vector<std::string> order;
  const WriteFault fault = [&](const std::string& path, std::uint64_t) {
    if (order.empty() || order.back() != path) order.push_back(path);
    return 0;
  };
  PlanDirectory directory = PlanDirectory::create(temporary.path() / "plan/", Overwrite::no, fault);
  directory.write_file("summary.md", "x");
  Plan plan;
  static_cast<void>(directory.finish(plan));
  EXPECT_EQ(order,
            (std::vector<std::string>{"summary.md", "plan.json", "plan.sha256", "plan.json"}));
}

TEST(PlanPath, StaysInside) {
  for (const char* path : {"plan.json", "changes/a/b.c.ndjson", "sql/%20.sql", "a~b"}) {
    EXPECT_TRUE(is_plan_path(path)) << path;
  }
  for (const char* path : {"", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a/.b",
                           "a\\b", "a b", "a\nb", "\xc3\xa9"}) {
    EXPECT_FALSE(is_plan_path(path)) << path;
  }
  EXPECT_FALSE(is_plan_path(std::string_view("a\0b", 3)));
}

TEST(ChangesPath, FitsAFileSystem) {
  EXPECT_EQ(changes_path("orders", "shop.orders"), "changes/orders/shop.orders.ndjson");
  std::string name = "shop.";
  for (int i = 0; i < 192; ++i) name += "%E5";
  const std::string path = changes_path("orders", name);
  EXPECT_TRUE(is_plan_path(path));
  EXPECT_LE(path.size() - path.rfind('/'), 250U);
  EXPECT_EQ(path.substr(path.find('~') - 3, 3), "%E5");
  EXPECT_NE(path, changes_path("orders", name + "%E5"));
}

}  // namespace
}  // namespace rowplan::planner
