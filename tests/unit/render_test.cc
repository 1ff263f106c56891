// Plans as people and programs see them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cmd/render_html.h"
#include "cmd/render_json.h"
#include "cmd/render_markdown.h"
#include "cmd/render_text.h"
#include "planner/change_text.h"
#include "planner/display_text.h"
#include "planner/summary_markdown.h"
#include "planner/utf8.h"
#include "tests/unit/sample_plan.h"

namespace rowplan::cmd {
namespace {

using namespace planner;          // NOLINT: what is rendered
using namespace planner::sample;  // NOLINT: made for these tests

constexpr const char* kHarmful =
    "\x1b[31m\u202e\u200b\r\n\t\x01\x7f\u009b<b>&`|@a #1 http://x www.x";

class Render : public ::testing::Test {
 protected:
  [[nodiscard]] LoadedPlan load() const {
    static_cast<void>(write_sample_plan(path));
    LoadedPlan loaded = load_plan(path);
    loaded.directory = path;
    return loaded;
  }
  TemporaryDirectory temporary;
  std::filesystem::path path = temporary.path() / "plan";
};

std::string text_of(const LoadedPlan& plan, const RenderTextOptions& options) {
  std::ostringstream out;
  render_text(plan, options, out);
  return out.str();
}

std::string html_of(const LoadedPlan& plan, std::uint64_t limit) {
  std::ostringstream out;
  render_html(plan, limit, out);
  return out.str();
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

// No character that a terminal acts upon, but for the newlines that are the renderer's own.
bool is_harmless(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = utf8_at(text, at);
    if (!next.valid || (next.code != '\n' && is_harmful(next.code))) return false;
    at += next.size;
  }
  return true;
}

constexpr const char* kGoldenText = R"(Plan 01JD5Z6QK0ABCDEFGHJKMNPQRS
  digest   DIGEST
  created  2026-11-21T02:16:41.000Z by rowplan 0.1.0
  expires  2026-11-22T02:16:41.000Z
  hq (mariadb 10.11.19, primary) -> dw (mysql 9.7.4, primary)
  only     orders

  table               source rows  target rows  insert  update  delete  conflict  share
  orders/shop.logs         20,000       20,000      +0      ~0      -2        !0  0.01%
  orders/shop.orders       20,000       20,000      +1      ~1      -1        !0  0.01%
  orders/shop.zones        20,000       20,000      +0      ~0      -0        !0     0%

Findings
  warning values_withheld orders/shop.orders: column 'email' is sensitive
    hint: apply reads it again

orders/shop.logs  (hq -> dw)
  - row, 2 times  line: "started"

orders/shop.orders  (hq -> dw)
  ~ key (1000003)  status: "new" -> "paid"
  + key (1000004)  status: "a\"b\\c\n\u{1b}[31m\u{202e}<script>`|", photo: (large: 1,048,576 bytes, sha256 aaaaaaaaaaaa…), email: (sensitive)
  - key (1000900)  status: null, photo: 0x00ff, email: (sensitive)

Plan: 1 to insert, 1 to update, 3 to delete on dw.
Apply it with:
  rowplan apply PATH --expect-digest DIGEST
)";

TEST_F(Render, TextIsGolden) {
  const LoadedPlan plan = load();
  EXPECT_EQ(replaced(replaced(text_of(plan, {}), plan.digest, "DIGEST"), path.string(), "PATH"),
            kGoldenText);
}

TEST_F(Render, WatermarksAreToldInALine) {
  LoadedPlan plan = load();
  plan.plan.tables.at(0).watermark = PlanWatermark{{}, "2026-11-21 02:16:41", true};
  plan.plan.tables.at(1).watermark =
      PlanWatermark{"2026-11-20 01:00:00.5", "2026-11-21 02:16:41", false};
  const std::string text = text_of(plan, {});
  EXPECT_NE(
      text.find("\n\n  orders/shop.logs: watermark none -> 2026-11-21 02:16:41, all rows\n"
                "  orders/shop.orders: watermark 2026-11-20 01:00:00.5 -> 2026-11-21 02:16:41, "
                "by window\n\n"),
      std::string::npos)
      << text;
  const SampleChanges none = [](const PlanTable&, const ChangeVisitor&) {};
  const std::string markdown = summary_markdown(plan.plan, none, 20);
  EXPECT_NE(markdown.find("\n- orders/shop.logs: watermark none -"), std::string::npos) << markdown;
}

TEST_F(Render, NothingToDoInAWindowIsNotEqual) {
  LoadedPlan plan = load();
  plan.plan.summary.ops = {};
  plan.plan.findings.clear();
  for (PlanTable& table : plan.plan.tables) table.ops = {};
  EXPECT_NE(verdict(plan.plan).find("equals"), std::string::npos) << verdict(plan.plan);
  plan.plan.tables.at(0).watermark = PlanWatermark{"2026-11-20 01:00:00", "2026-11-21 02:16:41"};
  EXPECT_EQ(verdict(plan.plan).find("equals"), std::string::npos) << verdict(plan.plan);
}

TEST_F(Render, TextShowsTheFirstChangesOfEachTable) {
  const LoadedPlan plan = load();
  const std::string text = text_of(plan, {.limit = 2, .color = false});
  EXPECT_NE(text.find("  showing 2 of 3; all in changes/orders/shop.orders.ndjson\n"),
            std::string::npos);
  EXPECT_EQ(text.find("1000900"), std::string::npos);
  EXPECT_NE(text_of(plan, {.limit = 0, .color = false}).find("1000900"), std::string::npos);
}

TEST_F(Render, TextHasColorsOnlyWhenAsked) {
  const LoadedPlan plan = load();
  EXPECT_EQ(text_of(plan, {}).find('\033'), std::string::npos);
  const std::string colored = text_of(plan, {.limit = 20, .color = true});
  EXPECT_NE(colored.find("  \033[33m~\033[0m key (1000003)"), std::string::npos);
  EXPECT_NE(colored.find("\033[31m-\033[0m"), std::string::npos);
}

TEST_F(Render, TextOfNoChangesSaysWhatIsEqual) {
  LoadedPlan plan = load();
  plan.plan.tables = {sample_table("zones")};
  plan.plan.summary = {};
  EXPECT_NE(text_of(plan, {}).find("\nNo changes. Target dw equals source hq.\n"),
            std::string::npos);
  EXPECT_EQ(text_of(plan, {}).find("rowplan apply"), std::string::npos);
  plan.plan.complete = false;
  EXPECT_EQ(text_of(plan, {}).find("equals"), std::string::npos);
  plan.plan.complete = true;
  plan.plan.summary.ops.kept = 7;
  EXPECT_EQ(text_of(plan, {}).find("equals"), std::string::npos);
  plan.plan.summary.ops.kept = 0;
  plan.plan.findings[0].severity = Severity::error;
  EXPECT_EQ(text_of(plan, {}).find("equals"), std::string::npos);
}

TEST_F(Render, TextOfAPlanWithErrorsOffersNoApply) {
  LoadedPlan plan = load();
  plan.plan.applyable = false;
  EXPECT_NE(text_of(plan, {}).find("cannot be applied"), std::string::npos);
  EXPECT_EQ(text_of(plan, {}).find("rowplan apply"), std::string::npos);
}

TEST_F(Render, DirectoryIsQuotedForAShell) {
  LoadedPlan plan = load();
  std::filesystem::rename(path, temporary.path() / "it's; a plan");
  plan.directory = temporary.path() / "it's; a plan";
  EXPECT_NE(text_of(plan, {}).find("/it'\\''s; a plan' --expect"), std::string::npos);
}

constexpr const char* kGoldenMarkdown = R"(## Plan: 1 to insert, 1 to update, 3 to delete on dw.

Digest: <code>DIGEST</code>

### Findings

- **warning** <code>values_withheld</code> <code>orders/shop.orders</code> )"
                                        R"(column 'email' is sensitive *apply reads it again*

| table | source rows | target rows | insert | update | delete | conflict | share |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| <code>orders/shop.logs</code> | 20,000 | 20,000 | 0 | 0 | 2 | 0 | 0.01% |
| <code>orders/shop.orders</code> | 20,000 | 20,000 | 1 | 1 | 1 | 0 | 0.01% |

Compared: 3 tables, 60,000 rows; 2 tables differ.

### Changes

<details><summary><code>orders/shop.logs</code></summary>

```diff
- row, 2 times  line: "started"
```

showing 1 of 1
</details>

<details><summary><code>orders/shop.orders</code></summary>

```diff
~ key (1000003)  status: "new" -> "paid"
+ key (1000004)  status: "a\"b\\c\n\u{1b}[31m\u{202e}<script>`|", photo: (large: 1,048,576 bytes, sha256 aaaaaaaaaaaa…), email: (sensitive)
- key (1000900)  status: null, photo: 0x00ff, email: (sensitive)
```

showing 3 of 3
</details>

All changes are in the plan's <code>changes/</code>.
)";

TEST_F(Render, MarkdownIsGolden) {
  const LoadedPlan plan = load();
  EXPECT_EQ(replaced(render_markdown(plan, 20), plan.digest, "DIGEST"), kGoldenMarkdown);
  EXPECT_EQ(file_text(path / "summary.md"),
            replaced(kGoldenMarkdown, "Digest: <code>DIGEST</code>\n\n", ""));
}

TEST_F(Render, SummaryKnowsNothingOfTheRun) {
  Plan plan = sample_plan();
  const SampleChanges none = [](const PlanTable&, const ChangeVisitor&) {};
  const std::string before = summary_markdown(plan, none, 20);
  plan.run = {};
  EXPECT_EQ(summary_markdown(plan, none, 20), before);
}

Plan huge_plan(std::size_t tables, std::size_t findings) {
  Plan plan = sample_plan();
  plan.tables.clear();
  plan.findings.clear();
  for (std::size_t i = 0; i < tables; ++i) {
    PlanTable table = sample_table(std::to_string(i) + std::string(100, '_'));
    table.key = {"k"};
    table.ops = {100, 0, 0, 0, 0};
    table.changes_path = "changes/x.ndjson";
    table.changes_lines = 100;
    plan.tables.push_back(table);
  }
  for (std::size_t i = 0; i < findings; ++i) {
    std::string message;
    for (int part = 0; part < 12; ++part) message += kHarmful;
    plan.findings.push_back({"code", Severity::warning, "a/b.c", message, message});
  }
  plan.summary.ops.insert = tables * 100;
  return plan;
}

TEST_F(Render, SummaryFitsWhateverThePlan) {
  Change change = order_changes()[1];
  for (int i = 0; i < 40; ++i) {
    change.after.emplace_back(std::string(200, '`'), text_value(std::string(1000, '`')));
  }
  const SampleChanges sample = [&](const PlanTable&, const ChangeVisitor& visitor) {
    while (visitor(change)) {
    }
  };
  for (const std::size_t tables : {0U, 1U, 60U, 3000U}) {
    for (const std::size_t findings : {0U, 1U, 300U}) {
      for (const std::size_t rows : {0U, 20U, 7500U}) {
        const Plan plan = huge_plan(tables, findings);
        const std::string text = summary_markdown(plan, sample, rows);
        EXPECT_LE(text.size(), kSummaryBytesMax) << tables << " " << findings << " " << rows;
        EXPECT_TRUE(is_harmless(text));
      }
    }
  }
  const std::string one = summary_markdown(huge_plan(1, 0), sample, 7500);
  EXPECT_GT(one.size(), kSummaryBytesMax / 2);  // what room there is, is used
}

TEST_F(Render, MarkdownFenceIsLongerThanAnyInside) {
  Change change = order_changes()[0];
  change.after[0].second = text_value("``````\n```");
  const SampleChanges sample = [&](const PlanTable&, const ChangeVisitor& visitor) {
    static_cast<void>(visitor(change));
  };
  const std::string text = summary_markdown(huge_plan(1, 0), sample, 20);
  EXPECT_NE(text.find("\n```````diff\n"), std::string::npos);
  EXPECT_NE(text.find("\n```````\n"), std::string::npos);
}

TEST_F(Render, MarkdownOfDataHasNoMarkup) {
  const SampleChanges none = [](const PlanTable&, const ChangeVisitor&) {};
  Plan plan = huge_plan(0, 0);
  plan.findings = {{"x", Severity::info, "", kHarmful, "[a](b) *c* _d_ <!-- e -->"}};
  const std::string text = summary_markdown(plan, none, 20);
  for (const char* markup :
       {"<b>", "`", "@a", " #1", "://", "www.x", "[a]", "*c*", " _d_", "<!-- e"}) {
    EXPECT_EQ(text.find(markup), std::string::npos) << markup;
  }
}

TEST_F(Render, HtmlHasNoMarkupOfTheData) {
  LoadedPlan plan = load();
  plan.plan.findings[0].message = std::string(kHarmful) + "<script>alert(1)</script>\"'";
  const std::string html = html_of(plan, 0);
  EXPECT_TRUE(is_harmless(html));
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;"), std::string::npos);
  EXPECT_NE(html.find("<del>&quot;new&quot;</del> &rarr; <ins>&quot;paid&quot;</ins>"),
            std::string::npos);
  EXPECT_EQ(html.find("http"), html.find("http-equiv"));  // and a link to nowhere
  EXPECT_NE(html_of(plan, 1).find("showing 1 of 3"), std::string::npos);
  EXPECT_EQ(html.find("showing"), std::string::npos);
}

TEST_F(Render, JsonHoldsThePlanAndAllChanges) {
  const LoadedPlan plan = load();
  std::ostringstream out;
  render_json(plan, out);
  const auto document = nlohmann::ordered_json::parse(out.str());
  EXPECT_EQ(document["digest"], plan.digest);
  EXPECT_EQ(document["run"]["plan_id"], plan.plan.run.plan_id);
  EXPECT_EQ(document["tables"][0]["changes"].size(), 1U);
  EXPECT_EQ(document["tables"][1]["changes"][0].dump(), to_json_line(order_changes()[0]));
  EXPECT_EQ(document["tables"][1]["changes"][2].dump(), to_json_line(order_changes()[2]));
  EXPECT_EQ(document["tables"][2]["changes"].dump(), "[]");
  EXPECT_EQ(document["tables"][1]["chunks"].size(), 2U);
}

TEST(DisplayText, HidesNothingAndDoesNothing) {
  EXPECT_EQ(display_text("plain \u00e9\u0928\u0947\U0001f600"),
            "plain \u00e9\u0928\u0947\U0001f600");
  EXPECT_EQ(display_text(std::string("a\0b", 3)), "a\\u{0}b");
  EXPECT_EQ(display_text("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(display_text("\u00ad\U000e0041"), "\\u{ad}\\u{e0041}");
  EXPECT_TRUE(is_harmless(display_text(kHarmful)));
  EXPECT_EQ(display_quoted("abc\"def", 4), "\"abc\\\"\"\u2026");
  EXPECT_EQ(display_quoted("abcdef", 6), "\"abcdef\"");
  EXPECT_EQ(display_quoted("abcdef", 2, 3), "\u2026\"de\"\u2026");
}

TEST(DisplayText, WritesNumbers) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(12031), "12,031");
  EXPECT_EQ(with_commas(UINT64_MAX), "18,446,744,073,709,551,615");
  EXPECT_EQ(percent(0, 0), "0%");
  EXPECT_EQ(percent(1, 0), "all");
  EXPECT_EQ(percent(1, 1'000'000), "<0.01%");
  EXPECT_EQ(percent(1, 8), "12.50%");
}

TEST(ChangeText, ShowsWhereLongTextsDiffer) {
  Change change = order_changes()[0];
  change.before[0].second = text_value(std::string(500, 'x') + "old");
  change.after[0].second = text_value(std::string(500, 'x') + "new");
  EXPECT_EQ(change_text(change, {"order_no"}),
            "key (1000003)  status: \u2026\"xxxxxxxxxxold\" -> \u2026\"xxxxxxxxxxnew\"");
}

TEST(ChangeText, QuotesKeysThatAreNoNumbers) {
  Change change = order_changes()[0];
  change.key = {{text_value("-1.5"), text_value("a) status: \"x\""), text_value("")}};
  EXPECT_EQ(key_text(change), "key (-1.5, \"a) status: \\\"x\\\"\", \"\")");
}

TEST(ChangeText, LeavesOutManyColumns) {
  Change change = order_changes()[1];
  change.after.clear();
  for (int i = 0; i < 20; ++i) change.after.emplace_back("c" + std::to_string(i), text_value("1"));
  EXPECT_NE(change_text(change, {}).find("c11: \"1\", and 8 more columns"), std::string::npos);
}

}  // namespace
}  // namespace rowplan::cmd
