// The manifest as plain structs: what should match what, and how. Made by manifest_parser.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/schema.h"
#include "mysql/session.h"
#include "planner/audit_spec.h"
#include "planner/diagnostic.h"
#include "planner/glob.h"
#include "planner/hooks_spec.h"
#include "planner/incremental.h"
#include "planner/merge_spec.h"
#include "planner/rename_rule.h"
#include "planner/throttle_spec.h"

namespace rowplan::planner {

enum class Access : std::uint8_t { read_only, read_write };
/// In the order of the manifest's choices.
enum class Direction : std::uint8_t {
  one_way,
  two_way,     ///< each member gets what the others changed
  via_source,  ///< a replica is made to equal its replication source by writes to that
};
enum class OnMissing : std::uint8_t { fail, skip };
enum class Compress : std::uint8_t { automatic, no, yes };
enum class FilterMoved : std::uint8_t { refuse, follow };
enum class Deletes : std::uint8_t { apply, ignore };
enum class Method : std::uint8_t { automatic, stream, checksum };
/// Which plans a person must approve, by their digest, before they are applied.
enum class Approve : std::uint8_t { never, always, on_warning };
/// What is waived by name, although it could not be seen.
enum class Assumption : std::uint8_t { no_triggers, no_foreign_children, not_a_replica };

[[nodiscard]] const char* access_name(Access access) noexcept;
[[nodiscard]] const char* direction_name(Direction direction) noexcept;
[[nodiscard]] const char* filter_moved_name(FilterMoved moved) noexcept;
[[nodiscard]] const char* deletes_name(Deletes deletes) noexcept;
[[nodiscard]] const char* method_name(Method method) noexcept;
[[nodiscard]] const char* assumption_name(Assumption assumption) noexcept;

/// One server. Paths are as written: relative to the manifest's directory (see beside()).
struct ServerSpec {
  std::string name;
  SourceSpan span;
  std::string host;                   ///< empty: a socket, which may stand in defaults_file
  std::string socket;                 ///< empty: the host
  std::optional<std::uint16_t> port;  ///< none: that of defaults_file, else 3306
  std::string user;                   ///< empty: that of defaults_file
  // At most one source of a password; none: no password.
  std::string password_env;
  std::string password_file;
  std::vector<std::string> password_command;
  std::string defaults_file;
  std::string defaults_group = "client";
  mysql::Tls tls = mysql::Tls::verify_identity;  ///< disabled by default on a socket
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  Access access = Access::read_write;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds read_timeout{60'000};
  std::chrono::milliseconds lock_wait{5'000};
  HooksSpec hooks;  ///< of a server of a group
};

/// A share limits nothing below this count: a tenth of a small table is soon reached.
inline constexpr std::uint64_t kShareFromRows = 100;

/// A number of rows, or a share of the rows compared.
struct Limit {
  bool is_share = false;
  std::uint64_t rows = 0;
  std::uint32_t share_ppm = 0;  ///< millionths

  /// May `count` of `compared` rows be changed? A share counts from kShareFromRows on.
  [[nodiscard]] bool allows(std::uint64_t count, std::uint64_t compared) const noexcept;
  friend bool operator==(const Limit&, const Limit&) = default;
};
[[nodiscard]] std::string to_string(const Limit& limit);  ///< `500`, `10%`, `0.5%`

struct Limits {
  Limit max_deletes{true, 0, 100'000};
  std::optional<Limit> max_changes;
  std::uint64_t max_plan_bytes = 10'000'000'000;
  bool allow_empty_source = false;
};

/// The effective options of one table.
struct TableOptions {
  std::string where;  ///< empty: all rows; checked, and without the parentheses it is sent in
  FilterMoved filter_moved = FilterMoved::refuse;
  std::vector<std::string> columns;         ///< empty: all but ignore_columns
  std::vector<std::string> ignore_columns;  ///< empty where `columns` is not
  std::vector<std::string> key;             ///< empty: the primary key, else a unique one
  std::uint64_t large_bytes = 64ULL << 10U;
  Deletes deletes = Deletes::apply;
  std::string soft_deletes;  ///< column of the source, not NULL in deleted rows; empty: none
  std::optional<mysql::TableName> tombstones;  ///< table of the source with keys of deleted rows
  Method method = Method::automatic;
  Compress compress = Compress::automatic;
  std::uint64_t chunk_rows = 200;  ///< on average
  std::uint64_t chunk_bytes = 8ULL << 20U;
  unsigned recheck = 2;  ///< times
  unsigned threads = 4;
  std::uint64_t max_unit_rows = 10'000;
  bool split_units = false;  ///< a unit over max_unit_rows is committed in steps
  std::uint64_t max_keyless_rows = 100'000;
  std::optional<Incremental> incremental;  ///< none: every run compares all rows
  MergeSpec merge;                         ///< of a two-way table
  std::optional<AuditSpec> audit;          ///< likewise: the application's own change log
  Limits limits;
};

/// [pair.NAME.table."db.table"]
struct TableOverride {
  std::string db_table;  ///< of the source, encoded as in addresses
  SourceSpan span;       ///< of the name, to complain that no table has it
  TableOptions options;  ///< effective: over those of the pair
};

/// A pair, a two-way group, or what a one-way group does on one spoke.
struct PairSpec {
  std::string name;   ///< of a one-way group's spoke: `group@spoke`
  std::string group;  ///< empty: a pair of its own
  SourceSpan span;
  std::string source;  ///< a server; empty: via-source, and the replica is asked for it
  std::string target;  ///< another server
  std::vector<std::string> spokes;      ///< of a two-way group, `target` the first; else empty
  std::vector<std::string> all_spokes;  ///< and those that were left out
  std::vector<TableGlob> tables;
  std::vector<RenameRule> rename;  ///< in the manifest's order
  Direction direction = Direction::one_way;
  std::vector<Assumption> assume;
  std::vector<std::string> allow_triggers;        ///< `name` or `db.name`, on the target
  std::vector<std::string> allow_replica_writes;  ///< servers that are written although replicas
  TableOptions options;                           ///< [defaults] and the pair's own
  ThrottleSpec throttle;                          ///< likewise
  HooksSpec hooks;                                ///< likewise
  std::vector<TableOverride> overrides;           ///< in the manifest's order
  bool may_be_missing = false;    ///< of a group: a spoke is left out that cannot be reached
  unsigned tombstone_days = 30;   ///< of a two-way group: for how long such a one can catch up
  bool require_baseline = false;  ///< of a two-way group: no union where there is none

  [[nodiscard]] bool via_source() const { return direction == Direction::via_source; }
  [[nodiscard]] bool two_way() const { return direction == Direction::two_way; }
  /// All its servers, the source or hub first.
  [[nodiscard]] std::vector<std::string> members() const;
  /// The servers that are written; empty where that is a source not known yet.
  [[nodiscard]] std::vector<std::string> written() const;
};

struct GroupSpec {
  PairSpec sync;  ///< what it has in common with a pair; `source` is the hub, `target` is empty
  std::vector<std::string> spokes;  ///< servers, in the manifest's order
  OnMissing on_missing = OnMissing::fail;
  unsigned tombstone_days = 30;   ///< for how long a spoke that is skipped can catch up
  bool require_baseline = false;  ///< two-way: no union where there is none
};

struct PolicySpec {
  Approve approve = Approve::never;
  bool verify_after = false;  ///< an apply compares again what it wrote
  std::chrono::milliseconds plan_ttl{std::chrono::hours(24)};
};

struct OutputSpec {
  std::uint64_t keep = 20;  ///< plans
  std::uint64_t sample_rows = 20;
  std::string metrics_textfile;                 ///< as written; empty: none
  std::optional<mysql::TableName> audit_table;  ///< on the target of each pair
};

struct Manifest {
  std::string file;  ///< as it was named
  std::string name;
  std::string
      state_path;  ///< as written, or `<name>.state.db`; relative to the manifest's directory
  std::map<std::string, ServerSpec> servers;
  std::vector<PairSpec> pairs;    ///< in the manifest's order, then those of the groups
  std::vector<GroupSpec> groups;  ///< in the manifest's order
  PolicySpec policy;
  OutputSpec output;
  HooksSpec hooks;  ///< of the whole job
};

/// The source, and the spokes of a two-way group or else the target.
[[nodiscard]] std::vector<std::string> members_of(const std::string& source,
                                                  const std::string& target,
                                                  const std::vector<std::string>& spokes);

/// The options of one table: its override, else those of the pair. `db_table` is the table's name
/// on the source, encoded as in addresses.
[[nodiscard]] const TableOptions& options_for(const PairSpec& pair, std::string_view db_table);

/// `path`, if relative from the directory in which `file` is.
[[nodiscard]] std::filesystem::path beside(const std::string& file, const std::string& path);

}  // namespace rowplan::planner
