#include "planner/json_text.h"

#include <algorithm>
#include <cassert>
#include <nlohmann/json.hpp>

#include "mysql/quote.h"

namespace rowplan::planner {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// Nearly all text is plain, and nlohmann's way costs some allocations for each string.
bool append_plain(std::string& out, std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), is_plain)) return false;
  out += '"';
  out += text;
  out += '"';
  return true;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (append_plain(out, text)) return;
  assert(mysql::is_utf8(text));
  out += nlohmann::json(text).dump();
}

void append_json_message(std::string& out, std::string_view text) {
  if (append_plain(out, text)) return;
  out += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace rowplan::planner
