// Small results whose columns are known by name: a SHOW has others with each version.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "mysql/session.h"

namespace rowplan::mysql {

using NamedRow = std::map<std::string, std::optional<std::string>>;

/// Reads a small result whole. Throws Error.
[[nodiscard]] std::vector<NamedRow> query_named(Session& session, const std::string& sql,
                                                const std::string& doing);

/// The value of the first of `names` that the row has; nullopt: it has none, or it is NULL.
[[nodiscard]] std::optional<std::string> value_of(const NamedRow& row,
                                                  const std::vector<std::string>& names);

}  // namespace rowplan::mysql
