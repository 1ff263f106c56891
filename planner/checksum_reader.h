// Hashes that both members' servers compute of their own rows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "planner/checksum_sql.h"
#include "planner/chunk_visitor.h"
#include "planner/member_rows.h"
#include "planner/plan.h"

namespace rowplan::planner {

/// What one reading of some ranges gave, range by range. `low` is 0 where it was not asked for.
struct BothSums {
  std::vector<ChunkHash> source;
  std::vector<ChunkHash> target;
};

/// Asks both servers at the same time. Ranges rise and do not overlap. Throws mysql::Error: a hash
/// that a server could not compute is a failure, never a value.
class ChecksumReader {
 public:
  ChecksumReader(const TablePair& pair, MemberSessions members);

  /// Before all else, and where sessions are others. Tries the functions that hashes are made of on
  /// both servers; throws mysql::PinError where one does not give what it must.
  void prepare_sessions();

  /// Keys of the source's rows in `ranges` whose CRC-32 is 0 modulo `modulus`, rising.
  [[nodiscard]] std::vector<mysql::Row> cuts(const std::vector<KeyRange>& ranges,
                                             std::uint64_t modulus, std::size_t at_most);
  [[nodiscard]] BothSums sums(const std::vector<KeyRange>& ranges, Summed summed);
  /// The parts that differ; see ChecksumSql::parts.
  [[nodiscard]] std::vector<std::uint32_t> differing_parts(const std::vector<KeyRange>& ranges);
  /// Walks through keys and hashes of those parts' rows.
  void walk_rows(const std::vector<KeyRange>& ranges, const std::vector<std::uint32_t>& parts,
                 ChunkVisitor& visitor);

  using RowsByKey = std::map<std::string, mysql::Row, std::less<>>;  ///< by the key's bytes
  struct BothRows {
    RowsByKey source;
    RowsByKey target;
  };
  /// Whole rows of the filter.
  [[nodiscard]] BothRows rows(const std::vector<mysql::Row>& source,
                              const std::vector<mysql::Row>& target);

 private:
  using PartSums = std::map<std::uint32_t, std::string>;

  template <typename Ask>
  auto ask_both(const Ask& ask);
  [[nodiscard]] mysql::Session& session(Side side) const {
    return side == Side::source ? members_.source : members_.target;
  }
  [[nodiscard]] const ChecksumSql& sql(Side side) const {
    return side == Side::source ? source_sql_ : target_sql_;
  }
  [[nodiscard]] mysql::TextRows query(Side side, const std::string& sql) const;
  [[noreturn]] void fail(Side side, const std::string& message) const;
  void probe(Side side) const;
  [[nodiscard]] std::vector<ChunkHash> sums_of(Side side, const std::string& sql,
                                               std::size_t ranges, Summed summed) const;
  [[nodiscard]] PartSums parts_of(Side side, const std::string& sql) const;
  [[nodiscard]] RowsByKey rows_of(Side side, const std::vector<mysql::Row>& keys) const;

  const TablePair& pair_;
  MemberSessions members_;
  ChecksumSql source_sql_;
  ChecksumSql target_sql_;
  std::string doing_;
};

}  // namespace rowplan::planner
