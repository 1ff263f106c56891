#include "planner/job_digest.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "mysql/schema.h"
#include "planner/sha256.h"

namespace rowplan::planner {

namespace {

nlohmann::json incremental_json(const Incremental& incremental) {
  nlohmann::json json;
  json["column"] = incremental.column;
  json["initial"] = incremental.initial ? to_text(*incremental.initial) : "";
  json["overlap_ms"] = incremental.overlap.count();
  json["settle_ms"] = incremental.settle.count();
  json["full_every_ms"] = incremental.full_every.count();
  if (incremental.time_zone) json["time_zone_s"] = incremental.time_zone->count();
  return json;
}

nlohmann::json rule_json(const ConflictSpec& rule) {
  return {resolve_name(rule.resolve), rule.member, rule.column, resolve_name(rule.otherwise),
          rule.otherwise_member};
}

nlohmann::json merge_json(const MergeSpec& merge) {
  nlohmann::json json;
  json["conflict"] = rule_json(merge.conflict);
  if (merge.inserts) json["inserts"] = rule_json(*merge.inserts);
  json["by_columns"] = merge.by_columns;
  json["threshold_ms"] = merge.threshold.count();
  return json;
}

nlohmann::json audit_json(const AuditSpec& audit) {
  return {audit.db,           audit.table,       audit.key_column,  audit.time_column,
          audit.table_column, audit.user_column, audit.site_column, audit.type_column};
}

nlohmann::json job_json(const Manifest& manifest, const TableJob& job) {
  nlohmann::json json;
  json["address"] = job.address;
  json["source"] = job.source;
  json["target"] = job.target;
  if (!job.spokes.empty()) json["spokes"] = job.spokes;
  if (!job.missing().empty()) json["missing"] = job.missing();
  json["target_table"] = encode_table(job.target_table);
  json["direction"] = direction_name(job.direction);
  json["where"] = job.options.where;
  json["filter_moved"] = filter_moved_name(job.options.filter_moved);
  json["columns"] = job.options.columns;
  json["ignore_columns"] = job.options.ignore_columns;
  json["key"] = job.options.key;
  json["deletes"] = deletes_name(job.options.deletes);
  if (job.two_way()) json["merge"] = merge_json(job.options.merge);
  if (job.two_way() && job.options.audit) json["audit"] = audit_json(*job.options.audit);
  if (!job.options.soft_deletes.empty()) json["soft_deletes"] = job.options.soft_deletes;
  if (job.options.tombstones) json["tombstones"] = encode_table(*job.options.tombstones);
  std::vector<std::string> assume;
  for (const PairSpec& pair : manifest.pairs)
    if (pair.name == job.pair)
      for (const Assumption assumption : pair.assume)
        assume.emplace_back(assumption_name(assumption));
  std::sort(assume.begin(), assume.end());
  json["assume"] = assume;
  if (!job.allow_triggers.empty()) {
    std::vector<std::string> allowed = job.allow_triggers;
    std::sort(allowed.begin(), allowed.end());
    json["allow_triggers"] = allowed;
  }
  if (job.allow_replica_writes) json["allow_replica_writes"] = true;
  if (job.options.incremental) json["incremental"] = incremental_json(*job.options.incremental);
  return json;
}

}  // namespace

std::string job_sha256(const Manifest& manifest, const std::vector<TableJob>& jobs) {
  nlohmann::json json = nlohmann::json::array();
  for (const TableJob& job : jobs) json.push_back(job_json(manifest, job));
  return sha256_hex(json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace));
}

std::string pair_schema_sha256(const TablePair& pair) {
  std::string all = mysql::schema_fingerprint(pair.source);
  if (!pair.views) return sha256_hex(all + mysql::schema_fingerprint(pair.target));
  for (std::size_t m = 1; m < pair.views->size(); ++m)
    all += mysql::schema_fingerprint((*pair.views)[m].target);
  return sha256_hex(all);
}

}  // namespace rowplan::planner
