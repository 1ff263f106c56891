#include "executor/table_locks.h"

#include "mysql/facts.h"
#include "planner/refusal.h"
#include "planner/sha256.h"

namespace rowplan::executor {

namespace {

constexpr std::size_t kDigits = 40;  // of the name's hash: a lock's name has 64 characters at most

std::string lock_name(const std::string& table) {
  return "rowplan:" + planner::sha256_hex(table).substr(0, kDigits);
}

}  // namespace

TableLocks::TableLocks(mysql::Session session, const std::vector<std::string>& tables)
    : session_(std::move(session)) {
  for (const std::string& table : tables) {
    const std::string name = lock_name(table);
    if (!mysql::get_lock(session_, name)) {
      const std::string holder = mysql::lock_holder(session_, name).value_or("gone by now");
      throw planner::Refusal(planner::RefusalReason::locked,
                             "another run writes " + table + " on '" + session_.server() +
                                 "' (connection " + holder + ")",
                             "wait for it to end");
    }
    names_.push_back(name);
  }
}

void TableLocks::check() {
  for (const std::string& name : names_)
    if (!mysql::holds_lock(session_, name))
      throw planner::Refusal(planner::RefusalReason::locked,
                             "the lock " + name + " on '" + session_.server() + "' was lost",
                             "apply the plan again");
}

std::vector<std::string> written_servers(const planner::PlanTable& table) {
  std::vector<std::string> servers;
  if (!table.two_way() && !table.chunks.empty()) servers.push_back(table.written());
  for (const auto& [server, member] : table.on)
    if (member.ops.insert + member.ops.update + member.ops.remove > 0) servers.push_back(server);
  return servers;
}

std::map<std::string, TableLocks> lock_tables(const planner::Plan& plan,
                                              planner::Connections& connections) {
  std::map<std::string, std::vector<std::string>> tables;  // each in the order of their addresses
  for (const planner::PlanTable& table : plan.tables)
    for (const std::string& server : written_servers(table))
      tables[server].push_back(table.members.at(server));
  std::map<std::string, TableLocks> locks;
  for (const auto& [server, names] : tables)
    locks.emplace(server,
                  TableLocks(connections.open(server, mysql::SessionMode::read_only), names));
  return locks;
}

}  // namespace rowplan::executor
