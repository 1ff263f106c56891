#include "planner/plan_consistency.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "planner/plan_error.h"

namespace rowplan::planner {
namespace {

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw PlanError("plan.json", place + ": " + what);
}

struct UnitCount {
  const PlanUnit* unit = nullptr;
  std::uint64_t chunks = 0;
  std::uint64_t changes = 0;
};
using UnitCounts = std::map<std::uint64_t, UnitCount>;

/// Of a unit in steps: each chunk has a state before the first step and one after each.
bool has_right_states(const PlanTable& table, const PlanChunk& chunk, const PlanUnit& unit) {
  if (unit.steps > 1 && table.two_way()) return false;
  if (unit.steps == 1) return chunk.states.empty();
  return chunk.states.size() == unit.steps + 1 &&
         chunk.states.front() == chunk.before.at(table.target) &&
         chunk.states.back() == chunk.after.at(table.target);
}

void check_chunks(const PlanTable& table, const std::string& place, UnitCounts& units) {
  std::uint64_t lines = 0;
  std::uint64_t last_id = 0;
  for (std::size_t i = 0; i < table.chunks.size(); ++i) {
    const PlanChunk& chunk = table.chunks[i];
    const auto fail = [&](const char* what) {
      refuse(place + ".chunks[" + std::to_string(i) + "]", what);
    };
    if (chunk.id <= last_id) fail("ids do not ascend");
    last_id = chunk.id;
    if (chunk.changes == 0) fail("no changes");
    if (chunk.conflicts > (table.two_way() ? chunk.changes : 0)) fail("too many conflicts");
    lines += chunk.changes;
    for (const auto* bound : {&chunk.low, &chunk.high}) {
      if (*bound && (*bound)->size() != table.key.size()) fail("a bound is not a key");
    }
    for (const auto* hashes : {&chunk.before, &chunk.after}) {
      const bool same = std::equal(
          hashes->begin(), hashes->end(), table.members.begin(), table.members.end(),
          [](const auto& hash, const auto& member) { return hash.first == member.first; });
      if (!same) fail("not one hash for each member");
    }
    const auto unit = units.find(chunk.unit);
    if (unit == units.end()) fail("its unit does not exist");
    if (!has_right_states(table, chunk, *unit->second.unit)) fail("not the states of its unit");
    ++unit->second.chunks;
    unit->second.changes += rows_written(table, chunk);
  }
  if (lines != table.changes_lines) refuse(place, "its chunks do not have as many changes");
}

/// A table without a key is one chunk, and nothing bounds it.
void check_keyless(const PlanTable& table, const std::string& place) {
  if (!table.key.empty() || table.chunks.empty()) return;
  if (table.chunks.size() > 1) refuse(place, "more than one chunk, without a key");
  const PlanChunk& chunk = table.chunks.front();
  if (chunk.kind != ChunkKind::range || chunk.low || chunk.high)
    refuse(place, "a chunk of part of the table, without a key");
  if (table.ops.update > 0) refuse(place, "updates, without a key");
}

/// Who is written, and in what order, hangs on it.
void check_members(const PlanTable& table, const std::string& place) {
  if (!table.spokes.empty() && (!table.two_way() || table.spokes.front() != table.target))
    refuse(place, "spokes that are not those of a two-way group");
  const std::vector<std::string> servers = table.servers();
  std::set<std::string> named(servers.begin(), servers.end());
  const bool same = named.size() == servers.size() && named.size() == table.members.size() &&
                    std::all_of(table.members.begin(), table.members.end(),
                                [&](const auto& member) { return named.count(member.first) > 0; });
  if (!same) refuse(place, "its source, target and spokes are not its members");
}

void check_table(const Plan& plan, const PlanTable& table, const std::string& place) {
  for (const auto& [server, name] : table.members) {
    if (plan.servers.count(server) == 0) refuse(place, "a member is not one of the servers");
  }
  if (table.members.count(table.first) == 0 || table.members.count(table.target) == 0) {
    refuse(place, "source or target is not a member");
  }
  check_members(table, place);
  const auto listed = [&](const std::string& path) {
    return path.empty() ||
           std::binary_search(
               plan.files.begin(), plan.files.end(), PlanFile{path, "", 0},
               [](const PlanFile& left, const PlanFile& right) { return left.path < right.path; });
  };
  if (!listed(table.changes_path)) refuse(place, "its changes are not one of the files");
  if (table.two_way()) {
    if (!listed(table.baseline->path)) refuse(place, "its baseline is not one of the files");
    const bool same =
        std::equal(table.on.begin(), table.on.end(), table.members.begin(), table.members.end(),
                   [](const auto& a, const auto& b) { return a.first == b.first; });
    if (!same || table.key.empty()) refuse(place, "not what a two-way table is");
  }
}

}  // namespace

void check_consistency(const Plan& plan) {
  for (std::size_t i = 1; i < plan.files.size(); ++i) {
    if (plan.files[i].path <= plan.files[i - 1].path) {
      refuse("files[" + std::to_string(i) + "]", "not in order of path");
    }
  }
  UnitCounts units;
  for (const PlanUnit& unit : plan.units) {
    if (!units.emplace(unit.id, UnitCount{&unit}).second) refuse("units", "an id stands twice");
    // A step writes one row at least.
    if (unit.steps == 0 || (unit.steps > 1 && unit.steps > unit.changes))
      refuse("units", "a wrong number of steps");
    if (unit.steps > 1 && unit.step_rows == 0) refuse("units", "steps without rows");
  }
  std::set<std::string> changes_paths;
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    const PlanTable& table = plan.tables[i];
    const std::string place = "tables[" + std::to_string(i) + "]";
    if (i > 0 && table.address <= plan.tables[i - 1].address) {
      refuse(place, "not in order of address");
    }
    check_table(plan, table, place);
    check_chunks(table, place, units);
    check_keyless(table, place);
    if (!table.changes_path.empty() && !changes_paths.insert(table.changes_path).second) {
      refuse(place, "its changes are those of another table");
    }
  }
  for (const PlanUnit& unit : plan.units) {
    if (units[unit.id].chunks != unit.chunks) refuse("units", "not the number of its chunks");
    if (units[unit.id].changes != unit.changes) refuse("units", "not the number of its changes");
  }
  if (plan.applyable && has_error(plan.findings)) refuse("applyable", "true, despite an error");
}

}  // namespace rowplan::planner
