#include "mysql/encoding.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <zlib.h>

#include <cassert>
#include <cstring>
#include <new>

#include "mysql/double_text.h"
#include "mysql/mutant.h"
#include "mysql/quote.h"

namespace rowplan::mysql {

namespace {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return hex_lower({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

void append_hex(std::string& out, std::string_view bytes) {
  static const char* const digits = "0123456789ABCDEF";
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out[at++] = digits[byte >> 4];
    out[at++] = digits[byte & 0xF];
  }
}

/// Short: `in_hex` and hex digits; long: `as_hash` and the SHA-256.
void append_bytes(std::string& out, char in_hex, char as_hash, std::string_view bytes) {
  if (bytes.size() > kEncodedInHexBytes) {
    out += as_hash;
    out += sha256_hex(bytes);
    return;
  }
  out += in_hex;
  append_hex(out, bytes);
}

void append_text(std::string& out, bool converts, std::string_view text) {
  static const bool joined = planted(Mutant::hash_joins_texts);
  if (joined) return void(out += text);
  append_bytes(out, converts ? 't' : 'x', converts ? 's' : 'y', text);
}

/// The same choice as append_bytes, in SQL.
std::string sql_bytes(char in_hex, char as_hash, const std::string& bytes) {
  return "IF(LENGTH(" + bytes + ")>" + std::to_string(kEncodedInHexBytes) + ",CONCAT('" + as_hash +
         "',SHA2(" + bytes + ",256)),CONCAT('" + in_hex + "',HEX(" + bytes + ")))";
}

std::string sql_text(const std::string& column, const std::string& charset) {
  const std::string raw = "CAST(" + column + " AS BINARY)";
  if (charset == "utf8mb4") {
    // Needs no conversion, so its bytes are hashed once, and only their mark is chosen.
    const auto mark = [&](const char* converts, const char* does_not) {
      return "IF(CAST(CONVERT(" + raw + " USING utf8mb4) AS BINARY)<=>" + raw + ",'" + converts +
             "','" + does_not + "')";
    };
    return "IF(LENGTH(" + column + ")>" + std::to_string(kEncodedInHexBytes) + ",CONCAT(" +
           mark("s", "y") + ",SHA2(" + raw + ",256)),CONCAT(" + mark("t", "x") + ",HEX(" + raw +
           ")))";
  }
  const std::string utf8 = "CAST(CONVERT(" + column + " USING utf8mb4) AS BINARY)";
  // Well-formed in its own character set, and back from UTF-8 to the same bytes.
  const std::string well_formed =
      "CAST(CONVERT(" + raw + " USING " + charset + ") AS BINARY)<=>" + raw;
  const std::string converts_back = "CAST(CONVERT(CONVERT(" + column + " USING utf8mb4) USING " +
                                    charset + ") AS BINARY)<=>" + raw;
  return "IF((" + well_formed + ") AND (" + converts_back + ")," + sql_bytes('t', 's', utf8) + "," +
         sql_bytes('x', 'y', raw) + ")";
}

/// Keys are short: zlib's own loop takes longer to begin than most of them take in all.
std::uint32_t crc_of(std::string_view bytes) {
  static const z_crc_t* const table = get_crc_table();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~crc;
}

}  // namespace

void append_encoding(std::string& out, const CellType& type, std::string_view cell) {
  switch (type.kind) {
    case CellKind::integer:
    case CellKind::year:
    case CellKind::decimal:
    case CellKind::date:
    case CellKind::datetime:
    case CellKind::time:
    case CellKind::plain:
      return append_plain_text(out, type, cell);
    case CellKind::real:
      // The double's text, of a FLOAT too: that is what a server can print without loss.
      if (const double value = real_of(cell); value == 0)
        out += '0';
      else
        out += "[" + double_text(value) + "]";
      return;
    case CellKind::text:
      append_text(out, is_utf8(cell), cell);
      return;
    case CellKind::tagged_text:
      append_text(out, cell[0] == 't', cell.substr(1));
      return;
    case CellKind::bytes:
      append_bytes(out, 'b', 'c', cell);
      return;
    case CellKind::json:
      append_bytes(out, 'j', 'k', cell);
      return;
    case CellKind::label:
      out += cell[0];
      append_hex(out, cell.substr(1));
      return;
  }
  assert(false);
}

void append_row_encoding(std::string& out, const std::vector<CellType>& types, const Row& row) {
  static const bool joined = planted(Mutant::hash_joins_texts);
  assert(types.size() == row.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0 && !joined) out += ',';
    if (row.is_null(i))
      out += 'N';
    else
      append_encoding(out, types[i], row.cell(i));
  }
}

void RowHasher::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

RowHasher::RowHasher(std::vector<CellType> types)
    : types_(std::move(types)), digest_(EVP_MD_CTX_new()) {
  if (!digest_ || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
}

/// Begins the digest anew with what the constructor looked up, which costs more than the digest of
/// a row.
std::array<unsigned char, SHA256_DIGEST_LENGTH> RowHasher::sha256_of_buffer() {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  if (EVP_DigestInit_ex(digest_.get(), nullptr, nullptr) != 1 ||
      EVP_DigestUpdate(digest_.get(), buffer_.data(), buffer_.size()) != 1 ||
      EVP_DigestFinal_ex(digest_.get(), digest.data(), nullptr) != 1)
    throw std::bad_alloc();
  return digest;
}

RowHash RowHasher::hash(const Row& row) {
  static const bool drops_last = planted(Mutant::hash_drops_last_column);
  static const bool crc = planted(Mutant::hash_is_crc_xor);
  buffer_.clear();
  append_row_encoding(buffer_, types_, row);
  if (drops_last) buffer_.resize(buffer_.rfind(','));
  if (crc)
    return {
        crc32(0, reinterpret_cast<const Bytef*>(buffer_.data()), static_cast<uInt>(buffer_.size())),
        0};
  const auto digest = sha256_of_buffer();
  RowHash hash;
  std::memcpy(&hash.high, digest.data(), sizeof hash.high);
  std::memcpy(&hash.low, digest.data() + sizeof hash.high, sizeof hash.low);
  return {__builtin_bswap64(hash.high), __builtin_bswap64(hash.low)};
}

std::uint64_t RowHasher::cell_hash(const Row& row, std::size_t column) {
  buffer_.clear();
  if (row.is_null(column))
    buffer_ += 'N';
  else
    append_encoding(buffer_, types_[column], row.cell(column));
  const auto digest = sha256_of_buffer();
  std::uint64_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return __builtin_bswap64(hash);
}

std::uint32_t RowHasher::key_crc(const Row& row, std::size_t key_columns) {
  buffer_.clear();
  for (std::size_t i = 0; i < key_columns; ++i) {
    if (i > 0) buffer_ += ',';
    append_encoding(buffer_, types_[i], row.cell(i));
  }
  return crc_of(buffer_);
}

std::string sql_encoding(const CellType& type, const std::string& column,
                         const std::string& charset) {
  std::string value;
  switch (type.kind) {
    case CellKind::integer:
      value = "CONCAT(" + column + "+0)";
      break;
    case CellKind::year:
    case CellKind::plain:
      value = "CONCAT(" + column + ")";
      break;
    case CellKind::decimal:
      value = "CONCAT(CAST(" + column + " AS DECIMAL(65," + std::to_string(type.scale) + ")))";
      break;
    case CellKind::real:
      // JSON_ARRAY of NULL is not NULL but [null].
      value = "IF(" + column + " IS NULL,NULL,IF(" + column + "=0,'0',REPLACE(JSON_ARRAY(" +
              column + "+0e0),'.0]',']')))";
      break;
    case CellKind::date:
      value = "CONCAT(" + column + ")";
      break;
    case CellKind::datetime:
      value = "CONCAT(CAST(" + column + " AS DATETIME(" + std::to_string(type.fsp) + ")))";
      break;
    case CellKind::time:
      value = "CONCAT(CAST(" + column + " AS TIME(" + std::to_string(type.fsp) + ")))";
      break;
    case CellKind::text:
    case CellKind::tagged_text:
      value = sql_text(column, charset);
      break;
    case CellKind::bytes:
      value = sql_bytes('b', 'c', column);
      break;
    case CellKind::json:
      value =
          sql_bytes('j', 'k', "CAST(CAST(" + column + " AS CHAR CHARACTER SET utf8mb4) AS BINARY)");
      break;
    case CellKind::label:
      value = "CONCAT(IF(CAST(" + column + " AS UNSIGNED)=0,'1','0'),HEX(CONVERT(" + column +
              " USING utf8mb4)))";
      break;
  }
  return "IFNULL(" + value + ",'N')";
}

std::string sql_row_hash(const std::vector<std::string>& encodings) {
  std::string list;
  for (const std::string& encoding : encodings) list += "," + encoding;
  return "SHA2(CONCAT_WS(','" + list + "),256)";
}

}  // namespace rowplan::mysql
