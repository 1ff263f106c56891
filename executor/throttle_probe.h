// Asks real servers, and the file system, what a throttle wants to know.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "executor/throttle.h"
#include "planner/connections.h"

namespace rowplan::executor {

/// Sessions of its own, so that what a run has open does not matter. For one thread at a time.
class ServerProbe final : public ThrottleProbe {
 public:
  /// `warn` is told of replicas that are left out. All must outlive this.
  ServerProbe(planner::Connections& connections, std::function<void(const std::string&)> warn)
      : connections_(connections), warn_(std::move(warn)) {}

  [[nodiscard]] double status(const std::string& server, const std::string& name) override;
  [[nodiscard]] std::vector<ReplicaLag> lags(const planner::PairSpec& pair) override;
  [[nodiscard]] bool exists(const std::string& path) override;

 private:
  /// A replica that is watched: where it is, and how to get there again.
  struct Watched {
    std::string name;
    std::function<mysql::Session()> open;
    std::optional<mysql::Session> session;
  };

  [[nodiscard]] std::vector<Watched> watch(const planner::PairSpec& pair);
  [[nodiscard]] std::vector<Watched> watch_named(const planner::PairSpec& pair);
  [[nodiscard]] std::vector<Watched> watch_found(const planner::PairSpec& pair,
                                                 const std::string& written);
  [[nodiscard]] mysql::Session& member(const std::string& server);
  [[nodiscard]] static ReplicaLag lag_of(Watched& replica);

  planner::Connections& connections_;
  std::function<void(const std::string&)> warn_;
  std::map<std::string, mysql::Session> members_;
  std::map<std::string, std::vector<Watched>> replicas_;  ///< by pair
};

}  // namespace rowplan::executor
