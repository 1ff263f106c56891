// The plan document: what plan.json holds. Specified in docs/plan-format.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "planner/change.h"
#include "planner/finding.h"

namespace rowplan::planner {

inline constexpr const char* kPlanFormatVersion =
    "1.0";  ///< minor: additive; unknown major: refused

/// Everything that may vary between two runs on the same data. Nothing outside `run` may.
struct Run {
  std::string plan_id;     ///< 26 characters, sortable by time (ULID)
  std::string created_at;  ///< RFC 3339, UTC
  std::string expires_at;  ///< checked at apply
  std::string tool_version;
  std::string host;                         ///< display only
  std::string method;                       ///< "stream"; display only
  std::string method_reason;                ///< display only
  std::map<std::string, double> timings_s;  ///< phase -> seconds; display only
  /// By server: what it is in replication, a JSON object of one line; display only.
  std::map<std::string, std::string> replication;
  /// Who decided which conflicts, and how: JSON objects of one line; display only.
  std::vector<std::string> resolved;
};

/// A member's server as it was planned against. Identity and role are checked at apply.
struct PlanServer {
  std::string identity;
  std::string vendor;  ///< "mysql" or "mariadb"
  std::string version;
  std::string role;  ///< "primary" or "replica"
};

/// Hash of a chunk on one member: the count of rows and two sums modulo 2^64 over the first 128
/// bits of the row hashes. Written as "<count>:<16 hex><16 hex>".
struct ChunkHash {
  std::uint64_t rows = 0;
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  friend bool operator==(const ChunkHash&, const ChunkHash&) = default;
};
[[nodiscard]] std::string to_string(const ChunkHash& hash);
/// nullopt for text that to_string did not write.
[[nodiscard]] std::optional<ChunkHash> chunk_hash_from(std::string_view text);

enum class ChunkKind : std::uint8_t {
  range,  ///< all rows of the filter with low < key <= high; no bound: open-ended
  keys,   ///< the keys of its changes: those rows and their absence, nothing else
};

struct PlanChunk {
  std::uint64_t id = 0;    ///< 1, 2, ... within its table; in key order
  std::uint64_t unit = 0;  ///< id of a unit of the plan
  ChunkKind kind = ChunkKind::range;
  std::optional<std::vector<PlanValue>> low;   ///< exclusive; a key of the first member
  std::optional<std::vector<PlanValue>> high;  ///< inclusive
  std::uint64_t rows = 0;                      ///< on the first member (keys: of keys)
  std::map<std::string, ChunkHash> before;     ///< member -> hash
  std::map<std::string, ChunkHash> after;
  std::uint64_t changes = 0;    ///< lines in the changes file
  std::uint64_t conflicts = 0;  ///< of these: conflicts, which write nothing themselves
  /// Of a unit in steps: the target's hash before the first, then after each; else empty.
  std::vector<ChunkHash> states;
};

struct Ops {
  std::uint64_t insert = 0;
  std::uint64_t update = 0;
  std::uint64_t remove = 0;    ///< "delete" in JSON
  std::uint64_t conflict = 0;  ///< decided or not
  std::uint64_t kept = 0;      ///< rows only on the target that `deletes = "ignore"` leaves

  [[nodiscard]] std::uint64_t changes() const { return insert + update + remove + conflict; }
};

/// Of a table of an incremental pair: where its watermark was, and where `apply` puts it.
struct PlanWatermark {
  std::optional<std::string> from;  ///< none: there was none
  std::string to;                   ///< UTC, with the precision of the column
  bool full = false;                ///< all rows were compared, not a window
};

/// Of a two-way table: what all members had after the last sync, and how that moves.
struct PlanBaseline {
  std::string from;        ///< which one of the state's (baseline_name); empty: there was none
  std::uint64_t rows = 0;  ///< that it had
  std::string path;        ///< of its moves (baseline_moves.h), relative to the plan; empty: none
};

/// Of one member of a two-way table.
struct PlanMember {
  std::uint64_t rows = 0;
  Ops ops;  ///< that are written there
};

struct PlanTable {
  std::string address;              ///< pair/db.table, as on the source
  std::string first;                ///< the first member: the source
  std::string target;               ///< the member that is changed
  std::vector<std::string> spokes;  ///< of a two-way group: all, `target` the first; else empty
  bool via_source = false;          ///< changed by writes to its replication source
  std::map<std::string, std::string> members;  ///< server -> "db.table", encoded like an address
  std::vector<std::string> key;                ///< column names; empty: no identity
  std::vector<std::string> columns;            ///< key first, then the rest in the source's order
  std::string schema_sha256;                   ///< of both members' schemas; checked at apply
  Ops ops;
  std::uint64_t rows_compared = 0;  ///< on the first member
  std::uint64_t target_rows = 0;
  std::optional<PlanWatermark> watermark;
  std::optional<PlanBaseline> baseline;  ///< of a two-way table, and of no other
  std::string conflict_column;           ///< of a two-way table: by which rows are ranked, or none
  std::map<std::string, PlanMember> on;  ///< likewise: by server
  std::uint64_t unresolved = 0;          ///< conflicts that wait for a person
  std::string changes_path;              ///< relative to the plan; empty: no changes
  std::uint64_t changes_lines = 0;
  std::vector<PlanChunk> chunks;  ///< only those with changes or conflicts

  [[nodiscard]] bool two_way() const { return baseline.has_value(); }
  /// The servers in the order of the members.
  [[nodiscard]] std::vector<std::string> servers() const;
  [[nodiscard]] std::vector<std::string> others() const;  ///< likewise, all but the first
  /// Rows that the server's table had.
  [[nodiscard]] std::uint64_t rows_on(const std::string& server) const;
  /// The spokes of a two-way group, else the one server that is written.
  [[nodiscard]] std::vector<std::string> targets() const;
  /// The server that is written; of a two-way table each member may be.
  [[nodiscard]] const std::string& written() const { return via_source ? first : target; }
};

/// Rows that the chunk's changes write: without a key, a line may stand for many.
[[nodiscard]] std::uint64_t rows_written(const PlanTable& table, const PlanChunk& chunk);

/// What is committed together; plan.units stands in the order of application.
struct PlanUnit {
  std::uint64_t id = 0;
  std::uint64_t changes = 0;  ///< rows written
  std::uint64_t chunks = 0;
  std::uint64_t steps = 1;      ///< transactions in which it is committed
  std::uint64_t step_rows = 0;  ///< changes of a step at most, where there are several
};

struct PlanFile {
  std::string path;  ///< relative, '/' separated
  std::string sha256;
  std::uint64_t bytes = 0;
};

struct Summary {
  Ops ops;
  std::uint64_t tables_compared = 0;
  std::uint64_t tables_changed = 0;
  std::uint64_t rows_compared = 0;
  std::uint64_t unresolved = 0;  ///< conflicts that wait for a person
};

struct Plan {
  Run run;
  std::string job_sha256;       ///< checked at apply
  std::string manifest_sha256;  ///< told, not enforced
  std::vector<std::string> only;
  std::vector<std::string> exclude;
  bool applyable = false;    ///< no finding of severity error
  bool complete = false;     ///< every selected table was read to its end
  bool sql_complete = true;  ///< sql/ holds every value
  Summary summary;
  std::map<std::string, PlanServer> servers;
  Findings findings;
  std::vector<PlanUnit> units;
  std::vector<PlanTable> tables;  ///< in order of address
  std::vector<PlanFile> files;    ///< every file but plan.json and plan.sha256, in order of path
};

/// Was every selected table read to its end, but for those of spokes that were left out?
[[nodiscard]] bool read_what_is_there(const Plan& plan) noexcept;

}  // namespace rowplan::planner
