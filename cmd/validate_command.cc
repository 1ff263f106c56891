#include "cmd/validate_command.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/manifest_file.h"
#include "cmd/observers.h"
#include "cmd/plan_report.h"
#include "cmd/shown_text.h"
#include "planner/inspection.h"
#include "planner/refusal.h"
#include "planner/replication_json.h"

namespace rowplan::cmd {
namespace {

using nlohmann::ordered_json;

planner::Inspection connect(const LoadedManifest& loaded, const ValidateOptions& options,
                            const Context& context) {
  planner::PlanRequest request;
  request.manifest = &loaded.manifest;
  request.manifest_text = loaded.text;
  request.base_dir = loaded.base_dir;
  request.selection = options.selection;
  request.tool_version = ROWPLAN_VERSION;
  request.stop = context.stop();
  ProgressView view(context.console, progress_settings(context.global));
  PlanListener listener(view, context.log);
  return planner::inspect(request, listener);
}

std::string key_text(const std::vector<std::string>& key) {
  if (key.empty()) return "no key";
  std::string text = "key (";
  for (const std::string& column : key) text += (text.ends_with('(') ? "" : ", ") + shown(column);
  return text + ')';
}

/// "+0.1 s": ahead of this machine's.
std::string clock_text(double seconds) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%+.1f s", seconds);
  return text.data();
}

void print_replication(const mysql::ReplicationFacts& facts, std::ostream& out) {
  for (const mysql::ReplicaChannel& channel :
       facts.channels.value_or(std::vector<mysql::ReplicaChannel>())) {
    out << "  replicates from " << shown(channel.source_host) << ':' << channel.source_port
        << (channel.name.empty() ? "" : ", channel " + shown(channel.name)) << ": "
        << (channel.receives ? "receives, " : "does not receive, ")
        << (channel.applies ? "applies" : "does not apply");
    if (channel.seconds_behind) out << ", " << *channel.seconds_behind << " s behind";
    const unsigned error =
        channel.applier_error != 0 ? channel.applier_error : channel.receiver_error;
    if (error != 0) out << ", error " << error;
    out << (channel.filters.empty() ? "" : ", filtered") << '\n';
  }
  if (!facts.log_bin) return;
  out << "  binary log: " << shown(facts.binlog_format) << ", " << shown(facts.binlog_row_image)
      << (facts.log_replica_updates ? ", with what it applies" : "") << ", GTIDs "
      << shown(facts.gtid_mode);
  if (facts.replicas) out << ", " << counted(facts.replicas->size(), "replica", "replicas");
  out << '\n';
}

void print_inspection(const planner::Inspection& inspection, bool color, std::ostream& out) {
  for (const auto& [name, server] : inspection.servers) {
    const mysql::Facts& facts = server.facts;
    out << "server " << shown(name) << ": " << mysql::vendor_name(facts.vendor) << ' '
        << shown(facts.version) << ", " << mysql::role_of(facts)
        << (facts.read_only ? ", read-only" : "") << (facts.galera ? ", in a cluster" : "")
        << ", identity " << shown(facts.identity) << ", as " << shown(server.user) << ", clock "
        << clock_text(server.clock_ahead_s) << '\n';
    print_replication(facts.replication, out);
  }
  for (const planner::Inspection::TablePair& table : inspection.tables) {
    out << "table " << shown(table.address) << ": " << shown(table.source)
        << (table.targets.size() > 1 ? " <-> " : " -> ") << shown_list(table.targets) << ", "
        << key_text(table.key) << '\n';
  }
  print_findings(inspection.findings, color, out);
}

ordered_json servers_json(const planner::Inspection& inspection) {
  ordered_json servers = ordered_json::object();
  std::map<std::string, mysql::Facts> all;
  for (const auto& [name, server] : inspection.servers) all.emplace(name, server.facts);
  for (const auto& [name, server] : inspection.servers) {
    const mysql::Facts& facts = server.facts;
    servers[name] = {{"vendor", mysql::vendor_name(facts.vendor)},
                     {"version", facts.version},
                     {"identity", facts.identity},
                     {"role", mysql::role_of(facts)},
                     {"read_only", facts.read_only},
                     {"galera", facts.galera},
                     {"user", server.user},
                     {"clock_ahead_s", std::round(server.clock_ahead_s * 1000) / 1000},
                     {"replication", planner::replication_json(name, all)}};
  }
  return servers;
}

ordered_json inspected_tables_json(const planner::Inspection& inspection) {
  ordered_json tables = ordered_json::array();
  for (const planner::Inspection::TablePair& table : inspection.tables) {
    ordered_json entry = address_json(table.address);
    entry.update({{"source", table.source}, {"target", table.targets.front()}, {"key", table.key}});
    if (table.targets.size() > 1) entry["spokes"] = table.targets;
    tables.push_back(std::move(entry));
  }
  return tables;
}

std::uint64_t pairs_alone(const planner::Manifest& manifest) {
  return static_cast<std::uint64_t>(
      std::count_if(manifest.pairs.begin(), manifest.pairs.end(),
                    [](const planner::PairSpec& pair) { return pair.group.empty(); }));
}

ordered_json manifest_json(const LoadedManifest& loaded, const std::string& file) {
  ordered_json servers = ordered_json::array();
  for (const auto& [name, server] : loaded.manifest.servers) servers.push_back(name);
  ordered_json pairs = ordered_json::array();
  ordered_json groups = ordered_json::array();
  for (const planner::GroupSpec& group : loaded.manifest.groups) {
    groups.push_back({{"name", group.sync.name},
                      {"hub", group.sync.source},
                      {"spokes", group.spokes},
                      {"direction", planner::direction_name(group.sync.direction)}});
  }
  for (const planner::PairSpec& pair : loaded.manifest.pairs) {
    if (!pair.group.empty()) continue;
    pairs.push_back({{"name", pair.name},
                     {"source", pair.source},
                     {"target", pair.target},
                     {"direction", planner::direction_name(pair.direction)}});
  }
  return {{"manifest", file},        {"name", loaded.manifest.name},
          {"server_names", servers}, {"pairs", pairs},
          {"groups", groups},        {"diagnostics", diagnostics_json(loaded.diagnostics)}};
}

}  // namespace

ExitCode run_validate(const ValidateOptions& options, const Context& context) {
  const bool selects = !options.selection.only.empty() || !options.selection.exclude.empty();
  if (selects && !options.connect) {
    throw planner::Refusal(planner::RefusalReason::usage,
                           "--only and --exclude of 'validate' need --connect");
  }
  const std::string& file = context.global.manifest;
  const LoadedManifest loaded = load_manifest(file);
  report_warnings(loaded, context.console);
  std::optional<planner::Inspection> inspection;
  if (options.connect) inspection = connect(loaded, options, context);
  const ExitCode code =
      inspection && planner::has_error(inspection->findings) ? ExitCode::limit : ExitCode::done;
  if (context.global.json) {
    ordered_json document = manifest_json(loaded, file);
    if (inspection) {
      document["servers"] = servers_json(*inspection);
      document["tables"] = inspected_tables_json(*inspection);
      document["findings"] = findings_json(inspection->findings);
    }
    document["ok"] = code == ExitCode::done;
    document["exit_code"] = static_cast<int>(code);
    context.console.print_json(document);
    return code;
  }
  std::ostream& out = context.console.out();
  if (inspection) print_inspection(*inspection, context.console.settings().color_out, out);
  out << shown(file) << (code == ExitCode::done ? ": ok: " : ": not ok: ")
      << counted(loaded.manifest.servers.size(), "server", "servers") << ", "
      << counted(pairs_alone(loaded.manifest), "pair", "pairs");
  if (!loaded.manifest.groups.empty())
    out << ", " << counted(loaded.manifest.groups.size(), "group", "groups");
  if (inspection) out << ", " << counted(inspection->tables.size(), "table", "tables");
  out << '\n';
  return code;
}

}  // namespace rowplan::cmd
