#include "planner/column_types.h"

#include <algorithm>
#include <array>

#include "mysql/quote.h"

namespace rowplan::planner {

namespace {

using mysql::CellKind;
using mysql::Column;
using mysql::TypeFamily;
using Verdict = ColumnFit::Verdict;

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

unsigned integer_bits(const Column& column) {
  if (column.family == TypeFamily::bit) return static_cast<unsigned>(column.length);
  if (column.data_type == "tinyint") return 8;
  if (column.data_type == "smallint") return 16;
  if (column.data_type == "mediumint") return 24;
  if (column.data_type == "int") return 32;
  return 64;
}

/// Can every text of charset `from` be stored in charset `to`?
bool charset_holds(const std::string& to, const std::string& from) {
  const auto plain = [](const std::string& name) { return name == "utf8" ? "utf8mb3" : name; };
  if (plain(to) == plain(from) || to == "utf8mb4" || from == "ascii") return true;
  // Everything but utf8mb4 and its 16 and 32 bit kin stays within the basic plane.
  static const std::array<const char*, 5> beyond = {"utf8mb4", "utf16", "utf16le", "utf32",
                                                    "gb18030"};
  const bool within_basic_plane = std::find(beyond.begin(), beyond.end(), from) == beyond.end();
  if (to == "utf8mb3" || to == "utf8" || to == "ucs2") return within_basic_plane;
  return to == "utf16" || to == "utf16le" || to == "utf32" || to == "gb18030";
}

ColumnFit lossy(mysql::CellType type, std::string why) {
  return {Verdict::lossy, type, std::move(why)};
}

ColumnFit fit_integers(const Column& source, const Column& target) {
  const mysql::CellType type{CellKind::integer};
  const unsigned from = integer_bits(source);
  const unsigned to = integer_bits(target);
  const bool holds_sign = source.is_unsigned || !target.is_unsigned;
  // An unsigned n-bit number needs n + 1 bits of a signed type.
  const bool wide_enough = to > from || (to == from && source.is_unsigned == target.is_unsigned);
  if (!holds_sign) return lossy(type, "negative numbers do not fit");
  if (!wide_enough) return lossy(type, "large numbers do not fit");
  return {Verdict::fits, type, ""};
}

ColumnFit fit_decimals(const Column& source, const Column& target) {
  const mysql::CellType type{CellKind::decimal, false, std::max(source.scale, target.scale)};
  if (target.scale < source.scale) return lossy(type, "digits after the point do not fit");
  if (target.precision - target.scale < source.precision - source.scale)
    return lossy(type, "digits before the point do not fit");
  if (target.is_unsigned && !source.is_unsigned) return lossy(type, "negative numbers do not fit");
  return {Verdict::fits, type, ""};
}

ColumnFit fit_reals(const Column& source, const Column& target) {
  const mysql::CellType type{CellKind::real, source.single && target.single};
  if (target.single && !source.single) return lossy(type, "a DOUBLE does not fit into a FLOAT");
  if (target.is_unsigned && !source.is_unsigned) return lossy(type, "negative numbers do not fit");
  // FLOAT(10,2) rounds what it is given.
  if (target.type != source.type && contains(target.type, "("))
    return lossy(type, "the target rounds to its declared digits");
  return {Verdict::fits, type, ""};
}

ColumnFit fit_times(const Column& source, const Column& target, CellKind kind) {
  const mysql::CellType type{kind, false, 0, std::max(source.fsp, target.fsp)};
  if (target.fsp < source.fsp) return lossy(type, "fractions of a second do not fit");
  return {Verdict::fits, type, ""};
}

ColumnFit fit_texts(const Column& source, const Column& target) {
  mysql::CellType type{CellKind::text};
  if (!is_utf8_charset(source.charset) || !is_utf8_charset(target.charset))
    type.kind = CellKind::tagged_text;
  if (!charset_holds(target.charset, source.charset))
    return lossy(type,
                 "character set " + target.charset + " does not hold all of " + source.charset);
  if (target.length < source.length)
    return lossy(type, "texts of " + std::to_string(source.length) +
                           " characters do not fit into " + std::to_string(target.length));
  if (target.data_type == "char" && source.data_type != "char")
    return lossy(type, "CHAR drops spaces at the end");
  return {Verdict::fits, type, ""};
}

ColumnFit fit_bytes(const Column& source, const Column& target) {
  const mysql::CellType type{CellKind::bytes};
  if (target.length < source.length) return lossy(type, "longer values do not fit");
  if (target.data_type == "binary" &&
      (source.data_type != "binary" || source.length != target.length))
    return lossy(type, "BINARY fills its values up with zero bytes");
  return {Verdict::fits, type, ""};
}

ColumnFit fit_labels(const Column& source, const Column& target) {
  mysql::CellType type{CellKind::label};
  type.is_set = source.family == TypeFamily::set;
  std::size_t last = 0;
  for (const std::string& label : source.labels) {
    const auto found = std::find(target.labels.begin(), target.labels.end(), label);
    if (found == target.labels.end())
      return lossy(type, "the target has no member '" + mysql::printable(label) + "'");
    const auto at = static_cast<std::size_t>(found - target.labels.begin());
    if (type.is_set && at < last)
      return {Verdict::differs, type, "the members of the SET stand in another order"};
    last = at;
  }
  return {Verdict::fits, type, ""};
}

bool is_json(const Column& column) { return column.family == TypeFamily::json || column.json_text; }

ColumnFit fit_json(const Column& source, const Column& target, bool one_vendor) {
  mysql::CellType type{CellKind::json};
  type.canonical = !one_vendor;
  // A LONGTEXT beside a JSON column: as text it would be rewritten by MySQL's JSON.
  if (source.family == TypeFamily::json && target.family != TypeFamily::json && one_vendor)
    type.canonical = false;
  return {Verdict::fits, type, ""};
}

ColumnFit fit_same_family(const Column& source, const Column& target) {
  switch (source.family) {
    case TypeFamily::integer:
    case TypeFamily::bit:
      return fit_integers(source, target);
    case TypeFamily::year:
      return {Verdict::fits, mysql::CellType{CellKind::year}, ""};
    case TypeFamily::decimal:
      return fit_decimals(source, target);
    case TypeFamily::real:
      return fit_reals(source, target);
    case TypeFamily::date:
      return {Verdict::fits, mysql::CellType{CellKind::date}, ""};
    case TypeFamily::datetime:
    case TypeFamily::timestamp:
      return fit_times(source, target, CellKind::datetime);
    case TypeFamily::time:
      return fit_times(source, target, CellKind::time);
    case TypeFamily::text:
      return fit_texts(source, target);
    case TypeFamily::bytes:
      return fit_bytes(source, target);
    case TypeFamily::enumeration:
    case TypeFamily::set:
      return fit_labels(source, target);
    case TypeFamily::geometry:
    case TypeFamily::vector:
      return {Verdict::fits, mysql::CellType{CellKind::bytes}, ""};
    case TypeFamily::plain:
      return {Verdict::fits, mysql::CellType{CellKind::plain}, ""};
    case TypeFamily::json:
    case TypeFamily::unknown:
      break;
  }
  return {Verdict::differs, {}, "type " + source.type + " is not known to rowplan"};
}

/// SQL for a tagged text: 't' and UTF-8 where that converts back to the same bytes, else 'x' and
/// the bytes as stored. A server makes NULL of a text over its max_allowed_packet, which is told
/// from a NULL that is stored: see mysql::kUnreadable.
std::string tagged_expression(const std::string& name, const std::string& charset) {
  const std::string raw = "CAST(" + name + " AS BINARY)";
  const std::string utf8 = "CAST(CONVERT(" + name + " USING utf8mb4) AS BINARY)";
  const std::string back =
      "CAST(CONVERT(CONVERT(" + name + " USING utf8mb4) USING " + charset + ") AS BINARY)";
  return "IF(" + name + " IS NULL,NULL,IFNULL(IF(" + back + "=" + raw + ",CONCAT(x'74'," + utf8 +
         "),CONCAT(x'78'," + raw + ")),'" + std::string(mysql::kUnreadable) + "'))";
}

}  // namespace

bool is_utf8_charset(const std::string& charset) {
  return charset == "utf8mb4" || charset == "utf8mb3" || charset == "utf8" || charset == "ascii";
}

bool is_binary_collation(const std::string& collation) {
  return collation.size() > 4 && collation.compare(collation.size() - 4, 4, "_bin") == 0;
}

bool is_no_pad(const std::string& collation) {
  return contains(collation, "_nopad_") || starts_with(collation, "utf8mb4_0900_");
}

ColumnFit fit_columns(const Column& source, const Column& target, mysql::Vendor source_vendor,
                      mysql::Vendor target_vendor) {
  const bool one_vendor = source_vendor == target_vendor;
  if (is_json(source) && is_json(target) &&
      (source.family == TypeFamily::json || target.family == TypeFamily::json))
    return fit_json(source, target, one_vendor);
  if (source.family != target.family) {
    const auto is_number = [](const Column& c) {
      return c.family == TypeFamily::integer || c.family == TypeFamily::bit;
    };
    if (is_number(source) && is_number(target)) return fit_integers(source, target);
    return {Verdict::differs, {}, source.type + " and " + target.type + " do not mean the same"};
  }
  if ((source.family == TypeFamily::geometry || source.family == TypeFamily::vector ||
       source.family == TypeFamily::plain) &&
      source.data_type != target.data_type && target.data_type != "geometry" &&
      source.data_type != "geomcollection" && source.data_type != "geometrycollection")
    return {Verdict::differs, {}, source.type + " and " + target.type + " do not mean the same"};
  if (source.family == TypeFamily::vector && source.type != target.type)
    return {Verdict::differs, {}, source.type + " and " + target.type + " do not mean the same"};
  return fit_same_family(source, target);
}

mysql::ReadColumn read_column(const Column& column, const mysql::CellType& type, bool as_key) {
  mysql::ReadColumn read;
  const std::string name = mysql::quote_name(column.name);
  read.expression = name;
  read.type = type;
  read.is_unsigned = column.is_unsigned;
  read.single = column.single;
  read.labels = column.labels;
  switch (type.kind) {
    case CellKind::integer:
      if (column.family == TypeFamily::bit) read.expression = "CAST(" + name + " AS UNSIGNED)";
      break;
    case CellKind::label:
      read.expression = "CAST(" + name + " AS UNSIGNED)";
      read.is_unsigned = true;
      break;
    case CellKind::year:
      read.is_unsigned = true;
      break;
    case CellKind::decimal:
      // Also takes the zeros of ZEROFILL off.
      if (column.scale != type.scale || contains(column.type, "zerofill"))
        read.expression = "CAST(" + name + " AS DECIMAL(65," + std::to_string(type.scale) + "))";
      break;
    case CellKind::tagged_text:
      if (is_utf8_charset(column.charset) && !as_key)
        read.tag_utf8 = true;
      else
        read.expression = tagged_expression(name, column.charset);
      break;
    case CellKind::bytes:
      // A type that a client library need not know.
      if (column.family == TypeFamily::vector) read.expression = "UNHEX(HEX(" + name + "))";
      break;
    default:
      break;
  }
  return read;
}

std::string byte_order_expression(const Column& column, const mysql::CellType& type) {
  std::string name = mysql::quote_name(column.name);
  switch (type.kind) {
    case CellKind::text:
    case CellKind::json:
      return "CAST(" + name + " AS BINARY)";
    case CellKind::tagged_text:
      return tagged_expression(name, column.charset);
    case CellKind::label:
      return "CAST(CONCAT(IF(CAST(" + name + " AS UNSIGNED)=0,'1','0'),CONVERT(" + name +
             " USING utf8mb4)) AS BINARY)";
    case CellKind::plain:
      return "CAST(CONCAT(" + name + ") AS BINARY)";
    default:
      return name;
  }
}

}  // namespace rowplan::planner
