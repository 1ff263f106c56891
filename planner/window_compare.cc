#include "planner/window_compare.h"

#include <set>

#include "mysql/quote.h"
#include "planner/chunk_builder.h"
#include "planner/key_lookup.h"
#include "planner/tombstones.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kRowsAtOnce = 1000;
// A chunk ends by the content of its keys; but for this it could be as long as chance has it.
constexpr std::uint64_t kChunkRowsTimes = 4;

/// A row of the source that changed, or the key of one that was deleted.
struct Candidate {
  mysql::Row row;
  bool inside = true;  ///< of the filter
  bool gone = false;   ///< only the key, from a tombstone
};

class WindowComparison {
 public:
  WindowComparison(const TablePair& pair, const PairCatalog& catalog, const Window& window,
                   const MemberSessions& members, const SpareSessions& spare, ChangeSink& sink,
                   const CompareOptions& options, PlanObserver& observer)
      : pair_(pair),
        window_(window),
        members_(members),
        spare_(spare),
        options_(options),
        observer_(observer),
        ties_(pair, catalog),
        chunks_(pair, sink, ties_),
        hasher_(pair.types()) {}

  TableOutcome run() {
    members_.open_snapshots();
    outcome_.complete = *window_.low >= window_.to || read_window();
    members_.close_snapshots();
    if (tombstones_) tombstones_->close();
    outcome_.ops = chunks_.ops();
    outcome_.ops.kept = kept_;
    outcome_.differs = outcome_.ops.changes() > 0;
    outcome_.chunks = chunks_.take_chunks();
    outcome_.change_sums = chunks_.take_change_sums();
    for (const Finding& finding : chunks_.findings()) outcome_.findings.push_back(finding);
    outcome_.ties = ties_.take();
    return std::move(outcome_);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop != nullptr && options_.stop->load(); }

  bool read_window() {
    std::vector<mysql::ReadColumn> columns = read_columns(pair_, Side::source);
    const std::size_t cells = columns.size();
    const bool filtered = !filter_of(pair_, Side::source).empty();
    if (filtered) {
      columns.emplace_back();
      columns.back().type.kind = mysql::CellKind::integer;
    }
    mysql::RowStream stream(members_.source, select_window(pair_, *window_.low, window_.to),
                            columns, "reading the changes of " + pair_.job.address);
    if (pair_.tombstones) tombstones_.emplace(pair_, window_, spare_().source);
    mysql::Row row;
    while (stream.next(row)) {
      take_tombstones(&row);
      take(filtered ? split(row, cells) : Candidate{row});
      if (stopped()) return false;
    }
    take_tombstones(nullptr);
    flush();
    end_chunk();
    return !stopped();
  }

  /// Those before the next row; null: the rest. One of a row that is there is none.
  void take_tombstones(const mysql::Row* next) {
    while (tombstones_ && tombstones_->peek() != nullptr && !stopped()) {
      const mysql::Row& key = *tombstones_->peek();
      const int order = next == nullptr ? -1 : mysql::compare_keys(pair_.order, key, *next);
      if (order > 0) return;
      if (order < 0) take(Candidate{key, false, true});
      tombstones_->pop();
    }
  }

  void take(Candidate candidate) {
    ++outcome_.source_rows;
    bytes_ += candidate.row.bytes().size();
    batch_.push_back(std::move(candidate));
    if (batch_.size() < kRowsAtOnce && bytes_ < pair_.job.options.chunk_bytes) return;
    flush();
    observer_.table_progress(pair_.job.address, outcome_.source_rows, chunks_.chunks().size());
  }

  void flush() {
    std::vector<Candidate> batch;
    batch_.swap(batch);
    bytes_ = 0;
    if (tombstones_) drop_present(batch);
    compare(batch);
  }

  /// A key that the source has again, or still, is of no deleted row.
  void drop_present(std::vector<Candidate>& batch) {
    std::vector<mysql::Row> keys;
    for (const Candidate& candidate : batch)
      if (candidate.gone) keys.push_back(candidate.row);
    const auto there =
        rows_with_equal_keys(spare_().source, pair_, Side::source, keys, false, Wanted::key);
    std::size_t number = 0;
    std::vector<Candidate> kept;
    for (Candidate& candidate : batch)
      if (!candidate.gone || !there[number++]) kept.push_back(std::move(candidate));
    batch = std::move(kept);
  }

  /// What follows the cells is whether the filter takes the row.
  static Candidate split(const mysql::Row& row, std::size_t cells) {
    Candidate candidate;
    for (std::size_t i = 0; i < cells; ++i)
      if (row.is_null(i))
        candidate.row.add_null();
      else
        candidate.row.add(row.cell(i));
    mysql::CellType number;
    number.kind = mysql::CellKind::integer;
    candidate.inside = mysql::show(number, row.cell(cells)).data == "1";
    return candidate;
  }

  void compare(const std::vector<Candidate>& batch) {
    std::vector<mysql::Row> keys;
    keys.reserve(batch.size());
    for (const Candidate& candidate : batch) keys.push_back(key_of(pair_, candidate.row));
    const KeyedRows rows = rows_of_keys(members_.target, pair_, Side::target, keys, true);
    outcome_.target_rows += rows.size();
    const std::vector<std::optional<std::string>> partners = partners_of(batch, keys, rows);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto found = partners[i] ? rows.find(*partners[i]) : rows.end();
      build(batch[i], found == rows.end() ? nullptr : &found->second);
      ++chunk_rows_;
      const std::uint64_t usual = pair_.job.options.chunk_rows;
      if (hasher_.key_crc(batch[i].row, pair_.key_columns) % usual == 0 ||
          chunk_rows_ >= kChunkRowsTimes * usual)
        end_chunk();
    }
  }

  /// For each key the bytes of the key under which the target has its row. One of other bytes
  /// becomes the source's, unless the source has it too, or another row became it already.
  std::vector<std::optional<std::string>> partners_of(const std::vector<Candidate>& batch,
                                                      const std::vector<mysql::Row>& keys,
                                                      const KeyedRows& rows) {
    std::vector<std::optional<std::string>> partners(keys.size());
    std::vector<mysql::Row> unmatched;
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      std::string bytes(keys[i].bytes());
      if (rows.count(bytes) > 0) {
        // A deleted key's row may have become another's already.
        const bool is_free = !batch[i].gone || pair_.index_order || taken_.insert(bytes).second;
        if (is_free) partners[i] = std::move(bytes);
      } else if (!pair_.index_order) {  // else equal keys have equal bytes
        unmatched.push_back(keys[i]);
        numbers.push_back(i);
      }
    }
    if (unmatched.empty()) return partners;
    const auto equal = equal_keys(members_.target, pair_, Side::target, unmatched, true);
    std::vector<mysql::Row> others;
    for (const auto& [number, key] : equal) others.push_back(key);
    // The first session is busy with the window.
    const KeyedRows kept =
        rows_of_keys(spare_().source, pair_, Side::source, others, false, Wanted::key);
    for (const auto& [number, key] : equal) {
      std::string bytes(key.bytes());
      const bool is_free = kept.count(bytes) == 0 && taken_.insert(bytes).second;
      if (!is_free && batch[numbers[number]].inside)
        tell_collision(unmatched[number], key);
      else if (is_free)
        partners[numbers[number]] = std::move(bytes);
    }
    return partners;
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

  /// A row that the filter no longer takes is gone from the target's part, as is one that is
  /// soft-deleted or has a tombstone; whether the former may be, the filter's guard knows.
  void build(const Candidate& source, const mysql::Row* target) {
    if (source.inside && target != nullptr) {
      if (!(source.row == *target)) chunks_.differs(source.row, *target);
    } else if (source.inside) {
      chunks_.only_source(source.row);
    } else if (target != nullptr && pair_.job.options.deletes == Deletes::ignore) {
      ++kept_;
    } else if (target != nullptr) {
      chunks_.only_target(*target);
    }
  }

  void end_chunk() {
    chunks_.end_chunk(ChunkKind::keys, {});
    chunks_.mark(members_.target);
    chunk_rows_ = 0;
  }

  const TablePair& pair_;
  const Window& window_;
  MemberSessions members_;
  const SpareSessions& spare_;
  const CompareOptions& options_;
  PlanObserver& observer_;
  TieProbe ties_;
  ChunkBuilder chunks_;
  mysql::RowHasher hasher_;
  TableOutcome outcome_;
  std::optional<TombstoneKeys> tombstones_;
  std::vector<Candidate> batch_;
  std::size_t bytes_ = 0;        // of its rows
  std::set<std::string> taken_;  // keys of the target that are to become others
  std::uint64_t chunk_rows_ = 0;
  std::uint64_t kept_ = 0;
};

}  // namespace

TableOutcome compare_window(const TablePair& pair, const PairCatalog& catalog, const Window& window,
                            const MemberSessions& members, const SpareSessions& spare,
                            ChangeSink& sink, const CompareOptions& options,
                            PlanObserver& observer) {
  return WindowComparison(pair, catalog, window, members, spare, sink, options, observer).run();
}

}  // namespace rowplan::planner
