// What `validate --connect` tells: servers and tables that would be compared. No row is read.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mysql/facts.h"
#include "planner/finding.h"
#include "planner/planner.h"

namespace rowplan::planner {

struct Inspection {
  struct Server {
    mysql::Facts facts;
    std::string user;          ///< as the server knows it: `user`@`host`
    double clock_ahead_s = 0;  ///< of this machine's
  };
  struct TablePair {
    std::string address;
    std::string source;                ///< "hq:shop.orders"
    std::vector<std::string> targets;  ///< one, or those of the spokes of a two-way group
    std::vector<std::string> key;
  };
  std::map<std::string, Server> servers;
  std::vector<TablePair> tables;
  Findings findings;
};

/// Throws as make_plan does. Privileges that only `apply` needs are a finding.
[[nodiscard]] Inspection inspect(const PlanRequest& request, PlanObserver& observer);

/// A warning for two clocks, this machine's among them, that differ by more than 5 seconds.
void judge_clocks(const std::map<std::string, Inspection::Server>& servers, Findings& findings);

}  // namespace rowplan::planner
