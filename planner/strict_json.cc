#include "planner/strict_json.h"

#include <utility>

#include "planner/plan_error.h"

namespace rowplan::planner {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 32;  // a plan has 6; the rest is for members of later versions

class TreeBuilder {
 public:
  TreeBuilder(const std::string& file, JsonSink& sink) : file_(file), sink_(sink) {}

  json take() { return std::move(root_); }

  bool null() { return put(json()); }
  bool boolean(bool value) { return put(json(value)); }
  bool number_integer(json::number_integer_t value) { return put(json(value)); }
  bool number_unsigned(json::number_unsigned_t value) { return put(json(value)); }
  bool number_float(json::number_float_t value, const std::string& /*text*/) {
    return put(json(value));
  }
  bool string(std::string& value) { return put(json(std::move(value))); }
  bool binary(json::binary_t& /*value*/) { refuse("binary data"); }
  bool start_object(std::size_t /*size*/) { return open(json::object()); }
  bool start_array(std::size_t /*size*/) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    // A member that the sink took is not in the object any more; so its name stays, as null.
    if (!containers_.back().emplace(name, nullptr).second) refuse("\"" + name + "\" stands twice");
    place_.back() = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const json::exception& /*error*/) {
    refuse("not JSON at byte " + std::to_string(position));
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw PlanError(file_, what); }

  bool open(json container) {
    if (containers_.size() == kMaxDepth) refuse("nested too deep");
    containers_.push_back(std::move(container));
    place_.emplace_back();
    return true;
  }

  bool close() {
    json value = std::move(containers_.back());
    containers_.pop_back();
    place_.pop_back();
    return put(std::move(value));
  }

  bool put(json value) {
    if (containers_.empty()) {
      root_ = std::move(value);
      return true;
    }
    if (sink_.take(place_, value)) return true;
    json& container = containers_.back();
    if (container.is_array()) {
      container.push_back(std::move(value));
    } else {
      container[place_.back()] = std::move(value);
    }
    return true;
  }

  const std::string& file_;
  JsonSink& sink_;
  std::vector<json> containers_;
  JsonPlace place_;  // as long as containers_
  json root_;
};

}  // namespace

json parse_strict_json(std::string_view text, const std::string& file, JsonSink& sink) {
  // nlohmann's parser takes a NUL for the end of its input, and skips a byte order mark.
  if (text.empty() || text.front() != '{') throw PlanError(file, "not a JSON object");
  if (text.find('\0') != std::string_view::npos) throw PlanError(file, "not JSON: a NUL byte");
  TreeBuilder builder(file, sink);
  json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

}  // namespace rowplan::planner
