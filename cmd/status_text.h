// `rowplan status` for a person's eyes.
#pragma once

#include <string>

#include "cmd/cli.h"
#include "cmd/pair_status.h"

namespace rowplan::cmd {

[[nodiscard]] std::string status_text(const JobStatus& status, const StatusOptions& options,
                                      SystemTime now);

/// `2025-03-01T09:30:00.125Z (5m ago)`: a time of the state file.
[[nodiscard]] std::string time_with_age(const std::string& text, SystemTime now);
/// `12 inserted, 4 updated, 2 deleted`, and conflicts and kept rows where there are any.
[[nodiscard]] std::string rows_text(const state::RowCounts& rows);
/// `locked by apply on ci-7, pid 4711, since ..., id ...`.
[[nodiscard]] std::string lock_text(const state::Holder& holder);
/// `2025-03-01 09:30:00 (5m behind)`, and by whom where a person set it.
[[nodiscard]] std::string watermark_text(const TableWatermark& table, SystemTime now);

}  // namespace rowplan::cmd
