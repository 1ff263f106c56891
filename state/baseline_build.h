// Makes a baseline from nothing. Until it is finished it counts for nothing, and the old one
// stands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "state/baseline_page.h"
#include "state/baselines.h"

namespace rowplan::state {

/// All throw StateError.
class BaselineBuild {
 public:
  /// Forgets one that was not finished.
  BaselineBuild(Store& store, std::string address, std::string fits, std::uint64_t value_bytes);

  /// In the order of the keys.
  void append(std::string_view key, std::string_view value);
  /// In the place of the old one, durably.
  BaselineInfo finish(const std::string& plan_id);

 private:
  void write_pages();

  Store& store_;
  std::string address_;
  std::int64_t id_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t pages_ = 0;
  PageWriter page_;
  std::vector<PageWriter> full_;  // not yet written
};

}  // namespace rowplan::state
