#include "planner/plan_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "planner/address.h"
#include "planner/json_text.h"
#include "planner/plan_value_json.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kFlushBytes = std::size_t{64} * 1024;

// Members of one object, on one line or on lines of their own; the commas are its affair.
class Members {
 public:
  explicit Members(std::string& out) : out_(out), separator_(" ") {}
  Members(std::string& out, const std::string& indent) : out_(out), separator_("\n" + indent) {}

  std::string& name(std::string_view name) {
    if (!first_) out_ += ',';
    if (!first_ || separator_ != " ") out_ += separator_;
    first_ = false;
    append_json_string(out_, name);
    out_ += ": ";
    return out_;
  }
  void text(std::string_view member, std::string_view value) {
    append_json_message(name(member), value);
  }
  void number(std::string_view member, std::uint64_t value) {
    name(member) += std::to_string(value);
  }
  void boolean(std::string_view member, bool value) { name(member) += value ? "true" : "false"; }
  void texts(std::string_view member, const std::vector<std::string>& values) {
    std::string& out = name(member);
    out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ", ";
      append_json_message(out, values[i]);
    }
    out += ']';
  }

 private:
  std::string& out_;
  std::string separator_;
  bool first_ = true;
};

class PlanWriter {
 public:
  PlanWriter(const TextSink& sink, const PlanJsonExtras* extras) : sink_(sink), extras_(extras) {}

  void write(const Plan& plan) {
    out_ += "{";
    Members root(out_, "  ");
    if (extras_ != nullptr) root.text("digest", extras_->digest);
    root.text("format_version", kPlanFormatVersion);
    write_run(root, plan.run);
    root.text("job_sha256", plan.job_sha256);
    root.text("manifest_sha256", plan.manifest_sha256);
    root.name("selection") += '{';
    Members selection = line();
    selection.texts("only", plan.only);
    selection.texts("exclude", plan.exclude);
    out_ += '}';
    root.boolean("applyable", plan.applyable);
    root.boolean("complete", plan.complete);
    root.boolean("sql_complete", plan.sql_complete);
    write_summary_member(root, plan.summary);
    write_servers(root, plan.servers);
    list(root.name("findings"), "  ", plan.findings, [this](const Finding& it) { finding(it); });
    root.name("hash") += R"({"row": "sha256/1", "chunk": "count+sum64x2/1", "cut": "crc32/1"})";
    list(root.name("units"), "  ", plan.units, [this](const PlanUnit& it) { unit(it); });
    list(root.name("tables"), "  ", plan.tables, [this](const PlanTable& it) { table(it); });
    list(root.name("files"), "  ", plan.files, [this](const PlanFile& it) { file(it); });
    out_ += "\n}\n";
    flush();
  }

 private:
  Members line() { return Members(out_); }

  void flush() {
    sink_(out_);
    out_.clear();
  }

  template <typename Item, typename Write>
  void list(std::string& out, const std::string& indent, const std::vector<Item>& items,
            const Write& write) {
    out += '[';
    bool first = true;
    for (const Item& item : items) {
      out += first ? "\n  " : ",\n  ";
      first = false;
      out += indent;
      write(item);
      if (out.size() >= kFlushBytes) flush();
    }
    if (!first) out += "\n" + indent;
    out += ']';
  }

  void write_run(Members& root, const Run& run) {
    root.name("run") += "{";
    Members members(out_, "    ");
    members.text("plan_id", run.plan_id);
    members.text("created_at", run.created_at);
    members.text("expires_at", run.expires_at);
    members.text("tool_version", run.tool_version);
    members.text("host", run.host);
    members.text("method", run.method);
    members.text("method_reason", run.method_reason);
    members.name("timings") += '{';
    Members timings = line();
    for (const auto& [phase, seconds] : run.timings_s) {
      timings.name(phase) += nlohmann::json(std::isfinite(seconds) ? seconds : 0.0).dump();
    }
    out_ += '}';
    if (!run.replication.empty()) {
      members.name("replication") += '{';
      Members servers(out_, "      ");
      for (const auto& [server, json] : run.replication) servers.name(server) += json;
      out_ += "\n    }";
    }
    if (!run.resolved.empty())
      list(members.name("resolved"), "    ", run.resolved,
           [this](const std::string& json) { out_ += json; });
    out_ += "\n  }";
  }

  void ops(Members& members, const Ops& ops) {
    members.number("insert", ops.insert);
    members.number("update", ops.update);
    members.number("delete", ops.remove);
    members.number("conflict", ops.conflict);
    members.number("kept", ops.kept);
  }

  void two_way(Members& members, const PlanTable& table) {
    members.number("unresolved", table.unresolved);
    text_or_null(members, "conflict_column", table.conflict_column);
    members.name("on") += '{';
    Members on = line();
    for (const auto& [server, member] : table.on) {
      on.name(server) += '{';
      Members each = line();
      each.number("rows", member.rows);
      each.number("insert", member.ops.insert);
      each.number("update", member.ops.update);
      each.number("delete", member.ops.remove);
      out_ += '}';
    }
    out_ += '}';
    members.name("baseline") += '{';
    Members baseline = line();
    text_or_null(baseline, "from", table.baseline->from);
    baseline.number("rows", table.baseline->rows);
    text_or_null(baseline, "path", table.baseline->path);
    out_ += '}';
  }

  void text_or_null(Members& members, std::string_view member, const std::string& text) {
    if (text.empty())
      members.name(member) += "null";
    else
      members.text(member, text);
  }

  void write_summary_member(Members& root, const Summary& summary) {
    root.name("summary") += '{';
    Members members = line();
    ops(members, summary.ops);
    members.number("tables_compared", summary.tables_compared);
    members.number("tables_changed", summary.tables_changed);
    members.number("rows_compared", summary.rows_compared);
    if (summary.ops.conflict > 0) members.number("unresolved", summary.unresolved);
    out_ += '}';
  }

  void write_servers(Members& root, const std::map<std::string, PlanServer>& servers) {
    root.name("servers") += '{';
    Members members(out_, "    ");
    for (const auto& [name, server] : servers) {
      members.name(name) += '{';
      Members facts = line();
      facts.text("identity", server.identity);
      facts.text("vendor", server.vendor);
      facts.text("version", server.version);
      facts.text("role", server.role);
      out_ += '}';
    }
    out_ += servers.empty() ? "}" : "\n  }";
  }

  static void address(Members& members, const std::string& address) {
    const SharedAddress shared = without_spoke(address);
    members.text("address", shared.address);
    if (!shared.spoke.empty()) members.text("spoke", shared.spoke);
  }

  void finding(const Finding& finding) {
    out_ += '{';
    Members members = line();
    members.text("code", finding.code);
    members.text("severity", severity_name(finding.severity));
    address(members, finding.address);
    members.text("message", finding.message);
    members.text("hint", finding.hint);
    out_ += '}';
  }

  void unit(const PlanUnit& unit) {
    out_ += '{';
    Members members = line();
    members.number("id", unit.id);
    members.number("changes", unit.changes);
    members.number("chunks", unit.chunks);
    if (unit.steps > 1) {
      members.number("steps", unit.steps);
      members.number("step_rows", unit.step_rows);
    }
    out_ += '}';
  }

  void file(const PlanFile& file) {
    out_ += '{';
    Members members = line();
    members.text("path", file.path);
    members.text("sha256", file.sha256);
    members.number("bytes", file.bytes);
    out_ += '}';
  }

  void table(const PlanTable& table) {
    out_ += "{";
    Members members(out_, "      ");
    address(members, table.address);
    members.name("members") += '{';
    Members names = line();
    for (const auto& [server, name] : table.members) names.text(server, name);
    out_ += '}';
    members.text("source", table.first);
    members.text("target", table.target);
    if (!table.spokes.empty()) members.texts("spokes", table.spokes);
    if (table.via_source) members.text("direction", "via-source");
    if (table.two_way()) members.text("direction", "two-way");
    members.texts("key", table.key);
    members.texts("columns", table.columns);
    members.text("schema_sha256", table.schema_sha256);
    members.name("ops") += '{';
    Members counts = line();
    ops(counts, table.ops);
    out_ += '}';
    members.name("rows") += '{';
    Members rows = line();
    rows.number("source", table.rows_compared);
    rows.number("target", table.target_rows);
    out_ += '}';
    if (table.two_way()) two_way(members, table);
    watermark(members.name("watermark"), table.watermark);
    changes(members.name("changes"), table);
    list(members.name("chunks"), "      ", table.chunks,
         [this](const PlanChunk& it) { chunk(it); });
    out_ += "\n    }";
  }

  void watermark(std::string& out, const std::optional<PlanWatermark>& watermark) {
    if (!watermark) {
      out += "null";
      return;
    }
    out += '{';
    Members members = line();
    if (watermark->from)
      members.text("from", *watermark->from);
    else
      members.name("from") += "null";
    members.text("to", watermark->to);
    members.boolean("full", watermark->full);
    out += '}';
  }

  void changes(std::string& out, const PlanTable& table) {
    if (extras_ != nullptr) {
      out += '[';
      flush();
      extras_->changes(table, sink_);
      out += ']';
    } else if (table.changes_path.empty()) {
      out += "null";
    } else {
      out += '{';
      Members members = line();
      members.text("path", table.changes_path);
      members.number("lines", table.changes_lines);
      out += '}';
    }
  }

  void bound(std::string& out, const std::optional<std::vector<PlanValue>>& values) {
    if (values) {
      append_values(out, *values);
    } else {
      out += "null";
    }
  }

  void hashes(std::string& out, const std::map<std::string, ChunkHash>& hashes) {
    out += '{';
    Members members = line();
    for (const auto& [member, hash] : hashes) members.text(member, to_string(hash));
    out += '}';
  }

  void chunk(const PlanChunk& chunk) {
    out_ += '{';
    Members members = line();
    members.number("id", chunk.id);
    members.number("unit", chunk.unit);
    members.text("kind", chunk.kind == ChunkKind::range ? "range" : "keys");
    bound(members.name("low"), chunk.low);
    bound(members.name("high"), chunk.high);
    members.number("rows", chunk.rows);
    members.number("changes", chunk.changes);
    if (chunk.conflicts > 0) members.number("conflicts", chunk.conflicts);
    hashes(members.name("before"), chunk.before);
    hashes(members.name("after"), chunk.after);
    if (!chunk.states.empty()) {
      std::vector<std::string> states;
      for (const ChunkHash& state : chunk.states) states.push_back(to_string(state));
      members.texts("states", states);
    }
    out_ += '}';
  }

  const TextSink& sink_;
  const PlanJsonExtras* extras_;
  std::string out_;  // what the sink has not been given yet
};

}  // namespace

void write_plan_json(const Plan& plan, const TextSink& sink) {
  PlanWriter(sink, nullptr).write(plan);
}

void write_plan_json(const Plan& plan, const TextSink& sink, const PlanJsonExtras& extras) {
  PlanWriter(sink, &extras).write(plan);
}

}  // namespace rowplan::planner
