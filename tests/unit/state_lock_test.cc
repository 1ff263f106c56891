// One run at a time, whoever dies.
#include "state/lock.h"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <csignal>

#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::bytes_of;
using testing::in_child;
using testing::TempDir;
using testing::write_bytes;

LockInfo info(const std::string& verb = "apply") {
  LockInfo made;
  made.verb = verb;
  made.host = "ci-7";
  return made;
}

/// A process that holds the lock until it is killed.
class OtherRun {
 public:
  explicit OtherRun(const std::filesystem::path& state) {
    int ends[2];
    if (::pipe(ends) != 0) {
      throw std::runtime_error("pipe");
    }
    pid_ = ::fork();
    if (pid_ == 0) {
      auto lock = try_acquire(state, info("sync"));
      const char told = std::holds_alternative<Lock>(lock) ? 'y' : 'n';
      static_cast<void>(!::write(ends[1], &told, 1));
      for (;;) {
        ::pause();
      }
    }
    ::close(ends[1]);
    char told = 0;
    holds_ = ::read(ends[0], &told, 1) == 1 && told == 'y';
    ::close(ends[0]);
  }
  OtherRun(const OtherRun&) = delete;
  OtherRun& operator=(const OtherRun&) = delete;
  ~OtherRun() { kill9(); }
  void kill9() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      pid_ = 0;
    }
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool holds() const { return holds_; }

 private:
  pid_t pid_ = 0;
  bool holds_ = false;
};

TEST(StateLock, IsHeldAndLetGo) {
  const TempDir dir;
  const auto state = dir / "s.db";
  EXPECT_FALSE(read_holder(state));
  {
    auto acquired = try_acquire(state, info());
    ASSERT_TRUE(std::holds_alternative<Lock>(acquired));
    const auto& lock = std::get<Lock>(acquired);
    EXPECT_FALSE(lock.abandoned_by());
    EXPECT_EQ(lock.holder().id.size(), 16U);
    struct stat status {};
    ASSERT_EQ(::stat(lock_path(state).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0600U);

    const auto holder = read_holder(state);
    ASSERT_TRUE(holder);
    EXPECT_TRUE(holder->alive);
    EXPECT_EQ(holder->id, lock.holder().id);
    EXPECT_EQ(holder->pid, ::getpid());
    EXPECT_EQ(holder->host, "ci-7");
    EXPECT_EQ(holder->verb, "apply");
    EXPECT_EQ(holder->since.size(), 24U);

    const auto second = try_acquire(state, info());
    ASSERT_TRUE(std::holds_alternative<Holder>(second));
    EXPECT_EQ(std::get<Holder>(second).id, holder->id);
    EXPECT_TRUE(read_holder(state)->alive) << "a failed attempt let go of another's lock";
  }
  EXPECT_FALSE(read_holder(state));
  EXPECT_FALSE(std::filesystem::exists(lock_path(state)));
  EXPECT_TRUE(std::holds_alternative<Lock>(try_acquire(state, info())));
}

TEST(StateLock, AnotherProcessHoldsItUntilItIsKilled) {
  const TempDir dir;
  const auto state = dir / "s.db";
  OtherRun other(state);
  ASSERT_TRUE(other.holds());
  const auto refused = try_acquire(state, info());
  ASSERT_TRUE(std::holds_alternative<Holder>(refused));
  const auto holder = std::get<Holder>(refused);
  EXPECT_TRUE(holder.alive);
  EXPECT_EQ(holder.pid, other.pid());
  EXPECT_EQ(holder.verb, "sync");

  other.kill9();
  const auto left = read_holder(state);
  ASSERT_TRUE(left);
  EXPECT_FALSE(left->alive);
  EXPECT_EQ(left->id, holder.id);

  const auto taken = try_acquire(state, info());
  ASSERT_TRUE(std::holds_alternative<Lock>(taken));
  ASSERT_TRUE(std::get<Lock>(taken).abandoned_by());
  EXPECT_EQ(std::get<Lock>(taken).abandoned_by()->id, holder.id);
  EXPECT_NE(std::get<Lock>(taken).holder().id, holder.id);
}

TEST(StateLock, UnlockClearsUpAfterTheDeadOnly) {
  const TempDir dir;
  const auto state = dir / "s.db";
  EXPECT_EQ(release_abandoned(state, "0123456789abcdef").outcome, ReleaseOutcome::not_there);
  OtherRun other(state);
  const auto id = read_holder(state)->id;
  const auto held = release_abandoned(state, id);
  EXPECT_EQ(held.outcome, ReleaseOutcome::held);
  EXPECT_EQ(held.holder.pid, other.pid());
  EXPECT_TRUE(held.holder.alive);

  other.kill9();
  EXPECT_EQ(release_abandoned(state, "0123456789abcdef").outcome, ReleaseOutcome::other_id);
  EXPECT_EQ(release_abandoned(state, "").outcome, ReleaseOutcome::other_id);
  EXPECT_TRUE(read_holder(state));
  const auto released = release_abandoned(state, id);
  EXPECT_EQ(released.outcome, ReleaseOutcome::released);
  EXPECT_EQ(released.holder.id, id);
  EXPECT_FALSE(read_holder(state));
}

TEST(StateLock, ChildrenOfTheHolderDoNotInheritIt) {
  const TempDir dir;
  const auto state = dir / "s.db";
  pid_t child = 0;
  {
    auto lock = try_acquire(state, info());
    ASSERT_TRUE(std::holds_alternative<Lock>(lock));
    child = ::fork();
    if (child == 0) {
      ::execl("/bin/sleep", "sleep", "60", nullptr);
      ::_exit(1);
    }
    // Until the exec is through, the child still has the descriptor.
    while (std::filesystem::read_symlink("/proc/" + std::to_string(child) + "/exe") ==
           std::filesystem::read_symlink("/proc/self/exe")) {
      ::usleep(1000);
    }
  }
  EXPECT_TRUE(std::holds_alternative<Lock>(try_acquire(state, info())));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(StateLock, DamagedTextIsNoHindrance) {
  const TempDir dir;
  const auto state = dir / "s.db";
  for (const std::string text : {"", "{", "[1]", "\xff\xfe", "{\"id\":7,\"pid\":\"x\"}"}) {
    write_bytes(lock_path(state), text);
    if (const auto holder = read_holder(state)) {
      EXPECT_FALSE(holder->alive);
      EXPECT_EQ(holder->id, "");
    }
    auto taken = try_acquire(state, info());
    ASSERT_TRUE(std::holds_alternative<Lock>(taken));
    EXPECT_EQ(std::get<Lock>(taken).abandoned_by().has_value(), !text.empty());
  }
}

TEST(StateLock, ForeignHolderOfTheFileCounts) {
  const TempDir dir;
  const auto state = dir / "s.db";
  const int fd = ::open(lock_path(state).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  const auto refused = try_acquire(state, info());
  ASSERT_TRUE(std::holds_alternative<Holder>(refused));
  EXPECT_TRUE(std::get<Holder>(refused).alive);
  EXPECT_EQ(std::get<Holder>(refused).id, "");
  ::close(fd);
}

TEST(StateLock, RefusesLinksAndOtherKinds) {
  const TempDir dir;
  std::filesystem::create_symlink("target", lock_path(dir / "link.db"));
  std::filesystem::create_directory(lock_path(dir / "directory.db"));
  ASSERT_EQ(::mkfifo(lock_path(dir / "fifo.db").c_str(), 0600), 0);
  for (const char* name : {"link.db", "directory.db", "fifo.db"}) {
    try {
      static_cast<void>(try_acquire(dir / name, info()));
      ADD_FAILURE() << name;
    } catch (const StateError& error) {
      EXPECT_EQ(error.kind(), StateErrorKind::unsuitable) << error.what();
    }
  }
  EXPECT_FALSE(std::filesystem::exists(dir / "target"));
  EXPECT_THROW(static_cast<void>(try_acquire(dir / "no/s.db", info())), StateError);
}

// Many take and drop it, some look at it: never two at a time, and looking is no obstacle.
TEST(StateLock, ExcludesUnderContention) {
  const TempDir dir;
  const auto state = dir / "s.db";
  write_bytes(dir / "counter", "0");
  constexpr int kProcesses = 4;
  constexpr int kTurns = 50;
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int turn = 0; turn < kTurns;) {
        static_cast<void>(read_holder(state));
        auto lock = try_acquire(state, info());
        if (std::holds_alternative<Lock>(lock)) {
          const int count = std::stoi(bytes_of(dir / "counter"));
          write_bytes(dir / "counter", std::to_string(count + 1));
          ++turn;
        }
      }
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(bytes_of(dir / "counter"), std::to_string(kProcesses * kTurns));
  EXPECT_FALSE(read_holder(state));
}

TEST(StateLock, LookingDoesNotHinderTaking) {
  const TempDir dir;
  const auto state = dir / "s.db";
  const pid_t looker = ::fork();
  ASSERT_GE(looker, 0);
  if (looker == 0) {
    for (;;) {
      static_cast<void>(read_holder(state));
      ::usleep(500);
    }
  }
  for (int turn = 0; turn < 200; ++turn) {
    ASSERT_TRUE(std::holds_alternative<Lock>(try_acquire(state, info()))) << turn;
  }
  ::kill(looker, SIGKILL);
  ::waitpid(looker, nullptr, 0);
}

}  // namespace
}  // namespace rowplan::state
