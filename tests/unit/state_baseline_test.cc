// Baselines: packed, moved in part, damaged, foreign, too large for memory.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "state/baseline_build.h"
#include "state/baseline_intents.h"
#include "state/baseline_lookup.h"
#include "state/baseline_reader.h"
#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::bytes_of;
using testing::create;
using testing::TempDir;
using testing::write_bytes;

constexpr const char* kAddress = "branches/hr.people";
constexpr std::size_t kValueBytes = 16;

// Not that of the bytes: what the order is only the caller knows.
int downwards(std::string_view a, std::string_view b) { return b.compare(a); }

struct Downwards {
  bool operator()(const std::string& a, const std::string& b) const { return downwards(a, b) < 0; }
};
using Rows = std::map<std::string, std::string, Downwards>;

std::string key_of(std::uint64_t number) {
  std::string key(8, '\0');
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(number >> (56 - 8 * i));
  return key;
}

std::string value_of(std::uint64_t number) {
  std::string value(kValueBytes, '\0');
  std::mt19937_64 random(number);
  for (char& byte : value) byte = static_cast<char>(random());
  return value;
}

BaselineInfo build(Store& store, const Rows& rows, const std::string& fits = "job 1") {
  BaselineBuild baseline(store, kAddress, fits, kValueBytes);
  for (const auto& [key, value] : rows) baseline.append(key, value);
  return baseline.finish("PLAN");
}

Rows read(Store& store) {
  Rows rows;
  const auto info = Baselines(store).find(kAddress);
  if (!info) return rows;
  BaselineReader reader(store, *info);
  std::optional<std::string> last;
  while (reader.next()) {
    EXPECT_TRUE(!last || downwards(*last, reader.key()) < 0) << "in order";
    last = reader.key();
    rows.emplace(reader.key(), reader.value());
  }
  EXPECT_EQ(rows.size(), info->rows);
  return rows;
}

Rows rows_of(std::uint64_t count, std::uint64_t step = 10) {
  Rows rows;
  for (std::uint64_t i = 1; i <= count; ++i) rows[key_of(i * step)] = value_of(i);
  return rows;
}

std::vector<BaselineChange> changes_of(
    const std::map<std::string, std::optional<std::string>, Downwards>& changes) {
  std::vector<BaselineChange> list;
  for (const auto& [key, value] : changes) list.push_back({key, value});
  return list;
}

class StateBaseline : public ::testing::Test {
 protected:
  std::int64_t count(const std::string& sql) {
    std::int64_t found = 0;
    store_.read([&](SQLite::Database& db) { found = db.execAndGet(sql).getInt64(); });
    return found;
  }
  void exec(const std::string& sql) {
    store_.write([&](SQLite::Database& db) { db.exec(sql); });
  }
  std::optional<StateErrorKind> reading_fails() {
    try {
      static_cast<void>(read(store_));
      return std::nullopt;
    } catch (const StateError& error) {
      return error.kind();
    }
  }

  TempDir dir_;
  Store store_ = create(dir_ / "s.db");
  Baselines baselines_{store_};
};

TEST_F(StateBaseline, ReadsWhatWasBuilt) {
  for (const std::uint64_t count : {0U, 1U, 511U, 512U, 513U, 5000U}) {
    const Rows rows = rows_of(count);
    const BaselineInfo info = build(store_, rows);
    EXPECT_EQ(info.rows, count);
    EXPECT_EQ(info.plan_id, "PLAN");
    EXPECT_EQ(read(store_), rows);
  }
}

TEST_F(StateBaseline, KeysOfAnyLength) {
  Rows rows;
  for (std::size_t length : {0U, 1U, 127U, 128U, 20'000U, 40'000U}) {
    rows[std::string(length, 'k')] = value_of(length);
    rows[std::string(length, 'k') + '\0'] = value_of(length + 1);
  }
  build(store_, rows);
  EXPECT_EQ(read(store_), rows);
}

TEST_F(StateBaseline, UnfinishedCountsForNothing) {
  const Rows rows = rows_of(2000);
  {
    BaselineBuild half(store_, kAddress, "job 1", kValueBytes);
    for (const auto& [key, value] : rows) half.append(key, value);
  }
  EXPECT_FALSE(baselines_.find(kAddress));
  build(store_, rows);
  {
    BaselineBuild half(store_, kAddress, "job 1", kValueBytes);
    half.append(key_of(1), value_of(1));
  }
  EXPECT_EQ(read(store_), rows) << "the old one stands";
  build(store_, rows);
  EXPECT_EQ(count("SELECT count(*) FROM baselines"), 1);
}

TEST_F(StateBaseline, OfAnotherJobIsRefused) {
  build(store_, rows_of(3), "job 1");
  EXPECT_TRUE(baselines_.find_fitting(kAddress, "job 1"));
  EXPECT_FALSE(baselines_.find_fitting("branches/hr.other", "job 1"));
  try {
    static_cast<void>(baselines_.find_fitting(kAddress, "job 2"));
    FAIL();
  } catch (const StateError& error) {
    EXPECT_EQ(error.kind(), StateErrorKind::misfit);
    EXPECT_TRUE(needs_person(error.kind()));
  }
}

TEST_F(StateBaseline, MovesByGeneration) {
  const BaselineInfo first = build(store_, rows_of(3));
  const auto second = baselines_.move(first, {{key_of(20), std::nullopt}}, downwards, "P2");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->generation, first.generation + 1);
  EXPECT_EQ(second->rows, 2U);
  EXPECT_EQ(second->plan_id, "P2");
  EXPECT_FALSE(baselines_.move(first, {{key_of(10), std::nullopt}}, downwards, "P3"));
  EXPECT_EQ(read(store_).size(), 2U);
}

TEST_F(StateBaseline, MovedWhileItIsRead) {
  const BaselineInfo info = build(store_, rows_of(2000));
  BaselineReader reader(store_, info);
  ASSERT_TRUE(reader.next());
  ASSERT_TRUE(baselines_.move(info, {{key_of(10), std::nullopt}}, downwards, "P2"));
  try {
    while (reader.next()) continue;
    FAIL();
  } catch (const StateError& error) {
    EXPECT_EQ(error.kind(), StateErrorKind::busy);
  }
}

TEST_F(StateBaseline, FindsAsAMapDoes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const std::uint64_t count : {0U, 1U, 512U, 513U, 20'000U}) {
    const Rows rows = rows_of(count, 3);
    const BaselineInfo info = build(store_, rows);
    for (const std::uint64_t wanted : {1U, 30U, 3000U}) {
      Rows keys;
      for (std::uint64_t i = 0; i < wanted; ++i) keys[key_of(random() % (3 * count + 9))];
      BaselineLookup lookup(store_, info, downwards);
      for (const auto& [key, none] : keys) {
        const auto row = rows.find(key);
        ASSERT_EQ(lookup.find(key), row != rows.end());
        if (row == rows.end()) continue;
        EXPECT_EQ(lookup.key(), key);
        EXPECT_EQ(lookup.value(), row->second);
        EXPECT_TRUE(lookup.find(key)) << "again";
      }
    }
  }
}

TEST_F(StateBaseline, FindsNothingInADamagedOne) {
  const Rows rows = rows_of(3000);
  const auto kind = [&](const BaselineInfo& info) -> std::optional<StateErrorKind> {
    try {
      BaselineLookup lookup(store_, info, downwards);
      for (const auto& [key, value] : rows) static_cast<void>(lookup.find(key));
      return std::nullopt;
    } catch (const StateError& error) {
      return error.kind();
    }
  };
  BaselineInfo info = build(store_, rows);
  EXPECT_EQ(kind(info), std::nullopt);
  exec("UPDATE baseline_pages SET data = zeroblob(length(data)) WHERE rowid = 3");
  EXPECT_EQ(kind(info), StateErrorKind::corrupt);
  info = build(store_, rows);
  exec("DELETE FROM baseline_pages WHERE position = (SELECT max(position) FROM baseline_pages)");
  EXPECT_EQ(kind(info), StateErrorKind::corrupt) << "before a key is missed";
  info = build(store_, rows);
  BaselineLookup lookup(store_, info, downwards);
  ASSERT_TRUE(baselines_.move(info, {{key_of(10), std::nullopt}}, downwards, "P2"));
  EXPECT_EQ(kind(info), StateErrorKind::busy);
  EXPECT_THROW(static_cast<void>(lookup.find(key_of(20))), StateError);
}

TEST_F(StateBaseline, MovesAsAMapDoes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Rows rows = rows_of(3000);
  auto info = std::optional(build(store_, rows));
  for (int round = 0; round < 60; ++round) {
    std::map<std::string, std::optional<std::string>, Downwards> changes;
    const bool deletes = round % 3 == 2;
    const std::uint64_t middle = random() % 30'000;
    // Scattered, all at one place, or behind the end.
    for (std::uint64_t i = random() % 900; i > 0; --i) {
      const std::uint64_t number =
          round % 2 == 0 ? random() % 31'000 : middle + random() % 2000 + (round % 4 == 1 ? 0 : i);
      const std::string key = key_of(number);
      if (deletes && random() % 8 != 0)
        changes[key] = std::nullopt;
      else
        changes[key] = value_of(random());
    }
    for (const auto& [key, value] : changes) {
      if (value)
        rows[key] = *value;
      else
        rows.erase(key);
    }
    info = baselines_.move(*info, changes_of(changes), downwards, "P");
    ASSERT_TRUE(info);
    ASSERT_EQ(read(store_), rows) << round;
  }
  std::map<std::string, std::optional<std::string>, Downwards> all;
  for (const auto& [key, value] : rows) all[key] = std::nullopt;
  info = baselines_.move(*info, changes_of(all), downwards, "P");
  EXPECT_EQ(info->pages, 0U);
  EXPECT_TRUE(read(store_).empty());
  ASSERT_TRUE(baselines_.move(*info, {{key_of(1), value_of(1)}}, downwards, "P"));
  EXPECT_EQ(read(store_).size(), 1U);
}

TEST_F(StateBaseline, MakesRoomWhereThereIsNone) {
  Rows rows = rows_of(2000);
  auto info = std::optional(build(store_, rows));
  // Pages side by side, without a free position.
  exec(
      "UPDATE baseline_pages SET position = -1 - (position - (SELECT min(position) FROM "
      "baseline_pages)) / 4294967296");
  exec("UPDATE baseline_pages SET position = -position");
  std::map<std::string, std::optional<std::string>, Downwards> changes;
  for (std::uint64_t number = 1; number < 6000; ++number)
    changes[key_of(number)] = rows[key_of(number)] = value_of(number);
  info = baselines_.move(*info, changes_of(changes), downwards, "P");
  ASSERT_TRUE(info);
  EXPECT_EQ(read(store_), rows);
}

TEST_F(StateBaseline, SparsePagesAreJoined) {
  Rows rows = rows_of(20'000);
  auto info = std::optional(build(store_, rows));
  const std::uint64_t pages = info->pages;
  for (std::uint64_t part = 1; part < 50; ++part) {
    std::map<std::string, std::optional<std::string>, Downwards> gone;
    for (std::uint64_t i = part; i <= 20'000; i += 50) {
      gone[key_of(i * 10)] = std::nullopt;
      rows.erase(key_of(i * 10));
    }
    info = baselines_.move(*info, changes_of(gone), downwards, "P");
  }
  EXPECT_EQ(read(store_), rows);
  EXPECT_LT(info->pages, pages / 4);
}

TEST_F(StateBaseline, DamageIsSeen) {
  for (const char* sql :
       {"UPDATE baseline_pages SET data = substr(data, 2) WHERE rowid = 2",
        "UPDATE baseline_pages SET data = CAST(substr(data, 1, 99) || X'00' || substr(data, "
        "101) AS BLOB) WHERE "
        "rowid = 2",
        "UPDATE baseline_pages SET entries = entries - 1 WHERE rowid = 2",
        "UPDATE baseline_pages SET checksum = checksum + 1 WHERE rowid = 2",
        "UPDATE baseline_pages SET last_key = X'00' WHERE rowid = 2",
        "DELETE FROM baseline_pages WHERE rowid = 2",
        "DELETE FROM baseline_pages WHERE rowid = (SELECT max(rowid) FROM baseline_pages)",
        "UPDATE baselines SET rows = rows - 1", "UPDATE baselines SET value_bytes = 15"}) {
    SCOPED_TRACE(sql);
    exec("DELETE FROM baselines");
    build(store_, rows_of(2000));
    EXPECT_FALSE(reading_fails());
    exec(sql);
    const auto failure = reading_fails();
    ASSERT_TRUE(failure);
    EXPECT_EQ(*failure, StateErrorKind::corrupt);
  }
}

TEST_F(StateBaseline, DamagedPagesAreNotMoved) {
  const BaselineInfo info = build(store_, rows_of(2000));
  exec("UPDATE baseline_pages SET checksum = checksum + 1 WHERE rowid = 2");
  std::map<std::string, std::optional<std::string>, Downwards> changes;
  for (std::uint64_t i = 1; i < 2000; i += 10) changes[key_of(i * 10)] = value_of(i);
  EXPECT_THROW(static_cast<void>(baselines_.move(info, changes_of(changes), downwards, "P")),
               StateError);
  EXPECT_EQ(baselines_.find(kAddress)->generation, info.generation);
}

TEST_F(StateBaseline, TakesFewBytesARow) {
  constexpr std::uint64_t kRows = 50'000;
  BaselineBuild baseline(store_, kAddress, "job 1", kValueBytes);
  for (std::uint64_t i = 0; i < kRows; ++i) {
    // A row's key as rowplan holds it: the length of its one cell, then a BIGINT.
    baseline.append(std::string("\x09\0\0\0\x01", 5) + key_of(i), value_of(i));
  }
  static_cast<void>(baseline.finish("PLAN"));
  std::int64_t bytes = 0;
  store_.read([&](SQLite::Database& db) {
    bytes = db.execAndGet("PRAGMA page_count").getInt64() *
            db.execAndGet("PRAGMA page_size").getInt64();
  });
  EXPECT_LT(bytes / static_cast<std::int64_t>(kRows), 30);
}

class StateIntents : public StateBaseline {
 protected:
  BaselineIntents intents_{store_};
  PlanRef plan_{"PLAN", "digest"};
};

TEST_F(StateIntents, StandUntilTheyAreSettled) {
  intents_.put(kAddress, plan_, 1, {{"hq", "dw"}, {{"a", "1"}, {"b", "2"}}});
  intents_.put(kAddress, plan_, 2, {{"hq", "dw", "lake"}, {{"c", "3"}}});
  intents_.put(kAddress, plan_, 1, {{"hq", "dw"}, {{"b", "4"}}});
  const auto all = intents_.all(kAddress);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].intents.at(0).key, "c");
  EXPECT_EQ(all[0].members, (std::vector<std::string>{"hq", "dw", "lake"}));
  EXPECT_EQ(all[1].intents.at(0).key, "b");
  EXPECT_EQ(all[1].intents.at(0).value, "4") << "the newest last";
  EXPECT_TRUE(intents_.all("branches/hr.other").empty());
  intents_.settle(kAddress, plan_, 2);
  EXPECT_EQ(intents_.all(kAddress).size(), 1U);
  intents_.settle_all(kAddress);
  EXPECT_TRUE(intents_.all(kAddress).empty());
}

TEST_F(StateIntents, RowsAreSettledInAllUnitsOfAllPlans) {
  const PlanRef other{"OTHER", "digest"};
  intents_.put(kAddress, plan_, 1, {{"hq", "dw"}, {{"a", "1"}, {"b", "2"}}});
  intents_.put(kAddress, other, 1, {{}, {{"b", "33"}}});
  intents_.put(kAddress, other, 2, {{}, {{"bc", "4"}, {"b", "5"}}});
  intents_.put("branches/hr.other", plan_, 1, {{}, {{"b", "6"}}});
  EXPECT_EQ(intents_.newest_plan(kAddress), "PLAN");
  EXPECT_EQ(intents_.newest_plan("branches/hr.third"), std::nullopt);
  intents_.settle_rows(kAddress, [](std::string_view key) { return key == "b"; });
  const auto left = intents_.all(kAddress);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].intents.at(0).key + left[0].intents.at(0).value, "a1");
  EXPECT_EQ(left[0].members.size(), 2U);
  EXPECT_EQ(left[1].intents.at(0).key + left[1].intents.at(0).value, "bc4");
  EXPECT_EQ(intents_.all("branches/hr.other").size(), 1U);
}

TEST_F(StateIntents, DamageIsSeen) {
  intents_.put(kAddress, plan_, 1, {{"hq", "dw"}, {{"a", "1"}, {"b", "2"}}});
  exec("UPDATE baseline_intents SET entries = 1");
  EXPECT_THROW(static_cast<void>(intents_.all(kAddress)), StateError);
  EXPECT_THROW(intents_.settle_rows(kAddress, [](std::string_view) { return true; }), StateError);
}

TEST_F(StateIntents, MoveAndSettleAreOne) {
  const BaselineInfo info = build(store_, rows_of(3));
  intents_.put(kAddress, plan_, 1, {{}, {{key_of(10), "1"}}});
  EXPECT_THROW(store_.atomically([&] {
    static_cast<void>(baselines_.move(info, {{key_of(10), value_of(9)}}, downwards, "P"));
    intents_.settle(kAddress, plan_, 1);
    throw std::runtime_error("killed");
  }),
               std::runtime_error);
  EXPECT_EQ(read(store_), rows_of(3));
  EXPECT_EQ(intents_.all(kAddress).size(), 1U);
}

}  // namespace
}  // namespace rowplan::state
