#include "planner/tie_questions.h"

#include <xxhash.h>

#include <algorithm>

#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kQuestionsAtOnce = 100;  // SELECTs of one UNION
bool is_text(const mysql::CellType& type) {
  return type.kind == mysql::CellKind::text || type.kind == mysql::CellKind::tagged_text;
}

/// Without the spaces at the end, which most collations do not count. Where they do count, or where
/// something that weighs nothing stands before them, texts may get the same hash that are not
/// equal: that ties more than is needed.
std::string weights_of(const PairColumn& column, std::string_view cell) {
  const auto weights = [&](const std::string& text) {
    return "WEIGHT_STRING(CONVERT(" + text + " USING " + column.target.charset + ") COLLATE " +
           column.target.collation + ")";
  };
  return "SHA2(TRIM(TRAILING " + weights("' '") + " FROM " +
         weights("RTRIM(" + mysql::literal(column.type, cell) + ")") + "),256)";
}

}  // namespace

std::uint64_t hash_of(const mysql::Row& row) {
  return XXH3_64bits(row.bytes().data(), row.bytes().size());
}

void ask_numbered(mysql::Session& session, const std::vector<std::string>& selects,
                  const std::vector<mysql::ReadColumn>& columns, const std::string& doing,
                  const std::function<void(std::uint64_t, std::uint64_t)>& on_answer) {
  std::vector<mysql::ReadColumn> numbered(1);
  numbered[0].type.kind = mysql::CellKind::integer;
  numbered.insert(numbered.end(), columns.begin(), columns.end());
  for (std::size_t begin = 0; begin < selects.size(); begin += kQuestionsAtOnce) {
    const std::size_t end = std::min(selects.size(), begin + kQuestionsAtOnce);
    std::string sql;
    for (std::size_t i = begin; i < end; ++i)
      sql += (i == begin ? "(" : " UNION ALL (") + selects[i] + ")";
    mysql::RowStream rows(session, sql, numbered, doing);
    mysql::Row row;
    while (rows.next(row)) {
      mysql::Row found;
      for (std::size_t i = 1; i < row.size(); ++i)
        row.is_null(i) ? found.add_null() : found.add(row.cell(i));
      const std::string number = mysql::show(numbered[0].type, row.cell(0)).data;
      on_answer(std::stoull(number), hash_of(found));
    }
  }
}

std::uint64_t ReferenceValues::add(const TablePair& pair, const mysql::Row& row,
                                   const std::vector<std::size_t>& columns) {
  Value& value = values_.emplace_back();
  for (const std::size_t i : columns) {
    if (!is_text(pair.columns[i].type)) {
      value.others.add(row.cell(i));
      continue;
    }
    if (!value.weights.empty()) value.weights += ",";
    value.weights += weights_of(pair.columns[i], row.cell(i));
  }
  return values_.size() - 1;
}

std::vector<std::uint64_t> ReferenceValues::take(mysql::Session& target, const std::string& doing) {
  std::vector<std::uint64_t> hashes;
  std::vector<std::string> selects;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    hashes.push_back(hash_of(values_[i].others));
    if (values_[i].weights.empty()) continue;
    selects.push_back("SELECT " + std::to_string(i) + ",CONCAT(" + values_[i].weights + ")");
  }
  std::vector<mysql::ReadColumn> digests(1);
  digests[0].type.kind = mysql::CellKind::plain;
  ask_numbered(target, selects, digests, doing,
               [&](std::uint64_t i, std::uint64_t weights) { hashes[i] ^= weights; });
  clear();
  return hashes;
}

}  // namespace rowplan::planner
