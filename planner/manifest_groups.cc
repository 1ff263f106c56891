// Reads the groups of a manifest.
#include <algorithm>

#include "planner/address.h"
#include "planner/manifest_incremental.h"
#include "planner/manifest_merge.h"
#include "planner/manifest_pairs.h"

namespace rowplan::planner {

namespace {

using Servers = std::map<std::string, ServerSpec>;

void read_members(const ManifestSection& section, const Servers& servers, GroupSpec& group) {
  ManifestReport& report = section.report();
  group.sync.source = section.text("hub").value_or("");
  check_server(section, section.value_span("hub"), group.sync.source, servers);
  if (!section.has("hub")) report.error(section.span(), section.title() + " has no \"hub\"");
  if (!section.has("spokes")) report.error(section.span(), section.title() + " has no \"spokes\"");
  const auto spokes = section.texts("spokes");
  if (!spokes) return;
  for (const Text& spoke : *spokes) {
    check_server(section, spoke.span, spoke.value, servers);
    if (spoke.value == group.sync.source)
      report.error(spoke.span, in_quotes(spoke.value) + " is the hub and cannot be a spoke");
    group.spokes.push_back(spoke.value);
  }
}

void check_group_direction(const ManifestSection& section, const GroupSpec& group) {
  ManifestReport& report = section.report();
  if (group.sync.via_source())
    report.error(section.has("direction") ? section.value_span("direction") : section.span(),
                 section.title() + ": direction = \"via-source\" is for pairs alone",
                 "compare the replicas as a one-way group, and repair each by a pair of its own");
  if (!group.sync.two_way() && group.require_baseline)
    report.error(section.key_span("require_baseline"),
                 "\"require_baseline\" is for two-way groups alone");
  if (!group.sync.two_way() && section.has("tombstone_days"))
    report.error(section.key_span("tombstone_days"),
                 "\"tombstone_days\" is for two-way groups alone");
  if (group.sync.two_way() && section.has("allow_replica_writes"))
    report.error(section.key_span("allow_replica_writes"),
                 "\"allow_replica_writes\" cannot go with a two-way group",
                 "what a replica is written unlogged, its source would never have");
}

void check_group_name(const ManifestSection& root, const ManifestSection::Named& named,
                      const std::vector<PairSpec>& pairs) {
  check_name(root.report(), named.span, named.name);
  const bool taken = std::any_of(pairs.begin(), pairs.end(),
                                 [&](const PairSpec& pair) { return pair.name == named.name; });
  if (taken)
    root.report().error(named.span, "a pair and a group are called " + in_quotes(named.name),
                        "addresses would not tell them apart");
}

GroupSpec read_group(const ManifestSection& section, const Servers& servers, PairSpec defaults) {
  GroupSpec group;
  group.sync = std::move(defaults);
  group.sync.source.clear();
  group.sync.target.clear();
  read_members(section, servers, group);
  const bool has_tables = !group.sync.tables.empty() || section.has("tables");
  if (!has_tables) section.report().error(section.span(), section.title() + " has no \"tables\"");
  read_sync_keys(section, servers, group.sync);
  if (const auto missing = section.choice<OnMissing>("on_missing")) group.on_missing = *missing;
  if (const auto days = section.integer("tombstone_days"))
    group.tombstone_days = static_cast<unsigned>(*days);
  if (const auto require = section.boolean("require_baseline")) group.require_baseline = *require;
  MergeMembers members{group.sync.source, "", group.spokes};
  members.all.insert(members.all.begin(), group.sync.source);
  if (members.all.size() == 2) members.target = members.all.back();
  check_group_direction(section, group);
  check_sync(section, members, group.sync.direction, group.sync.options);
  read_overrides(section, members, group.sync);
  return group;
}

}  // namespace

std::vector<GroupSpec> read_groups(const ManifestSection& root, const Servers& servers,
                                   const std::vector<PairSpec>& pairs) {
  std::vector<GroupSpec> groups;
  const std::vector<ManifestSection::Named> found = root.sections("group");
  if (found.empty()) return groups;
  const PairSpec defaults = read_defaults(root, servers);
  for (const ManifestSection::Named& named : found) {
    check_group_name(root, named, pairs);
    PairSpec sync = defaults;
    sync.name = named.name;
    sync.span = named.span;
    groups.push_back(read_group(root.open("group", named, kGroup), servers, std::move(sync)));
  }
  return groups;
}

std::vector<PairSpec> pairs_of(const GroupSpec& group) {
  if (group.spokes.empty()) return {};
  if (group.sync.two_way()) {
    PairSpec whole = group.sync;
    whole.allow_replica_writes.clear();
    whole.group = group.sync.name;
    whole.target = group.spokes.front();
    whole.spokes = whole.all_spokes = group.spokes;
    whole.require_baseline = group.require_baseline;
    whole.may_be_missing = group.on_missing == OnMissing::skip;
    whole.tombstone_days = group.tombstone_days;
    return {std::move(whole)};
  }
  std::vector<PairSpec> pairs;
  for (const std::string& spoke : group.spokes) {
    PairSpec pair = group.sync;
    pair.name = spoke_name(group.sync.name, spoke);
    pair.group = group.sync.name;
    pair.target = spoke;
    pair.may_be_missing = group.on_missing == OnMissing::skip;
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace rowplan::planner
