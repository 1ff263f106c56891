#include "planner/conflict_line.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <nlohmann/json.hpp>

#include "planner/json_text.h"
#include "planner/plan_error.h"
#include "planner/plan_value_json.h"
#include "planner/strict_json.h"

namespace rowplan::planner {
namespace {

// In the order in which they were written: that of the members, and of the columns.
using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& what) { throw PlanError("conflict", what); }

void append_row(std::string& out, const std::optional<NamedValues>& row) {
  if (!row) {
    out += "null";
    return;
  }
  out += '{';
  bool first = true;
  for (const auto& [column, value] : *row) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, column);
    out += ':';
    append_value(out, value);
  }
  out += '}';
}

/// Refuses what the ordered tree would not show: a member that stands twice, and depth.
class Strictness : public JsonSink {
 public:
  bool take(const JsonPlace& /*place*/, nlohmann::json& /*value*/) override { return true; }
};

const Json& member(const Json& object, const char* name) {
  const auto at = object.find(name);
  if (at == object.end()) refuse(std::string("no \"") + name + "\"");
  return *at;
}

std::string text(const Json& value) {
  if (!value.is_string()) refuse("not a string where one belongs");
  return value.get<std::string>();
}

PlanValue value_of(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return {PlanValue::Form::text, value.get<std::string>(), 0};
  if (!value.is_object()) refuse("unknown form of a value");
  ValueFields fields;
  for (const auto& [name, field] : value.items()) {
    if (name == "bytes" && field.is_number_unsigned()) {
      fields.bytes = field.get<std::uint64_t>();
      continue;
    }
    std::optional<std::string>* const at = fields.text_member(name);
    if (at == nullptr) refuse("unknown form of a value: \"" + name + "\"");
    *at = text(field);
  }
  std::optional<PlanValue> read = value_from(fields);
  if (!read) refuse("unknown form of a value");
  return std::move(*read);
}

std::optional<NamedValues> row_of(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_object() || value.empty()) refuse("a row that is none");
  NamedValues row;
  for (const auto& [column, cell] : value.items()) row.emplace_back(column, value_of(cell));
  return row;
}

/// The members of an entry, in the order in which they stand.
struct AuditMember {
  const char* name;
  std::optional<std::string> AuditEntry::*text;
};
constexpr std::array<AuditMember, 4> kAuditMembers = {{{"user", &AuditEntry::user},
                                                       {"time", &AuditEntry::time},
                                                       {"type", &AuditEntry::type},
                                                       {"site", &AuditEntry::site}}};

std::vector<std::pair<std::string, std::optional<AuditEntry>>> audit_of(const Json& line) {
  std::vector<std::pair<std::string, std::optional<AuditEntry>>> audit;
  const auto at = line.find("audit");
  if (at == line.end()) return audit;
  if (!at->is_object() || at->empty()) refuse("\"audit\" is no object of members");
  for (const auto& [server, told] : at->items()) {
    std::optional<AuditEntry>& entry = audit.emplace_back(server, std::nullopt).second;
    if (told.is_null()) continue;
    if (!told.is_object() || told.size() != kAuditMembers.size()) refuse("an entry that is none");
    entry.emplace();
    for (const AuditMember& each : kAuditMembers) {
      const Json& value = member(told, each.name);
      if (!value.is_null()) (*entry).*(each.text) = text(value);
    }
  }
  return audit;
}

void append_audit(std::string& out, const ChangeConflict& conflict) {
  if (conflict.audit.empty()) return;
  out += "\"audit\":{";
  for (const auto& [server, entry] : conflict.audit) {
    if (&server != &conflict.audit.front().first) out += ',';
    append_json_string(out, server);
    out += entry ? ":{" : ":null";
    if (!entry) continue;
    for (const AuditMember& each : kAuditMembers) {
      out += (out.back() == '{' ? "\"" : ",\"") + std::string(each.name) + "\":";
      const auto& value = (*entry).*(each.text);
      if (value)
        append_json_string(out, *value);
      else
        out += "null";
    }
    out += '}';
  }
  out += "},";
}

ChangeConflict conflict_of(const Json& line) {
  ChangeConflict conflict;
  conflict.kind = text(member(line, "kind"));
  const Json& did = member(line, "did");
  const Json& rows = member(line, "rows");
  if (!did.is_object() || !rows.is_object()) refuse("members that are no object");
  for (const auto& [server, state] : did.items()) conflict.did.emplace_back(server, text(state));
  for (const auto& [server, row] : rows.items()) conflict.rows.emplace_back(server, row_of(row));
  const bool same = std::equal(conflict.did.begin(), conflict.did.end(), conflict.rows.begin(),
                               conflict.rows.end(),
                               [](const auto& a, const auto& b) { return a.first == b.first; });
  if (!same || conflict.rows.size() < 2) refuse("not one row of each member");
  conflict.audit = audit_of(line);
  const bool told = std::equal(conflict.did.begin(), conflict.did.end(), conflict.audit.begin(),
                               conflict.audit.end(),
                               [](const auto& a, const auto& b) { return a.first == b.first; });
  if (!told && !conflict.audit.empty()) refuse("not who changed the row on each member");
  const Json& resolution = member(line, "resolution");
  if (!resolution.is_null()) {
    if (!resolution.is_object() || resolution.size() != 2) refuse("a resolution that is none");
    conflict.resolution = {text(member(resolution, "take")), text(member(resolution, "by"))};
  }
  return conflict;
}

}  // namespace

std::string conflict_to_json_line(const Change& change) {
  assert(change.op == Op::conflict && change.conflict && change.key);
  const ChangeConflict& conflict = *change.conflict;
  std::string out(kConflictLine);
  out += "\"chunk\":" + std::to_string(change.chunk) + ",\"key\":";
  append_values(out, *change.key);
  out += ",\"kind\":";
  append_json_string(out, conflict.kind);
  out += ",\"did\":{";
  for (const auto& [server, state] : conflict.did) {
    if (out.back() != '{') out += ',';
    append_json_string(out, server);
    out += ':';
    append_json_string(out, state);
  }
  out += "},";
  append_audit(out, conflict);
  out += "\"rows\":{";
  for (const auto& [server, row] : conflict.rows) {
    if (out.back() != '{' || &server != &conflict.rows.front().first) out += ',';
    append_json_string(out, server);
    out += ':';
    append_row(out, row);
  }
  out += "},\"resolution\":";
  if (conflict.resolution) {
    out += "{\"take\":";
    append_json_string(out, conflict.resolution->take);
    out += ",\"by\":";
    append_json_string(out, conflict.resolution->by);
    out += '}';
  } else {
    out += "null";
  }
  out += ",\"reason\":";
  append_json_string(out, change.reason);
  out += '}';
  return out;
}

Change conflict_from_json_line(std::string_view line) {
  Strictness strictness;
  (void)parse_strict_json(line, "conflict", strictness);
  const Json json = Json::parse(line);
  constexpr std::size_t kMembers = 8;
  if (json.size() != kMembers + json.count("audit")) refuse("not the members of a conflict");
  Change change;
  change.op = Op::conflict;
  if (text(member(json, "op")) != op_name(Op::conflict)) refuse("no conflict");
  const Json& chunk = member(json, "chunk");
  if (!chunk.is_number_unsigned()) refuse("\"chunk\" is no number");
  change.chunk = chunk.get<std::uint64_t>();
  const Json& key = member(json, "key");
  if (!key.is_array() || key.empty()) refuse("\"key\" is no key");
  change.key.emplace();
  for (const Json& value : key) change.key->push_back(value_of(value));
  change.conflict = conflict_of(json);
  change.reason = text(member(json, "reason"));
  return change;
}

}  // namespace rowplan::planner
