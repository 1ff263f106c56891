#include "mysql/json_canonical.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "mysql/double_text.h"

namespace rowplan::mysql {

namespace {

constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

void write(std::string& out, const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::object: {
      out += '{';
      bool first = true;
      for (const auto& [key, member] : value.items()) {
        if (!first) out += ',';
        first = false;
        out += nlohmann::json(key).dump();
        out += ':';
        write(out, member);
      }
      out += '}';
      return;
    }
    case nlohmann::json::value_t::array: {
      out += '[';
      bool first = true;
      for (const auto& member : value) {
        if (!first) out += ',';
        first = false;
        write(out, member);
      }
      out += ']';
      return;
    }
    case nlohmann::json::value_t::number_float: {
      const auto number = value.get<double>();
      if (std::abs(number) < kExactIntegers && number == std::floor(number))
        out += std::to_string(static_cast<long long>(number));
      else
        out += double_text(number);
      return;
    }
    default:
      out += value.dump();
  }
}

}  // namespace

std::string canonical_json(std::string_view text) {
  try {
    std::string out;
    write(out, nlohmann::json::parse(text));
    return out;
  } catch (const nlohmann::json::exception&) {
    return std::string(text);
  }
}

}  // namespace rowplan::mysql
