// The reading half of planner/plan_json.h.
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "planner/address.h"
#include "planner/instant.h"
#include "planner/plan_consistency.h"
#include "planner/plan_error.h"
#include "planner/plan_json.h"
#include "planner/plan_tree.h"
#include "planner/plan_value_json.h"
#include "planner/strict_json.h"

namespace rowplan::planner {
namespace {

using nlohmann::json;

constexpr const char* kFile = "plan.json";
constexpr unsigned kMajorVersion = 1;

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw PlanError(kFile, place.empty() ? what : place + ": " + what);
}

// A value with its place, which errors name.
class Node {
 public:
  Node(const json& value, std::string place) : value_(value), place_(std::move(place)) {}

  [[nodiscard]] const std::string& place() const { return place_; }
  [[nodiscard]] bool is_null() const { return value_.is_null(); }

  [[nodiscard]] Node member(const char* name) const {
    if (!value_.is_object()) refuse(place_, "not an object");
    const auto at = value_.find(name);
    if (at == value_.end()) refuse(place_, std::string("no \"") + name + "\"");
    return {*at, place_.empty() ? name : place_ + "." + name};
  }
  /// Of a member that may be left out.
  [[nodiscard]] bool has(const char* name) const {
    return value_.is_object() && value_.contains(name);
  }
  [[nodiscard]] const std::string& text() const {
    if (!value_.is_string()) refuse(place_, "not a string");
    return value_.get_ref<const std::string&>();
  }
  [[nodiscard]] std::uint64_t number() const {
    if (!value_.is_number_unsigned()) refuse(place_, "not a whole number");
    return value_.get<std::uint64_t>();
  }
  /// The value as it is, on one line.
  [[nodiscard]] std::string json_text() const { return value_.dump(); }
  [[nodiscard]] double real() const {
    if (!value_.is_number()) refuse(place_, "not a number");
    return value_.get<double>();
  }
  [[nodiscard]] bool boolean() const {
    if (!value_.is_boolean()) refuse(place_, "not true or false");
    return value_.get<bool>();
  }
  [[nodiscard]] std::vector<Node> elements() const {
    if (!value_.is_array()) refuse(place_, "not an array");
    std::vector<Node> nodes;
    nodes.reserve(value_.size());
    for (std::size_t i = 0; i < value_.size(); ++i) {
      nodes.emplace_back(value_[i], place_ + "[" + std::to_string(i) + "]");
    }
    return nodes;
  }
  [[nodiscard]] std::vector<std::pair<std::string, Node>> members() const {
    if (!value_.is_object()) refuse(place_, "not an object");
    std::vector<std::pair<std::string, Node>> nodes;
    for (const auto& [name, value] : value_.items()) {
      nodes.emplace_back(name, Node(value, place_ + "." + name));
    }
    return nodes;
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const Node& node : elements()) texts.push_back(node.text());
    return texts;
  }
  [[nodiscard]] PlanValue value() const {
    if (is_null()) return {};
    if (value_.is_string()) return {PlanValue::Form::text, text(), 0};
    ValueFields fields;
    for (const auto& [name, node] : members()) {
      if (name == "bytes") {
        fields.bytes = node.number();
        continue;
      }
      std::optional<std::string>* const member = fields.text_member(name);
      if (member == nullptr) refuse(node.place(), "unknown form of a value");
      *member = node.text();
    }
    std::optional<PlanValue> value = value_from(fields);
    if (!value) refuse(place_, "unknown form of a value");
    return std::move(*value);
  }

 private:
  const json& value_;
  std::string place_;
};

void check_version(const Node& node) {
  const std::string& text = node.text();
  unsigned major = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, major);
  if (error != std::errc() || stop == end || *stop != '.') refuse(node.place(), "not a version");
  if (major != kMajorVersion) {
    refuse(node.place(), "this rowplan reads plans of format 1, and this one is of format '" +
                             text + "': use the rowplan that made it, or make a new plan");
  }
}

void check_hashes(const Node& node) {
  const std::map<std::string, std::string> known = {
      {"row", "sha256/1"}, {"chunk", "count+sum64x2/1"}, {"cut", "crc32/1"}};
  const auto members = node.members();
  for (const auto& [name, member] : members) {
    const auto at = known.find(name);
    if (at == known.end() || member.text() != at->second) {
      refuse(member.place(), "a hash that this rowplan does not know");
    }
  }
  if (members.size() != known.size()) refuse(node.place(), "not all hashes are named");
}

PlanUnit unit_from(const Node& node) {
  PlanUnit unit;
  unit.id = node.member("id").number();
  unit.changes = node.member("changes").number();
  unit.chunks = node.member("chunks").number();
  if (node.has("steps")) {
    unit.steps = node.member("steps").number();
    unit.step_rows = node.member("step_rows").number();
  }
  return unit;
}

std::optional<std::vector<PlanValue>> bound_from(const Node& node) {
  if (node.is_null()) return std::nullopt;
  std::vector<PlanValue> values;
  for (const Node& value : node.elements()) values.push_back(value.value());
  return values;
}

ChunkHash hash_from(const Node& node) {
  const auto hash = chunk_hash_from(node.text());
  if (!hash) refuse(node.place(), "not the hash of a chunk");
  return *hash;
}

std::map<std::string, ChunkHash> hashes_from(const Node& node) {
  std::map<std::string, ChunkHash> hashes;
  for (const auto& [member, hash] : node.members()) hashes.emplace(member, hash_from(hash));
  return hashes;
}

PlanChunk chunk_from(const Node& node) {
  PlanChunk chunk;
  chunk.id = node.member("id").number();
  chunk.unit = node.member("unit").number();
  const Node kind = node.member("kind");
  if (kind.text() != "range" && kind.text() != "keys") refuse(kind.place(), "unknown kind");
  chunk.kind = kind.text() == "range" ? ChunkKind::range : ChunkKind::keys;
  chunk.low = bound_from(node.member("low"));
  chunk.high = bound_from(node.member("high"));
  chunk.rows = node.member("rows").number();
  chunk.changes = node.member("changes").number();
  if (node.has("conflicts")) chunk.conflicts = node.member("conflicts").number();
  chunk.before = hashes_from(node.member("before"));
  chunk.after = hashes_from(node.member("after"));
  if (node.has("states"))
    for (const Node& state : node.member("states").elements())
      chunk.states.push_back(hash_from(state));
  return chunk;
}

// Turns units and chunks into their types as soon as each is complete.
class PartSink : public JsonSink {
 public:
  bool take(const JsonPlace& place, json& value) override {
    if (place.size() == 1 && place[0] == "format_version") {
      check_version(Node(value, place[0]));
      version_seen_ = true;
    }
    if (place.size() == 2 && place[0] == "units" && place[1].empty()) {
      require_version();
      units.push_back(unit_from(Node(value, "units[" + std::to_string(units.size()) + "]")));
      return true;
    }
    if (place.size() == 2 && place[0] == "tables" && place[1].empty()) chunks.emplace_back();
    if (place.size() == 4 && place[0] == "tables" && place[2] == "chunks" && place[3].empty()) {
      require_version();
      const std::string at = "tables[" + std::to_string(chunks.size() - 1) + "].chunks[" +
                             std::to_string(chunks.back().size()) + "]";
      chunks.back().push_back(chunk_from(Node(value, at)));
      return true;
    }
    return false;
  }

  std::vector<PlanUnit> units;
  std::vector<std::vector<PlanChunk>> chunks{1};  // one list a table; the last is of no table yet

 private:
  // A plan of another major version may have other parts; it is to be refused for its version.
  void require_version() const {
    if (!version_seen_) refuse("", "\"format_version\" is not in front");
  }
  bool version_seen_ = false;
};

Run run_from(const Node& node) {
  Run run;
  run.plan_id = node.member("plan_id").text();
  run.created_at = node.member("created_at").text();
  run.expires_at = node.member("expires_at").text();
  run.tool_version = node.member("tool_version").text();
  run.host = node.member("host").text();
  run.method = node.member("method").text();
  run.method_reason = node.member("method_reason").text();
  for (const auto& [phase, seconds] : node.member("timings").members()) {
    run.timings_s.emplace(phase, seconds.real());
  }
  if (node.has("replication"))
    for (const auto& [server, facts] : node.member("replication").members())
      run.replication.emplace(server, facts.json_text());
  if (node.has("resolved"))
    for (const Node& each : node.member("resolved").elements())
      run.resolved.push_back(each.json_text());
  return run;
}

Ops ops_from(const Node& node) {
  Ops ops;
  ops.insert = node.member("insert").number();
  ops.update = node.member("update").number();
  ops.remove = node.member("delete").number();
  ops.conflict = node.member("conflict").number();
  ops.kept = node.member("kept").number();
  return ops;
}

Summary summary_from(const Node& node) {
  Summary summary{ops_from(node), node.member("tables_compared").number(),
                  node.member("tables_changed").number(), node.member("rows_compared").number()};
  if (summary.ops.conflict > 0) summary.unresolved = node.member("unresolved").number();
  return summary;
}

PlanServer server_from(const Node& node) {
  return {node.member("identity").text(), node.member("vendor").text(),
          node.member("version").text(), node.member("role").text()};
}

std::string address_from(const Node& node) {
  return with_spoke({node.member("address").text(),
                     node.has("spoke") ? node.member("spoke").text() : std::string()});
}

Finding finding_from(const Node& node) {
  Finding finding;
  finding.code = node.member("code").text();
  const Node severity = node.member("severity");
  bool known = false;
  for (const Severity each : {Severity::info, Severity::warning, Severity::error}) {
    if (severity.text() != severity_name(each)) continue;
    finding.severity = each;
    known = true;
  }
  if (!known) refuse(severity.place(), "unknown severity");
  finding.address = address_from(node);
  finding.message = node.member("message").text();
  finding.hint = node.member("hint").text();
  return finding;
}

std::optional<PlanWatermark> watermark_from(const Node& node) {
  if (node.is_null()) return std::nullopt;
  PlanWatermark watermark;
  const Node from = node.member("from");
  if (!from.is_null()) watermark.from = from.text();
  watermark.to = node.member("to").text();
  watermark.full = node.member("full").boolean();
  if (!parse_instant(watermark.to)) refuse(node.place(), "\"to\" is no time");
  return watermark;
}

std::string text_or_none(const Node& node) { return node.is_null() ? "" : node.text(); }

void two_way_from(const Node& node, PlanTable& table) {
  table.unresolved = node.member("unresolved").number();
  table.conflict_column = text_or_none(node.member("conflict_column"));
  for (const auto& [server, member] : node.member("on").members()) {
    PlanMember& each = table.on[server];
    each.rows = member.member("rows").number();
    each.ops.insert = member.member("insert").number();
    each.ops.update = member.member("update").number();
    each.ops.remove = member.member("delete").number();
  }
  const Node baseline = node.member("baseline");
  table.baseline = {text_or_none(baseline.member("from")), baseline.member("rows").number(),
                    text_or_none(baseline.member("path"))};
  if (!table.baseline->path.empty() && !is_plan_path(table.baseline->path))
    refuse(baseline.place(), "not a path inside a plan");
}

PlanTable table_from(const Node& node, std::vector<PlanChunk> chunks) {
  PlanTable table;
  table.address = address_from(node);
  for (const auto& [server, name] : node.member("members").members()) {
    table.members.emplace(server, name.text());
  }
  table.first = node.member("source").text();
  table.target = node.member("target").text();
  if (node.has("spokes")) table.spokes = node.member("spokes").texts();
  if (node.has("direction")) {
    const Node direction = node.member("direction");
    if (direction.text() == "two-way")
      two_way_from(node, table);
    else if (direction.text() == "via-source")
      table.via_source = true;
    else
      refuse(direction.place(), "unknown direction");
  }
  table.key = node.member("key").texts();
  table.columns = node.member("columns").texts();
  table.schema_sha256 = node.member("schema_sha256").text();
  table.ops = ops_from(node.member("ops"));
  table.rows_compared = node.member("rows").member("source").number();
  table.target_rows = node.member("rows").member("target").number();
  table.watermark = watermark_from(node.member("watermark"));
  const Node changes = node.member("changes");
  if (!changes.is_null()) {
    table.changes_path = changes.member("path").text();
    table.changes_lines = changes.member("lines").number();
    if (!is_plan_path(table.changes_path)) refuse(changes.place(), "not a path inside a plan");
  }
  if (!node.member("chunks").elements().empty()) refuse(node.place(), "chunks are out of place");
  table.chunks = std::move(chunks);
  return table;
}

PlanFile file_from(const Node& node) {
  PlanFile file{node.member("path").text(), node.member("sha256").text(),
                node.member("bytes").number()};
  if (!is_plan_path(file.path)) refuse(node.place(), "not a path inside a plan");
  return file;
}

}  // namespace

Plan plan_from_json(std::string_view text) {
  PartSink parts;
  const json document = parse_strict_json(text, kFile, parts);
  const Node root(document, "");
  check_version(root.member("format_version"));
  check_hashes(root.member("hash"));
  Plan plan;
  plan.run = run_from(root.member("run"));
  plan.job_sha256 = root.member("job_sha256").text();
  plan.manifest_sha256 = root.member("manifest_sha256").text();
  plan.only = root.member("selection").member("only").texts();
  plan.exclude = root.member("selection").member("exclude").texts();
  plan.applyable = root.member("applyable").boolean();
  plan.complete = root.member("complete").boolean();
  plan.sql_complete = root.member("sql_complete").boolean();
  plan.summary = summary_from(root.member("summary"));
  for (const auto& [name, server] : root.member("servers").members()) {
    plan.servers.emplace(name, server_from(server));
  }
  for (const Node& node : root.member("findings").elements()) {
    plan.findings.push_back(finding_from(node));
  }
  if (!root.member("units").elements().empty()) refuse("units", "out of place");
  plan.units = std::move(parts.units);
  const auto tables = root.member("tables").elements();
  for (std::size_t i = 0; i < tables.size(); ++i) {
    plan.tables.push_back(table_from(tables[i], std::move(parts.chunks[i])));
  }
  for (const Node& node : root.member("files").elements()) plan.files.push_back(file_from(node));
  check_consistency(plan);
  return plan;
}

}  // namespace rowplan::planner
