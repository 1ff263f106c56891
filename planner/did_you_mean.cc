#include "planner/did_you_mean.h"

#include <algorithm>

namespace rowplan::planner {
namespace {

constexpr std::size_t kWordMax = 128;  // bytes: no name is longer, and the search is quadratic
constexpr std::size_t kEditsMax = 3;

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(char left, char right) { return folded(left) == folded(right); }

/// The candidate that goes on where the word ends at a `_`, if there is just one.
std::optional<std::string> only_longer(std::string_view word,
                                       const std::vector<std::string_view>& candidates) {
  std::optional<std::string> found;
  for (const std::string_view candidate : candidates) {
    const bool longer = candidate.size() > word.size() && candidate[word.size()] == '_';
    if (!longer || edit_distance(word, candidate.substr(0, word.size())) > 0) continue;
    if (found) return std::nullopt;
    found = std::string(candidate);
  }
  return found;
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1);  // two rows up
  std::vector<std::size_t> above(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (same(left[i - 1], right[j - 1]) ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped =
          i > 1 && j > 1 && same(left[i - 1], right[j - 2]) && same(left[i - 2], right[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[right.size()];
}

std::optional<std::string> did_you_mean(std::string_view word,
                                        const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > kWordMax) return std::nullopt;
  std::size_t best = std::min(kEditsMax, std::max<std::size_t>(1, word.size() / 3)) + 1;
  std::optional<std::string> found;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kWordMax) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best && distance < candidate.size()) {
      best = distance;
      found = std::string(candidate);
    }
  }
  return found ? found : only_longer(word, candidates);
}

}  // namespace rowplan::planner
