// Reads a baseline from its first key to its last, a page at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/baseline_page.h"
#include "state/baselines.h"

namespace rowplan::state {

class BaselineReader {
 public:
  /// `store` must outlive it.
  BaselineReader(const Store& store, BaselineInfo info);

  /// false: the end, and all of it was there. Throws StateError: corrupt, or busy where it was
  /// moved meanwhile.
  [[nodiscard]] bool next();
  [[nodiscard]] std::string_view key() const { return page_.key(); }  ///< until the next call
  [[nodiscard]] std::string_view value() const { return page_.value(); }

 private:
  [[nodiscard]] bool open_page();
  [[noreturn]] void damaged(const std::string& how) const;

  const Store& store_;
  BaselineInfo info_;
  std::int64_t position_ = 0;  // from where on the next page is
  std::string data_;
  std::string last_key_;
  PageReader page_;
  std::uint64_t left_in_page_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t pages_ = 0;
};

}  // namespace rowplan::state
