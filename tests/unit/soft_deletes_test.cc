#include "planner/soft_deletes.h"
#include "planner/job_digest.h"

#include <gtest/gtest.h>

#include "planner/resolve.h"
#include "planner/select_sql.h"
#include "tests/unit/pair_builder.h"

namespace rowplan::planner {
namespace {

using testing::PairBuilder;

TablePair soft_pair(bool nullable = true) {
  TablePair pair = PairBuilder("t").integer("id").integer("gone", nullable).key().build();
  pair.job.options.soft_deletes = "gone";
  return pair;
}

std::string told(const TablePair& pair) {
  Findings findings;
  judge_soft_deletes(pair, findings);
  std::string codes;
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.severity, Severity::error);
    EXPECT_EQ(finding.address, "p/db.t");
    codes += finding.code;
  }
  return codes;
}

TEST(SoftDeletes, TheColumnMustBeThereAndNullable) {
  EXPECT_EQ(told(soft_pair()), "");
  EXPECT_EQ(told(soft_pair(false)), "soft_deletes_not_null");
  TablePair pair = soft_pair();
  pair.job.options.soft_deletes = "elsewhere";
  EXPECT_EQ(told(pair), "soft_deletes_column_missing");
  pair = soft_pair();
  pair.target.columns.pop_back();
  EXPECT_EQ(told(pair), "") << "the target need not have it";
}

TEST(SoftDeletes, FilterTheSourceAlone) {
  TablePair pair = soft_pair();
  EXPECT_EQ(filter_of(pair, Side::source), "`gone` IS NULL");
  EXPECT_EQ(filter_of(pair, Side::target), "");
  pair.job.options.where = "a = 1 OR b = 2";
  EXPECT_EQ(filter_of(pair, Side::source), "(a = 1 OR b = 2) AND `gone` IS NULL");
  EXPECT_EQ(filter_of(pair, Side::target), "(a = 1 OR b = 2)");
  pair.job.options.soft_deletes = "wei`rd";
  EXPECT_EQ(not_soft_deleted(pair), "`wei``rd` IS NULL");
}

TEST(SoftDeletes, BelongToTheJob) {
  const Manifest manifest;
  TableJob job = soft_pair().job;
  const std::string gone = job_sha256(manifest, {job});
  job.options.soft_deletes = "other";
  const std::string other = job_sha256(manifest, {job});
  job.options.soft_deletes.clear();
  const std::string none = job_sha256(manifest, {job});
  EXPECT_NE(gone, other);
  EXPECT_NE(gone, none);
  EXPECT_NE(other, none);
}

}  // namespace
}  // namespace rowplan::planner
