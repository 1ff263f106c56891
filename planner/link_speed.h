// Measures a server and the link to it.
#pragma once

#include "planner/method_choice.h"

namespace rowplan::planner {

/// Seconds that the shortest of a few questions took.
[[nodiscard]] double round_trip_s(mysql::Session& session);

/// Streams about 100 kB of the table's first rows, then lets the server hash as many. Only of
/// pairs that need not be streamed. Throws mysql::Error. nullopt: too few rows to tell.
[[nodiscard]] std::optional<LinkSpeed> measure_link(const TablePair& pair, Side side,
                                                    mysql::Session& session);

}  // namespace rowplan::planner
