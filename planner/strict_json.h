// JSON read strictly: no member twice, bounded depth, UTF-8, nothing behind the end. What a sink
// takes is never part of a tree, so large arrays cost no memory.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace rowplan::planner {

/// Where a value stands: for each container around it the member's name, or empty inside an array.
/// tables[3].chunks[5] is {"tables", "", "chunks", ""}.
using JsonPlace = std::vector<std::string>;

class JsonSink {
 public:
  JsonSink() = default;
  JsonSink(const JsonSink&) = delete;
  JsonSink& operator=(const JsonSink&) = delete;
  virtual ~JsonSink() = default;
  /// Called with each value when it is complete, inner ones first. True: taken, not to be kept.
  virtual bool take(const JsonPlace& place, nlohmann::json& value) = 0;
};

/// Returns what the sink left. `file` is for the errors. Throws PlanError, and what the sink
/// throws.
[[nodiscard]] nlohmann::json parse_strict_json(std::string_view text, const std::string& file,
                                               JsonSink& sink);

}  // namespace rowplan::planner
