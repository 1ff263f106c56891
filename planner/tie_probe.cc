#include <algorithm>

#include "mysql/quote.h"
#include "planner/change_builder.h"
#include "planner/key_lookup.h"
#include "planner/select_sql.h"
#include "planner/tie_questions.h"
#include "planner/ties.h"

namespace rowplan::planner {

namespace {

constexpr const char* kChildrenAtMost = "100001";

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return fold(x) == fold(y);
  });
}

/// Positions in pair.columns of columns named as the target names them; empty if one is not
/// compared.
std::vector<std::size_t> positions(const TablePair& pair, const std::vector<std::string>& names) {
  std::vector<std::size_t> found;
  for (const std::string& name : names) {
    const auto at =
        std::find_if(pair.columns.begin(), pair.columns.end(),
                     [&](const PairColumn& column) { return same_name(column.target.name, name); });
    if (at == pair.columns.end()) return {};
    found.push_back(static_cast<std::size_t>(at - pair.columns.begin()));
  }
  return found;
}

bool any_null(const mysql::Row& row, const std::vector<std::size_t>& columns) {
  return std::any_of(columns.begin(), columns.end(), [&](std::size_t i) { return row.is_null(i); });
}

bool any_differs(const mysql::Row* a, const mysql::Row* b,
                 const std::vector<std::size_t>& columns) {
  if (a == nullptr || b == nullptr) return true;
  return std::any_of(columns.begin(), columns.end(),
                     [&](std::size_t i) { return cell_differs(*a, *b, i); });
}

std::uint64_t key_hash(const TablePair& pair, const mysql::Row& row) {
  return tie_key(key_of(pair, row));
}

std::string shown_values(const TablePair& pair, const mysql::Row& row,
                         const std::vector<std::size_t>& columns) {
  std::string out;
  for (const std::size_t i : columns)
    out += (out.empty() ? "" : ", ") +
           mysql::printable(mysql::literal(pair.columns[i].type, row.cell(i))).substr(0, 60);
  return "(" + out + ")";
}

/// names[i] = value of columns[i] AND ...
std::string equals(const TablePair& pair, const mysql::Row& row,
                   const std::vector<std::size_t>& columns, const std::vector<std::string>& names) {
  std::string sql;
  for (std::size_t i = 0; i < columns.size(); ++i)
    sql += (i == 0 ? "" : " AND ") + mysql::quote_name(names[i]) + "=" +
           mysql::literal(pair.columns[columns[i]].type, row.cell(columns[i]));
  return sql;
}

std::string name_list(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + mysql::quote_name(name);
  return list;
}

std::string key_list(const std::vector<mysql::ReadColumn>& key) {
  std::string list;
  for (const mysql::ReadColumn& column : key) list += "," + column.expression;
  return list;
}

}  // namespace

std::uint64_t tie_key(const mysql::Row& key) { return hash_of(key); }

const TablePair* PairCatalog::find(const std::string& server,
                                   const mysql::TableName& target) const {
  for (const TablePair* pair : pairs_)
    if (pair->job.target == server && pair->target.name == target) return pair;
  return nullptr;
}

TieProbe::TieProbe(const TablePair& pair, const PairCatalog& catalog)
    : pair_(pair), catalog_(catalog) {
  for (const mysql::Index& index : pair.target.indexes) {
    std::vector<std::size_t> columns;
    const bool identity = index.name == pair.target_index;
    if (index.unique && index.usable && !identity) columns = positions(pair, index.columns);
    if (!columns.empty()) idle_ = false;
    unique_columns_.push_back(std::move(columns));
  }
  for (const mysql::ForeignKey& key : pair.target.foreign_keys) {
    child_columns_.push_back(positions(pair, key.child_columns));
    std::vector<std::size_t>& checked = checked_columns_.emplace_back();
    for (const std::string& name : mysql::checked_columns(pair.target, key))
      for (const std::size_t column : positions(pair, {name})) checked.push_back(column);
  }
  for (const mysql::ForeignKey& key : pair.target.referenced_by)
    parent_columns_.push_back(positions(pair, key.parent_columns));
  if (!child_columns_.empty() || !parent_columns_.empty()) idle_ = false;
}

void TieProbe::inserted(std::uint32_t chunk, const mysql::Row& row) {
  const bool may_be_hidden = !pair_.is_keyless() && !filter_of(pair_, Side::target).empty();
  if (may_be_hidden && !idle_)
    arrivals_.emplace_back(chunk, row);
  else
    note(chunk, Op::insert, nullptr, &row);
}
void TieProbe::removed(std::uint32_t chunk, const mysql::Row& row, bool equal_stay) {
  note(chunk, Op::remove, &row, nullptr, equal_stay);
}
void TieProbe::updated(std::uint32_t chunk, const mysql::Row& source, const mysql::Row& target) {
  note(chunk, Op::update, &target, &source);
}

void TieProbe::note(std::uint32_t chunk, Op op, const mysql::Row* before, const mysql::Row* after,
                    bool equal_stay) {
  if (idle_) return;
  TieFacts::ChangeEntry entry;
  entry.key = key_hash(pair_, before != nullptr ? *before : *after);
  entry.chunk = chunk;
  entry.op = op;
  for (std::uint32_t i = 0; i < unique_columns_.size(); ++i) {
    if (unique_columns_[i].empty() || !any_differs(before, after, unique_columns_[i])) continue;
    entry.uniques |= std::uint64_t{1} << (i % 64);
    if (after != nullptr && !any_null(*after, unique_columns_[i])) ask_unique(entry, i, *after);
  }
  for (std::uint32_t i = 0; i < child_columns_.size(); ++i) {
    if (child_columns_[i].empty() || !any_differs(before, after, checked_columns_[i])) continue;
    // A reference goes with the last row that holds it.
    if (!equal_stay && any_differs(before, after, child_columns_[i]))
      entry.children |= std::uint64_t{1} << (i % 64);
    if (after != nullptr && !any_null(*after, child_columns_[i])) ask_parent(entry, i, *after);
  }
  for (std::uint32_t i = 0; i < parent_columns_.size(); ++i) {
    if (!parent_columns_[i].empty() && !any_differs(before, after, parent_columns_[i])) continue;
    entry.parents |= std::uint64_t{1} << (i % 64);
    if (before != nullptr && op != Op::insert) ask_children(entry, i, *before, after);
    if (after != nullptr) gain(chunk, i, *after);
  }
  facts_.changes.push_back(entry);
}

void TieProbe::ask_unique(const TieFacts::ChangeEntry& entry, std::uint32_t index,
                          const mysql::Row& after) {
  const std::vector<std::size_t>& columns = unique_columns_[index];
  unique_questions_.push_back({entry.chunk, index, 0,
                               equals(pair_, after, columns, pair_.target.indexes[index].columns),
                               shown_values(pair_, after, columns), entry.key});
}

void TieProbe::ask_parent(const TieFacts::ChangeEntry& entry, std::uint32_t foreign_key,
                          const mysql::Row& after) {
  const std::vector<std::size_t>& columns = child_columns_[foreign_key];
  const mysql::ForeignKey& key = pair_.target.foreign_keys[foreign_key];
  parent_questions_.push_back({entry.chunk, foreign_key, values_.add(pair_, after, columns),
                               equals(pair_, after, columns, key.parent_columns),
                               shown_values(pair_, after, columns), entry.key});
}

void TieProbe::ask_children(const TieFacts::ChangeEntry& entry, std::uint32_t reference,
                            const mysql::Row& before, const mysql::Row* after) {
  const mysql::ForeignKey& key = pair_.target.referenced_by[reference];
  // By a subquery on the parent's row, so that a referenced column need not be compared.
  std::string condition = "(" + name_list(key.child_columns) + ") IN (SELECT " +
                          name_list(key.parent_columns) + " FROM " +
                          mysql::quote_table(pair_.target.name.db, pair_.target.name.table) +
                          " WHERE " + key_equals(pair_, Side::target, before) + ")";
  // Rows that refer to what the row becomes, too, stay as they are.
  const std::vector<std::size_t>& columns = parent_columns_[reference];
  if (after != nullptr && !columns.empty() && !any_null(*after, columns))
    condition += " AND NOT (" + equals(pair_, *after, columns, key.child_columns) + ")";
  std::vector<std::size_t> key_columns(pair_.identity_columns());
  for (std::size_t i = 0; i < key_columns.size(); ++i) key_columns[i] = i;
  child_questions_.push_back(
      {entry.chunk, reference, 0, condition, shown_values(pair_, before, key_columns), entry.key});
}

void TieProbe::gain(std::uint32_t chunk, std::uint32_t reference, const mysql::Row& after) {
  const std::vector<std::size_t>& columns = parent_columns_[reference];
  if (columns.empty() || any_null(after, columns)) return;
  facts_.gains.push_back({chunk, reference, values_.add(pair_, after, columns)});
}

/// A row that the filter hides is an update, and gives up what it held.
void TieProbe::note_arrivals(mysql::Session& target) {
  std::vector<mysql::Row> keys;
  for (const auto& [chunk, row] : arrivals_) keys.push_back(key_of(pair_, row));
  const auto hidden = rows_with_equal_keys(target, pair_, Side::target, keys, false, Wanted::all);
  for (std::size_t i = 0; i < arrivals_.size(); ++i) {
    const auto& [chunk, row] = arrivals_[i];
    note(chunk, hidden[i] ? Op::update : Op::insert, hidden[i] ? &*hidden[i] : nullptr, &row);
  }
  arrivals_.clear();
}

void TieProbe::probe(mysql::Session& target) {
  note_arrivals(target);
  const std::string doing = "looking for rows that changes of " + pair_.job.address + " touch";
  const std::vector<mysql::ReadColumn> own_key = read_columns(pair_, Side::target, Wanted::key);
  const auto select = [](std::size_t i, const std::vector<mysql::ReadColumn>& key,
                         const mysql::TableName& from, const std::string& condition) {
    return "SELECT " + std::to_string(i) + key_list(key) + " FROM " +
           mysql::quote_table(from.db, from.table) + " WHERE " + condition;
  };
  std::vector<std::string> selects;
  for (std::size_t i = 0; i < unique_questions_.size(); ++i)
    selects.push_back(select(i, own_key, pair_.target.name, unique_questions_[i].condition));
  ask_numbered(target, selects, own_key, doing, [&](std::uint64_t i, std::uint64_t key) {
    const Question& question = unique_questions_[i];
    facts_.holders.push_back({question.chunk, question.of, key, question.shown, question.by});
  });

  // Foreign keys: each asks its own table, in whose pair, if it is in one, the row is then looked
  // up.
  for (std::uint32_t of = 0; of < child_columns_.size(); ++of) {
    const mysql::TableName& parent = pair_.target.foreign_keys[of].parent;
    const TablePair* pair = catalog_.find(pair_.job.target, parent);
    const std::vector<mysql::ReadColumn> key = pair != nullptr
                                                   ? read_columns(*pair, Side::target, Wanted::key)
                                                   : std::vector<mysql::ReadColumn>();
    const std::size_t first = facts_.needs.size();
    selects.clear();
    for (const Question& question : parent_questions_) {
      if (question.of != of) continue;
      selects.push_back(select(facts_.needs.size() - first, key, parent, question.condition));
      facts_.needs.push_back(
          {question.chunk, of, question.value, false, 0, question.shown, question.by});
    }
    ask_numbered(target, selects, key, doing, [&](std::uint64_t i, std::uint64_t parent_key) {
      TieFacts::ParentNeed& need = facts_.needs[first + i];
      need.shown.clear();
      if (need.found && need.parent != parent_key) {
        // A foreign key may refer to an index that is not unique: each of the parents counts.
        TieFacts::ParentNeed other = need;
        other.parent = parent_key;
        facts_.needs.push_back(std::move(other));
        return;
      }
      need.found = true;
      need.parent = parent_key;
    });
  }
  for (std::uint32_t of = 0; of < parent_columns_.size(); ++of) {
    const mysql::TableName& child = pair_.target.referenced_by[of].child;
    const TablePair* pair = catalog_.find(pair_.job.target, child);
    const std::vector<mysql::ReadColumn> key = pair != nullptr
                                                   ? read_columns(*pair, Side::target, Wanted::key)
                                                   : std::vector<mysql::ReadColumn>();
    selects.clear();
    for (std::size_t i = 0; i < child_questions_.size(); ++i)
      if (child_questions_[i].of == of)
        selects.push_back(select(i, key, child, child_questions_[i].condition) + " LIMIT " +
                          kChildrenAtMost);
    ask_numbered(target, selects, key, doing, [&](std::uint64_t i, std::uint64_t child_key) {
      const Question& question = child_questions_[i];
      facts_.children.push_back(
          {question.chunk, of, pair != nullptr ? child_key : 0, question.shown, question.by});
    });
  }
  hash_values(target, doing);
  forget_questions();
}

/// So far the values noted since the last mark are numbers.
void TieProbe::hash_values(mysql::Session& target, const std::string& doing) {
  const std::vector<std::uint64_t> hashes = values_.take(target, doing);
  for (std::size_t i = marks_.needs; i < facts_.needs.size(); ++i)
    facts_.needs[i].value = hashes[facts_.needs[i].value];
  for (std::size_t i = marks_.gains; i < facts_.gains.size(); ++i)
    facts_.gains[i].value = hashes[facts_.gains[i].value];
}

void TieProbe::forget_questions() {
  unique_questions_.clear();
  parent_questions_.clear();
  child_questions_.clear();
  arrivals_.clear();
  values_.clear();
}

void TieProbe::mark() {
  marks_ = {facts_.changes.size(), facts_.holders.size(), facts_.needs.size(), facts_.gains.size(),
            facts_.children.size()};
}

void TieProbe::rollback() {
  facts_.changes.resize(marks_.changes);
  facts_.holders.resize(marks_.holders);
  facts_.needs.resize(marks_.needs);
  facts_.gains.resize(marks_.gains);
  facts_.children.resize(marks_.children);
  forget_questions();
}

}  // namespace rowplan::planner
