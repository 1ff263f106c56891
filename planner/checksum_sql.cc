#include "planner/checksum_sql.h"

#include <cassert>
#include <cstdint>

#include "mysql/double_text.h"
#include "mysql/encoding.h"
#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

// 2^64, and 2^96: a multiple of it, above any sum of the hashes of 2^32 rows.
constexpr const char* kModulus = "18446744073709551616";
constexpr const char* kMark = "79228162514264337593543950336";

/// 64 bits of the row hash as a number. The mark on each tells how many of them a sum holds, so
/// that a hash that came out NULL is seen, without being computed once more.
std::string marked_number(const std::string& hash, unsigned from) {
  return "CAST(CONV(MID(" + hash + "," + std::to_string(from) + ",16),16,10) AS UNSIGNED)+" + kMark;
}

/// A marked sum modulo 2^64, as 8 bytes.
std::string sum_bytes(const std::string& sum) {
  return "UNHEX(LPAD(CONV(MOD(" + sum + "," + kModulus + "),10,16),16,'0'))";
}

/// Ranges that touch are one to a WHERE.
std::vector<KeyRange> joined(const std::vector<KeyRange>& ranges) {
  std::vector<KeyRange> out;
  for (const KeyRange& range : ranges) {
    if (!out.empty() && out.back().high && range.low && *out.back().high == *range.low)
      out.back().high = range.high;
    else
      out.push_back(range);
  }
  return out;
}

}  // namespace

std::string checksum_probe(const std::vector<double>& reals) {
  mysql::CellType real;
  real.kind = mysql::CellKind::real;
  std::string list;
  for (const double value : reals)
    list += "," + mysql::sql_encoding(real, "(" + mysql::double_text(value) + "+0e0)", "");
  return "SELECT CRC32('abc')," + sum_bytes("h") + list + " FROM (SELECT SUM(" +
         marked_number("SHA2(v,256)", 1) +
         ") h FROM (SELECT 'abc' v UNION ALL SELECT 'abc' UNION ALL SELECT 'abc') r) s";
}

namespace {

/// What the text of a column's encoding comes to at most; 0: any size.
std::uint64_t encoded_bytes_max(const mysql::Column& column) {
  constexpr std::uint64_t kShort = 512;  // of what is no text
  constexpr std::uint64_t kPerUnit = 8;  // bytes of a character, in hex
  if (column.data_type == "text" || column.data_type == "blob") return kPerUnit << 16U;
  if (column.data_type == "tinytext" || column.data_type == "tinyblob") return kPerUnit << 8U;
  switch (column.family) {
    case mysql::TypeFamily::text:
    case mysql::TypeFamily::bytes:
      return column.data_type.ends_with("text") || column.data_type.ends_with("blob")
                 ? 0
                 : kShort + kPerUnit * column.length;
    case mysql::TypeFamily::json:
    case mysql::TypeFamily::geometry:
    case mysql::TypeFamily::vector:
    case mysql::TypeFamily::unknown:
      return 0;
    default:
      return kShort * kPerUnit;
  }
}

/// A server gives NULL for a text over its max_allowed_packet, on the way to a hash too, and not
/// always a warning that reaches the client: such a NULL would pass for a value.
bool may_exceed_packet(const TablePair& pair, Side side) {
  constexpr std::uint64_t kBytesMax = 900'000;  // MethodChooser needs packets of 1 MiB
  std::uint64_t total = 0;
  for (const PairColumn& column : pair.columns) {
    const std::uint64_t bytes = encoded_bytes_max(column.column(side));
    if (bytes == 0 || column.column(side).json_text) return true;
    total += bytes;
  }
  return total > kBytesMax;
}

}  // namespace

std::string why_streamed(const TablePair& pair) {
  if (pair.is_keyless()) return "it has no key";
  if (!pair.index_order) return "the order of its keys is the servers' secret";
  for (const PairColumn& column : pair.columns)
    if (column.type.kind == mysql::CellKind::json && column.type.canonical)
      return "JSON is compared across vendors, which only the client can";
  if (may_exceed_packet(pair, Side::source) || may_exceed_packet(pair, Side::target))
    return "its rows may be larger than a server can hash";
  return "";
}

ChecksumSql::ChecksumSql(const TablePair& pair, Side side) : pair_(pair), side_(side) {
  assert(why_streamed(pair).empty());
  std::vector<std::string> encodings;
  std::string key;
  for (std::size_t i = 0; i < pair.columns.size(); ++i) {
    const mysql::Column& column = pair.columns[i].column(side);
    encodings.push_back(
        mysql::sql_encoding(pair.columns[i].type, mysql::quote_name(column.name), column.charset));
    if (i < pair.key_columns) key += "," + encodings.back();
  }
  hash_ = mysql::sql_row_hash(encodings);
  key_crc_ = "CRC32(CONCAT_WS(','" + key + "))";
}

std::string ChecksumSql::from_where(const std::vector<KeyRange>& ranges,
                                    const std::string& condition) const {
  std::string within;
  bool all = false;
  for (const KeyRange& range : joined(ranges)) {
    const std::string one = in_range(pair_, side_, range);
    all = all || one.empty();
    within += (within.empty() ? "(" : " OR ") + ("(" + one + ")");
  }
  std::string where;
  const std::string filter = filter_of(pair_, side_);
  for (const std::string& each : {filter, all ? "" : within + ")", condition})
    if (!each.empty()) where += (where.empty() ? " WHERE " : " AND ") + each;
  return from_by_key(pair_, side_) + where;
}

/// A search tree: few comparisons a row, however many ranges.
std::string ChecksumSql::range_number(const std::vector<KeyRange>& ranges, std::size_t begin,
                                      std::size_t end) const {
  if (end - begin == 1) return std::to_string(begin);
  const std::size_t middle = begin + (end - begin) / 2;
  return "IF(" + at_most(pair_, side_, *ranges[middle - 1].high) + "," +
         range_number(ranges, begin, middle) + "," + range_number(ranges, middle, end) + ")";
}

std::string ChecksumSql::part_number(const std::vector<KeyRange>& ranges) const {
  // What the CRC-32 leaves after the modulus of the cuts is free to part rows by.
  return range_number(ranges, 0, ranges.size()) + "*" + std::to_string(kChunkParts) + "+" +
         key_crc_ + " DIV " + std::to_string(pair_.job.options.chunk_rows) + " MOD " +
         std::to_string(kChunkParts);
}

std::string ChecksumSql::cuts(const std::vector<KeyRange>& ranges, std::uint64_t modulus,
                              std::size_t at_most) const {
  std::string list;
  for (const mysql::ReadColumn& read : read_columns(pair_, side_, Wanted::key))
    list += (list.empty() ? "" : ",") + read.expression;
  return "SELECT " + list +
         from_where(ranges, key_crc_ + " MOD " + std::to_string(modulus) + "=0") +
         order_by_key(pair_, side_) + " LIMIT " + std::to_string(at_most);
}

std::string ChecksumSql::sums(const std::vector<KeyRange>& ranges, Summed summed) const {
  const bool both = summed == Summed::chunk;
  const std::string mark = kMark;
  return "SELECT b,IF(h DIV " + mark + "=n" + (both ? " AND l DIV " + mark + "=n" : "") +
         ",n,NULL)," + sum_bytes("h") + (both ? "," + sum_bytes("l") : "") + " FROM (SELECT " +
         range_number(ranges, 0, ranges.size()) + " b,COUNT(*) n,SUM(" + marked_number(hash_, 1) +
         ") h" + (both ? ",SUM(" + marked_number(hash_, 17) + ") l" : "") + from_where(ranges, "") +
         " GROUP BY 1) s";
}

std::string ChecksumSql::parts(const std::vector<KeyRange>& ranges) const {
  return "SELECT b,RIGHT(" + sum_bytes("h") + ",4) FROM (SELECT " + part_number(ranges) +
         " b,SUM(" + marked_number(hash_, 1) + ") h" + from_where(ranges, "") + " GROUP BY 1) s";
}

std::string ChecksumSql::rows(const std::vector<KeyRange>& ranges,
                              const std::vector<std::uint32_t>& parts) const {
  std::string list;
  for (const mysql::ReadColumn& read : row_columns())
    list += (list.empty() ? "" : ",") + read.expression;
  std::string wanted;
  for (const std::uint32_t part : parts)
    wanted += (wanted.empty() ? "" : ",") + std::to_string(part);
  return "SELECT " + list + from_where(ranges, part_number(ranges) + " IN (" + wanted + ")") +
         order_by_key(pair_, side_);
}

std::vector<mysql::ReadColumn> ChecksumSql::row_columns() const {
  std::vector<mysql::ReadColumn> columns = read_columns(pair_, side_, Wanted::key);
  mysql::ReadColumn& hash = columns.emplace_back();
  hash.expression = "UNHEX(LEFT(" + hash_ + ",8))";
  hash.type.kind = mysql::CellKind::bytes;
  return columns;
}

}  // namespace rowplan::planner
