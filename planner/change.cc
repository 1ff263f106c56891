#include "planner/change.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <nlohmann/json.hpp>

#include "planner/conflict_line.h"
#include "planner/json_text.h"
#include "planner/plan_error.h"
#include "planner/plan_value_json.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kFewNames = 24;  // up to here, comparing all pairs is quicker than sorting

void append_named(std::string& out, const char* name, const NamedValues& values) {
  if (values.empty()) return;
  out += ",\"";
  out += name;
  out += "\":{";
  bool first = true;
  for (const auto& [column, value] : values) {
    if (!first) out += ',';
    first = false;
    append_json_string(out, column);
    out += ':';
    append_value(out, value);
  }
  out += '}';
}

bool has_duplicate(const NamedValues& values) {
  if (values.size() <= kFewNames) {
    for (auto left = values.begin(); left != values.end(); ++left) {
      for (auto right = std::next(left); right != values.end(); ++right) {
        if (left->first == right->first) return true;
      }
    }
    return false;
  }
  std::vector<std::string_view> names;
  names.reserve(values.size());
  for (const auto& [name, value] : values) names.emplace_back(name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

[[noreturn]] void refuse(const std::string& what) { throw PlanError("change", what); }

// Takes the events of nlohmann's parser. The form is so narrow that a place and the name of the
// current member are all the state that it takes; nothing can be nested deeper than that.
class ChangeHandler {
 public:
  using json = nlohmann::json;

  Change take() {
    for (const char* name : {"op", "on", "chunk", "key", "reason"}) {
      if (!has(name)) refuse(std::string("no \"") + name + "\"");
    }
    if (has("count") != has("had")) refuse("\"count\" and \"had\" go together");
    return std::move(change_);
  }

  bool null() {
    if (place_ == Place::change && member_ == "key") return true;  // already nullopt
    put({});
    return true;
  }
  bool boolean(bool /*value*/) { return wrong_type(); }
  bool number_integer(json::number_integer_t /*value*/) { return wrong_type(); }
  bool number_float(json::number_float_t /*value*/, const std::string& /*text*/) {
    return wrong_type();
  }
  bool binary(json::binary_t& /*value*/) { return wrong_type(); }

  bool number_unsigned(json::number_unsigned_t value) {
    if (place_ == Place::value && member_ == "bytes" && !fields_.bytes) {
      fields_.bytes = value;
    } else if (place_ == Place::change && member_ == "chunk") {
      change_.chunk = value;
    } else if (place_ == Place::change && member_ == "count") {
      if (value == 0) refuse("\"count\" is 0");
      change_.count = value;
    } else if (place_ == Place::change && member_ == "had") {
      change_.had = value;
    } else {
      return wrong_type();
    }
    return true;
  }

  bool string(std::string& text) {
    if (place_ == Place::change) return top_level_string(text);
    if (place_ == Place::value) {
      std::optional<std::string>* member = fields_.text_member(member_);
      if (member == nullptr) refuse("unknown form of a value: \"" + member_ + "\"");
      *member = std::move(text);
      return true;
    }
    put(PlanValue{PlanValue::Form::text, std::move(text), 0});
    return true;
  }

  bool start_object(std::size_t /*size*/) {
    switch (place_) {
      case Place::start:
        place_ = Place::change;
        return true;
      case Place::change:
        if (member_ == "before") return enter(Place::before);
        if (member_ == "after") return enter(Place::after);
        return wrong_type();
      case Place::key:
      case Place::before:
      case Place::after:
        outer_ = place_;
        fields_ = {};
        return enter(Place::value);
      case Place::value:
      case Place::end:
        break;
    }
    return wrong_type();
  }

  bool key(std::string& name) {
    if (place_ == Place::change) return top_level_member(name);
    if (place_ == Place::value) {
      if (name == "bytes" && fields_.bytes) refuse("\"bytes\" stands twice");
      member_ = std::move(name);
    } else {
      column_ = std::move(name);
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::value) {
      std::optional<PlanValue> value = value_from(fields_);
      if (!value) refuse("unknown form of a value");
      place_ = outer_;
      put(std::move(*value));
    } else if (place_ == Place::change) {
      place_ = Place::end;
    } else {
      const NamedValues& values = place_ == Place::before ? change_.before : change_.after;
      if (values.empty() || has_duplicate(values)) refuse("columns are missing or stand twice");
      place_ = Place::change;
    }
    return true;
  }

  bool start_array(std::size_t /*size*/) {
    if (place_ != Place::change || member_ != "key") return wrong_type();
    change_.key.emplace();
    return enter(Place::key);
  }

  bool end_array() {
    if (change_.key->empty()) refuse("\"key\" is empty");
    return enter(Place::change);
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const json::exception& /*error*/) {
    refuse("not JSON at byte " + std::to_string(position));
  }

 private:
  enum class Place { start, change, key, before, after, value, end };
  static constexpr std::array<const char*, 9> kMembers = {
      "op", "on", "chunk", "key", "before", "after", "reason", "count", "had"};

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  [[noreturn]] bool wrong_type() const { refuse("wrong type at \"" + member_ + "\""); }

  [[nodiscard]] bool has(std::string_view name) const {
    const auto* const at = std::find(kMembers.begin(), kMembers.end(), name);
    return (seen_ & (1U << static_cast<unsigned>(at - kMembers.begin()))) != 0;
  }

  bool top_level_member(std::string& name) {
    const auto* const at = std::find(kMembers.begin(), kMembers.end(), name);
    if (at == kMembers.end()) refuse("unknown member \"" + name + "\"");
    const unsigned bit = 1U << static_cast<unsigned>(at - kMembers.begin());
    if ((seen_ & bit) != 0) refuse("\"" + name + "\" stands twice");
    seen_ |= bit;
    member_ = std::move(name);
    return true;
  }

  bool top_level_string(std::string& text) {
    if (member_ == "on") {
      change_.on = std::move(text);
    } else if (member_ == "reason") {
      change_.reason = std::move(text);
    } else if (member_ == "op") {
      for (const Op op : {Op::insert, Op::update, Op::remove}) {
        if (text == op_name(op)) {
          change_.op = op;
          return true;
        }
      }
      refuse("unknown op \"" + text + "\"");
    } else {
      return wrong_type();
    }
    return true;
  }

  void put(PlanValue value) {
    switch (place_) {
      case Place::key:
        change_.key->push_back(std::move(value));
        return;
      case Place::before:
        change_.before.emplace_back(std::move(column_), std::move(value));
        return;
      case Place::after:
        change_.after.emplace_back(std::move(column_), std::move(value));
        return;
      case Place::start:
      case Place::change:
      case Place::value:
      case Place::end:
        break;
    }
    wrong_type();
  }

  Change change_;
  Place place_ = Place::start;
  Place outer_ = Place::start;  // where the value stands that is being read
  unsigned seen_ = 0;           // a bit for each of kMembers
  std::string member_;          // of the change, or of a value's object
  std::string column_;
  ValueFields fields_;
};

}  // namespace

const char* op_name(Op op) noexcept {
  switch (op) {
    case Op::insert:
      return "insert";
    case Op::update:
      return "update";
    case Op::remove:
      return "delete";
    case Op::conflict:
      return "conflict";
  }
  assert(false);
  return "conflict";
}

std::string to_json_line(const Change& change) {
  if (change.op == Op::conflict) return conflict_to_json_line(change);
  std::string out;
  out.reserve(256);
  out += "{\"op\":\"";
  out += op_name(change.op);
  out += "\",\"on\":";
  append_json_string(out, change.on);
  out += ",\"chunk\":" + std::to_string(change.chunk) + ",\"key\":";
  if (change.key) {
    append_values(out, *change.key);
  } else {
    out += "null";
  }
  append_named(out, "before", change.before);
  append_named(out, "after", change.after);
  out += ",\"reason\":";
  append_json_string(out, change.reason);
  if (change.count != 0)
    out += ",\"count\":" + std::to_string(change.count) + ",\"had\":" + std::to_string(change.had);
  out += '}';
  return out;
}

std::string with_chunks_raised(std::string_view line, std::uint64_t by) {
  // What stands before it is `op`, and perhaps `on`, in which a quote would be escaped.
  constexpr std::string_view kName = ",\"chunk\":";
  const std::size_t at = line.find(kName) + kName.size();
  std::uint64_t chunk = 0;
  const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), chunk);
  assert(error == std::errc());
  std::string raised(line.substr(0, at));
  raised += std::to_string(chunk + by);
  raised.append(end, line.data() + line.size());
  return raised;
}

Change change_from_json_line(std::string_view line) {
  // nlohmann's parser takes a NUL for the end of its input, and skips a byte order mark.
  if (line.empty() || line.front() != '{') refuse("not a JSON object");
  if (line.find('\0') != std::string_view::npos) refuse("not JSON: a NUL byte");
  if (line.substr(0, kConflictLine.size()) == kConflictLine) return conflict_from_json_line(line);
  ChangeHandler handler;
  nlohmann::json::sax_parse(line.begin(), line.end(), &handler);
  return handler.take();
}

}  // namespace rowplan::planner
