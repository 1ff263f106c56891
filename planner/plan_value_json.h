// One value of a plan as JSON: null, "text", {"hex":..}, {"ref":..,"bytes":..}, {"hmac":..}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "planner/change.h"

namespace rowplan::planner {

void append_value(std::string& out, const PlanValue& value);
void append_values(std::string& out, const std::vector<PlanValue>& values);  ///< [..]

/// The members of a value's object, as they are read.
struct ValueFields {
  std::optional<std::string> hex;
  std::optional<std::string> ref;
  std::optional<std::string> hmac;
  std::optional<std::uint64_t> bytes;

  /// Where the text of member `name` goes; nullptr: no such member, or there already.
  [[nodiscard]] std::optional<std::string>* text_member(std::string_view name);
};

/// nullopt: not the members of one form, or not their form (hex digits, lower case).
[[nodiscard]] std::optional<PlanValue> value_from(const ValueFields& fields);

}  // namespace rowplan::planner
