#include "planner/plan_value_json.h"

#include "mysql/quote.h"
#include "planner/json_text.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kSha256Digits = 64;

bool is_hex(std::string_view digits) {
  return digits.size() % 2 == 0 &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

unsigned nibble(char digit) {
  return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

std::string bytes_of(std::string_view digits) {
  std::string bytes(digits.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>((nibble(digits[2 * i]) << 4U) | nibble(digits[2 * i + 1]));
  }
  return bytes;
}

}  // namespace

void append_value(std::string& out, const PlanValue& value) {
  switch (value.form) {
    case PlanValue::Form::null:
      out += "null";
      return;
    case PlanValue::Form::text:
      append_json_string(out, value.data);
      return;
    case PlanValue::Form::hex:
      out += "{\"hex\":\"" + mysql::hex_lower(value.data) + "\"}";
      return;
    case PlanValue::Form::ref:
      out += "{\"ref\":\"" + value.data + "\",\"bytes\":" + std::to_string(value.bytes) + "}";
      return;
    case PlanValue::Form::hmac:
      out += "{\"hmac\":\"" + value.data + "\"}";
      return;
  }
}

void append_values(std::string& out, const std::vector<PlanValue>& values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ',';
    append_value(out, values[i]);
  }
  out += ']';
}

std::optional<std::string>* ValueFields::text_member(std::string_view name) {
  std::optional<std::string>* member = nullptr;
  if (name == "hex") member = &hex;
  if (name == "ref") member = &ref;
  if (name == "hmac") member = &hmac;
  return member == nullptr || member->has_value() ? nullptr : member;
}

std::optional<PlanValue> value_from(const ValueFields& fields) {
  const bool one =
      int{fields.hex.has_value()} + int{fields.ref.has_value()} + int{fields.hmac.has_value()} == 1;
  if (!one || fields.bytes.has_value() != fields.ref.has_value()) return std::nullopt;
  if (fields.hex) {
    if (!is_hex(*fields.hex)) return std::nullopt;
    return PlanValue{PlanValue::Form::hex, bytes_of(*fields.hex), 0};
  }
  const std::string& digest = fields.ref ? *fields.ref : *fields.hmac;
  if (!is_hex(digest) || digest.size() != kSha256Digits) return std::nullopt;
  if (fields.ref) return PlanValue{PlanValue::Form::ref, digest, *fields.bytes};
  return PlanValue{PlanValue::Form::hmac, digest, 0};
}

}  // namespace rowplan::planner
