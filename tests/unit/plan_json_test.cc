// plan.json: its text, its reading, and what is refused.
#include "planner/plan_json.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "planner/plan_error.h"
#include "planner/plan_id.h"
#include "planner/sha256.h"
#include "tests/unit/sample_plan.h"

namespace rowplan::planner {
namespace {

using namespace sample;  // NOLINT: made for these tests

using nlohmann::ordered_json;

Plan complete_plan() {
  Plan plan = sample_plan();
  plan.files = {{plan.tables[0].changes_path, std::string(64, '1'), 100},
                {plan.tables[1].changes_path, std::string(64, '2'), 200}};
  return plan;
}

std::string json_of(const Plan& plan) {
  std::string text;
  write_plan_json(plan, [&](std::string_view piece) { text += piece; });
  return text;
}

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(plan_from_json(text));
    return "";
  } catch (const PlanError& error) {
    return error.what();
  }
}

std::string error_after(const std::function<void(ordered_json&)>& edit) {
  ordered_json document = ordered_json::parse(json_of(complete_plan()));
  edit(document);
  return error_of(document.dump());
}

constexpr const char* kGolden = R"({
  "format_version": "1.0",
  "run": {
    "plan_id": "01JD5Z6QK0ABCDEFGHJKMNPQRS",
    "created_at": "2026-11-21T02:16:41.000Z",
    "expires_at": "2026-11-22T02:16:41.000Z",
    "tool_version": "0.1.0",
    "host": "runner-3",
    "method": "stream",
    "method_reason": "asked for",
    "timings": {"compare": 1.5}
  },
  "job_sha256": "J",
  "manifest_sha256": "M",
  "selection": {"only": ["orders"], "exclude": []},
  "applyable": true,
  "complete": true,
  "sql_complete": false,
  "summary": {"insert": 1, "update": 1, "delete": 3, "conflict": 0, "kept": 0, "tables_compared": 3, "tables_changed": 2, "rows_compared": 60000},
  "servers": {
    "dw": {"identity": "uuid-dw", "vendor": "mysql", "version": "9.7.4", "role": "primary"},
    "hq": {"identity": "uuid-hq", "vendor": "mariadb", "version": "10.11.19", "role": "primary"}
  },
  "findings": [
    {"code": "values_withheld", "severity": "warning", "address": "orders/shop.orders", "message": "column 'email' is sensitive", "hint": "apply reads it again"}
  ],
  "hash": {"row": "sha256/1", "chunk": "count+sum64x2/1", "cut": "crc32/1"},
  "units": [
    {"id": 2, "changes": 2, "chunks": 2}
  ],
  "tables": [
    {
      "address": "orders/shop.orders",
      "members": {"dw": "dw.orders", "hq": "shop.orders"},
      "source": "hq",
      "target": "dw",
      "key": ["order_no"],
      "columns": ["order_no", "status"],
      "schema_sha256": "S",
      "ops": {"insert": 1, "update": 1, "delete": 1, "conflict": 0, "kept": 0},
      "rows": {"source": 20000, "target": 20000},
      "watermark": null,
      "changes": {"path": "changes/orders/shop.orders.ndjson", "lines": 3},
      "chunks": [
        {"id": 17, "unit": 1, "kind": "range", "low": ["1000000"], "high": ["1000200"], "rows": 200, "changes": 2, "before": {"dw": "201:00000000000000030000000000000004", "hq": "200:00000000000000010000000000000002"}, "after": {"dw": "200:00000000000000010000000000000002", "hq": "200:00000000000000010000000000000002"}},
        {"id": 21, "unit": 2, "kind": "range", "low": [{"hex":"ff"}], "high": null, "rows": 200, "changes": 1, "before": {"dw": "201:00000000000000030000000000000004", "hq": "200:00000000000000010000000000000002"}, "after": {"dw": "200:00000000000000010000000000000002", "hq": "200:00000000000000010000000000000002"}}
      ]
    },
    {
      "address": "orders/shop.zones",
      "members": {"dw": "dw.zones", "hq": "shop.zones"},
      "source": "hq",
      "target": "dw",
      "key": [],
      "columns": [],
      "schema_sha256": "S",
      "ops": {"insert": 0, "update": 0, "delete": 0, "conflict": 0, "kept": 0},
      "rows": {"source": 20000, "target": 20000},
      "watermark": null,
      "changes": null,
      "chunks": []
    }
  ],
  "files": [
    {"path": "changes/orders/shop.orders.ndjson", "sha256": "F", "bytes": 200}
  ]
}
)";

TEST(PlanJson, IsTheTextOfTheSpecification) {
  Plan plan = sample_plan();
  plan.job_sha256 = "J";
  plan.manifest_sha256 = "M";
  plan.tables.erase(plan.tables.begin());
  for (PlanTable& table : plan.tables) table.schema_sha256 = "S";
  plan.tables[0].columns = {"order_no", "status"};
  plan.units = {{2, 2, 2}};
  plan.files = {{plan.tables[0].changes_path, "F", 200}};
  EXPECT_EQ(json_of(plan), kGolden);
}

TEST(PlanJson, ReadsWhatWasWritten) {
  const std::string text = json_of(complete_plan());
  EXPECT_EQ(json_of(plan_from_json(text)), text);
  Plan empty;
  EXPECT_EQ(json_of(plan_from_json(json_of(empty))), json_of(empty));
}

TEST(PlanJson, MembersHaveTheirWatermarks) {
  Plan plan = complete_plan();
  PlanTable& table = plan.tables[1];
  table.watermark.reset();
  table.baseline = {"1.2", 5, ""};
  table.on["dw"].watermark = {std::nullopt, "2026-01-01 00:00:00", true};
  table.on["hq"].watermark = {"2026-01-01 00:00:00", "2026-01-02 00:00:00", true};
  const std::string text = json_of(plan);
  EXPECT_NE(
      text.find(R"("watermark": {"dw": {"from": null, "to": "2026-01-01 00:00:00", "full": true}, )"
                R"("hq": {"from": "2026-01-01 00:00:00", )"),
      std::string::npos)
      << text;
  EXPECT_EQ(json_of(plan_from_json(text)), text);
  table.on["dw"].watermark.reset();
  table.on["hq"].watermark.reset();
  EXPECT_EQ(json_of(plan_from_json(json_of(plan))), json_of(plan));
}

TEST(PlanJson, KeepsMessagesThatAreNotUtf8Readable) {
  Plan plan = complete_plan();
  plan.findings[0].message = "caf\xe9 \x01 \"quoted\"";
  EXPECT_EQ(plan_from_json(json_of(plan)).findings[0].message, "caf\ufffd \x01 \"quoted\"");
}

TEST(PlanJson, IgnoresMembersItDoesNotKnow) {
  EXPECT_EQ(error_after([](ordered_json& plan) {
              plan["format_version"] = "1.7";
              plan["later"] = {{"a", {1, 2.5, nullptr}}};
              plan["run"]["lag"] = -3;
              plan["tables"][1]["chunks"][0]["future"] = {"x"};
              plan["units"][0]["mood"] = 2;
            }),
            "");
}

TEST(PlanJson, RefusesAnotherMajorVersionForThatReason) {
  for (const char* version : {"2.0", "10.1", "0.9"}) {
    const std::string error = error_after([&](ordered_json& plan) {
      plan["format_version"] = version;
      plan["units"][0] = "not the unit of format 1";
    });
    EXPECT_NE(error.find("reads plans of format 1"), std::string::npos) << error;
  }
  for (const char* version : {"", "1", "one.0", "-1.0"}) {
    EXPECT_NE(error_after([&](ordered_json& plan) { plan["format_version"] = version; }), "");
  }
}

TEST(PlanJson, NamesThePlaceOfAnError) {
  EXPECT_EQ(error_after([](ordered_json& plan) { plan["tables"][1]["chunks"][1].erase("unit"); }),
            "plan.json: tables[1].chunks[1]: no \"unit\"");
  EXPECT_EQ(error_after([](ordered_json& plan) { plan["tables"][1]["chunks"][0]["rows"] = -1; }),
            "plan.json: tables[1].chunks[0].rows: not a whole number");
  EXPECT_EQ(error_after([](ordered_json& plan) { plan["servers"]["dw"]["role"] = 1; }),
            "plan.json: servers.dw.role: not a string");
  EXPECT_EQ(error_after([](ordered_json& plan) { plan["units"][1]["id"] = "2"; }),
            "plan.json: units[1].id: not a whole number");
}

// Every member that the format has is needed, and needs its type.
void break_each(const ordered_json& whole, ordered_json& part, const std::string& place) {
  for (auto at = part.begin(); at != part.end(); ++at) {
    const ordered_json saved = *at;
    const std::string name = place + "/" + (part.is_object() ? at.key() : "#");
    *at = ordered_json{{"neither", true}};
    const bool open_map = place == "/run/timings" || place == "/servers";
    if (!open_map || saved.is_object()) {
      EXPECT_NE(error_of(whole.dump()), "") << name;
    }
    *at = saved;
    if (at->is_structured()) break_each(whole, *at, name);
  }
}

// Display only, and of later versions more: any facts are kept as they are.
TEST(PlanJson, KeepsFactsOfReplication) {
  const auto with = [](const ordered_json& replication) {
    ordered_json plan = ordered_json::parse(json_of(complete_plan()));
    plan["run"]["replication"] = replication;
    return plan.dump();
  };
  EXPECT_EQ(error_of(with({{"dw", {{"log_bin", true}}}})), "");
  EXPECT_EQ(plan_from_json(with({{"dw", {{"log_bin", true}}}})).run.replication.at("dw"),
            R"({"log_bin":true})");
  EXPECT_NE(error_of(with(7)), "");
}

TEST(PlanJson, RefusesAWrongTypeAnywhere) {
  ordered_json plan = ordered_json::parse(json_of(complete_plan()));
  break_each(plan, plan, "");
}

TEST(PlanJson, RefusesAMissingMemberAnywhere) {
  const ordered_json whole = ordered_json::parse(json_of(complete_plan()));
  for (const char* parent : {"", "/run", "/selection", "/summary", "/servers/dw", "/findings/0",
                             "/hash", "/units/0", "/tables/1", "/tables/1/ops", "/tables/1/rows",
                             "/tables/1/changes", "/tables/1/chunks/0", "/files/0"}) {
    const auto place = ordered_json::json_pointer(parent);
    for (const auto& [name, value] : whole[place].items()) {
      ordered_json plan = whole;
      plan[place].erase(name);
      EXPECT_NE(error_of(plan.dump()), "") << parent << "/" << name;
    }
  }
}

TEST(PlanJson, RefusesPartsThatDoNotFit) {
  using Edit = std::function<void(ordered_json&)>;
  const std::vector<Edit> edits = {
      [](ordered_json& plan) { plan["hash"]["row"] = "md5/1"; },
      [](ordered_json& plan) { plan["hash"]["extra"] = "x"; },
      [](ordered_json& plan) { plan["findings"][0]["severity"] = "error"; },
      [](ordered_json& plan) { plan["findings"][0]["severity"] = "fatal"; },
      [](ordered_json& plan) { plan["units"][1]["id"] = 1; },
      [](ordered_json& plan) { plan["units"][1]["chunks"] = 3; },
      [](ordered_json& plan) { plan["tables"][1]["chunks"][0]["unit"] = 9; },
      [](ordered_json& plan) { plan["tables"][1]["chunks"][0]["id"] = 21; },
      [](ordered_json& plan) { plan["tables"][1]["chunks"][0]["id"] = 0; },
      [](ordered_json& plan) { plan["tables"][1]["chunks"][0]["changes"] = 1; },
      [](ordered_json& plan) { plan["tables"][1]["chunks"][0]["kind"] = "hash"; },
      [](ordered_json& plan) {
        plan["tables"][1]["chunks"][0]["low"] = {"1", "2"};
      },
      [](ordered_json& plan) { plan["tables"][1]["chunks"][0]["before"]["dw"] = "1:2"; },
      [](ordered_json& plan) { plan["tables"][1]["chunks"][0]["before"].erase("dw"); },
      [](ordered_json& plan) { plan["tables"][1]["target"] = "lake"; },
      [](ordered_json& plan) { plan["tables"][1]["members"]["lake"] = "a.b"; },
      [](ordered_json& plan) { plan["tables"][1]["address"] = "a/b.c"; },
      [](ordered_json& plan) {
        plan["tables"][1]["watermark"] = {{"from", "1"}, {"to", "2"}};
      },
      [](ordered_json& plan) { plan["tables"][1]["changes"]["path"] = "changes/x.ndjson"; },
      [](ordered_json& plan) { plan["tables"][1]["changes"]["path"] = "../x"; },
      [](ordered_json& plan) { plan["tables"][1]["changes"] = nullptr; },
      [](ordered_json& plan) { plan["files"][0]["path"] = "/etc/passwd"; },
      [](ordered_json& plan) { plan["files"][0]["path"] = "changes/../../x"; },
      [](ordered_json& plan) { plan["files"][0]["path"] = "changes//x"; },
      [](ordered_json& plan) { plan["files"][0]["path"] = ""; },
      [](ordered_json& plan) { std::swap(plan["files"][0], plan["files"][1]); },
  };
  for (std::size_t i = 0; i < edits.size(); ++i) EXPECT_NE(error_after(edits[i]), "") << i;
}

TEST(PlanJson, RefusesWhatIsNotJson) {
  const std::string good = json_of(complete_plan());
  ASSERT_EQ(error_of(good), "");
  for (const std::string& text :
       {std::string(), std::string("[]"), good + "{}", good + std::string(1, '\0'),
        "\xef\xbb\xbf" + good, good.substr(0, good.size() / 2),
        std::string(R"({"format_version": "1.0", "format_version": "1.0"})"),
        std::string(R"({"format_version": "1.0", "units": [], "units": []})"),
        std::string("{\"format_version\": \"\xff\"}")}) {
    EXPECT_NE(error_of(text), "");
  }
}

TEST(PlanJson, DoesNotCrashOnDeepNesting) {
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += "[";
  EXPECT_EQ(error_of("{\"a\": " + deep), "plan.json: nested too deep");
}

TEST(ChunkHash, ReadsItsOwnTextAlone) {
  const ChunkHash hash{12, 0xfedcba9876543210, 7};
  EXPECT_EQ(to_string(hash), "12:fedcba98765432100000000000000007");
  EXPECT_EQ(chunk_hash_from(to_string(hash)), hash);
  const ChunkHash most{UINT64_MAX, UINT64_MAX, UINT64_MAX};
  EXPECT_EQ(chunk_hash_from(to_string(most)), most);
  const std::string sums(32, '0');
  for (const std::string& text :
       {std::string(), sums, ":" + sums, "1:" + sums + "0", "1:" + sums.substr(1), "01:" + sums,
        "+1:" + sums, "-1:" + sums, " 1:" + sums, "1 :" + sums, "18446744073709551616:" + sums,
        "1:" + std::string(32, 'A'), "1:" + sums.substr(2) + "0x", "1:-" + sums.substr(1)}) {
    EXPECT_FALSE(chunk_hash_from(text)) << text;
  }
}

TEST(PlanId, SortsByTime) {
  using std::chrono::milliseconds;
  using std::chrono::system_clock;
  const system_clock::time_point epoch{};
  const std::string early = new_plan_id(epoch + milliseconds(1'700'000'000'000));
  const std::string late = new_plan_id(epoch + milliseconds(1'700'000'000'001));
  EXPECT_EQ(early.substr(0, 10), "01HF7YAT00");
  EXPECT_LT(early, late);
  EXPECT_NE(early, new_plan_id(epoch + milliseconds(1'700'000'000'000)));
  EXPECT_TRUE(is_plan_id(early));
  EXPECT_FALSE(is_plan_id(early.substr(1)));
  EXPECT_FALSE(is_plan_id("U" + early.substr(1)));
  EXPECT_FALSE(is_plan_id("8" + early.substr(1)));
  EXPECT_FALSE(is_plan_id("../../../../../../../../aa"));
}

TEST(Sha256, IsSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 hash;
  hash.update("a");
  Sha256 copy = hash;
  hash.update("bc");
  EXPECT_EQ(hash.finish_hex(), sha256_hex("abc"));
  EXPECT_EQ(hash.finish_hex(), sha256_hex(""));
  copy.update("x");
  EXPECT_EQ(copy.finish_hex(), sha256_hex("ax"));
}

}  // namespace
}  // namespace rowplan::planner
