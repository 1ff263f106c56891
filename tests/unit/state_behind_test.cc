// What members that miss syncs are behind the baseline: kept in step with it, and gone with it.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "state/baseline_build.h"
#include "state/baseline_reader.h"
#include "state/behind_lists.h"
#include "state/error.h"
#include "tests/unit/state_support.h"

namespace rowplan::state {
namespace {

using testing::create;
using testing::TempDir;

constexpr const char* kAddress = "branches/hr.people";
constexpr std::size_t kValueBytes = 16;

int upwards(std::string_view a, std::string_view b) { return a.compare(b); }

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

using Rows = std::map<std::string, std::string>;
using MaybeRows = std::map<std::string, std::optional<std::string>>;

std::vector<BaselineChange> changes_of(const MaybeRows& changes) {
  std::vector<BaselineChange> list;
  for (const auto& [key, value] : changes) list.push_back({key, value});
  return list;
}

std::string listed(const std::optional<std::string>& value) {
  std::string text(1, value ? kBehindRow : kBehindNoRow);
  text += value.value_or(std::string(kValueBytes, '\0'));
  return text;
}

std::string unknown() { return kBehindUnknown + std::string(kValueBytes, '\0'); }

class StateBehind : public ::testing::Test {
 protected:
  void build(const Rows& rows) {
    BaselineBuild baseline(store_, kAddress, "job 1", kValueBytes);
    for (const auto& [key, value] : rows) baseline.append(key, value);
    info_ = baseline.finish("PLAN");
  }

  void move(const MaybeRows& changes, const BaselineMembers& members) {
    const auto moved = baselines_.move(info_, changes_of(changes), upwards, "P", members);
    ASSERT_TRUE(moved);
    info_ = *moved;
  }

  void keep(const std::optional<BaselineInfo>& info) {
    ASSERT_TRUE(info);
    info_ = *info;
  }

  Rows list_of(const std::string& member) {
    Rows rows;
    for (const BehindInfo& list : lists_.of(info_)) {
      if (list.member != member) continue;
      BaselineReader reader(store_, info_, list);
      while (reader.next()) rows.emplace(reader.key(), reader.value());
      EXPECT_EQ(rows.size(), list.rows);
    }
    return rows;
  }

  std::optional<BehindInfo> info_of(const std::string& member) {
    for (BehindInfo& list : lists_.of(info_))
      if (list.member == member) return list;
    return std::nullopt;
  }

  std::int64_t count(const std::string& sql) {
    std::int64_t found = 0;
    store_.read([&](SQLite::Database& db) { found = db.execAndGet(sql).getInt64(); });
    return found;
  }

  TempDir dir_;
  Store store_ = create(dir_ / "s.db");
  Baselines baselines_{store_};
  BehindLists lists_{store_};
  BaselineInfo info_;
};

TEST_F(StateBehind, TheOldestValueStays) {
  build({{key_of(1), value_of(1)}, {key_of(2), value_of(2)}, {key_of(3), value_of(3)}});
  const BaselineMembers without{{"hq"}, {"spoke"}};
  move({{key_of(1), value_of(10)}, {key_of(2), std::nullopt}, {key_of(3), value_of(3)}}, without);
  move({{key_of(1), std::nullopt}, {key_of(2), value_of(20)}, {key_of(4), value_of(4)}}, without);
  move({{key_of(4), std::nullopt}}, without);
  const Rows expected{{key_of(1), listed(value_of(1))},
                      {key_of(2), listed(value_of(2))},
                      {key_of(4), listed(std::nullopt)}};
  EXPECT_EQ(list_of("spoke"), expected) << "and what did not move is not listed";
  EXPECT_FALSE(info_of("hq"));
  const std::string since = info_of("spoke")->since;
  EXPECT_FALSE(since.empty());

  move({{key_of(1), std::nullopt}, {key_of(2), value_of(20)}}, {{"hq", "spoke"}, {}});
  EXPECT_EQ(list_of("spoke"), (Rows{{key_of(4), listed(std::nullopt)}}));
  EXPECT_EQ(info_of("spoke")->since, since) << "until all of it is through";
  move({{key_of(4), std::nullopt}}, {{"hq", "spoke"}, {}});
  keep(lists_.caught_up(info_, {"hq", "spoke"}, {key_of(3)}, upwards));
  EXPECT_FALSE(info_of("spoke"));
}

TEST_F(StateBehind, AsMapsDo) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  Rows base;
  for (std::uint64_t i = 1; i <= 2000; ++i) base[key_of(i * 10)] = value_of(i);
  build(base);
  const std::vector<std::string> spokes{"a", "b", "c"};
  std::map<std::string, MaybeRows> behind;
  for (int round = 0; round < 60; ++round) {
    BaselineMembers members{{"hq"}, {}};
    for (const std::string& spoke : spokes)
      (random() % 2 == 0 ? members.present : members.missing).push_back(spoke);
    MaybeRows changes;
    for (std::uint64_t i = random() % 1500; i > 0; --i) {
      const std::string key = key_of(random() % 22'000);
      if (random() % 3 == 0)
        changes[key] = std::nullopt;
      else if (random() % 5 == 0 && base.contains(key))
        changes[key] = base[key];
      else
        changes[key] = value_of(random());
    }
    for (const auto& [key, value] : changes) {
      const auto old = base.find(key);
      const auto was = old == base.end() ? std::nullopt : std::optional(old->second);
      for (const std::string& spoke : members.present) behind[spoke].erase(key);
      if (was != value)
        for (const std::string& spoke : members.missing) behind[spoke].try_emplace(key, was);
      if (value)
        base[key] = *value;
      else
        base.erase(key);
    }
    move(changes, members);
    for (const std::string& spoke : spokes) {
      Rows expected;
      for (const auto& [key, value] : behind[spoke]) expected[key] = listed(value);
      ASSERT_EQ(list_of(spoke), expected) << spoke << " in round " << round;
    }
  }
}

TEST_F(StateBehind, GoneWithTheBaseline) {
  build({{key_of(1), value_of(1)}});
  move({{key_of(1), value_of(2)}}, {{}, {"spoke"}});
  EXPECT_EQ(count("SELECT count(*) FROM behind_pages"), 1);
  build({{key_of(1), value_of(1)}});
  EXPECT_TRUE(lists_.of(info_).empty());
  EXPECT_EQ(count("SELECT count(*) FROM behind_pages"), 0);
  move({{key_of(1), value_of(2)}}, {{}, {"spoke"}});
  baselines_.remove(kAddress);
  EXPECT_EQ(count("SELECT count(*) FROM behind_lists"), 0);
}

TEST_F(StateBehind, MovesByTheGenerationOfTheBaseline) {
  build({{key_of(1), value_of(1)}});
  const BaselineInfo before = info_;
  keep(lists_.forget(info_, "spoke"));
  EXPECT_EQ(info_.generation, before.generation + 1);
  EXPECT_FALSE(lists_.forget(before, "other"));
  EXPECT_FALSE(lists_.expire(before, {"spoke"}, "9"));
  EXPECT_FALSE(lists_.caught_up(before, {"spoke"}, {}, upwards));
  EXPECT_EQ(info_of("spoke")->kind, BehindKind::unknown);
  EXPECT_FALSE(info_of("other"));
  const std::uint64_t generation = info_.generation;
  lists_.missed(info_, {"spoke", "other"});
  keep(lists_.caught_up(info_, {"hq"}, {}, upwards));
  EXPECT_EQ(info_.generation, generation) << "nothing changed";
  EXPECT_FALSE(info_of("other")->since.empty());
}

TEST_F(StateBehind, NothingIsListedOfWhomNothingIsKnown) {
  build({{key_of(1), value_of(1)}, {key_of(2), value_of(2)}});
  move({{key_of(1), value_of(10)}}, {{}, {"spoke"}});
  keep(lists_.forget(info_, "spoke"));
  EXPECT_TRUE(list_of("spoke").empty());
  move({{key_of(1), value_of(11)}}, {{"hq"}, {"spoke"}});
  EXPECT_TRUE(list_of("spoke").empty());
  keep(lists_.caught_up(info_, {"hq", "spoke"}, {key_of(2), key_of(5)}, upwards));
  EXPECT_EQ(info_of("spoke")->kind, BehindKind::listed);
  EXPECT_EQ(info_of("spoke")->since, "");
  EXPECT_EQ(list_of("spoke"), (Rows{{key_of(2), unknown()}, {key_of(5), unknown()}}));
  move({{key_of(2), value_of(12)}}, {{"hq"}, {"spoke"}});
  EXPECT_EQ(list_of("spoke").at(key_of(2)), unknown()) << "still";
}

TEST_F(StateBehind, ExpiresOnlyWhoIsAway) {
  build({{key_of(1), value_of(1)}});
  move({{key_of(1), value_of(10)}}, {{"hq"}, {"away", "back"}});
  keep(lists_.caught_up(info_, {"back"}, {}, upwards));
  const std::string later = "9999-01-01T00:00:00.000Z";
  keep(lists_.expire(info_, {"away"}, info_of("away")->since));
  EXPECT_EQ(info_of("away")->kind, BehindKind::listed) << "to the millisecond";
  keep(lists_.expire(info_, {"away", "back"}, later));
  EXPECT_EQ(info_of("away")->kind, BehindKind::expired);
  EXPECT_TRUE(list_of("away").empty());
  EXPECT_FALSE(info_of("away")->since.empty());
  EXPECT_EQ(info_of("back")->kind, BehindKind::listed);
  EXPECT_EQ(list_of("back").size(), 1U) << "a row that was left as it is";
  move({{key_of(1), value_of(11)}}, {{"hq", "back"}, {"away"}});
  EXPECT_EQ(info_of("away")->kind, BehindKind::expired);
  EXPECT_TRUE(list_of("away").empty());
}

TEST_F(StateBehind, DamageIsSeen) {
  build({{key_of(1), value_of(1)}});
  move({{key_of(1), value_of(10)}}, {{"hq"}, {"spoke"}});
  for (const char* sql : {"UPDATE behind_pages SET checksum = checksum + 1",
                          "UPDATE behind_lists SET rows = 2", "DELETE FROM behind_pages"}) {
    SCOPED_TRACE(sql);
    store_.write([&](SQLite::Database& db) { db.exec(sql); });
    try {
      static_cast<void>(list_of("spoke"));
      FAIL();
    } catch (const StateError& error) {
      EXPECT_EQ(error.kind(), StateErrorKind::corrupt);
    }
  }
}

}  // namespace
}  // namespace rowplan::state
