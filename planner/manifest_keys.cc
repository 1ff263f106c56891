#include "planner/manifest_keys.h"

#include <array>
#include <utility>

namespace rowplan::planner {
namespace {

// Features that this version does not have yet. To build one, take it from its keys and values.
constexpr std::string_view kSensitive = "sensitive columns";
constexpr std::string_view kUndoAfter = "undoing what failed its verification";

constexpr std::array<Choice, 5> kTlsValues = {
    {{"disabled"}, {"preferred"}, {"required"}, {"verify-ca"}, {"verify-identity"}}};
constexpr std::array<Choice, 2> kAccessValues = {{{"read-only"}, {"read-write"}}};
constexpr std::array<Choice, 3> kDirections = {{{"one-way"}, {"two-way"}, {"via-source"}}};
constexpr std::array<Choice, 2> kFilterMovedValues = {{{"refuse"}, {"follow"}}};
constexpr std::array<Choice, 2> kDeletesValues = {{{"apply"}, {"ignore"}}};
constexpr std::array<Choice, 3> kMethods = {{{"auto"}, {"stream"}, {"checksum"}}};
constexpr std::array<Choice, 3> kAssumptions = {
    {{"no_triggers"}, {"no_foreign_children"}, {"not_a_replica"}}};
constexpr std::array<Choice, 3> kCompressValues = {{{"auto"}, {"false"}, {"true"}}};
constexpr std::array<Choice, 3> kApprovals = {{{"never"}, {"always"}, {"on_warning"}}};
constexpr std::array<Choice, 2> kFailedVerify = {{{"report"}, {"undo", kUndoAfter}}};
constexpr std::array<Choice, 2> kMerges = {{{"rows"}, {"columns"}}};
constexpr std::array<Choice, 2> kOnMissing = {{{"fail"}, {"skip"}}};

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kHour = 3'600 * kSecond;
constexpr std::int64_t kYear = 366LL * 24 * kHour;
constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();

constexpr unsigned kSync = kDefaults | kPair | kGroup;  // what is synced as one
constexpr unsigned kSyncOrTable = kSync | kTable;

using T = KeyType;

constexpr auto kKeys = std::to_array<KeySpec>({
    {"manifest_version", kRoot, T::integer},
    {"name", kRoot, T::text},
    {"state", kRoot, T::section},
    {"server", kRoot, T::sections},
    {"defaults", kRoot, T::section},
    {"pair", kRoot, T::sections},
    {"group", kRoot, T::sections},
    {"policy", kRoot, T::section},
    {"output", kRoot, T::section},
    {"secrets", kRoot, T::section, kSensitive},
    {"hooks", kRoot | kSync | kServer, T::section},

    {"path", kState, T::text},

    {"host", kServer, T::text},
    {"port", kServer, T::integer, {}, {}, 1, 65'535},
    {"socket", kServer, T::text},
    {"user", kServer, T::text},
    {"password_env", kServer, T::text},
    {"password_file", kServer, T::text},
    {"password_command", kServer, T::command},
    {"defaults_file", kServer, T::text},
    {"defaults_group", kServer, T::text},
    {"tls", kServer, T::choice, {}, kTlsValues},
    {"tls_ca", kServer, T::text},
    {"tls_cert", kServer, T::text},
    {"tls_key", kServer, T::text},
    {"access", kServer, T::choice, {}, kAccessValues},
    {"connect_timeout", kServer, T::duration, {}, {}, kSecond, 24 * kHour},
    {"read_timeout", kServer, T::duration, {}, {}, kSecond, 24 * kHour},
    {"lock_wait", kServer, T::duration, {}, {}, kSecond, 24 * kHour},

    {"source", kDefaults | kPair, T::text},
    {"target", kDefaults | kPair, T::text},
    {"hub", kGroup, T::text},
    {"spokes", kGroup, T::texts},
    {"on_missing", kGroup, T::choice, {}, kOnMissing},
    {"tombstone_days", kGroup, T::integer, {}, {}, 1, 36'500},
    {"require_baseline", kGroup, T::boolean},
    {"tables", kSync, T::texts},
    {"rename", kSync, T::renames},
    {"direction", kSync, T::choice, {}, kDirections},
    {"assume", kSync, T::choices, {}, kAssumptions},
    {"allow_triggers", kSync, T::texts},
    {"allow_replica_writes", kSync, T::texts},
    {"table", kPair | kGroup, T::sections},

    {"where", kSyncOrTable, T::text},
    {"filter_moved", kSyncOrTable, T::choice, {}, kFilterMovedValues},
    {"columns", kSyncOrTable, T::texts},
    {"ignore_columns", kSyncOrTable, T::texts},
    {"key", kSyncOrTable, T::texts},
    {"sensitive", kSyncOrTable, T::texts, kSensitive},
    {"large_bytes", kSyncOrTable, T::size, {}, {}, 1, 1LL << 32U},
    {"deletes", kSyncOrTable, T::choice_or_table, {}, kDeletesValues},
    {"conflict", kSyncOrTable, T::text_or_table},
    {"merge", kSyncOrTable, T::choice, {}, kMerges},
    {"insert_conflict", kSyncOrTable, T::text_or_table},
    {"threshold", kSyncOrTable, T::duration, {}, {}, 0, kYear},
    {"threads", kSyncOrTable, T::integer, {}, {}, 1, 64},
    {"method", kSyncOrTable, T::choice, {}, kMethods},
    {"chunk_rows", kSyncOrTable, T::integer, {}, {}, 1, 1'000'000},
    {"chunk_bytes", kSyncOrTable, T::size, {}, {}, 1, 1LL << 40U},
    {"recheck", kSyncOrTable, T::integer, {}, {}, 0, 100},
    {"compress", kSyncOrTable, T::choice_or_flag, {}, kCompressValues},
    {"max_unit_rows", kSyncOrTable, T::integer, {}, {}, 1, kAny},
    {"split_units", kSyncOrTable, T::boolean},
    {"max_keyless_rows", kSyncOrTable, T::integer, {}, {}, 0, kAny},
    {"limits", kSyncOrTable, T::section},
    {"incremental", kSyncOrTable, T::section},
    {"throttle", kSync, T::section},
    {"audit", kSyncOrTable, T::section},

    {"soft", kDeletesForm, T::text},
    {"tombstones", kDeletesForm, T::text},

    {"resolve", kConflict, T::text},
    {"column", kConflict, T::text},
    {"otherwise", kConflict, T::text},

    {"max_deletes", kLimits, T::limit},
    {"max_changes", kLimits, T::limit},
    {"max_plan_bytes", kLimits, T::size, {}, {}, 1, kAny},
    {"allow_empty_source", kLimits, T::boolean},

    {"column", kIncremental, T::text},
    {"initial", kIncremental, T::text},
    {"overlap", kIncremental, T::duration, {}, {}, 0, kYear},
    {"settle", kIncremental, T::duration, {}, {}, 0, 24 * kHour},
    {"full_every", kIncremental, T::duration, {}, {}, kSecond, kYear},
    {"time_zone", kIncremental, T::text},

    {"max_lag", kThrottle, T::duration, {}, {}, kSecond, kYear},
    {"replicas", kThrottle, T::texts},
    {"max_load", kThrottle, T::text},
    {"critical_load", kThrottle, T::text},
    {"pause_file", kThrottle, T::text},
    {"panic_file", kThrottle, T::text},
    {"nice_ratio", kThrottle, T::integer, {}, {}, 0, 100},
    {"not_between", kThrottle, T::texts},
    {"max_snapshot_age", kThrottle, T::duration, {}, {}, 1, kYear},

    {"before", kHooks, T::command},
    {"after", kHooks, T::command},
    {"on_success", kHooks, T::command},
    {"on_failure", kHooks, T::command},
    {"on_conflict", kHooks, T::command},
    {"timeout", kHooks, T::duration, {}, {}, kSecond, 24 * kHour},

    {"approve", kPolicy, T::choice, {}, kApprovals},
    {"plan_ttl", kPolicy, T::duration, {}, {}, kSecond, kYear},
    {"verify_after", kPolicy, T::boolean},
    {"on_failed_verify", kPolicy, T::choice, {}, kFailedVerify},

    {"keep", kOutput, T::integer, {}, {}, 1, 1'000'000},
    {"sample_rows", kOutput, T::integer, {}, {}, 0, 1'000'000},
    {"metrics_textfile", kOutput, T::text},
    {"audit_table", kOutput, T::text},

    {"hmac_key_env", kSecrets, T::text, kSensitive},
    {"hmac_key_file", kSecrets, T::text, kSensitive},

    {"table", kAudit, T::text},
    {"key_column", kAudit, T::text},
    {"user_column", kAudit, T::text},
    {"time_column", kAudit, T::text},
    {"table_column", kAudit, T::text},
    {"site_column", kAudit, T::text},
    {"type_column", kAudit, T::text},
});

}  // namespace

std::span<const KeySpec> manifest_keys() { return kKeys; }

const KeySpec* find_key(Section section, std::string_view name) {
  for (const KeySpec& key : kKeys) {
    if ((key.sections & section) != 0 && key.name == name) return &key;
  }
  return nullptr;
}

std::vector<std::string_view> key_names(Section section) {
  std::vector<std::string_view> names;
  for (const KeySpec& key : kKeys) {
    if ((key.sections & section) != 0) names.push_back(key.name);
  }
  return names;
}

std::string_view home_of_key(std::string_view name) {
  using Home = std::pair<Section, std::string_view>;
  constexpr auto kHomes = std::to_array<Home>({{kRoot, "the manifest itself, above all tables"},
                                               {kState, "[state]"},
                                               {kServer, "[server.NAME]"},
                                               {kPair, "[pair.NAME]"},
                                               {kGroup, "[group.NAME]"},
                                               {kLimits, "[pair.NAME.limits]"},
                                               {kConflict, "\"conflict\""},
                                               {kIncremental, "[pair.NAME.incremental]"},
                                               {kThrottle, "[pair.NAME.throttle]"},
                                               {kHooks, "[hooks]"},
                                               {kPolicy, "[policy]"},
                                               {kOutput, "[output]"},
                                               {kSecrets, "[secrets]"},
                                               {kAudit, "[pair.NAME.audit]"}});
  for (const auto& [section, home] : kHomes) {
    if (find_key(section, name) != nullptr) return home;
  }
  return {};
}

}  // namespace rowplan::planner
