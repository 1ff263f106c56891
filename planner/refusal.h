// An ordered stop: rowplan declines to go on, and says which kind of answer is needed.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace rowplan::planner {

/// cmd/exit_code.cc maps each to its exit code.
enum class RefusalReason : std::uint8_t {
  usage,      ///< 64
  manifest,   ///< 78
  digest,     ///< 16: not the expected digest; edited, damaged, expired
  access,     ///< 12: cannot see what must be seen
  state,      ///< 14
  locked,     ///< 11
  limit,      ///< 13: a safety limit or a finding of severity error
  conflict,   ///< 15
  stale,      ///< 10
  temporary,  ///< 75
  throttled,  ///< 75: by a throttle, so not to be tried again on the spot
};

class Refusal : public std::runtime_error {
 public:
  Refusal(RefusalReason reason, const std::string& what, std::string hint = "")
      : std::runtime_error(what), reason_(reason), hint_(std::move(hint)) {}
  [[nodiscard]] RefusalReason reason() const noexcept { return reason_; }
  [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

 private:
  RefusalReason reason_;
  std::string hint_;
};

}  // namespace rowplan::planner
