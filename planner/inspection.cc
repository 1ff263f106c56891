#include "planner/inspection.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/resolve.h"
#include "planner/windows.h"
#include "planner/write_privileges.h"

namespace rowplan::planner {

namespace {

constexpr double kClocksDifferS = 5;

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  (void)std::snprintf(text.data(), text.size(), "%.1f s", seconds);
  return text.data();
}

Inspection::TablePair shown(const TablePair& pair) {
  Inspection::TablePair shown;
  shown.address = pair.job.address;
  shown.source = pair.job.source + ":" + encode_table(pair.source.name);
  const std::vector<std::string> members = pair.job.members();
  for (std::size_t m = 1; m < members.size(); ++m)
    shown.targets.push_back(members[m] + ":" + encode_table(pair.job.target_table));
  for (std::size_t i = 0; i < pair.key_columns; ++i)
    shown.key.push_back(mysql::printable(pair.columns[i].name));
  return shown;
}

/// What a plan may hold is not known yet: all that the manifest allows.
void tell_unwritable(const ResolvedJob& job, Findings& findings) {
  for (const TablePair& pair : job.pairs) {
    MissingGrants missing;
    const bool deletes = pair.job.options.deletes != Deletes::ignore;
    const auto need = [&](const TablePair& written) {
      const std::string& server = written.job.written();
      need_writable(written, {true, true, deletes}, job.privileges.at(server),
                    job.servers.at(server).vendor, missing);
    };
    if (!pair.views) need(pair);
    for (std::size_t m = 0; pair.views && m < pair.views->size(); ++m) need((*pair.views)[m]);
    if (missing.empty()) continue;
    findings.push_back({"write_privileges_missing", Severity::warning, pair.job.address,
                        "a plan can be made, but apply would lack " + missing.text(),
                        missing.statements()});
  }
}

}  // namespace

void judge_clocks(const std::map<std::string, Inspection::Server>& servers, Findings& findings) {
  std::map<std::string, double> clocks = {{"this machine", 0}};
  for (const auto& [name, server] : servers) clocks["'" + name + "'"] = server.clock_ahead_s;
  for (auto a = clocks.begin(); a != clocks.end(); ++a)
    for (auto b = std::next(a); b != clocks.end(); ++b) {
      if (std::abs(a->second - b->second) <= kClocksDifferS) continue;
      const auto& [early, late] = a->second < b->second ? std::pair(*a, *b) : std::pair(*b, *a);
      findings.push_back({"clock_skew", Severity::warning, "",
                          "the clock of " + late.first + " is " +
                              seconds_text(late.second - early.second) + " ahead of that of " +
                              early.first,
                          "set both by one time server"});
    }
}

Inspection inspect(const PlanRequest& request, PlanObserver& observer) {
  Connections connections(*request.manifest, request.base_dir);
  ResolvedJob job = resolve_job(*request.manifest, request.selection, Purpose::write, connections);
  judge_incremental(job, *request.manifest);
  need_sources_seen(job);
  Inspection inspection;
  for (const auto& [name, facts] : job.servers) {
    mysql::Session session = connections.open(name, mysql::SessionMode::read_only);
    inspection.servers[name] = {facts, job.privileges.at(name).account(),
                                mysql::clock_ahead_s(session)};
  }
  for (const TablePair& pair : job.pairs) inspection.tables.push_back(shown(pair));
  tell_unwritable(job, job.findings);
  judge_clocks(inspection.servers, job.findings);
  inspection.findings = std::move(job.findings);
  for (const Finding& finding : inspection.findings) observer.finding(finding);
  return inspection;
}

}  // namespace rowplan::planner
