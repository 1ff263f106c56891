#include "planner/key_choice.h"

#include <algorithm>

#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

using mysql::Column;
using mysql::Index;
using mysql::Table;

std::string folded(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name;
}

std::vector<std::string> sorted_names(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(folded(name));
  std::sort(out.begin(), out.end());
  return out;
}

/// Unique, of whole NOT NULL columns: NULLs are never equal to each other in an index.
bool identifies(const Table& table, const Index& index) {
  if (!index.unique || !index.usable) return false;
  return std::all_of(index.columns.begin(), index.columns.end(), [&](const std::string& name) {
    const Column* column = table.column(name);
    return column != nullptr && !column->nullable && !column->generated;
  });
}

const Index* same_identity(const Table& table, const std::vector<std::string>& columns) {
  const std::vector<std::string> wanted = sorted_names(columns);
  for (const Index& index : table.indexes)
    if (identifies(table, index) && sorted_names(index.columns) == wanted) return &index;
  return nullptr;
}

bool has_column(const TablePair& pair, const std::string& name) {
  return std::any_of(pair.columns.begin(), pair.columns.end(),
                     [&](const PairColumn& c) { return folded(c.name) == folded(name); });
}

bool all_compared(const TablePair& pair, const Index& index) {
  return std::all_of(index.columns.begin(), index.columns.end(),
                     [&](const std::string& name) { return has_column(pair, name); });
}

bool has_real(const TablePair& pair, const Index& index) {
  return std::any_of(index.columns.begin(), index.columns.end(), [&](const std::string& name) {
    return pair.source.column(name)->family == mysql::TypeFamily::real;
  });
}

/// The source's usable identities, best first: without floating point before with, the primary key
/// before others, then by name.
std::vector<const Index*> candidates(const TablePair& pair) {
  std::vector<const Index*> found;
  for (const Index& index : pair.source.indexes)
    if (identifies(pair.source, index)) found.push_back(&index);
  std::stable_sort(found.begin(), found.end(), [&](const Index* a, const Index* b) {
    const bool a_real = has_real(pair, *a);
    const bool b_real = has_real(pair, *b);
    if (a_real != b_real) return b_real;
    return (a->name == "PRIMARY") > (b->name == "PRIMARY");
  });
  return found;
}

KeyChoice refuse(const TablePair& pair, Findings& findings, const char* code,
                 const std::string& message, const char* hint) {
  findings.push_back({code, Severity::error, pair.job.address, message, hint});
  return {};
}

std::string list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + mysql::printable(name);
  return out;
}

}  // namespace

KeyChoice choose_key(const TablePair& pair, Findings& findings) {
  const std::vector<std::string>& wanted = pair.job.options.key;
  if (!wanted.empty()) {
    const Index* source = same_identity(pair.source, wanted);
    const Index* target = same_identity(pair.target, wanted);
    if (source == nullptr || target == nullptr)
      return refuse(pair, findings, "key_missing",
                    "the manifest's key (" + list(wanted) +
                        ") is not a unique key of NOT NULL "
                        "columns on " +
                        (source == nullptr ? pair.job.source : pair.job.target),
                    "name another key, or make it unique and NOT NULL");
    if (!all_compared(pair, *source))
      return refuse(pair, findings, "key_missing",
                    "the manifest's key (" + list(wanted) + ") holds a column that is not compared",
                    "take its columns out of ignore_columns");
    return {source->columns, source->name, target->name};
  }
  const std::vector<const Index*> sources = candidates(pair);
  for (const Index* source : sources) {
    if (!all_compared(pair, *source)) continue;
    if (const Index* target = same_identity(pair.target, source->columns))
      return {source->columns, source->name, target->name};
  }
  const bool target_has =
      std::any_of(pair.target.indexes.begin(), pair.target.indexes.end(),
                  [&](const Index& index) { return identifies(pair.target, index); });
  if (sources.empty() && !target_has) return {};
  return refuse(pair, findings, "key_missing",
                "no primary or unique NOT NULL key that " + pair.job.source + " and " +
                    pair.job.target + " have in common",
                "give both the same key, or compare more columns");
}

}  // namespace rowplan::planner
