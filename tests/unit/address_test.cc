#include "planner/address.h"

#include <gtest/gtest.h>

#include <string>

namespace rowplan::planner {
namespace {

TEST(Address, EncodesAllBytesButThePlainOnes) {
  EXPECT_EQ(encode_name("Orders_2024$-x"), "Orders_2024$-x");
  EXPECT_EQ(encode_name("a.b/c%d e"), "a%2Eb%2Fc%25d%20e");
  EXPECT_EQ(encode_name("größe"), "gr%C3%B6%C3%9Fe");
  EXPECT_EQ(encode_name("x\ny"), "x%0Ay");
  EXPECT_EQ(encode_name(".."), "%2E%2E");
}

TEST(Address, EveryByteComesBack) {
  for (int byte = 1; byte < 256; ++byte) {
    const std::string name{'a', static_cast<char>(byte), 'z'};
    EXPECT_EQ(decode_name(encode_name(name)), name) << byte;
  }
}

TEST(Address, DecodesWhatPeopleType) {
  EXPECT_EQ(decode_name("a%2eb"), "a.b");
  EXPECT_EQ(decode_name("Größe"), "Größe");
  EXPECT_EQ(decode_name(""), "");
}

TEST(Address, RefusesWhatIsNoEncoding) {
  EXPECT_EQ(decode_name("a%"), std::nullopt);
  EXPECT_EQ(decode_name("a%2"), std::nullopt);
  EXPECT_EQ(decode_name("a%2G"), std::nullopt);
  EXPECT_EQ(decode_name("a%+1"), std::nullopt);
  EXPECT_EQ(decode_name("a%00"), std::nullopt);
}

TEST(Address, TablesPartAtTheFirstDot) {
  EXPECT_EQ(parse_table("shop.orders"), (TableName{"shop", "orders"}));
  EXPECT_EQ(parse_table("shop.a.b"), (TableName{"shop", "a.b"}));
  EXPECT_EQ(parse_table("my%2Eshop.orders"), (TableName{"my.shop", "orders"}));
  EXPECT_EQ(encode_table({"my.shop", "a b"}), "my%2Eshop.a%20b");
  for (const char* bad : {"", "shop", "shop.", ".orders", "shop.%zz"}) {
    EXPECT_EQ(parse_table(bad), std::nullopt) << bad;
  }
}

TEST(Address, PairAndTable) {
  EXPECT_EQ(parse_address("orders"), (Address{"orders", std::nullopt}));
  EXPECT_EQ(parse_address("orders/shop.items"), (Address{"orders", TableName{"shop", "items"}}));
  EXPECT_EQ(to_string({"orders", TableName{"shop", "a/b"}}), "orders/shop.a%2Fb");
  EXPECT_EQ(to_string({"orders", std::nullopt}), "orders");
  for (const char* bad : {"", "/shop.items", "orders/", "orders/items", "orders/.x", "%"}) {
    EXPECT_EQ(parse_address(bad), std::nullopt) << bad;
  }
}

}  // namespace
TEST(Address, OfASpoke) {
  const std::string address = to_string(Address{spoke_name("g", "s"), TableName{"d", "a b"}});
  EXPECT_EQ(address, "g@s/d.a%20b");
  EXPECT_EQ(parse_address(address), (Address{"g@s", TableName{"d", "a b"}}));
  EXPECT_EQ(without_spoke(address).address, "g/d.a%20b");
  EXPECT_EQ(without_spoke(address).spoke, "s");
  EXPECT_EQ(without_spoke("g@s").address, "g");
  EXPECT_EQ(without_spoke("p/d.t").spoke, "");
  for (const char* text : {"g@s/d.t", "g@s", "p/d.t", "p", ""})
    EXPECT_EQ(with_spoke(without_spoke(text)), text);
  EXPECT_TRUE(means_pair("g", "g@s") && means_pair("g@s", "g@s") && means_pair("p", "p"));
  EXPECT_FALSE(means_pair("g@s", "g") || means_pair("g@", "g@s") || means_pair("g", "gg@s"));
}

}  // namespace rowplan::planner
