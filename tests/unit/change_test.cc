// Lines of changes: what is written is read back, and nothing else is read.
#include "planner/change.h"

#include <gtest/gtest.h>

#include <string>

#include "planner/plan_error.h"
#include "tests/unit/sample_plan.h"

namespace rowplan::planner {
namespace {

using namespace sample;  // NOLINT: made for these tests

constexpr const char* kUpdate =
    R"({"op":"update","on":"dw","chunk":17,"key":["1000003"],"before":{"status":"new"},)"
    R"("after":{"status":"paid"},"reason":"differs"})";

bool refused(const std::string& line) {
  try {
    static_cast<void>(change_from_json_line(line));
    return false;
  } catch (const PlanError&) {
    return true;
  }
}

std::string with_value(const std::string& value) {
  return R"({"op":"insert","on":"dw","chunk":1,"key":["1"],"after":{"c":)" + value +
         R"(},"reason":"missing"})";
}

TEST(Change, IsWrittenAsTheContractSays) {
  EXPECT_EQ(to_json_line(order_changes()[0]), kUpdate);
  EXPECT_EQ(to_json_line(log_changes()[0]),
            R"({"op":"delete","on":"dw","chunk":1,"key":null,"before":{"line":"started"},)"
            R"("reason":"extra","count":2,"had":3})");
}

TEST(Change, ReadsWhatWasWritten) {
  for (const auto& changes : {order_changes(), log_changes()}) {
    for (const Change& change : changes) {
      const std::string line = to_json_line(change);
      const Change read = change_from_json_line(line);
      EXPECT_EQ(to_json_line(read), line);
      EXPECT_EQ(read.op, change.op);
      EXPECT_EQ(read.on, change.on);
      EXPECT_EQ(read.chunk, change.chunk);
      EXPECT_EQ(read.key, change.key);
      EXPECT_EQ(read.before, change.before);
      EXPECT_EQ(read.after, change.after);
      EXPECT_EQ(read.reason, change.reason);
      EXPECT_EQ(read.count, change.count);
    }
  }
}

TEST(Change, KeepsEveryCharacterAndEveryByte) {
  std::string text;
  for (char32_t code = 0; code < 0x80; ++code) text += static_cast<char>(code);
  text += "\u0080\u2028\uffff\U0001f600";
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  Change change = order_changes()[1];
  change.after = {{text, text_value(text)},
                  {"b", {PlanValue::Form::hex, bytes, 0}},
                  {"n", {}},
                  {"e", text_value("")},
                  {"h", {PlanValue::Form::hex, "", 0}}};
  const std::string line = to_json_line(change);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(change_from_json_line(line).after, change.after);
}

TEST(Change, KeepsTheOrderOfManyColumns) {
  Change change = order_changes()[1];
  change.after.clear();
  for (int i = 0; i < 500; ++i) {
    change.after.emplace_back("c" + std::to_string(999 - i), text_value(std::to_string(i)));
  }
  EXPECT_EQ(change_from_json_line(to_json_line(change)).after, change.after);
  change.after.push_back(change.after[3]);
  EXPECT_TRUE(refused(to_json_line(change)));
}

TEST(Change, RefusesWhatIsNotAChange) {
  const std::string good = kUpdate;
  ASSERT_FALSE(refused(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_TRUE(refused(good.substr(0, size))) << size;
  }
  for (const std::string& line :
       {good + "x",
        good + good,
        good + std::string(1, '\0') + "x",
        "\xef\xbb\xbf" + good,
        std::string("[]"),
        std::string("null"),
        std::string("{}"),
        std::string(R"({"op":"update","op":"update"})"),
        std::string(R"({"op":"replace","on":"dw","chunk":1,"key":["1"],"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":["1"],"reason":"x","more":1})"),
        std::string(R"({"op":"delete","on":"dw","chunk":-1,"key":["1"],"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1.5,"key":["1"],"reason":"x"})"),
        std::string(
            R"({"op":"delete","on":"dw","chunk":18446744073709551616,"key":["1"],"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":"1","key":["1"],"reason":"x"})"),
        std::string(R"({"op":"delete","on":1,"chunk":1,"key":["1"],"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":[],"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":[["1"]],"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":"1","reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":{"a":"1"},"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":["1"],"reason":null})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":["1"]})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":null,"reason":"x","count":0})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":["1"],"before":{},"reason":"x"})"),
        std::string(
            R"({"op":"delete","on":"dw","chunk":1,"key":["1"],"before":["a"],"reason":"x"})"),
        std::string(R"({"op":"delete","on":"dw","chunk":1,"key":["1"],"before":{"a":"1","a":"2"},)"
                    R"("reason":"x"})")}) {
    EXPECT_TRUE(refused(line)) << line;
  }
}

TEST(Change, RefusesUnknownFormsOfValues) {
  const std::string hash(64, 'a');
  ASSERT_FALSE(refused(with_value(R"({"ref":")" + hash + R"(","bytes":7})")));
  ASSERT_FALSE(refused(with_value(R"({"bytes":7,"ref":")" + hash + R"("})")));
  ASSERT_FALSE(refused(with_value(R"({"hex":"00ff"})")));
  for (const std::string& value : {std::string("1"),
                                   std::string("1.5"),
                                   std::string("true"),
                                   std::string("[]"),
                                   std::string("{}"),
                                   std::string(R"({"hex":"0"})"),
                                   std::string(R"({"hex":"0G"})"),
                                   std::string(R"({"hex":"FF"})"),
                                   std::string(R"({"hex":1})"),
                                   std::string(R"({"hex":null})"),
                                   std::string(R"({"hex":"00","hex":"00"})"),
                                   std::string(R"({"hex":"00","bytes":1})"),
                                   std::string(R"({"base64":"AA=="})"),
                                   std::string(R"({"hex":{"hex":"00"}})"),
                                   std::string(R"({"ref":"aa","bytes":7})"),
                                   R"({"ref":")" + hash + R"("})",
                                   R"({"ref":")" + hash + R"(","bytes":-7})",
                                   R"({"ref":")" + hash + R"(","bytes":"7"})",
                                   R"({"ref":")" + hash + R"(","bytes":7,"bytes":7})",
                                   R"({"hmac":")" + hash + R"(","hex":"00"})",
                                   std::string(R"({"hmac":"xx"})"),
                                   std::string("\"\xff\""),
                                   std::string("\"\xed\xa0\x80\""),
                                   std::string("\"\xc0\x80\""),
                                   std::string(R"("\ud800")"),
                                   std::string(R"("\udc00\ud800")"),
                                   std::string("\"\n\"")}) {
    EXPECT_TRUE(refused(with_value(value))) << value;
  }
}

TEST(Change, DoesNotCrashOnDeepNesting) {
  for (const char* open : {"[", "{\"a\":"}) {
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) deep += open;
    EXPECT_TRUE(refused(with_value(deep)));
    EXPECT_TRUE(refused(R"({"key":)" + deep));
  }
}

}  // namespace
}  // namespace rowplan::planner
