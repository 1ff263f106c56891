#include "executor/server_progress.h"

namespace rowplan::executor {

ServerProgress::ServerProgress(const planner::Plan& plan, std::set<std::string> waits, Done done)
    : waits_(std::move(waits)), done_(std::move(done)) {
  if (!done_) return;
  std::map<std::string, std::set<std::uint64_t>> units;
  for (const planner::PlanTable& table : plan.tables)
    for (const auto& [server, name] : table.members)
      for (const planner::PlanChunk& chunk : table.chunks) units[server].insert(chunk.unit);
  for (const planner::PlanTable& table : plan.tables)
    for (const auto& [server, name] : table.members) open_[server] = units[server].size();
}

void ServerProgress::start() {
  for (const auto& [server, units] : open_)
    if (units == 0) tell(server);
}

void ServerProgress::unit_in(const UnitWork& unit) {
  if (open_.empty()) return;
  std::set<std::string> written;
  std::set<std::string> read;
  for (const TableWork& table : unit.tables) {
    if (table.chunks.empty()) continue;
    for (const std::string& server : table.table->others()) written.insert(server);
    for (const auto& [server, name] : table.table->members) read.insert(server);
  }
  for (const std::string& server : written) read.erase(server);
  for (const auto* servers : {&written, &read})
    for (const std::string& server : *servers)
      if (--open_.at(server) == 0) tell(server);
}

void ServerProgress::tell(const std::string& server) const {
  if (waits_.count(server) == 0) done_(server);
}

}  // namespace rowplan::executor
