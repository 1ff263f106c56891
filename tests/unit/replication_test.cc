// Filters of replicas, and who replicates from whom by what servers say; no server is asked.
#include <gtest/gtest.h>

#include "mysql/replica_filters.h"
#include "planner/topology.h"

namespace rowplan::planner {
namespace {

using mysql::leaves_out;
using mysql::ReplicaFilters;

TEST(ReplicaFilters, Databases) {
  EXPECT_FALSE(leaves_out({}, "shop", "t"));
  ReplicaFilters only;
  only.do_dbs = mysql::names_of_list("shop, hr");
  EXPECT_FALSE(leaves_out(only, "hr", "t"));
  EXPECT_TRUE(leaves_out(only, "other", "t"));
  ReplicaFilters without;
  without.ignore_dbs = {"shop"};
  EXPECT_TRUE(leaves_out(without, "shop", "t"));
  EXPECT_TRUE(leaves_out(without, "SHOP", "t")) << "case may not matter to the server";
  EXPECT_FALSE(leaves_out(without, "hr", "t"));
}

TEST(ReplicaFilters, Tables) {
  ReplicaFilters filters;
  filters.ignore_tables = {"shop.t"};
  EXPECT_TRUE(leaves_out(filters, "shop", "t"));
  EXPECT_FALSE(leaves_out(filters, "shop", "u"));
  filters.do_tables = {"shop.t"};
  EXPECT_FALSE(leaves_out(filters, "shop", "t")) << "what is to be done is asked first";
  EXPECT_TRUE(leaves_out(filters, "shop", "u")) << "others than those to be done";
}

TEST(ReplicaFilters, Wildcards) {
  ReplicaFilters filters;
  filters.wild_ignore_tables = {"shop.tag%", R"(my\_db.%)"};
  EXPECT_TRUE(leaves_out(filters, "shop", "tag"));
  EXPECT_TRUE(leaves_out(filters, "shop", "tags"));
  EXPECT_FALSE(leaves_out(filters, "shop", "ta"));
  EXPECT_TRUE(leaves_out(filters, "my_db", "x"));
  EXPECT_FALSE(leaves_out(filters, "myxdb", "x")) << "an underscore that stands for itself";
  filters.wild_do_tables = {"sh_p.%"};
  EXPECT_FALSE(leaves_out(filters, "shop", "tag"));
  EXPECT_TRUE(leaves_out(filters, "hr", "t"));
}

mysql::Facts server(const std::string& identity, std::uint64_t server_id) {
  mysql::Facts facts;
  facts.identity = identity;
  facts.vendor = mysql::Vendor::mysql;
  facts.replication.server_id = server_id;
  facts.replication.port = 3306;
  facts.replication.channels.emplace();
  return facts;
}

void replicate(mysql::Facts& replica, const mysql::Facts& source) {
  mysql::ReplicaChannel channel;
  channel.name = source.identity;
  channel.source_port = source.replication.port;
  channel.source_server_id = source.replication.server_id;
  if (source.vendor == mysql::Vendor::mysql) channel.source_uuid = source.identity;
  replica.replication.channels->push_back(channel);
}

TEST(Topology, WhoComesFromWhom) {
  const mysql::Facts a = server("a", 1);
  mysql::Facts b = server("b", 1);  // one server_id is no proof where there is a uuid
  EXPECT_EQ(channel_from(b, a), nullptr);
  replicate(b, a);
  ASSERT_NE(channel_from(b, a), nullptr);
  EXPECT_EQ(channel_from(b, a)->name, "a");
  EXPECT_EQ(channel_from(b, server("c", 1)), nullptr);
  mysql::Facts maria = server("m", 7);
  maria.vendor = mysql::Vendor::mariadb;
  mysql::Facts replica = server("r", 8);
  replicate(replica, maria);
  EXPECT_NE(channel_from(replica, maria), nullptr);
  maria.replication.port = 3307;
  EXPECT_EQ(channel_from(replica, maria), nullptr);
  replica.replication.channels.reset();
  EXPECT_EQ(channel_from(replica, maria), nullptr) << "who may not ask knows nothing";
}

TEST(Topology, ChainsAndCircles) {
  std::vector<mysql::Facts> servers = {server("a", 1), server("b", 2), server("c", 3)};
  replicate(servers[1], servers[0]);
  replicate(servers[2], servers[1]);
  unsigned asked = 0;
  const AskSource ask = [&](const mysql::ReplicaChannel& channel) -> std::optional<mysql::Facts> {
    ++asked;
    for (const mysql::Facts& facts : servers)
      if (comes_from(channel, facts)) return facts;
    return std::nullopt;
  };
  EXPECT_TRUE(is_downstream(servers[2], servers[0], ask));
  EXPECT_FALSE(is_downstream(servers[0], servers[2], ask));
  EXPECT_FALSE(is_downstream(servers[0], servers[0], ask));
  replicate(servers[0], servers[2]);
  EXPECT_TRUE(is_downstream(servers[0], servers[0], ask)) << "a circle";
  asked = 0;
  EXPECT_FALSE(is_downstream(servers[0], server("d", 4), ask)) << "and it ends";
  EXPECT_LE(asked, 3U);
}

}  // namespace
}  // namespace rowplan::planner
