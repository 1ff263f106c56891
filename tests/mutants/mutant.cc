// rowplan with a planted bug: ROWPLAN_TEST_MUTANT names it. Stands in for mysql/no_mutant.cc.
#include "mysql/mutant.h"

#include <array>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace rowplan::mysql {

namespace {

constexpr std::array<std::string_view, 24> kNames = {
    "hash-drops-last-column",
    "hash-joins-texts",
    "hash-is-crc-xor",
    "compare-ignores-spaces",
    "long-values-cut",
    "float-has-six-digits",
    "null-is-empty",
    "lost-connection-ends-rows",
    "judge-without-locks",
    "not-checked-after-writing",
    "read-committed",
    "no-rollback-on-retry",
    "replace-for-insert",
    "low-bound-included",
    "last-chunk-closed",
    "references-unordered",
    "time-zone-unpinned",
    "settled-before-commit",
    "cascades-unchecked",
    "identity-unchecked",
    "ties-ignored",
    "commit-unknown-is-committed",
    "open-transactions-unseen",
    "statements-unseen",
};
static_assert(kNames.size() == static_cast<std::size_t>(Mutant::statements_unseen) + 1);

/// The number of the planted bug; none: past the end.
std::size_t chosen() {
  const char* const wanted = std::getenv("ROWPLAN_TEST_MUTANT");
  if (wanted == nullptr || *wanted == '\0') return kNames.size();
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames.at(i) == wanted) return i;
  std::cerr << "no such mutant: " << wanted << '\n';
  std::abort();
}

}  // namespace

bool planted(Mutant mutant) noexcept {
  static const std::size_t number = chosen();
  return number == static_cast<std::size_t>(mutant);
}

}  // namespace rowplan::mysql
