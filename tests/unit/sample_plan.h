// A small plan for tests: three tables, one without a key, one without changes.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "planner/change.h"
#include "planner/plan.h"
#include "planner/plan_directory.h"

namespace rowplan::planner::sample {

/// A directory of its own for one test, removed at its end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "rowplan-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void set_file_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

inline PlanValue text_value(std::string text) {
  return {PlanValue::Form::text, std::move(text), 0};
}

inline std::vector<Change> order_changes() {
  Change update;
  update.op = Op::update;
  update.on = "dw";
  update.chunk = 17;
  update.key = {{text_value("1000003")}};
  update.before = {{"status", text_value("new")}};
  update.after = {{"status", text_value("paid")}};
  update.reason = "differs";

  Change insert;
  insert.op = Op::insert;
  insert.on = "dw";
  insert.chunk = 17;
  insert.key = {{text_value("1000004")}};
  insert.after = {{"order_no", text_value("1000004")},
                  {"status", text_value("a\"b\\c\n\x1b[31m\u202e<script>`|")},
                  {"photo", {PlanValue::Form::ref, std::string(64, 'a'), 1048576}},
                  {"email", {PlanValue::Form::hmac, std::string(64, 'b'), 0}}};
  insert.reason = "missing";

  Change remove;
  remove.op = Op::remove;
  remove.on = "dw";
  remove.chunk = 21;
  remove.key = {{text_value("1000900")}};
  remove.before = {{"order_no", text_value("1000900")},
                   {"status", {}},
                   {"photo", {PlanValue::Form::hex, std::string("\x00\xff", 2), 0}},
                   {"email", {PlanValue::Form::hmac, std::string(64, 'c'), 0}}};
  remove.reason = "extra";
  return {update, insert, remove};
}

inline std::vector<Change> log_changes() {
  Change remove;
  remove.op = Op::remove;
  remove.on = "dw";
  remove.chunk = 1;
  remove.before = {{"line", text_value("started")}};
  remove.reason = "extra";
  remove.count = 2;
  remove.had = 3;
  return {remove};
}

inline PlanChunk sample_chunk(std::uint64_t id, std::uint64_t unit, std::uint64_t changes) {
  PlanChunk chunk;
  chunk.id = id;
  chunk.unit = unit;
  chunk.rows = 200;
  chunk.changes = changes;
  chunk.before = {{"hq", {200, 1, 2}}, {"dw", {201, 3, 4}}};
  chunk.after = {{"hq", {200, 1, 2}}, {"dw", {200, 1, 2}}};
  return chunk;
}

inline PlanTable sample_table(const std::string& name) {
  PlanTable table;
  table.address = "orders/shop." + name;
  table.first = "hq";
  table.target = "dw";
  table.members = {{"hq", "shop." + name}, {"dw", "dw." + name}};
  table.schema_sha256 = std::string(64, 'd');
  table.rows_compared = 20000;
  table.target_rows = 20000;
  return table;
}

inline Plan sample_plan() {
  Plan plan;
  plan.run = {"01JD5Z6QK0ABCDEFGHJKMNPQRS",
              "2026-11-21T02:16:41.000Z",
              "2026-11-22T02:16:41.000Z",
              "0.1.0",
              "runner-3",
              "stream",
              "asked for",
              {{"compare", 1.5}},
              {},
              {}};
  plan.job_sha256 = std::string(64, 'e');
  plan.manifest_sha256 = std::string(64, 'f');
  plan.only = {"orders"};
  plan.applyable = true;
  plan.complete = true;
  plan.sql_complete = false;
  plan.servers = {{"hq", {"uuid-hq", "mariadb", "10.11.19", "primary"}},
                  {"dw", {"uuid-dw", "mysql", "9.7.4", "primary"}}};
  plan.findings = {{"values_withheld", Severity::warning, "orders/shop.orders",
                    "column 'email' is sensitive", "apply reads it again"}};
  plan.units = {{1, 2, 1}, {2, 3, 2}};

  PlanTable logs = sample_table("logs");
  logs.columns = {"line"};
  logs.ops.remove = 2;
  logs.changes_path = "changes/orders/shop.logs.ndjson";
  logs.changes_lines = 1;
  logs.chunks = {sample_chunk(1, 2, 1)};

  PlanTable orders = sample_table("orders");
  orders.key = {"order_no"};
  orders.columns = {"order_no", "status", "photo", "email"};
  orders.ops = {1, 1, 1, 0, 0};
  orders.changes_path = "changes/orders/shop.orders.ndjson";
  orders.changes_lines = 3;
  orders.chunks = {sample_chunk(17, 1, 2), sample_chunk(21, 2, 1)};
  orders.chunks[0].low = {{text_value("1000000")}};
  orders.chunks[0].high = {{text_value("1000200")}};
  orders.chunks[1].low = {{{PlanValue::Form::hex, "\xff", 0}}};

  plan.tables = {logs, orders, sample_table("zones")};
  plan.summary = {{1, 1, 3, 0, 0}, 3, 2, 60000};
  return plan;
}

inline void write_changes(PlanDirectory& directory, const std::string& path,
                          const std::vector<Change>& changes) {
  const auto file = directory.open_file(path);
  for (const Change& change : changes) file->append(to_json_line(change) + "\n");
  file->close();
}

/// Writes sample_plan() with its files; returns the digest.
inline std::string write_sample_plan(const std::filesystem::path& path) {
  PlanDirectory directory = PlanDirectory::create(path, Overwrite::no);
  Plan plan = sample_plan();
  write_changes(directory, plan.tables[0].changes_path, log_changes());
  write_changes(directory, plan.tables[1].changes_path, order_changes());
  directory.write_file("sql/dw.sql", "-- nothing\n");
  write_summary(directory, plan, 20);
  return directory.finish(plan);
}

}  // namespace rowplan::planner::sample
