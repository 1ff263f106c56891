// What the state tells, as JSON: docs/cli.md describes its members.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "cmd/cli.h"
#include "cmd/pair_status.h"

namespace rowplan::cmd {

/// The document of `status --json`, but for its exit_code.
[[nodiscard]] nlohmann::ordered_json status_json(const JobStatus& status,
                                                 const StatusOptions& options, SystemTime now);

/// null where nobody holds it or left it behind.
[[nodiscard]] nlohmann::ordered_json lock_json(const std::optional<state::Holder>& holder);
[[nodiscard]] nlohmann::ordered_json run_json(const state::RunRecord& run);
[[nodiscard]] nlohmann::ordered_json watermark_json(const TableWatermark& table, SystemTime now);
[[nodiscard]] nlohmann::ordered_json rows_json(const state::RowCounts& rows);

}  // namespace rowplan::cmd
