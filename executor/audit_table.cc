#include "executor/audit_table.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>

#include "executor/replica_appliers.h"
#include "mysql/quote.h"
#include "mysql/table_reader.h"
#include "planner/address.h"
#include "planner/missing_grants.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using mysql::text_literal;

// examples/audit_table.sql makes them.
constexpr std::array<const char*, 19> kColumns = {
    "table_name",   "start_time",    "end_time",     "affected_rows", "status",
    "run_id",       "plan_id",       "plan_digest",  "pair",          "verb",
    "inserted",     "updated",       "deleted",      "conflicts",     "watermark_from",
    "watermark_to", "error_message", "tool_version", "host"};
constexpr std::size_t kMessageBytesMax = 2000;
constexpr const char* kHint = "examples/audit_table.sql makes it; rowplan itself makes no tables";

std::vector<std::string> column_names() { return {kColumns.begin(), kColumns.end()}; }

std::set<std::string> targets_of(const planner::Plan& plan) {
  std::set<std::string> targets;
  for (const planner::PlanTable& table : plan.tables)
    for (const std::string& server : table.targets()) targets.insert(server);
  return targets;
}

/// "2025-03-01T09:30:00.125Z" as a literal of a DATETIME.
std::string time_literal(std::string at) {
  const std::size_t t = at.find('T');
  if (t != std::string::npos) at[t] = ' ';
  if (at.ends_with('Z')) at.pop_back();
  return text_literal(at);
}

/// Fit for the column: UTF-8, and cut between two characters.
std::string message_literal(const std::string& message) {
  if (message.empty()) return "NULL";
  std::string text = mysql::printable(message);
  if (text.size() > kMessageBytesMax) {
    text.resize(kMessageBytesMax);
    while (!mysql::is_utf8(text)) text.pop_back();
  }
  return text_literal(text);
}

/// What stands in error_message: of a table that is in as a whole, nothing.
std::string message_of(const TableTally& tally, const AuditedRun& run) {
  if (status_of(tally) == TableStatus::success) return "";
  if (!tally.detail.empty()) return tally.detail;
  return run.failure.empty() ? "the run ended before all of its units were tried" : run.failure;
}

/// A time of the source's clock, in UTC. Empty: NULL.
std::string mark_literal(const std::string& mark) {
  return mark.empty() ? "NULL" : text_literal(mark);
}

std::string insert_statement(const mysql::TableName& audit, const planner::PlanTable& table,
                             const std::string& plan_id, const AuditedRun& run,
                             const TableTally& tally) {
  const planner::Ops& rows = tally.written;
  const planner::PlanWatermark mark = table.watermark.value_or(planner::PlanWatermark{});
  const std::array<std::string, kColumns.size()> values = {
      text_literal(table.members.at(table.target)),
      time_literal(run.started_at),
      time_literal(run.finished_at),
      std::to_string(rows.insert + rows.update + rows.remove),
      text_literal(status_name(status_of(tally))),
      text_literal(run.run_id),
      text_literal(plan_id),
      text_literal(run.plan_digest),
      text_literal(table.address.substr(0, table.address.find('/'))),
      text_literal(run.verb),
      std::to_string(rows.insert),
      std::to_string(rows.update),
      std::to_string(rows.remove),
      std::to_string(table.ops.conflict),
      mark_literal(mark.from.value_or("")),
      mark_literal(mark.to),
      message_literal(message_of(tally, run)),
      text_literal(run.tool_version),
      text_literal(mysql::printable(run.host))};
  std::string names;
  std::string list;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    names += (i == 0 ? "" : ", ") + mysql::quote_name(kColumns.at(i));
    list += (i == 0 ? "" : ", ") + values.at(i);
  }
  return "INSERT INTO " + mysql::quote_table(audit.db, audit.table) + " (" + names + ") VALUES (" +
         list + ")";
}

void write_on(const std::string& server, bool unlogged, const mysql::TableName& audit,
              const planner::Plan& plan, const AuditedRun& run, const TableTallies& tallies,
              planner::Connections& connections) {
  // Not the session of the units: it may have been lost, or be in the midst of something.
  mysql::Session session = connections.open(
      server, unlogged ? mysql::SessionMode::unlogged : mysql::SessionMode::read_write);
  session.begin();
  for (const planner::PlanTable& table : plan.tables) {
    const std::vector<std::string> targets = table.targets();
    if (std::find(targets.begin(), targets.end(), server) != targets.end())
      session.execute(
          insert_statement(audit, table, plan.run.plan_id, run, tallies.at(table.address)),
          "writing to the audit table");
  }
  if (session.commit() == mysql::CommitResult::unknown)
    throw std::runtime_error("the connection to '" + server +
                             "' was lost at COMMIT: the rows may be there or not");
}

}  // namespace

void need_audit_table(const planner::Manifest& manifest, const planner::ResolvedJob& resolved,
                      const planner::Plan& plan, planner::Connections& connections) {
  if (!manifest.output.audit_table) return;
  const mysql::TableName& name = *manifest.output.audit_table;
  const std::string shown = planner::encode_table(name);
  planner::MissingGrants missing;
  for (const std::string& server : targets_of(plan)) {
    const mysql::Privileges& user = resolved.privileges.at(server);
    if (!user.on_columns("INSERT", name, column_names()))
      missing.add(server, user, "INSERT", planner::table_object(name), "to write the audit table");
  }
  missing.refuse();
  for (const std::string& server : targets_of(plan)) {
    mysql::Session session = connections.open(server, mysql::SessionMode::read_only);
    const auto table = mysql::read_table(session, name, mysql::Relations::none);
    if (!table)
      throw planner::Refusal(planner::RefusalReason::manifest,
                             "there is no audit table " + shown + " on '" + server + "'", kHint);
    for (const char* column : kColumns)
      if (table->column(column) == nullptr)
        throw planner::Refusal(planner::RefusalReason::manifest,
                               "the audit table " + shown + " on '" + server + "' has no column '" +
                                   column + "' that this user sees",
                               kHint);
  }
}

std::vector<std::string> write_audit(const planner::Manifest& manifest, const planner::Plan& plan,
                                     const AuditedRun& run, const TableTallies& tallies,
                                     planner::Connections& connections) {
  std::vector<std::string> problems;
  if (!manifest.output.audit_table) return problems;
  const std::set<std::string> unlogged = replicas_written(manifest, plan);
  for (const std::string& server : targets_of(plan)) {
    try {
      write_on(server, unlogged.count(server) > 0, *manifest.output.audit_table, plan, run, tallies,
               connections);
    } catch (const std::runtime_error& error) {
      // The rows are in, or not, whatever becomes of what tells of them.
      problems.push_back("the audit table " + planner::encode_table(*manifest.output.audit_table) +
                         " on '" + server + "' was not written: " + error.what());
    }
  }
  return problems;
}

}  // namespace rowplan::executor
