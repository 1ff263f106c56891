#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "mysql/mutant.h"
#include "mysql/quote.h"
#include "planner/address.h"
#include "planner/ties.h"

namespace rowplan::planner {

namespace {

constexpr const char* kUniqueHeld = "unique_held_outside_plan";
constexpr std::size_t kFindingsPerTable = 20;  // of one kind; more say nothing new

/// Union-find over all chunks of all tables.
class Components {
 public:
  explicit Components(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  /// The smaller number stands for both, so that units are numbered by their first chunk.
  void unite(std::size_t a, std::size_t b) {
    if (mysql::planted(mysql::Mutant::ties_ignored)) return;
    a = find(a);
    b = find(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<std::size_t> parent_;
};

using Entry = TieFacts::ChangeEntry;

bool has_bit(std::uint64_t bits, std::uint32_t i) { return (bits >> (i % 64) & 1) != 0; }

class Resolution {
 public:
  Resolution(const std::vector<TiedTable>& tables, Findings& findings,
             std::vector<UnsatisfiedTie>* unsatisfied)
      : tables_(tables),
        findings_(findings),
        unsatisfied_(unsatisfied),
        components_(count_and_offset()) {
    for (const TiedTable& table : tables_) {
      std::vector<Entry> sorted = table.facts->changes;
      std::sort(sorted.begin(), sorted.end(),
                [](const Entry& a, const Entry& b) { return a.key < b.key; });
      entries_.push_back(std::move(sorted));
    }
  }

  void run() {
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      tie_touched(t);
      told_ = 0;
      for (const TieFacts::Holder& holder : tables_[t].facts->holders) tie_holder(t, holder);
      for (const TieFacts::ParentNeed& need : tables_[t].facts->needs) tie_parent(t, need);
      for (const TieFacts::Child& child : tables_[t].facts->children) tie_child(t, child);
    }
  }

  std::vector<std::vector<std::uint64_t>> units() {
    std::map<std::size_t, std::uint64_t> numbers;
    std::vector<std::vector<std::uint64_t>> units;
    for (std::size_t t = 0; t < tables_.size(); ++t) {
      if (tables_[t].shares_chunks) continue;
      std::vector<std::uint64_t>& of_table = units.emplace_back();
      for (std::uint32_t chunk = 1; chunk <= tables_[t].chunks; ++chunk) {
        const std::size_t root = components_.find(node(t, chunk));
        of_table.push_back(numbers.emplace(root, numbers.size() + 1).first->second);
      }
    }
    return units;
  }

 private:
  std::size_t count_and_offset() {
    std::size_t total = 0;
    for (const TiedTable& table : tables_) {
      offsets_.push_back(table.shares_chunks ? offsets_.back() : total);
      if (!table.shares_chunks) total += table.chunks;
    }
    return total;
  }
  [[nodiscard]] std::size_t node(std::size_t table, std::uint32_t chunk) const {
    return offsets_[table] + chunk - 1;
  }

  [[nodiscard]] int table_of(const std::string& server, const mysql::TableName& name) const {
    for (std::size_t t = 0; t < tables_.size(); ++t)
      if (tables_[t].pair->job.target == server && tables_[t].pair->target.name == name)
        return static_cast<int>(t);
    return -1;
  }

  [[nodiscard]] std::pair<const Entry*, const Entry*> changes_of(std::size_t table,
                                                                 std::uint64_t key) const {
    const std::vector<Entry>& sorted = entries_[table];
    const auto low = std::lower_bound(sorted.begin(), sorted.end(), key,
                                      [](const Entry& e, std::uint64_t k) { return e.key < k; });
    auto high = low;
    while (high != sorted.end() && high->key == key) ++high;
    return {sorted.data() + (low - sorted.begin()), sorted.data() + (high - sorted.begin())};
  }

  /// `by`: the change that cannot be.
  void tell(std::size_t table, std::uint64_t by, const char* code, const std::string& message,
            const char* hint) {
    if (unsatisfied_ != nullptr && tables_[table].pair->job.two_way())
      unsatisfied_->push_back({table, by, code == kUniqueHeld});
    if (++told_ > kFindingsPerTable) return;
    findings_.push_back({code, Severity::error, tables_[table].pair->job.address, message, hint});
  }

  /// Which rows a trigger writes in another table, nobody knows beforehand.
  void tie_touched(std::size_t table) {
    const TablePair& pair = *tables_[table].pair;
    if (pair.touches.empty() || tables_[table].chunks == 0) return;
    for (std::uint32_t chunk = 2; chunk <= tables_[table].chunks; ++chunk)
      components_.unite(node(table, 1), node(table, chunk));
    for (const mysql::TableName& name : pair.touches) {
      const int other = table_of(pair.job.target, name);
      if (other < 0) continue;
      const auto touched = static_cast<std::size_t>(other);
      for (std::uint32_t chunk = 1; chunk <= tables_[touched].chunks; ++chunk)
        components_.unite(node(table, 1), node(touched, chunk));
    }
  }

  void tie_holder(std::size_t table, const TieFacts::Holder& holder) {
    const auto [begin, end] = changes_of(table, holder.holder);
    for (const Entry* e = begin; e != end; ++e) {
      if (e->op == Op::insert || !has_bit(e->uniques, holder.index)) continue;
      components_.unite(node(table, holder.chunk), node(table, e->chunk));
      return;
    }
    const TablePair& pair = *tables_[table].pair;
    tell(table, holder.by, kUniqueHeld,
         "the value " + holder.shown + " of unique key '" +
             mysql::printable(pair.target.indexes[holder.index].name) + "' is held on " +
             pair.job.target + " by a row that the plan leaves as it is",
         "compare that row too (filter, selection), or change it by hand");
  }

  void tie_parent(std::size_t table, const TieFacts::ParentNeed& need) {
    const TablePair& pair = *tables_[table].pair;
    const mysql::ForeignKey& key = pair.target.foreign_keys[need.foreign_key];
    const int parent = table_of(pair.job.target, key.parent);
    if (need.found) {
      if (parent >= 0) tie_kept_parent(table, static_cast<std::size_t>(parent), need, key);
      return;
    }
    bool gained = false;
    if (parent >= 0) gained = tie_gained_parent(table, static_cast<std::size_t>(parent), need, key);
    if (!gained)
      tell(table, need.by, "fk_parent_missing",
           "foreign key '" + mysql::printable(key.name) + "' needs the row " + need.shown + " of " +
               encode_table(key.parent) + " on " + pair.job.target +
               ", which neither is there nor planned",
           "add the parent table to the pair");
  }

  /// The parent is there now; if the plan takes it away or renames it, the chunks belong together.
  void tie_kept_parent(std::size_t table, std::size_t parent, const TieFacts::ParentNeed& need,
                       const mysql::ForeignKey& key) {
    const auto [begin, end] = changes_of(parent, need.parent);
    for (const Entry* e = begin; e != end; ++e) {
      const int reference = reference_of(parent, key);
      if (e->op == Op::insert || reference < 0 ||
          !has_bit(e->parents, static_cast<std::uint32_t>(reference)))
        continue;
      components_.unite(node(table, need.chunk), node(parent, e->chunk));
    }
  }

  bool tie_gained_parent(std::size_t table, std::size_t parent, const TieFacts::ParentNeed& need,
                         const mysql::ForeignKey& key) {
    const int reference = reference_of(parent, key);
    bool gained = false;
    for (const TieFacts::ParentGain* gain : gains_of(parent, need.value)) {
      if (reference < 0 || gain->reference != static_cast<std::uint32_t>(reference)) continue;
      components_.unite(node(table, need.chunk), node(parent, gain->chunk));
      gained = true;
    }
    return gained;
  }

  void tie_child(std::size_t table, const TieFacts::Child& child) {
    const TablePair& pair = *tables_[table].pair;
    const mysql::ForeignKey& key = pair.target.referenced_by[child.reference];
    const int of = table_of(pair.job.target, key.child);
    if (of >= 0) {
      const int foreign_key = foreign_key_of(static_cast<std::size_t>(of), key);
      const auto [begin, end] = changes_of(static_cast<std::size_t>(of), child.child);
      for (const Entry* e = begin; e != end; ++e) {
        if (e->op == Op::insert || foreign_key < 0 ||
            !has_bit(e->children, static_cast<std::uint32_t>(foreign_key)))
          continue;
        components_.unite(node(table, child.chunk), node(static_cast<std::size_t>(of), e->chunk));
        return;
      }
    }
    tell(table, child.by, "cascade_outside_plan",
         "row " + child.shown + " goes, but rows of " + encode_table(key.child) + " on " +
             pair.job.target + " refer to it by '" + mysql::printable(key.name) + "' (ON DELETE " +
             key.on_delete + ") and are not planned to go",
         "add the child table to the pair, or settle those rows by hand");
  }

  [[nodiscard]] int reference_of(std::size_t parent, const mysql::ForeignKey& key) const {
    const auto& references = tables_[parent].pair->target.referenced_by;
    for (std::size_t i = 0; i < references.size(); ++i)
      if (references[i].name == key.name && references[i].child == key.child)
        return static_cast<int>(i);
    return -1;
  }
  [[nodiscard]] int foreign_key_of(std::size_t child, const mysql::ForeignKey& key) const {
    const auto& keys = tables_[child].pair->target.foreign_keys;
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (keys[i].name == key.name) return static_cast<int>(i);
    return -1;
  }

  std::vector<const TieFacts::ParentGain*> gains_of(std::size_t table, std::uint64_t value) {
    auto& index = gains_[table];
    if (index.empty())
      for (const TieFacts::ParentGain& gain : tables_[table].facts->gains)
        index.emplace(gain.value, &gain);
    std::vector<const TieFacts::ParentGain*> found;
    const auto [begin, end] = index.equal_range(value);
    for (auto it = begin; it != end; ++it) found.push_back(it->second);
    return found;
  }

  const std::vector<TiedTable>& tables_;
  Findings& findings_;
  std::vector<UnsatisfiedTie>* unsatisfied_;  // may be null
  std::vector<std::size_t> offsets_;
  Components components_;
  std::vector<std::vector<Entry>> entries_;  // per table, by key
  std::map<std::size_t, std::multimap<std::uint64_t, const TieFacts::ParentGain*>> gains_;
  std::size_t told_ = 0;
};

}  // namespace

std::vector<std::vector<std::uint64_t>> resolve_ties(const std::vector<TiedTable>& tables,
                                                     Findings& findings) {
  Resolution resolution(tables, findings, nullptr);
  resolution.run();
  return resolution.units();
}

std::vector<UnsatisfiedTie> unsatisfied_ties(const std::vector<TiedTable>& tables) {
  Findings scratch;
  std::vector<UnsatisfiedTie> unsatisfied;
  Resolution(tables, scratch, &unsatisfied).run();
  return unsatisfied;
}

}  // namespace rowplan::planner
