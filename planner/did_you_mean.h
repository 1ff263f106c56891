// Finds the name that a misspelt one was meant to be.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rowplan::planner {

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other;
/// bytes, ASCII case folded.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

/// The nearest candidate, if it is near enough to be meant: within a third of the word's length and
/// three edits. Of equally near ones, the first. None: the only one that begins with the word and a
/// `_`.
[[nodiscard]] std::optional<std::string> did_you_mean(
    std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace rowplan::planner
