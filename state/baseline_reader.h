// Reads a baseline, or what a member is behind it, from its first key to its last, a page at a
// time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/baseline_page.h"
#include "state/baseline_pages.h"
#include "state/baselines.h"
#include "state/behind_lists.h"

namespace rowplan::state {

class BaselineReader {
 public:
  /// `store` must outlive it.
  BaselineReader(const Store& store, BaselineInfo baseline);
  /// Of a member of that baseline's.
  BaselineReader(const Store& store, BaselineInfo baseline, const BehindInfo& list);

  /// false: the end, and all of it was there. Throws StateError: corrupt, or busy where it was
  /// moved meanwhile.
  [[nodiscard]] bool next();
  [[nodiscard]] std::string_view key() const { return page_.key(); }  ///< until the next call
  [[nodiscard]] std::string_view value() const { return page_.value(); }

 private:
  [[nodiscard]] bool open_page();
  [[noreturn]] void damaged(const std::string& how) const;

  const Store& store_;
  BaselineInfo baseline_;
  PagesOf of_ = PagesOf::baseline;
  std::int64_t owner_ = 0;
  std::uint64_t value_bytes_ = 0;
  std::uint64_t all_rows_ = 0;
  std::uint64_t all_pages_ = 0;
  std::int64_t position_ = 0;  // from where on the next page is
  std::string data_;
  std::string last_key_;
  PageReader page_;
  std::uint64_t left_in_page_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t pages_ = 0;
};

}  // namespace rowplan::state
