// What is made of clocks, clusters and error numbers; no server is asked.
#include <gtest/gtest.h>

#include "mysql/error.h"
#include "planner/galera.h"
#include "planner/inspection.h"

namespace rowplan::planner {
namespace {

TEST(Clocks, ApartByMoreThanFiveSeconds) {
  std::map<std::string, Inspection::Server> servers;
  servers["hq"].clock_ahead_s = -3;
  servers["dw"].clock_ahead_s = 2;
  Findings findings;
  judge_clocks(servers, findings);
  EXPECT_TRUE(findings.empty());
  servers["dw"].clock_ahead_s = 2.5;
  judge_clocks(servers, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "clock_skew");
  EXPECT_EQ(findings[0].message, "the clock of 'dw' is 5.5 s ahead of that of 'hq'");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  servers["dw"].clock_ahead_s = 7200;
  findings.clear();
  judge_clocks(servers, findings);
  EXPECT_EQ(findings.size(), 2U);  // apart from this machine's, too
}

Plan plan_of_units(std::vector<std::uint64_t> changes) {
  Plan plan;
  PlanTable& table = plan.tables.emplace_back();
  table.address = "p/shop.t";
  table.target = "dw";
  for (const std::uint64_t n : changes) {
    PlanUnit& unit = plan.units.emplace_back();
    unit.id = plan.units.size();
    unit.changes = n;
    table.chunks.emplace_back().unit = unit.id;
  }
  return plan;
}

TEST(Galera, UnitsOverItsLimit) {
  std::map<std::string, mysql::Facts> servers;
  servers["dw"].galera = true;
  Plan plan = plan_of_units({5, 6, 1});
  judge_galera(plan, servers);
  EXPECT_TRUE(plan.findings.empty()) << "0 is no limit";
  servers["dw"].galera_max_rows = 5;
  judge_galera(plan, servers);
  ASSERT_EQ(plan.findings.size(), 1U);
  EXPECT_EQ(plan.findings[0].code, "unit_over_wsrep_max_ws_rows");
  EXPECT_EQ(plan.findings[0].severity, Severity::error);
}

TEST(Galera, CertificationFailuresAreTriedAgain) {
  const auto error = [](unsigned code) { return mysql::Error("dw", code, "HY000", "", "COMMIT"); };
  EXPECT_TRUE(error(1213).is_retryable());
  EXPECT_TRUE(error(1047).is_retryable());
  EXPECT_FALSE(error(1180).is_retryable()) << "too large a write set stays too large";
}

}  // namespace
}  // namespace rowplan::planner
