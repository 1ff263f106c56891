#include "planner/window.h"

#include <gtest/gtest.h>

#include "planner/instant.h"
#include "planner/manifest_parser.h"

namespace rowplan::planner {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Instant at(const char* text) { return parse_instant(text).value(); }

TEST(Instant, ReadsWhatItWrites) {
  for (const char* text : {"2026-11-21 12:00:00.000000", "1969-12-31 23:59:59.999999",
                           "1970-01-01 00:00:00.000001", "9999-12-31 23:59:59.123456"})
    EXPECT_EQ(to_text(at(text)), text);
  EXPECT_EQ(to_text(at("2026-11-21 12:34:56.789999"), 0), "2026-11-21 12:34:56");
  EXPECT_EQ(to_text(at("2026-11-21 12:34:56.089999"), 3), "2026-11-21 12:34:56.089");
  EXPECT_EQ(to_text(at("2024-02-29")), "2024-02-29 00:00:00.000000");
}

TEST(Instant, TakesOffsets) {
  EXPECT_EQ(at("2026-11-21T12:00:00Z"), at("2026-11-21 12:00:00"));
  EXPECT_EQ(at("2026-11-21 12:00:00+05:45"), at("2026-11-21 06:15:00"));
  EXPECT_EQ(parse_instant("2026-11-21 12:00:00", hours(-3)), at("2026-11-21 15:00:00"));
  EXPECT_EQ(parse_instant("2026-11-21 12:00:00Z", hours(-3)), at("2026-11-21 12:00:00"));
  for (const char* bad :
       {"", "2026", "2026-02-30", "2026-11-21 ", "2026-11-21 24:00:00", "2026-11-21 12:00",
        "2026-11-21 12:00:60", "2026-11-21 12:00:00.", "2026-11-21 12:00:00.1234567",
        "2026-11-21 12:00:00 UTC", "2026-11-21 12:00:00+5:45", "0000-00-00 00:00:00", "12:00:00"})
    EXPECT_EQ(parse_instant(bad), std::nullopt) << bad;
}

TEST(Instant, OffsetsAreFixed) {
  EXPECT_EQ(parse_offset("+05:45"), hours(5) + minutes(45));
  EXPECT_EQ(parse_offset("-03:00"), -hours(3));
  for (const char* bad : {"", "05:45", "+5:45", "+05", "+15:00", "+05:60", "UTC", "Europe/Berlin"})
    EXPECT_EQ(parse_offset(bad), std::nullopt) << bad;
}

TEST(Instant, CutsTowardsThePast) {
  EXPECT_EQ(floor_to(at("2026-11-21 12:00:00.999999"), 0), at("2026-11-21 12:00:00"));
  EXPECT_EQ(floor_to(at("2026-11-21 12:00:00.999999"), 6), at("2026-11-21 12:00:00.999999"));
  EXPECT_EQ(floor_to(at("2026-11-21 12:00:00.999999"), 2), at("2026-11-21 12:00:00.99"));
  EXPECT_EQ(floor_to(at("1969-12-31 23:59:58.5"), 0), at("1969-12-31 23:59:58"));
}

mysql::SourceClock clock_at(const char* now) {
  mysql::SourceClock clock;
  clock.now = at(now);
  return clock;
}

TEST(UpperBound, IsTheLeastOfAll) {
  Incremental incremental;
  mysql::SourceClock clock = clock_at("2026-11-21 12:00:00");
  EXPECT_EQ(upper_bound(clock, incremental).at, at("2026-11-21 11:59:55"));
  clock.oldest = {at("2026-11-21 11:59:57"), true, 7, "app", "host"};
  EXPECT_EQ(upper_bound(clock, incremental).at, at("2026-11-21 11:59:55"));
  EXPECT_EQ(upper_bound(clock, incremental).holder, nullptr);
  clock.oldest->since = at("2026-11-21 10:00:00");
  EXPECT_EQ(upper_bound(clock, incremental).at, at("2026-11-21 10:00:00"));
  EXPECT_EQ(upper_bound(clock, incremental).holder->connection, 7U);
  clock.appliers = {{"a", at("2026-11-21 11:00:00")}, {"b", at("2026-11-21 09:00:00")}};
  EXPECT_EQ(upper_bound(clock, incremental).at, at("2026-11-21 09:00:00"));
  EXPECT_EQ(upper_bound(clock, incremental).holder, nullptr);
}

Window window_from(const char* stored) {
  Window window;
  if (stored != nullptr) window.from = stored;
  return window;
}

TEST(MakeWindow, FromTheWatermarkBackByTheOverlap) {
  Incremental incremental;
  Window window = window_from("2026-11-21 11:30:00");
  const Instant now = at("2026-11-21 12:00:00");
  const Instant stored = at("2026-11-21 11:30:00");
  EXPECT_EQ(make_window(incremental, {stored, false, at("2026-11-21 11:59:55.7"), now, 0}, window),
            WindowKind::changes);
  EXPECT_EQ(window.low, at("2026-11-21 11:20:00"));
  EXPECT_EQ(window.to_text, "2026-11-21 11:59:55");
  incremental.initial = at("2026-11-21 11:25:00");
  EXPECT_EQ(make_window(incremental, {stored, false, at("2026-11-21 11:59:55.7"), now, 3}, window),
            WindowKind::changes);
  EXPECT_EQ(window.low, at("2026-11-21 11:25:00"));
  EXPECT_EQ(window.to_text, "2026-11-21 11:59:55.700");
}

TEST(MakeWindow, AllRowsWithoutAWatermarkOrWhereAsked) {
  const Incremental incremental;
  Window window = window_from(nullptr);
  const Instant now = at("2026-11-21 12:00:00");
  EXPECT_EQ(make_window(incremental, {std::nullopt, false, now, now, 6}, window), WindowKind::full);
  EXPECT_EQ(window.low, std::nullopt);
  EXPECT_EQ(window.to_text, "2026-11-21 12:00:00.000000");
  window = window_from("2026-11-21 11:00:00");
  EXPECT_EQ(make_window(incremental, {at("2026-11-21 11:00:00"), true, now, now, 6}, window),
            WindowKind::full);
  EXPECT_EQ(window.low, std::nullopt);
  EXPECT_EQ(window.to, now);
}

TEST(MakeWindow, NeverGoesBackUnlessTheClockHas) {
  const Incremental incremental;
  Window window = window_from("2026-11-21 11:59:58");
  const Instant stored = at("2026-11-21 11:59:58");
  const Instant now = at("2026-11-21 12:00:00");
  const Instant held = at("2026-11-21 11:00:00");
  EXPECT_EQ(make_window(incremental, {stored, false, held, now, 6}, window), WindowKind::empty);
  EXPECT_EQ(window.low, window.to);
  EXPECT_EQ(window.to_text, "2026-11-21 11:59:58");
  EXPECT_EQ(make_window(incremental, {stored, true, held, now, 6}, window), WindowKind::full);
  EXPECT_EQ(window.to_text, "2026-11-21 11:59:58");
  EXPECT_EQ(make_window(incremental, {stored, false, held, at("2026-11-21 11:30:00"), 6}, window),
            WindowKind::clock_is_back);
  EXPECT_EQ(window.low, std::nullopt);
  EXPECT_EQ(window.to, held);
}

constexpr const char* kManifest =
    "manifest_version = 1\nname = \"x\"\n"
    "[server.a]\nsocket = \"/a\"\nuser = \"u\"\n[server.b]\nsocket = \"/b\"\nuser = \"u\"\n"
    "[pair.p]\nsource = \"a\"\ntarget = \"b\"\ntables = [\"d.*\"]\n";

TEST(ManifestIncremental, TablesStandOverTheirPair) {
  const auto parsed = parse_manifest(
      std::string(kManifest) +
          "[pair.p.incremental]\ncolumn = \"c\"\nsettle = \"2s\"\ntime_zone = \"+05:45\"\n"
          "initial = \"2026-01-01\"\n[pair.p.table.\"d.t\".incremental]\noverlap = \"1m\"\n"
          "[pair.p.table.\"d.u\"]\nwhere = \"a = 1\"\n",
      "m");
  ASSERT_TRUE(parsed.manifest) << parsed.diagnostics.front().message;
  const PairSpec& pair = parsed.manifest->pairs.front();
  const Incremental& table = options_for(pair, "d.t").incremental.value();
  EXPECT_EQ(table.column, "c");
  EXPECT_EQ(table.overlap, minutes(1));
  EXPECT_EQ(table.settle, seconds(2));
  EXPECT_EQ(table.full_every, hours(24));
  EXPECT_EQ(table.initial, at("2025-12-31 18:15:00"));
  EXPECT_EQ(options_for(pair, "d.u").incremental->overlap, minutes(10));
}

TEST(ManifestIncremental, IsCompleteAndExact) {
  const auto message = [](const std::string& more) {
    const auto parsed = parse_manifest(kManifest + more, "m");
    return parsed.diagnostics.empty() ? std::string() : parsed.diagnostics.front().message;
  };
  EXPECT_EQ(message("[pair.p.incremental]\nsettle = \"2s\"\n"),
            "[pair.p]: \"incremental\" has no \"column\"");
  EXPECT_EQ(message("[pair.p.table.\"d.t\".incremental]\nsettle = \"2s\"\n"),
            "[pair.p.table.\"d.t\"]: \"incremental\" has no \"column\"");
  EXPECT_EQ(message("[pair.p.incremental]\ncolumn = \"c\"\ntime_zone = \"Asia/Kathmandu\"\n"),
            "\"time_zone\" must be a fixed offset, not \"Asia/Kathmandu\"");
  EXPECT_EQ(message("[pair.p.incremental]\ncolumn = \"c\"\ninitial = \"yesterday\"\n"),
            "\"initial\" must be a time, not \"yesterday\"");
  EXPECT_EQ(message("[pair.p.incremental]\ncolumn = \"c\"\nsetle = \"2s\"\n"),
            "unknown key \"setle\" in [pair.p.incremental], did you mean \"settle\"?");
}

}  // namespace
}  // namespace rowplan::planner
