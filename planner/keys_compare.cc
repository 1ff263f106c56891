#include "planner/keys_compare.h"

#include <map>

#include "mysql/quote.h"
#include "planner/chunk_builder.h"
#include "planner/chunk_visitor.h"
#include "planner/key_lookup.h"
#include "planner/member_rows.h"
#include "planner/small_table.h"

namespace rowplan::planner {

namespace {

/// A row that differs, by its keys; the two may differ in bytes where the target takes them for
/// equal.
struct Suspect {
  std::optional<mysql::Row> source;
  std::optional<mysql::Row> target;

  [[nodiscard]] const mysql::Row& first() const { return source ? *source : *target; }
};

class SuspectFinder : public ChunkVisitor {
 public:
  SuspectFinder(const TablePair& pair, const CompareOptions& options, PlanObserver& observer)
      : pair_(pair), options_(options), observer_(observer) {}
  void equal(const mysql::Row&) override { ++source_rows, ++target_rows; }
  void differs(const mysql::Row& source, const mysql::Row& target) override {
    ++source_rows, ++target_rows;
    suspects.push_back({key_of(pair_, source), key_of(pair_, target)});
  }
  void only_source(const mysql::Row& row) override {
    ++source_rows;
    suspects.push_back({key_of(pair_, row), std::nullopt});
  }
  void only_target(const mysql::Row& row) override {
    ++target_rows;
    suspects.push_back({std::nullopt, key_of(pair_, row)});
  }
  void chunk_end(const KeyRange&) override {}
  bool stop() override {
    observer_.table_progress(pair_.job.address, source_rows, suspects.size());
    if (options_.stop != nullptr && options_.stop->load()) return true;
    return options_.stop_at_first && !suspects.empty();
  }

  std::vector<Suspect> suspects;
  std::uint64_t source_rows = 0;
  std::uint64_t target_rows = 0;

 private:
  const TablePair& pair_;
  const CompareOptions& options_;
  PlanObserver& observer_;
};

class KeysComparison {
 public:
  KeysComparison(const TablePair& pair, const PairCatalog& catalog, const MemberSessions& members,
                 ChangeSink& sink, const CompareOptions& options, PlanObserver& observer)
      : pair_(pair),
        members_(members),
        options_(options),
        observer_(observer),
        ties_(pair, catalog),
        chunks_(pair, sink, ties_),
        hasher_(pair.types()) {}

  TableOutcome run() {
    const bool at_once = is_read_at_once(pair_, members_);
    if (!at_once) members_.open_snapshots();
    SuspectFinder finder(pair_, options_, observer_);
    outcome_.complete = at_once ? find_at_once(finder) : find(finder);
    outcome_.source_rows = finder.source_rows;
    outcome_.target_rows = finder.target_rows;
    const bool suspected = !finder.suspects.empty();
    outcome_.differs = suspected;
    if (!outcome_.complete) return std::move(outcome_);
    if (suspected) {
      observer_.table_recheck(pair_.job.address, finder.suspects.size(), 1);
      members_.open_snapshots();
      std::vector<Suspect> suspects = match_by_server(std::move(finder.suspects));
      build(suspects);
    }
    if (!at_once || suspected) members_.close_snapshots();
    outcome_.ops = chunks_.ops();
    outcome_.ops.kept = kept_;
    outcome_.differs = outcome_.ops.changes() > 0;
    outcome_.chunks = chunks_.take_chunks();
    outcome_.change_sums = chunks_.take_change_sums();
    for (const Finding& finding : chunks_.findings()) outcome_.findings.push_back(finding);
    outcome_.ties = ties_.take();
    outcome_.complete = !stopped();
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  bool find(SuspectFinder& finder) {
    StreamRows source(members_.source, pair_, Side::source,
                      select_all_by_bytes(pair_, Side::source));
    StreamRows target(members_.target, pair_, Side::target,
                      select_all_by_bytes(pair_, Side::target));
    return walk(pair_, {}, source, target, false, finder);
  }

  bool find_at_once(SuspectFinder& finder) {
    SmallReading rows(pair_, members_, select_all_by_bytes(pair_, Side::source),
                      select_all_by_bytes(pair_, Side::target));
    return walk(pair_, {}, rows.source(), rows.target(), false, finder);
  }

  /// Keys that only the source has, for which the target has a row inside the filter with a key of
  /// other bytes that it takes for equal, become one suspect with that row's.
  std::vector<Suspect> match_by_server(std::vector<Suspect> suspects) {
    std::map<std::string, std::size_t> only_target;
    std::vector<std::size_t> only_source;
    std::vector<mysql::Row> keys;
    for (std::size_t i = 0; i < suspects.size(); ++i) {
      if (!suspects[i].source) only_target.emplace(suspects[i].target->bytes(), i);
      if (suspects[i].target) continue;
      only_source.push_back(i);
      keys.push_back(*suspects[i].source);
    }
    std::vector<bool> merged(suspects.size(), false);
    for (auto& [number, key] : equal_keys(members_.target, pair_, Side::target, keys, true)) {
      Suspect& suspect = suspects[only_source[number]];
      if (key == *suspect.source) continue;  // written meanwhile
      const auto found = only_target.find(std::string(key.bytes()));
      if (found == only_target.end() || suspect.target || merged[found->second]) {
        tell_collision(*suspect.source, key);
        continue;
      }
      merged[found->second] = true;
      suspect.target = std::move(key);
    }
    std::vector<Suspect> kept;
    for (std::size_t i = 0; i < suspects.size(); ++i)
      if (!merged[i]) kept.push_back(std::move(suspects[i]));
    return kept;
  }

  void tell_collision(const mysql::Row& source, const mysql::Row& target) {
    if (outcome_.findings.size() >= kFindingsAtMost) return;
    const auto shown = [&](const mysql::Row& row) {
      std::string text;
      for (std::size_t i = 0; i < pair_.key_columns; ++i)
        text += (i == 0 ? "" : ", ") +
                mysql::printable(mysql::show(pair_.columns[i].type, row.cell(i)).data);
      return "(" + text + ")";
    };
    outcome_.findings.push_back({"key_collision", Severity::error, pair_.job.address,
                                 "the source's key " + shown(source) + " is equal to " +
                                     shown(target) + " on " + pair_.job.target +
                                     ", which the source has too: the target cannot hold both",
                                 "give the target's key the source's collation"});
  }

  void build(const std::vector<Suspect>& suspects) {
    std::vector<const Suspect*> chunk;
    for (const Suspect& suspect : suspects) {
      if (stopped()) return;
      chunk.push_back(&suspect);
      if (hasher_.key_crc(suspect.first(), pair_.key_columns) % pair_.job.options.chunk_rows == 0) {
        build_chunk(chunk);
        chunk.clear();
      }
    }
    if (!chunk.empty()) build_chunk(chunk);
  }

  void build_chunk(const std::vector<const Suspect*>& suspects) {
    std::vector<mysql::Row> source_keys;
    std::vector<mysql::Row> target_keys;
    for (const Suspect* suspect : suspects) {
      source_keys.push_back(suspect->first());
      if (suspect->source) target_keys.push_back(*suspect->source);
      if (suspect->target && !(suspect->source && *suspect->source == *suspect->target))
        target_keys.push_back(*suspect->target);
    }
    const KeyedRows source = rows_of_keys(members_.source, pair_, Side::source, source_keys, true);
    const KeyedRows target = rows_of_keys(members_.target, pair_, Side::target, target_keys, true);
    const auto row_of = [](const KeyedRows& rows, const std::optional<mysql::Row>& key) {
      const auto found = key ? rows.find(std::string(key->bytes())) : rows.end();
      return found == rows.end() ? nullptr : &found->second;
    };
    for (const Suspect* suspect : suspects) {
      const mysql::Row* from = row_of(source, suspect->first());
      const mysql::Row* to = row_of(target, suspect->target);
      if (to == nullptr) to = row_of(target, suspect->source);
      build_row(from, to);
    }
    chunks_.end_chunk(ChunkKind::keys, {});
    chunks_.mark(members_.target);
  }

  /// Rows that are equal by now are left out of the chunk: its hashes are of its changes' keys.
  void build_row(const mysql::Row* source, const mysql::Row* target) {
    if (source == nullptr && target == nullptr) return;
    if (source != nullptr && target != nullptr) {
      if (!(*source == *target)) chunks_.differs(*source, *target);
    } else if (source != nullptr) {
      chunks_.only_source(*source);
    } else if (pair_.job.options.deletes == Deletes::ignore) {
      ++kept_;
    } else {
      chunks_.only_target(*target);
    }
  }

  const TablePair& pair_;
  MemberSessions members_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  TieProbe ties_;
  ChunkBuilder chunks_;
  mysql::RowHasher hasher_;
  TableOutcome outcome_;
  std::uint64_t kept_ = 0;
};

}  // namespace

TableOutcome compare_by_keys(const TablePair& pair, const PairCatalog& catalog,
                             const MemberSessions& members, ChangeSink& sink,
                             const CompareOptions& options, PlanObserver& observer) {
  return KeysComparison(pair, catalog, members, sink, options, observer).run();
}

}  // namespace rowplan::planner
