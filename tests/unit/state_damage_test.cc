// State files that are old, new, foreign, damaged, or have no room to grow.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include <csignal>
#include <random>

#include "state/kill_point.h"
#include "state/runs.h"
#include "state/schema.h"
#include "state/store.h"
#include "state/watermarks.h"
#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::bytes_of;
using testing::create;
using testing::in_child;
using testing::open_failure;
using testing::TempDir;
using testing::write_bytes;

constexpr OpenMode kModes[] = {OpenMode::read_only, OpenMode::read_write, OpenMode::create};

// A state of several pages in each table.
void fill(const std::filesystem::path& file, std::uint64_t units = 500) {
  auto store = create(file);
  Journal journal(store);
  Watermarks watermarks(store);
  store.atomically([&] {
    for (std::uint64_t unit = 1; unit <= units; ++unit) {
      journal.intend({"01HQPLAN", std::string(64, 'd')}, {{unit, unit}});
      watermarks.set("orders/shop.t" + std::to_string(unit), std::string(60, 'w'));
    }
  });
}

void expect_failure(const std::filesystem::path& file, StateErrorKind kind) {
  const auto before = bytes_of(file);
  for (const auto mode : kModes) {
    const auto failure = open_failure(file, mode);
    ASSERT_TRUE(failure) << "opened";
    EXPECT_STREQ(kind_name(*failure), kind_name(kind));
    EXPECT_TRUE(needs_person(*failure));
  }
  EXPECT_EQ(bytes_of(file), before);
}

void exec(const std::filesystem::path& file, const std::string& sql) {
  SQLite::Database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(sql);
}

TEST(StateDamage, NewerVersionIsRefused) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  exec(dir / "s.db", "PRAGMA user_version = 1000");
  expect_failure(dir / "s.db", StateErrorKind::newer_version);
}

TEST(StateDamage, VersionsThatNeverWereAreRefused) {
  for (const char* version : {"0", "-1"}) {
    const TempDir dir;
    { auto store = create(dir / "s.db"); }
    exec(dir / "s.db", std::string("PRAGMA user_version = ") + version);
    expect_failure(dir / "s.db", StateErrorKind::corrupt);
  }
}

TEST(StateDamage, ForeignDatabaseIsRefusedUntouched) {
  const TempDir dir;
  exec(dir / "browser.db", "CREATE TABLE history (url TEXT)");
  exec(dir / "gis.db", "CREATE TABLE t (a); PRAGMA application_id = 1196437808");
  expect_failure(dir / "browser.db", StateErrorKind::foreign);
  expect_failure(dir / "gis.db", StateErrorKind::foreign);
}

TEST(StateDamage, NotADatabaseIsRefusedUntouched) {
  const TempDir dir;
  write_bytes(dir / "manifest.toml", "manifest_version = 1\nname = \"shop\"\n");
  write_bytes(dir / "zeros.db", std::string(8192, '\0'));
  write_bytes(dir / "one.db", "S");
  for (const char* name : {"manifest.toml", "zeros.db", "one.db"}) {
    expect_failure(dir / name, StateErrorKind::corrupt);
  }
}

TEST(StateDamage, EmptyFileIsRefusedUntouched) {
  const TempDir dir;
  write_bytes(dir / "s.db", "");
  expect_failure(dir / "s.db", StateErrorKind::corrupt);
}

TEST(StateDamage, OtherTablesAreDamage) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  const auto whole = bytes_of(dir / "s.db");
  for (const char* sql : {"DROP TABLE watermarks", "ALTER TABLE runs DROP COLUMN message",
                          "ALTER TABLE pairs ADD COLUMN more TEXT", "CREATE TABLE more (a)"}) {
    SCOPED_TRACE(sql);
    write_bytes(dir / "s.db", whole);
    exec(dir / "s.db", sql);
    expect_failure(dir / "s.db", StateErrorKind::corrupt);
  }
}

TEST(StateDamage, TruncatedAnywhereIsRefused) {
  const TempDir dir;
  fill(dir / "whole.db");
  const auto whole = bytes_of(dir / "whole.db");
  ASSERT_GT(whole.size(), 20U * 4096U);
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{99}, std::size_t{100}, std::size_t{511}, std::size_t{512},
        std::size_t{4095}, std::size_t{4096}, whole.size() / 2, whole.size() - 4096,
        whole.size() - 1}) {
    SCOPED_TRACE(size);
    write_bytes(dir / "cut.db", whole.substr(0, size));
    expect_failure(dir / "cut.db", StateErrorKind::corrupt);
  }
}

TEST(StateDamage, DamagedPageHeadersAreRefused) {
  const TempDir dir;
  fill(dir / "whole.db");
  const auto whole = bytes_of(dir / "whole.db");
  for (std::size_t page = 4096; page < whole.size(); page += 4096) {
    SCOPED_TRACE(page);
    auto damaged = whole;
    damaged[page] = static_cast<char>(damaged[page] ^ 0x40);  // no kind of page
    write_bytes(dir / "s.db", damaged);
    expect_failure(dir / "s.db", StateErrorKind::corrupt);
  }
}

// SQLite has no checksums, so a flip inside a value goes unseen; it must not do worse than that.
TEST(StateDamage, FlippedBitsNeverEscapeAsAnythingElse) {
  const TempDir dir;
  fill(dir / "whole.db", 100);
  const auto whole = bytes_of(dir / "whole.db");
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  constexpr int kRounds = 300;
  int refused = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto damaged = whole;
    for (int flip = 0; flip < 8; ++flip) {
      auto& byte = damaged[random() % damaged.size()];
      byte = static_cast<char>(byte ^ (1 << (random() % 8)));
    }
    write_bytes(dir / "s.db", damaged);
    try {
      auto store = Store::open(dir / "s.db", kModes[round % 2]);
      ASSERT_TRUE(store);
      static_cast<void>(store->meta());
      static_cast<void>(Journal(*store).unsettled());
      static_cast<void>(Watermarks(*store).all());
      static_cast<void>(Runs(*store).newest(10));
    } catch (const StateError& error) {
      EXPECT_TRUE(needs_person(error.kind())) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

class StateMigration : public ::testing::Test {
 protected:
  StateMigration() : newer_(migrations()) {
    newer_.push_back("ALTER TABLE watermarks ADD COLUMN origin TEXT NOT NULL DEFAULT 'v1'");
    newer_.push_back("CREATE TABLE later (a TEXT) STRICT");
    options_.schema = &newer_;
    auto store = create(dir_ / "s.db");
    Watermarks(store).set("a/b.c", "7");
  }
  [[nodiscard]] static std::int64_t version(Store& store) {
    std::int64_t found = 0;
    store.read([&](SQLite::Database& db) { found = schema_version(db); });
    return found;
  }
  TempDir dir_;
  Migrations newer_;
  OpenOptions options_;
};

TEST_F(StateMigration, OlderFileIsBroughtUpToDateWithItsRows) {
  {
    auto store = Store::open(dir_ / "s.db", OpenMode::read_write, options_);
    EXPECT_EQ(version(*store), static_cast<std::int64_t>(newer_.size()));
    EXPECT_EQ(Watermarks(*store).find("a/b.c")->value, "7");
    store->read([](SQLite::Database& db) {
      EXPECT_EQ(db.execAndGet("SELECT origin FROM watermarks").getString(), "v1");
    });
  }
  EXPECT_FALSE(open_failure(dir_ / "s.db", OpenMode::read_write, options_));
  EXPECT_EQ(open_failure(dir_ / "s.db", OpenMode::read_write), StateErrorKind::newer_version);
}

TEST_F(StateMigration, ReadOnlyReadsAnOlderFileWithoutTouchingIt) {
  const auto before = bytes_of(dir_ / "s.db");
  {
    auto store = Store::open(dir_ / "s.db", OpenMode::read_only, options_);
    EXPECT_EQ(version(*store), static_cast<std::int64_t>(newer_.size()));
    EXPECT_EQ(Watermarks(*store).find("a/b.c")->value, "7");
  }
  EXPECT_EQ(bytes_of(dir_ / "s.db"), before);
}

TEST_F(StateMigration, FailingStepUndoesAllOfThem) {
  newer_.push_back("CREATE TABLE later (clash TEXT) STRICT");
  EXPECT_EQ(open_failure(dir_ / "s.db", OpenMode::read_write, options_), StateErrorKind::corrupt);
  auto store = Store::open(dir_ / "s.db", OpenMode::read_write);
  EXPECT_EQ(version(*store), static_cast<std::int64_t>(migrations().size()));
  EXPECT_EQ(Watermarks(*store).find("a/b.c")->value, "7");
}

// Kills `work` at its first point, its second, and so on, with `check` after each; how many.
int killed_everywhere(const std::function<void()>& work, const std::function<void()>& check) {
  constexpr int kPointsMax = 100;
  for (int point = 1; point < kPointsMax; ++point) {
    const int ended = in_child([&] {
      set_kill_point(std::to_string(point).c_str());
      work();
      return 0;
    });
    check();
    if (ended == 0) return point - 1;
    EXPECT_EQ(ended, 128 + SIGKILL) << point;
  }
  return kPointsMax;
}

TEST_F(StateMigration, KilledAnywhereItIsDoneByTheNext) {
  const auto old = bytes_of(dir_ / "s.db");
  const auto migrate = [&] {
    static_cast<void>(Store::open(dir_ / "s.db", OpenMode::read_write, options_));
  };
  const int points = killed_everywhere(migrate, [&] {
    {
      auto store = Store::open(dir_ / "s.db", OpenMode::read_write, options_);
      EXPECT_EQ(version(*store), static_cast<std::int64_t>(newer_.size()));
      EXPECT_EQ(Watermarks(*store).find("a/b.c")->value, "7");
    }
    for (const char* suffix : {"s.db-wal", "s.db-shm"}) std::filesystem::remove(dir_ / suffix);
    write_bytes(dir_ / "s.db", old);
  });
  EXPECT_GE(points, 2);
}

TEST(StateCreation, KilledAnywhereItIsDoneByTheNext) {
  const TempDir dir;
  const auto make = [&] { static_cast<void>(create(dir / "s.db")); };
  const int points = killed_everywhere(make, [&] {
    {
      Store store = create(dir / "s.db");
      Journal(store).intend({"P", "d"}, {{1, 1}});
      EXPECT_EQ(store.meta().job, "shop");
    }
    for (const char* name : {"s.db", "s.db-wal", "s.db-shm"}) std::filesystem::remove(dir / name);
  });
  EXPECT_GE(points, 6);
}

// Journals until it cannot; how that fails.
int write_until_failure(Store& store) {
  Journal journal(store);
  try {
    for (std::uint64_t unit = 1; unit < 100'000; ++unit) {
      journal.intend({"P", std::string(2000, 'd')}, {{unit, unit}});
    }
  } catch (const StateError& error) {
    return static_cast<int>(error.kind());
  }
  return 100;
}

void expect_old_rows(Store& store) {
  EXPECT_EQ(Watermarks(store).find("a/b.c")->value, "42");
  const auto units = Journal(store).unsettled();
  EXPECT_FALSE(units.empty());
  for (std::size_t i = 0; i < units.size(); ++i) {
    EXPECT_EQ(units[i].unit, i + 1);
    EXPECT_EQ(units[i].rows, i + 1);
  }
}

void limit_files(rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(StateDamage, WriteThatFailsHalfWayLeavesOldRowsIntact) {
  const TempDir dir;
  {
    auto store = create(dir / "s.db");
    Watermarks(store).set("a/b.c", "42");
  }
  EXPECT_EQ(in_child([&] {
              auto store = Store::open(dir / "s.db", OpenMode::read_write);
              limit_files(300'000);
              return write_until_failure(*store);
            }),
            static_cast<int>(StateErrorKind::io));
  auto store = Store::open(dir / "s.db", OpenMode::read_write);
  expect_old_rows(*store);
}

TEST(StateDamage, WriteThatFailsWhileCreatingLeavesNothing) {
  const TempDir dir;
  for (const rlim_t bytes : {0U, 100U, 4096U, 30'000U, 34'000U}) {
    SCOPED_TRACE(bytes);
    EXPECT_EQ(in_child([&] {
                limit_files(bytes);
                return open_failure(dir / "s.db", OpenMode::create) ? 0 : 1;
              }),
              0);
    EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  }
  EXPECT_FALSE(open_failure(dir / "s.db", OpenMode::create));
}

constexpr int kNoMount = 77;

// In a child: a file system of its own, which is gone with it. false: not allowed here.
bool mount_small(const std::filesystem::path& directory, const char* size) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    return false;
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", directory.c_str(), "tmpfs", 0, size) == 0;
}

TEST(StateDamage, FullDiskLeavesOldRowsIntact) {
  const TempDir dir;
  const int result = in_child([&] {
    if (!mount_small(dir.path(), "size=400k")) {
      return kNoMount;
    }
    auto store = create(dir / "s.db");
    Watermarks(store).set("a/b.c", "42");
    if (write_until_failure(store) != static_cast<int>(StateErrorKind::full)) {
      return 1;
    }
    expect_old_rows(store);
    auto again = Store::open(dir / "s.db", OpenMode::read_only);
    expect_old_rows(*again);
    return ::testing::Test::HasFailure() ? 2 : 0;
  });
  if (result == kNoMount) {
    GTEST_SKIP() << "no file system may be mounted here";
  }
  EXPECT_EQ(result, 0);
}

TEST(StateDamage, ReadOnlyDiskIsReadAndNotWritten) {
  const TempDir dir;
  const int result = in_child([&] {
    if (!mount_small(dir.path(), "size=400k")) {
      return kNoMount;
    }
    { auto store = create(dir / "s.db"); }
    if (::mount("none", dir.path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      return kNoMount;
    }
    EXPECT_EQ(Store::open(dir / "s.db", OpenMode::read_only)->meta().job, "shop");
    EXPECT_TRUE(open_failure(dir / "s.db", OpenMode::read_write));
    EXPECT_EQ(open_failure(dir / "new.db", OpenMode::create), StateErrorKind::read_only);
    return ::testing::Test::HasFailure() ? 2 : 0;
  });
  if (result == kNoMount) {
    GTEST_SKIP() << "no file system may be mounted here";
  }
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace rowplan::state
