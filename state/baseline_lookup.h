// Finds keys in a baseline, and reads only the pages that they are in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "state/baseline_page.h"
#include "state/baselines.h"

namespace rowplan::state {

class BaselineLookup {
 public:
  /// `store` must outlive it. Throws StateError as find, also where pages are missing: a key that
  /// is not found would be taken for one that never was there.
  BaselineLookup(const Store& store, BaselineInfo info, KeyOrder order);

  /// Keys rise from call to call. Throws StateError: corrupt, or busy where the baseline was moved
  /// meanwhile.
  [[nodiscard]] bool find(std::string_view key);
  [[nodiscard]] std::string_view key() const {
    return page_.key();
  }  ///< found; until the next call
  [[nodiscard]] std::string_view value() const { return page_.value(); }

 private:
  [[nodiscard]] bool open_page_of(std::string_view key);
  void next_entry();
  [[noreturn]] void damaged(const std::string& how) const;

  const Store& store_;
  BaselineInfo info_;
  KeyOrder order_;
  std::int64_t from_ = 0;  // where pages begin that were not open yet
  bool open_ = false;
  std::string data_;
  std::string last_key_;
  PageReader page_;
  std::uint64_t left_in_page_ = 0;
};

}  // namespace rowplan::state
