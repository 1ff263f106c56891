// Opening and creating the state file, and reading it without a trace.
#include "state/store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>

#include "state/file.h"
#include "state/watermarks.h"
#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::bytes_of;
using testing::create;
using testing::in_child;
using testing::open_failure;
using testing::TempDir;

std::size_t files_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

// A child journals `units` units and is killed with the file open: a -wal stays behind.
void leave_wal(const std::filesystem::path& file, std::uint64_t units) {
  const int ended = in_child([&] {
    auto store = Store::open(file, OpenMode::create);
    Journal journal(*store);
    for (std::uint64_t unit = 1; unit <= units; ++unit) {
      journal.intend({"P", "d"}, {{unit, 1}});
    }
    return ::raise(SIGKILL);
  });
  ASSERT_EQ(ended, 128 + SIGKILL);
  ASSERT_GT(std::filesystem::file_size(file.string() + "-wal"), 0U);
}

TEST(StateStore, MissingFileIsAnOutcome) {
  const TempDir dir;
  EXPECT_FALSE(Store::open(dir / "s.db", OpenMode::read_only));
  EXPECT_FALSE(Store::open(dir / "s.db", OpenMode::read_write));
  EXPECT_FALSE(Store::open(dir / "no/such/s.db", OpenMode::read_only));
  EXPECT_EQ(open_failure(dir / "no/s.db", OpenMode::create), StateErrorKind::unreadable);
  EXPECT_EQ(files_in(dir.path()), 0U);
}

TEST(StateStore, CreatesOnceAndKeepsIdentity) {
  const TempDir dir;
  const auto meta = create(dir / "s.db").meta();
  EXPECT_EQ(meta.job, "shop");
  EXPECT_EQ(meta.state_id.size(), 32U);
  EXPECT_EQ(files_in(dir.path()), 1U);  // neither a draft nor a -wal is left
  OpenOptions other;
  other.job = "another";
  const auto again = Store::open(dir / "s.db", OpenMode::create, other)->meta();
  EXPECT_EQ(again.job, "shop");
  EXPECT_EQ(again.state_id, meta.state_id);
  EXPECT_EQ(again.created_at, meta.created_at);
}

TEST(StateStore, ModeIs0600WhateverTheUmask) {
  const TempDir dir;
  for (const mode_t mask : {0000U, 0022U, 0277U}) {
    const auto file = dir.path() / ("s" + std::to_string(mask) + ".db");
    const mode_t before = ::umask(mask);
    { auto store = create(file); }
    ::umask(before);
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);
  }
}

TEST(StateStore, OpenToOthersIsNoted) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  EXPECT_TRUE(Store::open(dir / "s.db", OpenMode::read_only)->notes().empty());
  ASSERT_EQ(::chmod((dir / "s.db").c_str(), 0644), 0);
  EXPECT_EQ(Store::open(dir / "s.db", OpenMode::read_only)->notes().size(), 1U);
}

TEST(StateStore, IsDurableAndStrict) {
  const TempDir dir;
  auto store = create(dir / "s.db");
  store.read([](SQLite::Database& db) {
    EXPECT_EQ(db.execAndGet("PRAGMA synchronous").getInt(), 2);
    EXPECT_EQ(db.execAndGet("PRAGMA journal_mode").getString(), "wal");
    EXPECT_EQ(db.execAndGet("PRAGMA application_id").getInt(), 0x7277706c);
    EXPECT_EQ(db.execAndGet("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND "
                            "NOT strict AND name NOT LIKE 'sqlite%'")
                  .getInt(),
              0);
  });
}

TEST(StateStore, NestedWritesAreOneTransaction) {
  const TempDir dir;
  auto store = create(dir / "s.db");
  Journal journal(store);
  Watermarks watermarks(store);
  EXPECT_THROW(store.atomically([&] {
    journal.intend({"P", "d"}, {{1, 1}});
    watermarks.set("a/b.c", "1");
    throw std::runtime_error("stop");
  }),
               std::runtime_error);
  EXPECT_FALSE(journal.find({"P", "d"}, 1));
  EXPECT_FALSE(watermarks.find("a/b.c"));
  store.atomically([&] {
    journal.intend({"P", "d"}, {{1, 1}});
    watermarks.set("a/b.c", "1");
  });
  EXPECT_TRUE(journal.find({"P", "d"}, 1));
  EXPECT_TRUE(watermarks.find("a/b.c"));
}

TEST(StateStore, RefusesLinksAndOtherKinds) {
  const TempDir dir;
  { auto store = create(dir / "real.db"); }
  std::filesystem::create_symlink("real.db", dir / "link.db");
  std::filesystem::create_symlink("nothing.db", dir / "dangling.db");
  std::filesystem::create_directory(dir / "directory.db");
  ASSERT_EQ(::mkfifo((dir / "fifo.db").c_str(), 0600), 0);
  for (const char* name : {"link.db", "dangling.db", "directory.db", "fifo.db"}) {
    for (const auto mode : {OpenMode::read_only, OpenMode::read_write, OpenMode::create}) {
      EXPECT_EQ(open_failure(dir / name, mode), StateErrorKind::unsuitable) << name;
    }
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "nothing.db"));
}

TEST(StateStore, DirectoryMayBeReachedThroughALink) {
  const TempDir dir;
  std::filesystem::create_directory(dir / "v2");
  std::filesystem::create_directory_symlink("v2", dir / "current");
  { auto store = create(dir / "current/s.db"); }
  EXPECT_TRUE(std::filesystem::exists(dir / "v2/s.db"));
  EXPECT_TRUE(Store::open(dir / "current/s.db", OpenMode::read_only));
}

TEST(StateStore, NetworkFileSystemsAreTold) {
  EXPECT_EQ(fitness_of(0x6969), FileSystemFitness::network);       // NFS
  EXPECT_EQ(fitness_of(0xff534d42), FileSystemFitness::network);   // CIFS
  EXPECT_EQ(fitness_of(0xfe534d42), FileSystemFitness::network);   // SMB2
  EXPECT_EQ(fitness_of(0x65735546), FileSystemFitness::doubtful);  // FUSE
  EXPECT_EQ(fitness_of(0xef53), FileSystemFitness::local);         // ext4
  EXPECT_EQ(fitness_of(0x01021994), FileSystemFitness::local);     // tmpfs
}

TEST(StateStore, ReadOnlyLeavesNoTrace) {
  const TempDir dir;
  { auto store = create(dir / "a ?#%s.db"); }  // the name goes through a URI
  const auto before = bytes_of(dir / "a ?#%s.db");
  {
    auto store = Store::open(dir / "a ?#%s.db", OpenMode::read_only);
    ASSERT_TRUE(store);
    EXPECT_EQ(store->meta().job, "shop");
    EXPECT_EQ(files_in(dir.path()), 1U);
    Journal journal(*store);
    try {
      journal.intend({"P", "d"}, {{1, 1}});
      ADD_FAILURE() << "wrote";
    } catch (const StateError& error) {
      EXPECT_EQ(error.kind(), StateErrorKind::read_only);
    }
  }
  EXPECT_EQ(files_in(dir.path()), 1U);
  EXPECT_EQ(bytes_of(dir / "a ?#%s.db"), before);
}

TEST(StateStore, ReadOnlySeesWhatAKilledWriterCommitted) {
  const TempDir dir;
  leave_wal(dir / "s.db", 7);
  const auto file = bytes_of(dir / "s.db");
  const auto wal = bytes_of(dir / "s.db-wal");
  {
    auto store = Store::open(dir / "s.db", OpenMode::read_only);
    EXPECT_EQ(Journal(*store).unsettled().size(), 7U);
  }
  EXPECT_EQ(bytes_of(dir / "s.db"), file);
  EXPECT_EQ(bytes_of(dir / "s.db-wal"), wal);
}

TEST(StateStore, ReadOnlyReadsBesideAWriter) {
  const TempDir dir;
  leave_wal(dir / "s.db", 1);
  // Another process: SQLite would share what it knows between connections of one process.
  EXPECT_EQ(in_child([&] {
              auto writer = Store::open(dir / "s.db", OpenMode::read_write);
              Journal(*writer).intend({"P", "d"}, {{2, 1}});
              return in_child([&] {
                auto reader = Store::open(dir / "s.db", OpenMode::read_only);
                return static_cast<int>(Journal(*reader).unsettled().size());
              });
            }),
            2);
}

TEST(StateStore, ReadOnlyWorksInAReadOnlyDirectory) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  ASSERT_EQ(::chmod((dir / "s.db").c_str(), 0644), 0);
  ASSERT_EQ(::chmod(dir.path().c_str(), 0555), 0);
  EXPECT_EQ(in_child([&] {
              testing::drop_root();
              return Store::open(dir / "s.db", OpenMode::read_only)->meta().job == "shop" ? 0 : 1;
            }),
            0);
}

TEST(StateStore, ReadOnlyDirectoryWithUnfoldedWalIsRefusedNotMisread) {
  const TempDir dir;
  leave_wal(dir / "s.db", 3);
  std::filesystem::remove(dir / "s.db-shm");
  for (const char* name : {"s.db", "s.db-wal"}) {
    ASSERT_EQ(::chmod((dir / name).c_str(), 0644), 0);
  }
  ASSERT_EQ(::chmod(dir.path().c_str(), 0555), 0);
  EXPECT_EQ(in_child([&] {
              testing::drop_root();
              const auto failure = open_failure(dir / "s.db", OpenMode::read_only);
              return failure ? static_cast<int>(*failure) : 100;
            }),
            static_cast<int>(StateErrorKind::unreadable));
}

TEST(StateStore, PermissionsAreTold) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  const auto as_nobody = [&](OpenMode mode) {
    return in_child([&] {
      testing::drop_root();
      const auto failure = open_failure(dir / "s.db", mode);
      return failure ? static_cast<int>(*failure) : 100;
    });
  };
  if (::geteuid() != 0) {
    ASSERT_EQ(::chmod((dir / "s.db").c_str(), 0000), 0);
  }
  ASSERT_EQ(::chmod(dir.path().c_str(), 0555), 0);
  EXPECT_EQ(as_nobody(OpenMode::read_only), static_cast<int>(StateErrorKind::unreadable));
  ASSERT_EQ(::chmod((dir / "s.db").c_str(), 0444), 0);
  EXPECT_EQ(as_nobody(OpenMode::read_write), static_cast<int>(StateErrorKind::read_only));
  std::filesystem::permissions(dir.path(), std::filesystem::perms::owner_all);
}

TEST(StateStore, ReaderNoticesThatTheFileWasWritten) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  const auto old = std::filesystem::last_write_time(dir / "s.db") - std::chrono::hours(1);
  std::filesystem::last_write_time(dir / "s.db", old);
  auto reader = Store::open(dir / "s.db", OpenMode::read_only);
  EXPECT_TRUE(Journal(*reader).unsettled().empty());
  {
    auto writer = Store::open(dir / "s.db", OpenMode::read_write);
    Journal(*writer).intend({"P", "d"}, {{1, 1}});
  }
  try {
    static_cast<void>(Journal(*reader).unsettled());
    ADD_FAILURE() << "read a file that was written meanwhile";
  } catch (const StateError& error) {
    EXPECT_EQ(error.kind(), StateErrorKind::busy);
  }
  auto again = Store::open(dir / "s.db", OpenMode::read_only);
  EXPECT_EQ(Journal(*again).unsettled().size(), 1U);
}

TEST(StateStore, LargeFileIsNotCheckedAndThatIsNoted) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  OpenOptions options;
  options.quick_check_bytes_max = 100;
  EXPECT_EQ(Store::open(dir / "s.db", OpenMode::read_only, options)->notes().size(), 1U);
  EXPECT_EQ(Store::open(dir / "s.db", OpenMode::read_write, options)->notes().size(), 1U);
}

TEST(StateStore, TimesAreUtcText) {
  const TempDir dir;
  OpenOptions options;
  options.clock = [] {
    return std::chrono::system_clock::time_point(std::chrono::milliseconds(1));
  };
  EXPECT_EQ(Store::open(dir / "s.db", OpenMode::create, options)->meta().created_at,
            "1970-01-01T00:00:00.001Z");
  using std::chrono::milliseconds;
  EXPECT_EQ(rfc3339_utc(std::chrono::system_clock::time_point(milliseconds(1709208000999))),
            "2024-02-29T12:00:00.999Z");
  EXPECT_EQ(rfc3339_utc(std::chrono::system_clock::time_point(milliseconds(-1))),
            "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace rowplan::state
