// What ties chunks together: unique values that move between rows, and foreign keys.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mysql/session.h"
#include "planner/change.h"
#include "planner/finding.h"
#include "planner/table_pair.h"
#include "planner/tie_questions.h"

namespace rowplan::planner {

/// The pairs of a plan, by target server and table.
class PairCatalog {
 public:
  void add(const TablePair& pair) { pairs_.push_back(&pair); }
  [[nodiscard]] const TablePair* find(const std::string& server,
                                      const mysql::TableName& target) const;

 private:
  std::vector<const TablePair*> pairs_;
};

/// What one table's changes take, give and need. Keys (whole rows, where a table has none) and
/// values stand as 64-bit hashes: a
/// collision ties two chunks that need not be, and does no harm; where a row must be found, a wrong
/// one found is caught when the unit is applied.
struct TieFacts {
  struct ChangeEntry {
    std::uint64_t key = 0;  ///< of the target's row; of an insert, the new key
    std::uint32_t chunk = 0;
    Op op = Op::insert;
    std::uint64_t uniques = 0;   ///< bit i: the value of target.indexes[i] changes
    std::uint64_t children = 0;  ///< bit i: the value of target.foreign_keys[i] changes
    std::uint64_t parents = 0;   ///< bit i: the value of target.referenced_by[i] changes
  };
  struct Holder {  ///< a row on the target holds a unique value that a change brings
    std::uint32_t chunk = 0;
    std::uint32_t index = 0;
    std::uint64_t holder = 0;  ///< its key
    std::string shown;         ///< key that brings it, for the finding
    std::uint64_t by = 0;      ///< key of the row that brings it
  };
  struct ParentNeed {  ///< a change brings a reference
    std::uint32_t chunk = 0;
    std::uint32_t foreign_key = 0;
    std::uint64_t value = 0;
    bool found = false;        ///< the target has such a parent now
    std::uint64_t parent = 0;  ///< then its key
    std::string shown;         ///< where not found
    std::uint64_t by = 0;      ///< key of the row that needs it
  };
  struct ParentGain {  ///< a change brings a row that may be referred to
    std::uint32_t chunk = 0;
    std::uint32_t reference = 0;  ///< of target.referenced_by
    std::uint64_t value = 0;
  };
  struct Child {  ///< a row on the target refers to one that a change takes away
    std::uint32_t chunk = 0;
    std::uint32_t reference = 0;
    std::uint64_t child = 0;  ///< its key; 0 where its table is in no pair
    std::string shown;
    std::uint64_t by = 0;  ///< key of the row that goes
  };
  std::vector<ChangeEntry> changes;
  std::vector<Holder> holders;
  std::vector<ParentNeed> needs;
  std::vector<ParentGain> gains;
  std::vector<Child> children;
};

/// How a TieFacts names a key.
[[nodiscard]] std::uint64_t tie_key(const mysql::Row& key);

/// Collects the facts of one table. Rows are noted while they stream; probe() then asks the target
/// about them, because only the server knows which values it takes for equal.
class TieProbe {
 public:
  TieProbe(const TablePair& pair, const PairCatalog& catalog);
  /// Nothing ties the rows of this table to any others.
  [[nodiscard]] bool idle() const { return idle_; }

  void inserted(std::uint32_t chunk, const mysql::Row& row);
  /// `equal_stay`: rows that are equal to it stay (tables without a key).
  void removed(std::uint32_t chunk, const mysql::Row& row, bool equal_stay = false);
  void updated(std::uint32_t chunk, const mysql::Row& source, const mysql::Row& target);

  /// Asks about all rows noted since the last mark. No other result may be open on the session.
  void probe(mysql::Session& target);
  void mark();      ///< what was probed stays
  void rollback();  ///< forgets what was noted since the last mark
  [[nodiscard]] const TieFacts& facts() const { return facts_; }
  [[nodiscard]] TieFacts take() { return std::move(facts_); }

 private:
  struct Question {
    std::uint32_t chunk = 0;
    std::uint32_t of = 0;  ///< index, foreign key or reference
    std::uint64_t value = 0;
    std::string condition;  ///< of the row that is asked for
    std::string shown;
    std::uint64_t by = 0;  ///< key of the row that changes
  };
  struct Marks {
    std::size_t changes = 0, holders = 0, needs = 0, gains = 0, children = 0;
  };

  void note(std::uint32_t chunk, Op op, const mysql::Row* before, const mysql::Row* after,
            bool equal_stay = false);
  void ask_unique(const TieFacts::ChangeEntry& entry, std::uint32_t index, const mysql::Row& after);
  void ask_parent(const TieFacts::ChangeEntry& entry, std::uint32_t foreign_key,
                  const mysql::Row& after);
  void ask_children(const TieFacts::ChangeEntry& entry, std::uint32_t reference,
                    const mysql::Row& before, const mysql::Row* after);
  void note_arrivals(mysql::Session& target);
  void hash_values(mysql::Session& target, const std::string& doing);
  void forget_questions();
  void gain(std::uint32_t chunk, std::uint32_t reference, const mysql::Row& after);

  const TablePair& pair_;
  const PairCatalog& catalog_;
  bool idle_ = true;
  std::vector<std::vector<std::size_t>> unique_columns_;   ///< per index; empty: not looked at
  std::vector<std::vector<std::size_t>> child_columns_;    ///< per foreign key
  std::vector<std::vector<std::size_t>> checked_columns_;  ///< per foreign key: see schema.h
  std::vector<std::vector<std::size_t>> parent_columns_;   ///< per reference
  std::vector<Question> unique_questions_;
  std::vector<Question> parent_questions_;
  std::vector<Question> child_questions_;
  std::vector<std::pair<std::uint32_t, mysql::Row>> arrivals_;  ///< chunks, rows: inserts perhaps
  ReferenceValues values_;  ///< `value` of questions and gains is a number of these till asked
  TieFacts facts_;
  Marks marks_;
};

/// The chunks of one table on one member that is written, for resolve_ties.
struct TiedTable {
  const TablePair* pair = nullptr;
  const TieFacts* facts = nullptr;
  std::uint32_t chunks = 0;
  /// The table before it in the list is the same on another member: they have the same chunks.
  bool shares_chunks = false;
};

/// Unit numbers per table and chunk (chunk ids start at 1; those that share chunks are one table),
/// numbered from 1 in order of their first
/// chunk. Tells a finding of severity error for every tie that no order of writing can satisfy.
[[nodiscard]] std::vector<std::vector<std::uint64_t>> resolve_ties(
    const std::vector<TiedTable>& tables, Findings& findings);

/// A change of a two-way table that no order of writing can satisfy.
struct UnsatisfiedTie {
  std::size_t table = 0;  ///< of the list
  std::uint64_t by = 0;   ///< tie_key of the change's row
  bool unique = false;    ///< else a foreign key
};
/// All of them; of other tables none.
[[nodiscard]] std::vector<UnsatisfiedTie> unsatisfied_ties(const std::vector<TiedTable>& tables);

}  // namespace rowplan::planner
