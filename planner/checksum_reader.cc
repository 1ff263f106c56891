#include "planner/checksum_reader.h"

#include <algorithm>
#include <array>
#include <future>

#include "mysql/encoding.h"
#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

constexpr std::size_t kKeysOfAQuery = 1000;
constexpr unsigned kNoCode = 0;
constexpr unsigned kPacketOverflow = 1301;
// Numbers that servers print in another way outside of JSON.
constexpr std::array<double, 8> kProbedReals = {0.1,    1.0 / 3, -7.182818284590452e-9, 1e15,
                                                1.5e16, 1e17,    123456789.123456789,   2.5e-300};

std::uint64_t number_of(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

/// Keys and hashes of rows, as one server sends them.
class HashedRows : public RowSource {
 public:
  HashedRows(mysql::Session& session, const TablePair& pair, const ChecksumSql& sql,
             const std::string& text)
      : session_(session),
        hash_(pair.key_columns),
        doing_("reading hashes of " + pair.job.address),
        rows_(session, text, sql.row_columns(), doing_) {}
  bool next(mysql::Row& row) override {
    if (!rows_.next(row)) return false;
    if (row.is_null(hash_))
      throw mysql::Error(session_.server(), kPacketOverflow, "HY000", "a row's hash is NULL",
                         doing_);
    return true;
  }

 private:
  mysql::Session& session_;
  std::size_t hash_;
  std::string doing_;
  mysql::RowStream rows_;
};

}  // namespace

/// The same question to both servers; the target is asked by a thread of its own meanwhile.
template <typename Ask>
auto ChecksumReader::ask_both(const Ask& ask) {
  auto target = std::async(std::launch::async, [&ask] { return ask(Side::target); });
  auto source = ask(Side::source);
  return std::pair(std::move(source), target.get());
}

ChecksumReader::ChecksumReader(const TablePair& pair, MemberSessions members)
    : pair_(pair),
      members_(members),
      source_sql_(pair, Side::source),
      target_sql_(pair, Side::target),
      doing_("hashing rows of " + pair.job.address) {}

void ChecksumReader::prepare_sessions() {
  (void)ask_both([this](Side side) {
    // All warnings must be seen: one of them may say that a value was left out.
    session(side).execute("SET SESSION max_error_count=65535", doing_);
    probe(side);
    return true;
  });
}

void ChecksumReader::fail(Side side, const std::string& message) const {
  throw mysql::Error(session(side).server(), kNoCode, "HY000", message, doing_);
}

mysql::TextRows ChecksumReader::query(Side side, const std::string& sql) const {
  mysql::TextRows rows = session(side).query(sql, doing_);
  if (!session(side).check_warnings(doing_))
    fail(side, "more warnings than can be looked at; compare this table with method = \"stream\"");
  return rows;
}

void ChecksumReader::probe(Side side) const {
  const mysql::TextRow row =
      query(side, checksum_probe({kProbedReals.begin(), kProbedReals.end()})).at(0);
  const auto expect = [&](std::size_t i, const std::string& what, const std::string& value) {
    const std::string got = row.at(i).value_or("NULL");
    if (got != value)
      throw mysql::PinError(session(side).server(), what + " gives '" + mysql::printable(got) +
                                                        "', needed is '" + mysql::printable(value) +
                                                        "'");
  };
  expect(0, "CRC32('abc')", "891568578");
  // Three times ba7816bf8f01cfea, modulo 2^64.
  expect(1, "the sum of hashes", "\x2f\x68\x44\x3e\xad\x05\x6f\xbe");
  mysql::CellType real;
  real.kind = mysql::CellKind::real;
  for (std::size_t i = 0; i < kProbedReals.size(); ++i) {
    std::string cell;
    mysql::append_real(cell, kProbedReals[i]);
    std::string encoded;
    mysql::append_encoding(encoded, real, cell);
    expect(2 + i, "the text of a double", encoded);
  }
}

std::vector<mysql::Row> ChecksumReader::cuts(const std::vector<KeyRange>& ranges,
                                             std::uint64_t modulus, std::size_t at_most) {
  mysql::RowStream rows(members_.source, source_sql_.cuts(ranges, modulus, at_most),
                        read_columns(pair_, Side::source, Wanted::key), doing_);
  std::vector<mysql::Row> keys;
  mysql::Row key;
  while (rows.next(key)) {
    if (!keys.empty() && mysql::compare_keys(pair_.order, keys.back(), key) >= 0)
      fail(Side::source, "the server returned keys in an order that rowplan does not expect");
    keys.push_back(key);
  }
  return keys;
}

std::vector<ChunkHash> ChecksumReader::sums_of(Side side, const std::string& sql,
                                               std::size_t ranges, Summed summed) const {
  std::vector<ChunkHash> sums(ranges);
  const std::size_t columns = summed == Summed::chunk ? 4 : 3;
  for (const mysql::TextRow& row : query(side, sql)) {
    if (row.size() != columns ||
        std::any_of(row.begin(), row.end(), [](const auto& cell) { return !cell; }))
      fail(side, "a hash is NULL");
    const std::size_t range = std::stoull(*row[0]);
    if (range >= ranges || sums[range].rows != 0) fail(side, "the server grouped rows wrongly");
    sums[range].rows = std::stoull(*row[1]);
    sums[range].high = number_of(*row[2]);
    if (columns == 4) sums[range].low = number_of(*row[3]);
  }
  return sums;
}

BothSums ChecksumReader::sums(const std::vector<KeyRange>& ranges, Summed summed) {
  auto [source, target] = ask_both([&](Side side) {
    return sums_of(side, sql(side).sums(ranges, summed), ranges.size(), summed);
  });
  return {std::move(source), std::move(target)};
}

ChecksumReader::PartSums ChecksumReader::parts_of(Side side, const std::string& sql) const {
  PartSums parts;
  for (const mysql::TextRow& row : query(side, sql)) {
    if (row.size() != 2 || !row[0] || !row[1]) fail(side, "a hash is NULL");
    parts.emplace(static_cast<std::uint32_t>(std::stoul(*row[0])), *row[1]);
  }
  return parts;
}

std::vector<std::uint32_t> ChecksumReader::differing_parts(const std::vector<KeyRange>& ranges) {
  const auto [source, target] =
      ask_both([&](Side side) { return parts_of(side, sql(side).parts(ranges)); });
  std::vector<std::uint32_t> differing;
  auto s = source.begin();
  auto t = target.begin();
  while (s != source.end() || t != target.end()) {
    const bool only_source = t == target.end() || (s != source.end() && s->first < t->first);
    const bool only_target = s == source.end() || (t != target.end() && t->first < s->first);
    const std::uint32_t part = only_target ? t->first : s->first;
    if (only_source || only_target || s->second != t->second) differing.push_back(part);
    if (!only_target) ++s;
    if (!only_source) ++t;
  }
  return differing;
}

void ChecksumReader::walk_rows(const std::vector<KeyRange>& ranges,
                               const std::vector<std::uint32_t>& parts, ChunkVisitor& visitor) {
  HashedRows source(members_.source, pair_, source_sql_, source_sql_.rows(ranges, parts));
  HashedRows target(members_.target, pair_, target_sql_, target_sql_.rows(ranges, parts));
  (void)walk(pair_, {ranges.front().low, ranges.back().high}, source, target, false, visitor);
}

ChecksumReader::RowsByKey ChecksumReader::rows_of(Side side,
                                                  const std::vector<mysql::Row>& keys) const {
  RowsByKey found;
  for (std::size_t begin = 0; begin < keys.size(); begin += kKeysOfAQuery) {
    const auto from = keys.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto to =
        keys.begin() + static_cast<std::ptrdiff_t>(std::min(keys.size(), begin + kKeysOfAQuery));
    StreamRows rows(session(side), pair_, side,
                    select_keys(pair_, side, {from, to}, true, Locking::none));
    mysql::Row row;
    while (rows.next(row)) found.insert_or_assign(std::string(key_of(pair_, row).bytes()), row);
  }
  return found;
}

ChecksumReader::BothRows ChecksumReader::rows(const std::vector<mysql::Row>& source,
                                              const std::vector<mysql::Row>& target) {
  auto [from, to] =
      ask_both([&](Side side) { return rows_of(side, side == Side::source ? source : target); });
  return {std::move(from), std::move(to)};
}

}  // namespace rowplan::planner
