#include "planner/manifest_pairs.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "planner/did_you_mean.h"
#include "planner/manifest_audit.h"
#include "planner/manifest_incremental.h"
#include "planner/manifest_via_source.h"
#include "planner/where_clause.h"

namespace rowplan::planner {
namespace {

using Servers = std::map<std::string, ServerSpec>;

/// A pair under construction: where its members were named, in [defaults] or in the pair.
struct Draft {
  PairSpec pair;
  SourceSpan source_span;
  SourceSpan target_span;
  bool has_source = false;
  bool has_target = false;
  bool has_tables = false;
};

void read_limits(const ManifestSection& section, Limits& limits) {
  const std::optional<ManifestSection> found = section.section("limits", kLimits);
  if (!found) return;
  if (const auto limit = found->limit("max_deletes")) limits.max_deletes = *limit;
  if (const auto limit = found->limit("max_changes")) limits.max_changes = limit;
  if (const auto bytes = found->size("max_plan_bytes")) limits.max_plan_bytes = *bytes;
  if (const auto allow = found->boolean("allow_empty_source")) limits.allow_empty_source = *allow;
}

void read_where(const ManifestSection& section, TableOptions& options) {
  const toml::value<std::string>* value = section.text_value("where");
  if (value == nullptr) return;
  options.where = value->get();
  for (const WhereProblem& problem : check_where(options.where)) {
    section.report().error(section.report().span_within(*value, problem.offset, problem.length),
                           "\"where\": " + problem.message);
  }
}

void read_columns(const ManifestSection& section, TableOptions& options) {
  if (section.has("columns") && section.has("ignore_columns")) {
    section.report().error(section.key_span("ignore_columns"),
                           section.title() + " has both \"columns\" and \"ignore_columns\"",
                           "name either the columns to sync or those to leave out");
  }
  // The nearer of the two replaces both.
  if (auto columns = section.names("columns")) {
    options.columns = std::move(*columns);
    options.ignore_columns.clear();
  }
  if (auto ignored = section.names("ignore_columns")) {
    options.ignore_columns = std::move(*ignored);
    options.columns.clear();
  }
  if (auto key = section.names("key")) options.key = std::move(*key);
  const std::string_view blamed = section.has("ignore_columns") ? "ignore_columns" : "key";
  if (!section.has(blamed)) return;
  for (const std::string& column : options.ignore_columns) {
    if (std::find(options.key.begin(), options.key.end(), column) == options.key.end()) continue;
    section.report().error(section.value_span(blamed),
                           "the column " + in_quotes(column) + " of the key is ignored");
  }
}

template <typename Value, typename Found>
void store(Value& value, const std::optional<Found>& found) {
  if (found) value = static_cast<Value>(*found);
}

/// A table's form stands over its pair's as a whole.
void read_deletes(const ManifestSection& section, TableOptions& options) {
  if (!section.has("deletes")) return;
  options.deletes = Deletes::apply;
  options.soft_deletes.clear();
  options.tombstones.reset();
  if (!section.is_table("deletes")) {
    store(options.deletes, section.choice<Deletes>("deletes"));
    return;
  }
  const auto form = section.section("deletes", kDeletesForm);
  if (!form) return;
  if (auto column = form->text("soft")) options.soft_deletes = std::move(*column);
  if (const auto table = form->text("tombstones")) {
    options.tombstones = parse_table(*table);
    if (!options.tombstones)
      section.report().error(form->value_span("tombstones"),
                             "\"tombstones\" is not the name of a table",
                             "write it as \"db.table\"; other bytes than letters, digits, _, $ and "
                             "- as %XX");
  }
  if (form->has("soft") == form->has("tombstones"))
    section.report().error(section.key_span("deletes"),
                           form->has("soft") ? "\"deletes\" has both \"soft\" and \"tombstones\""
                                             : "\"deletes\" names neither a column nor a table",
                           "{ soft = \"deleted_at\" } or { tombstones = \"shop.deleted\" }");
}

/// Who writes tombstones down means not to compare all rows each time.
void check_tombstones(const ManifestSection& section, const TableOptions& options) {
  if (!options.tombstones || options.incremental) return;
  section.report().error(section.has("deletes") ? section.key_span("deletes") : section.span(),
                         section.title() + " has \"tombstones\" and no \"incremental\"",
                         "they are read by the time of the incremental column; where all rows are "
                         "compared, deleted ones are found without");
}

/// The keys that a pair and a table have in common; those that are not there leave `options` alone.
void read_options(const ManifestSection& section, TableOptions& options) {
  read_where(section, options);
  store(options.filter_moved, section.choice<FilterMoved>("filter_moved"));
  read_columns(section, options);
  store(options.large_bytes, section.size("large_bytes"));
  read_deletes(section, options);
  store(options.method, section.choice<Method>("method"));
  store(options.chunk_rows, section.integer("chunk_rows"));
  store(options.chunk_bytes, section.size("chunk_bytes"));
  store(options.recheck, section.integer("recheck"));
  store(options.threads, section.integer("threads"));
  store(options.max_unit_rows, section.integer("max_unit_rows"));
  store(options.split_units, section.boolean("split_units"));
  store(options.max_keyless_rows, section.integer("max_keyless_rows"));
  store(options.compress, section.choice<Compress>("compress"));
  read_limits(section, options.limits);
  read_incremental(section, options.incremental);
  read_merge(section, options.merge);
  read_audit(section, options.audit);
}

void read_tables(const ManifestSection& section, PairSpec& pair) {
  const std::optional<std::vector<Text>> entries = section.texts("tables");
  if (!entries) return;
  pair.tables.clear();
  bool positive = false;
  for (const Text& entry : *entries) {
    positive = positive || !entry.value.starts_with('!');
    std::variant<TableGlob, InputProblem> parsed = parse_glob(entry.value);
    if (auto* glob = std::get_if<TableGlob>(&parsed)) {
      glob->span = entry.span;
      pair.tables.push_back(std::move(*glob));
    } else {
      const auto& problem = std::get<InputProblem>(parsed);
      section.report().error(entry.span, "\"tables\": " + problem.message, problem.hint);
    }
  }
  if (!positive) {
    section.report().error(section.value_span("tables"), "\"tables\" only takes tables out",
                           "add an entry without a !, like \"shop.*\"");
  }
}

void read_rename(const ManifestSection& section, PairSpec& pair) {
  const auto entries = section.text_table("rename");
  if (!entries) return;
  pair.rename.clear();
  for (const auto& [from, to] : *entries) {
    std::variant<RenameRule, InputProblem> parsed = parse_rename(from.value, to.value);
    if (auto* rule = std::get_if<RenameRule>(&parsed)) {
      rule->span = from.span;
      pair.rename.push_back(std::move(*rule));
    } else {
      const auto& problem = std::get<InputProblem>(parsed);
      section.report().error(from.span, "\"rename\": " + problem.message, problem.hint);
    }
  }
}

void read_replica_writes(const ManifestSection& section, const Servers& servers, PairSpec& pair) {
  auto named = section.names("allow_replica_writes");
  if (!named) return;
  for (const std::string& server : *named)
    check_server(section, section.value_span("allow_replica_writes"), server, servers);
  pair.allow_replica_writes = std::move(*named);
}

/// The members of a pair, and what it has in common with a group.
void read_pair_keys(const ManifestSection& section, const Servers& servers, Draft& draft) {
  if (section.has("source")) {
    draft.has_source = true;
    draft.source_span = section.value_span("source");
    draft.pair.source = section.text("source").value_or("");
  }
  if (section.has("target")) {
    draft.has_target = true;
    draft.target_span = section.value_span("target");
    draft.pair.target = section.text("target").value_or("");
  }
  draft.has_tables = draft.has_tables || section.has("tables");
  read_sync_keys(section, servers, draft.pair);
}

void check_pair(const ManifestSection& section, const Draft& draft, const Servers& servers) {
  ManifestReport& report = section.report();
  for (const auto& [has, key] :
       {std::pair{draft.has_source || draft.pair.via_source(), "source"},
        std::pair{draft.has_target, "target"}, std::pair{draft.has_tables, "tables"}}) {
    if (!has) report.error(section.span(), section.title() + " has no " + in_quotes(key));
  }
  check_server(section, draft.source_span, draft.pair.source, servers);
  check_server(section, draft.target_span, draft.pair.target, servers);
  if (!draft.pair.source.empty() && draft.pair.source == draft.pair.target) {
    report.error(draft.target_span, "source and target of " + section.title() +
                                        " are the same server, " + in_quotes(draft.pair.target));
  }
  if (draft.pair.via_source()) check_via_source(section, draft.pair);
}

}  // namespace

void check_server(const ManifestSection& section, SourceSpan span, const std::string& name,
                  const Servers& servers) {
  if (name.empty() || servers.contains(name)) return;
  std::vector<std::string_view> names;
  for (const auto& [known, server] : servers) names.emplace_back(known);
  std::string message = "unknown server " + in_quotes(name);
  const std::optional<std::string> meant = did_you_mean(name, names);
  if (meant) message += ", did you mean " + in_quotes(*meant) + '?';
  section.report().error(span, std::move(message),
                         meant ? "" : "a server is defined by [server.NAME]");
}

void read_sync_keys(const ManifestSection& section, const Servers& servers, PairSpec& pair) {
  read_tables(section, pair);
  read_rename(section, pair);
  store(pair.direction, section.choice<Direction>("direction"));
  if (section.has("assume")) {
    pair.assume = section.choices<Assumption>("assume").value_or(std::vector<Assumption>{});
  }
  if (auto allowed = section.names("allow_triggers")) pair.allow_triggers = std::move(*allowed);
  read_replica_writes(section, servers, pair);
  read_options(section, pair.options);
  read_throttle(section, servers, pair.throttle);
  read_hooks(section, pair.hooks);
}

void check_sync(const ManifestSection& section, const MergeMembers& members, Direction direction,
                TableOptions& options) {
  check_incremental(section, options.incremental);
  check_tombstones(section, options);
  check_direction(section, direction, options);
  if (direction != Direction::two_way) return;
  check_merge(section, members, options.merge);
  check_audit(section, options.audit);
}

PairSpec read_defaults(const ManifestSection& root, const Servers& servers) {
  Draft defaults;
  if (const auto section = root.section("defaults", kDefaults))
    read_pair_keys(*section, servers, defaults);
  return std::move(defaults.pair);
}

void read_overrides(const ManifestSection& section, const MergeMembers& members, PairSpec& pair) {
  ManifestReport& report = section.report();
  std::set<std::string> seen;
  for (const ManifestSection::Named& named : section.sections("table")) {
    const std::optional<TableName> name = parse_table(named.name);
    if (!name) {
      report.error(named.span, in_quotes(named.name) + " is not of the form \"database.table\"",
                   "the name of a table of the source, in one pair of quotes: [pair.NAME.table."
                   "\"database.table\"]");
      continue;
    }
    const ManifestSection table = section.open("table", named, kTable);
    TableOverride override{"", named.span, pair.options};
    read_options(table, override.options);
    check_sync(table, members, pair.direction, override.options);
    if (pair.via_source()) check_via_source(table, override.options);
    override.db_table = encode_table(*name);
    if (!seen.insert(override.db_table).second) {
      report.error(named.span, "the table " + in_quotes(named.name) + " stands twice");
    }
    pair.overrides.push_back(std::move(override));
  }
}

std::vector<PairSpec> read_pairs(const ManifestSection& root, const Servers& servers) {
  Draft defaults;
  if (const auto section = root.section("defaults", kDefaults))
    read_pair_keys(*section, servers, defaults);
  std::vector<PairSpec> pairs;
  for (const ManifestSection::Named& named : root.sections("pair")) {
    const ManifestSection section = root.open("pair", named, kPair);
    check_name(root.report(), named.span, named.name);
    Draft draft = defaults;
    draft.pair.name = named.name;
    draft.pair.span = named.span;
    read_pair_keys(section, servers, draft);
    check_pair(section, draft, servers);
    const MergeMembers members{
        draft.pair.source, draft.pair.target, {draft.pair.source, draft.pair.target}};
    check_sync(section, members, draft.pair.direction, draft.pair.options);
    read_overrides(section, members, draft.pair);
    pairs.push_back(std::move(draft.pair));
  }
  return pairs;
}

}  // namespace rowplan::planner
