// The journal of units, and that it survives kill -9.
#include "state/journal.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::create;
using testing::in_child;
using testing::TempDir;

class StateJournal : public ::testing::Test {
 protected:
  StateJournal() {
    OpenOptions options;
    options.clock = [this] { return now_; };
    store_.emplace(std::move(*Store::open(dir_ / "s.db", OpenMode::create, options)));
    journal_.emplace(*store_);
  }
  TempDir dir_;
  std::chrono::system_clock::time_point now_{std::chrono::hours(1)};
  std::optional<Store> store_;
  std::optional<Journal> journal_;
  const PlanRef plan_{"01PLAN", "digest"};
};

TEST_F(StateJournal, IntentThenOutcome) {
  journal_->intend(plan_, {{3, 20}});
  now_ += std::chrono::seconds(1);
  journal_->settle(plan_, {{3, 19}}, UnitState::committed);
  const auto entry = journal_->find(plan_, 3);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->plan.plan_id, "01PLAN");
  EXPECT_EQ(entry->plan.plan_digest, "digest");
  EXPECT_EQ(entry->state, UnitState::committed);
  EXPECT_EQ(entry->rows, 19U);
  EXPECT_EQ(entry->at, "1970-01-01T01:00:01.000Z");
  EXPECT_FALSE(journal_->find(plan_, 4));
}

TEST_F(StateJournal, UnsettledAreIntendedAndUnknown) {
  journal_->intend(plan_, {{1, 1}});
  journal_->settle(plan_, {{2, 1}}, UnitState::unknown);
  journal_->settle(plan_, {{3, 1}}, UnitState::committed);
  journal_->settle(plan_, {{4, 0}}, UnitState::stale);
  journal_->settle(plan_, {{5, 0}}, UnitState::failed);
  const auto unsettled = journal_->unsettled();
  ASSERT_EQ(unsettled.size(), 2U);
  EXPECT_EQ(unsettled[0].unit, 1U);
  EXPECT_EQ(unsettled[1].unit, 2U);
  EXPECT_EQ(journal_->units(plan_).size(), 5U);
}

TEST_F(StateJournal, ARerunIntendsAgain) {
  journal_->settle(plan_, {{1, 5}}, UnitState::committed);
  journal_->intend(plan_, {{1, 5}});
  EXPECT_EQ(journal_->find(plan_, 1)->state, UnitState::intended);
}

TEST_F(StateJournal, PlansOfOneNameAndOtherContentAreApart) {
  journal_->intend(plan_, {{1, 1}});
  journal_->settle({plan_.plan_id, "resolved"}, {{1, 1}}, UnitState::committed);
  EXPECT_EQ(journal_->find(plan_, 1)->state, UnitState::intended);
  EXPECT_EQ(journal_->units(plan_).size(), 1U);
}

TEST_F(StateJournal, PruneKeepsTheNewAndTheUnsettled) {
  journal_->settle(plan_, {{1, 1}}, UnitState::committed);
  journal_->settle({"open", "d"}, {{1, 1}}, UnitState::committed);
  journal_->intend({"open", "d"}, {{2, 1}});
  now_ += std::chrono::hours(2);
  journal_->settle({"new", "d"}, {{1, 1}}, UnitState::committed);
  EXPECT_EQ(journal_->prune("1970-01-01T02:00:00.000Z"), 1U);
  EXPECT_TRUE(journal_->units(plan_).empty());
  EXPECT_EQ(journal_->units({"open", "d"}).size(), 2U);
  EXPECT_EQ(journal_->units({"new", "d"}).size(), 1U);
}

TEST_F(StateJournal, ThreadsShareAStore) {
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (std::uint64_t unit = 0; unit < 25; ++unit) {
        journal_->intend(plan_, {{thread * 100 + unit, 1}});
        journal_->settle(plan_, {{thread * 100 + unit, 1}}, UnitState::committed);
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(journal_->units(plan_).size(), 100U);
  EXPECT_TRUE(journal_->unsettled().empty());
}

// Intends units from `first` on for ever, and says through the pipe which are on disk.
void journal_until_killed(const std::filesystem::path& file, std::uint64_t first, int pipe) {
  auto store = Store::open(file, OpenMode::create);
  Journal journal(*store);
  for (std::uint64_t unit = first;; ++unit) {
    journal.intend({"P", "d"}, {{unit, unit}});
    if (::write(pipe, &unit, sizeof unit) != sizeof unit) {
      ::_exit(1);
    }
    if (unit % 2 == 0) {
      journal.settle({"P", "d"}, {{unit, unit}}, UnitState::committed);
    }
  }
}

std::uint64_t last_told(int pipe, std::uint64_t before) {
  std::uint64_t told = before;
  std::uint64_t unit = 0;
  while (::read(pipe, &unit, sizeof unit) == sizeof unit) {
    told = unit;
  }
  return told;
}

TEST(StateJournalCrash, WhatWasToldSurvivesKill9AtAnyMoment) {
  const TempDir dir;
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uint64_t last = 0;
  for (int round = 0; round < 40; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      ::close(ends[0]);
      try {
        journal_until_killed(dir / "s.db", last + 1, ends[1]);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
      }
      ::_exit(1);
    }
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
    ASSERT_EQ(::kill(pid, SIGKILL), 0);
    last = last_told(ends[0], last);
    ::close(ends[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
    if (round % 2 == 0) {
      continue;  // crash upon crash, without a clean open in between
    }
    // open() runs quick_check.
    auto store = Store::open(dir / "s.db", OpenMode::create);
    const auto units = Journal(*store).units({"P", "d"});
    ASSERT_GE(units.size(), last);
    for (std::size_t i = 0; i < units.size(); ++i) {
      ASSERT_EQ(units[i].unit, i + 1);
      ASSERT_EQ(units[i].rows, i + 1);
    }
    last = units.size();
  }
  EXPECT_GT(last, 0U);
}

TEST(StateJournalCrash, TwoProcessesLoseNothing) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  const auto journal_as = [&](const std::string& plan) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      int code = 1;
      try {
        auto store = Store::open(dir / "s.db", OpenMode::read_write);
        for (std::uint64_t unit = 1; unit <= 100; ++unit) {
          Journal(*store).intend({plan, "d"}, {{unit, 1}});
        }
        code = 0;
      } catch (const std::exception& error) {
        std::fprintf(stderr, "child: %s\n", error.what());
      }
      ::_exit(code);
    }
    return pid;
  };
  for (const pid_t pid : {journal_as("A"), journal_as("B")}) {
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  auto store = Store::open(dir / "s.db", OpenMode::read_only);
  EXPECT_EQ(Journal(*store).unsettled().size(), 200U);
}

// Each session of the writer opens, writes and folds its -wal into the file: a reader that does not
// lock sees a whole state or says that it could not.
TEST(StateJournalCrash, ReadersNeverSeeHalfOfAWrite) {
  const TempDir dir;
  { auto store = create(dir / "s.db"); }
  const pid_t writer = ::fork();
  ASSERT_GE(writer, 0);
  if (writer == 0) {
    for (std::uint64_t session = 0;; ++session) {
      auto store = Store::open(dir / "s.db", OpenMode::read_write);
      store->atomically([&] {
        for (std::uint64_t unit = 1; unit <= 50; ++unit) {
          Journal(*store).intend({"P", std::string(300, 'd')}, {{unit, session}});
        }
      });
    }
  }
  int whole = 0;
  for (int round = 0; round < 200; ++round) {
    try {
      auto store = Store::open(dir / "s.db", OpenMode::read_only);
      const auto units = Journal(*store).unsettled();
      EXPECT_TRUE(units.empty() || units.size() == 50U);
      for (const auto& unit : units) {
        EXPECT_EQ(unit.rows, units.front().rows);
      }
      ++whole;
    } catch (const StateError& error) {
      EXPECT_EQ(error.kind(), StateErrorKind::busy) << error.what();
    }
  }
  ::kill(writer, SIGKILL);
  ::waitpid(writer, nullptr, 0);
  EXPECT_GT(whole, 0);
}

}  // namespace
}  // namespace rowplan::state
