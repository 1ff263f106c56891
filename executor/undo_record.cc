#include "executor/undo_record.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "planner/json_text.h"
#include "planner/plan_error.h"
#include "planner/plan_id.h"
#include "planner/plan_value_json.h"
#include "planner/strict_json.h"

namespace rowplan::executor {

namespace {

using nlohmann::json;
using planner::append_json_string;
using planner::Op;
using planner::PlanError;
using planner::PlanValue;

constexpr std::string_view kKnownMajor = "1.";
constexpr std::size_t kTimeBytes = 24;  // 2025-03-01T09:30:00.125Z

void append_member(std::string& out, const char* name, std::string_view text) {
  out += std::string(",\"") + name + "\":";
  append_json_string(out, text);
}

void append_names(std::string& out, const std::vector<std::string>& names) {
  out += '[';
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, names[i]);
  }
  out += ']';
}

void append_row(std::string& out, const char* name, const std::optional<UndoValues>& values) {
  if (!values) return;
  out += std::string(",\"") + name + "\":";
  planner::append_values(out, *values);
}

class NoSink : public planner::JsonSink {
 public:
  bool take(const planner::JsonPlace& /*place*/, json& /*value*/) override { return false; }
};

/// One line: an object, every member of which must be asked for.
class Line {
 public:
  Line(std::string_view text, const std::string& file) : file_(file) {
    NoSink sink;
    object_ = planner::parse_strict_json(text, file, sink);
    if (!object_.is_object()) refuse("a line is not an object");
  }

  [[noreturn]] void refuse(const std::string& what) const { throw PlanError(file_, what); }

  json take(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end()) refuse(std::string("no \"") + name + "\"");
    json value = std::move(*found);
    object_.erase(found);
    return value;
  }
  [[nodiscard]] bool has(const char* name) const { return object_.contains(name); }

  std::string text(const char* name) {
    json value = take(name);
    if (!value.is_string()) refuse(std::string("\"") + name + "\" is not a text");
    return std::move(value.get_ref<std::string&>());
  }

  std::uint64_t number(const char* name) {
    const json value = take(name);
    if (!value.is_number_unsigned()) refuse(std::string("\"") + name + "\" is not a number");
    return value.get<std::uint64_t>();
  }

  std::vector<std::string> names(const char* name) {
    json value = take(name);
    if (!value.is_array()) refuse(std::string("\"") + name + "\" is not a list");
    std::vector<std::string> names;
    for (json& each : value) {
      if (!each.is_string()) refuse(std::string("\"") + name + "\" holds what is no name");
      names.push_back(std::move(each.get_ref<std::string&>()));
    }
    return names;
  }

  UndoValues values(const char* name, std::size_t count) {
    json list = take(name);
    if (!list.is_array() || list.size() != count)
      refuse(std::string("\"") + name + "\" has not a value for each column");
    UndoValues values;
    values.reserve(count);
    for (json& each : list) values.push_back(value(each));
    return values;
  }

  void end() const {
    if (!object_.empty()) refuse("unknown member \"" + object_.begin().key() + "\"");
  }

 private:
  [[nodiscard]] PlanValue value(json& from) const {
    if (from.is_null()) return {};
    if (from.is_string())
      return {PlanValue::Form::text, std::move(from.get_ref<std::string&>()), 0};
    planner::ValueFields fields;
    if (from.is_object() && from.size() == 1 && from.contains("hex") && from["hex"].is_string())
      fields.hex = std::move(from["hex"].get_ref<std::string&>());
    // A reference says what was there, but not with what to bring it back.
    auto read = planner::value_from(fields);
    if (!read) refuse("a value of an unknown form");
    return std::move(*read);
  }

  const std::string& file_;
  json object_;
};

Op op_from(Line& line) {
  const std::string name = line.text("op");
  for (const Op op : {Op::insert, Op::update, Op::remove})
    if (name == planner::op_name(op)) return op;
  line.refuse("unknown op \"" + name + "\"");
}

bool begins(std::string_view line, std::string_view with) {
  return line.substr(0, with.size()) == with;
}

}  // namespace

std::string to_line(const UndoHeader& header) {
  std::string out = "{\"undo_version\":\"";
  out += kUndoFormatVersion;
  out += '"';
  append_member(out, "plan_id", header.plan_id);
  append_member(out, "plan_digest", header.plan_digest);
  append_member(out, "run_id", header.run_id);
  append_member(out, "created_at", header.created_at);
  append_member(out, "tool_version", header.tool_version);
  // Values of `sensitive` columns will not stand here in clear.
  append_member(out, "encryption", "none");
  return out + "}\n";
}

std::string unit_line(std::uint64_t unit, std::uint64_t step) {
  return "{\"unit\":" + std::to_string(unit) +
         (step > 0 ? ",\"step\":" + std::to_string(step) : "") + "}\n";
}

std::string to_line(const UndoTable& table) {
  std::string out = "{\"table\":";
  append_json_string(out, table.address);
  append_member(out, "server", table.server);
  append_member(out, "identity", table.identity);
  append_member(out, "name", table.name);
  out += ",\"key\":";
  append_names(out, table.key);
  out += ",\"columns\":";
  append_names(out, table.columns);
  return out + "}\n";
}

std::string to_line(const UndoRow& row) {
  std::string out = "{\"op\":\"";
  out += planner::op_name(row.op);
  out += "\",\"key\":";
  if (row.key) {
    planner::append_values(out, *row.key);
  } else {
    out += "null";
  }
  append_row(out, "before", row.before);
  append_row(out, "after", row.after);
  if (row.count != 0) out += ",\"count\":" + std::to_string(row.count);
  return out + "}\n";
}

std::string to_line(const UndoEnd& end) {
  return "{\"end\":" + std::to_string(end.unit) + ",\"lines\":" + std::to_string(end.lines) +
         ",\"sha256\":\"" + end.sha256 + "\"}\n";
}

UndoHeader undo_header_from(std::string_view text, const std::string& file) {
  Line line(text, file);
  const std::string version = line.text("undo_version");
  if (!begins(version, kKnownMajor)) line.refuse("an undo file of version " + version);
  UndoHeader header;
  header.plan_id = line.text("plan_id");
  header.plan_digest = line.text("plan_digest");
  header.run_id = line.text("run_id");
  header.created_at = line.text("created_at");
  header.tool_version = line.text("tool_version");
  if (const std::string encryption = line.text("encryption"); encryption != "none")
    line.refuse("encrypted in a way that is not known: " + encryption);
  line.end();
  if (!planner::is_plan_id(header.plan_id) || !planner::is_plan_id(header.run_id))
    line.refuse("the id of its plan or run is none");
  if (header.created_at.size() != kTimeBytes || header.created_at.back() != 'Z')
    line.refuse("\"created_at\" is no time");
  return header;
}

UndoUnit undo_unit_from(std::string_view text, const std::string& file) {
  Line line(text, file);
  UndoUnit unit;
  unit.id = line.number("unit");
  if (line.has("step")) unit.step = line.number("step");
  line.end();
  return unit;
}

UndoTable undo_table_from(std::string_view text, const std::string& file) {
  Line line(text, file);
  UndoTable table;
  table.address = line.text("table");
  table.server = line.text("server");
  table.identity = line.text("identity");
  table.name = line.text("name");
  table.key = line.names("key");
  table.columns = line.names("columns");
  line.end();
  if (table.columns.empty() || table.key.size() > table.columns.size() ||
      !std::equal(table.key.begin(), table.key.end(), table.columns.begin()))
    line.refuse("the columns of a table do not begin with its key");
  return table;
}

UndoRow undo_row_from(std::string_view text, const UndoTable& table, const std::string& file) {
  Line line(text, file);
  UndoRow row;
  row.op = op_from(line);
  if (table.key.empty()) {
    if (!line.take("key").is_null()) line.refuse("a key in a table without one");
    row.count = line.number("count");
    if (row.count == 0) line.refuse("\"count\" is 0");
  } else {
    row.key = line.values("key", table.key.size());
  }
  if (row.op != Op::insert) row.before = line.values("before", table.columns.size());
  if (row.op != Op::remove) row.after = line.values("after", table.columns.size());
  line.end();
  const UndoValues& keyed = row.before ? *row.before : *row.after;
  if (row.key && !std::equal(row.key->begin(), row.key->end(), keyed.begin()))
    line.refuse("a row whose key is not its own");
  return row;
}

UndoEnd undo_end_from(std::string_view text, const std::string& file) {
  Line line(text, file);
  UndoEnd end;
  end.unit = line.number("end");
  end.lines = line.number("lines");
  end.sha256 = line.text("sha256");
  line.end();
  return end;
}

bool is_undo_unit(std::string_view line) noexcept { return begins(line, "{\"unit\":"); }
bool is_undo_table(std::string_view line) noexcept { return begins(line, "{\"table\":"); }
bool is_undo_end(std::string_view line) noexcept { return begins(line, "{\"end\":"); }

}  // namespace rowplan::executor
