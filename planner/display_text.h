// Data and names for the eyes of a person: nothing in them can do anything to what shows them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "planner/change.h"
#include "planner/plan.h"

namespace rowplan::planner {

/// Control characters, characters that turn the direction of writing or cannot be seen, and what is
/// not UTF-8 as \n, \u{202e}, \xff; a backslash as \\.
[[nodiscard]] std::string display_text(std::string_view text);

/// The same of several names: "dw, lake".
[[nodiscard]] std::string display_names(const std::vector<std::string>& names);

/// The same with at most `max` characters of the text, from character `skip` on, in quotes; what is
/// left out is shown by an ellipsis.
[[nodiscard]] std::string display_quoted(std::string_view text, std::size_t max,
                                         std::size_t skip = 0);

/// null, "text", 0x00ff, (large: 1,048,576 bytes, sha256 9f3c1b20...), (sensitive).
[[nodiscard]] std::string display_value(const PlanValue& value, std::size_t max,
                                        std::size_t skip = 0);

[[nodiscard]] std::string with_commas(std::uint64_t number);  ///< 12,031

/// `part` of `whole` as a percentage: "0%", "<0.01%", "12.50%". More than the whole is possible.
[[nodiscard]] std::string percent(std::uint64_t part, std::uint64_t whole);

/// "3 to insert, 1 to update, 2 to delete", and conflicts if there are any.
[[nodiscard]] std::string ops_text(const Ops& ops);

/// A line for each table that has a watermark: "p/shop.orders: watermark FROM -> TO, by window", or
/// "all rows". Of many tables only those that change, and how many more there are.
[[nodiscard]] std::vector<std::string> watermark_lines(const Plan& plan);

/// Names of the servers that get written, or would: "dw", "dw, lake".
[[nodiscard]] std::string target_names(const Plan& plan);

/// Of a plan that is not complete, what it lacks: a sentence.
[[nodiscard]] std::string incomplete_text(const Plan& plan);

/// The verdict: "Plan: 3 to insert, .. on dw." or "No changes. Target dw equals source hq.", or why
/// neither can be said.
[[nodiscard]] std::string verdict(const Plan& plan);

}  // namespace rowplan::planner
