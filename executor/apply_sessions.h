// Sessions of an apply, made when first needed and again when they were lost.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "mysql/session.h"
#include "planner/connections.h"

namespace rowplan::executor {

class ApplySessions {
 public:
  /// `unlogged`: servers whose writers leave no trace in a binary log.
  ApplySessions(planner::Connections& connections, std::set<std::string> unlogged)
      : connections_(connections), unlogged_(std::move(unlogged)) {}
  [[nodiscard]] mysql::Session& reader(const std::string& server) {
    return open(server, mysql::SessionMode::read_only);
  }
  [[nodiscard]] mysql::Session& writer(const std::string& server) {
    return open(server, mode_of_writer(server));
  }
  /// Whose writes are logged as statements.
  [[nodiscard]] mysql::Session& statement_writer(const std::string& server) {
    return open(server, mysql::SessionMode::statements);
  }
  /// Closes the server's writers: their transactions are rolled back, and nothing that was set on
  /// them is left over.
  void drop_writers(const std::string& server) noexcept {
    sessions_.erase({server, mode_of_writer(server)});
    sessions_.erase({server, mysql::SessionMode::statements});
  }
  void drop_all() noexcept { sessions_.clear(); }

 private:
  [[nodiscard]] mysql::SessionMode mode_of_writer(const std::string& server) const {
    return unlogged_.count(server) > 0 ? mysql::SessionMode::unlogged
                                       : mysql::SessionMode::read_write;
  }

  using Key = std::pair<std::string, mysql::SessionMode>;

  mysql::Session& open(const std::string& server, mysql::SessionMode mode) {
    const auto found = sessions_.find({server, mode});
    if (found != sessions_.end() && found->second.is_open()) return found->second;
    if (found != sessions_.end()) sessions_.erase(found);
    return sessions_.emplace(Key(server, mode), connections_.open(server, mode)).first->second;
  }

  planner::Connections& connections_;
  std::set<std::string> unlogged_;
  std::map<Key, mysql::Session> sessions_;
};

}  // namespace rowplan::executor
