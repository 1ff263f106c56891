#include "mysql/session.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <mutex>

#include "mysql/mutant.h"
#include "mysql/quote.h"
#include "mysql/session_handle.h"

namespace rowplan::mysql {

namespace {

constexpr const char* kSqlMode = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES";
constexpr unsigned kServerGone = 2006;
constexpr unsigned kResultCut = 1260;       // GROUP_CONCAT and friends
constexpr unsigned kPacketOverflow = 1301;  // a function's result over max_allowed_packet: NULL
constexpr std::size_t kPins = 7;            // that are read back; the identity follows them
constexpr std::size_t kLongPiece = std::size_t{256} << 10U;

#if defined(MARIADB_BASE_VERSION) || defined(MARIADB_PACKAGE_VERSION)
constexpr bool kMariadbLibrary = true;
#else
constexpr bool kMariadbLibrary = false;
#endif

void initialise_library() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

/// mysql_optionsv and the enums differ between the libraries; this is the place where they meet.
void set_tls(MYSQL* mysql, const ConnectOptions& options) {
  const auto path = [](const std::string& s) { return s.empty() ? nullptr : s.c_str(); };
  if (options.tls == Tls::disabled && !kMariadbLibrary) {
#if !defined(MARIADB_BASE_VERSION) && !defined(MARIADB_PACKAGE_VERSION)
    const unsigned mode = SSL_MODE_DISABLED;
    mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
#endif
    return;
  }
  if (options.tls == Tls::disabled) return;
  mysql_options(mysql, MYSQL_OPT_SSL_CA, path(options.tls_ca));
  mysql_options(mysql, MYSQL_OPT_SSL_CERT, path(options.tls_cert));
  mysql_options(mysql, MYSQL_OPT_SSL_KEY, path(options.tls_key));
#if defined(MARIADB_BASE_VERSION) || defined(MARIADB_PACKAGE_VERSION)
  // MariaDB's library has no mode that checks the authority but not the name: the stricter serves.
  const my_bool enforce = options.tls != Tls::preferred ? 1 : 0;
  const my_bool verify =
      options.tls == Tls::verify_ca || options.tls == Tls::verify_identity ? 1 : 0;
  if (enforce || !options.tls_ca.empty()) mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
  mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
#else
  unsigned mode = SSL_MODE_PREFERRED;
  if (options.tls == Tls::required) mode = SSL_MODE_REQUIRED;
  if (options.tls == Tls::verify_ca) mode = SSL_MODE_VERIFY_CA;
  if (options.tls == Tls::verify_identity) mode = SSL_MODE_VERIFY_IDENTITY;
  mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
#endif
}

/// Where the server offers none, the connection goes on without.
void set_compression(MYSQL* mysql) {
#if defined(MARIADB_BASE_VERSION) || defined(MARIADB_PACKAGE_VERSION)
  mysql_options(mysql, MYSQL_OPT_COMPRESS, nullptr);
#else
  mysql_options(mysql, MYSQL_OPT_COMPRESSION_ALGORITHMS, "zstd,zlib,uncompressed");
#endif
}

std::string sha256_hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return hex_lower({reinterpret_cast<const char*>(digest.data()), length});
}

/// The servers list modes in an order of their own.
std::string sorted_modes(const std::string& modes) {
  std::vector<std::string> names;
  std::string name;
  for (const char c : modes + ",") {
    if (c != ',') {
      name += c;
      continue;
    }
    names.push_back(std::move(name));
    name.clear();
  }
  std::sort(names.begin(), names.end());
  std::string out;
  for (const std::string& mode : names) out += (out.empty() ? "" : ",") + mode;
  return out;
}

const std::string& need(const std::optional<std::string>& value) {
  static const std::string empty;
  return value ? *value : empty;
}

/// Version and vendor. Is it a node of a Galera cluster?
bool look_at_server(Session& session) {
  SessionHandle& handle = session.handle();
  handle.version = mysql_get_server_info(handle.mysql);
  bool galera = false;
  for (const TextRow& row :
       session.query("SHOW VARIABLES WHERE Variable_name IN ('version', 'wsrep_on', 'server_uid')",
                     "asking for the version")) {
    const std::string& name = need(row.at(0));
    const std::string& value = need(row.at(1));
    if (name == "version") handle.version = value;
    if (name == "wsrep_on") galera = value == "ON";
    // Since 10.6.15; what a server without it has the rest of the identity.
    if (name == "server_uid") handle.identity = value;
  }
  handle.vendor =
      handle.version.find("MariaDB") != std::string::npos ? Vendor::mariadb : Vendor::mysql;
  return galera;
}

}  // namespace

const char* vendor_name(Vendor vendor) noexcept {
  return vendor == Vendor::mysql ? "mysql" : "mariadb";
}

std::string client_library() {
  return std::string(kMariadbLibrary ? "libmariadb " : "libmysqlclient ") + mysql_get_client_info();
}

Session::Session(const ConnectOptions& options, SessionMode mode)
    : handle_(std::make_unique<SessionHandle>()) {
  initialise_library();
  handle_->server = options.server;
  try {
    connect(options, mode);
    pin(options, mode);
    check_pins();
    read_identity(options.expected_identity);
  } catch (...) {
    close();
    throw;
  }
}

Session::~Session() {
  if (handle_) close();
}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&& other) noexcept {
  if (this != &other) {
    if (handle_) close();
    handle_ = std::move(other.handle_);
  }
  return *this;
}

void Session::connect(const ConnectOptions& options, SessionMode mode) {
  handle_->mysql = mysql_init(nullptr);
  if (handle_->mysql == nullptr) throw std::bad_alloc();
  MYSQL* mysql = handle_->mysql;
  const unsigned no = 0;
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &options.connect_timeout_s);
  mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &options.read_timeout_s);
  mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &options.read_timeout_s);
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned long packet = 1UL << 30;
  mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
#if defined(MARIADB_BASE_VERSION) || defined(MARIADB_PACKAGE_VERSION)
  const my_bool reconnect = 0;
  mysql_options(mysql, MYSQL_OPT_RECONNECT, &reconnect);
#else
  // Oracle's library asks the server for its public key only if told; a socket is safe already.
  const bool get_key = !options.socket.empty();
  mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &get_key);
#endif
  mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "rowplan");
  set_tls(mysql, options);
  if (options.compress) set_compression(mysql);
  const bool by_socket = !options.socket.empty();
  const char* host = by_socket ? "localhost" : options.host.c_str();
  if (!by_socket) {
    const unsigned tcp = MYSQL_PROTOCOL_TCP;
    mysql_options(mysql, MYSQL_OPT_PROTOCOL, &tcp);
  }
  if (mysql_real_connect(mysql, host, options.user.c_str(), options.password.c_str(), nullptr,
                         by_socket ? 0 : options.port, by_socket ? options.socket.c_str() : nullptr,
                         mode == SessionMode::statements ? 0 : CLIENT_FOUND_ROWS) == nullptr) {
    const std::string where =
        by_socket ? options.socket : options.host + ":" + std::to_string(options.port);
    throw handle_->error("connecting to " + where + " as '" + options.user + "'");
  }
  // Before any query: a server that declined TLS must not learn what we would ask.
  if (options.tls >= Tls::required && !by_socket && mysql_get_ssl_cipher(mysql) == nullptr)
    throw Error(options.server, 2026, "HY000", "the server did not encrypt the connection",
                "connecting to " + options.host);
}

void Session::pin(const ConnectOptions& options, SessionMode mode) {
  const bool galera = look_at_server(*this);
  const bool mariadb = handle_->vendor == Vendor::mariadb;
  const std::string lock_wait = std::to_string(options.lock_wait_s);
  const bool own_zone = planted(Mutant::time_zone_unpinned);
  // A server's defaults can win over the character set that was said when connecting.
  std::string sql = std::string("SET NAMES utf8mb4, SESSION sql_mode='") + kSqlMode +
                    "', SESSION time_zone=" + (own_zone ? "@@global.time_zone" : "'+00:00'") +
                    ", SESSION autocommit=1"
                    ", SESSION sql_auto_is_null=0, SESSION sql_safe_updates=0"
                    ", SESSION sql_select_limit=18446744073709551615"
                    ", SESSION foreign_key_checks=1, SESSION unique_checks=1"
                    ", SESSION completion_type='NO_CHAIN', SESSION character_set_results=NULL"
                    ", SESSION wait_timeout=3600, SESSION net_write_timeout=600"
                    ", SESSION net_read_timeout=600, SESSION max_sort_length=16384"
                    ", SESSION innodb_lock_wait_timeout=" +
                    lock_wait + ", SESSION lock_wait_timeout=" + lock_wait;
  sql += mariadb ? ", SESSION max_statement_time=0" : ", SESSION max_execution_time=0";
  if (mariadb) sql += ", SESSION system_versioning_asof=DEFAULT";
  execute(sql, "pinning the session");
  const std::string isolation =
      planted(Mutant::read_committed) ? "READ COMMITTED" : "REPEATABLE READ";
  execute("SET SESSION TRANSACTION ISOLATION LEVEL " + isolation +
              (mode == SessionMode::read_only ? ", READ ONLY" : ", READ WRITE"),
          "pinning the session");
  // A node of a Galera cluster: no read before what other nodes have committed is applied here.
  if (galera) {
    execute("SET SESSION wsrep_sync_wait=7", "pinning the session");
    if (need(query("SELECT @@session.wsrep_sync_wait", "reading back the pins").at(0).at(0)) != "7")
      throw PinError(handle_->server, "wsrep_sync_wait does not stay 7");
  }
  if (mode == SessionMode::unlogged) {
    execute("SET SESSION sql_log_bin=0", "pinning the session");
    if (need(query("SELECT @@session.sql_log_bin", "reading back the pins").at(0).at(0)) != "0")
      throw PinError(handle_->server, "sql_log_bin does not stay 0");
  }
  if (mode == SessionMode::statements) log_statements();
}

void Session::log_statements() {
  execute("SET SESSION binlog_format='STATEMENT'", "making the session log statements");
  const TextRows rows = query("SELECT @@session.binlog_format, @@global.log_bin, @@sql_log_bin",
                              "reading back the pins");
  if (need(rows.at(0).at(0)) != "STATEMENT" || need(rows[0].at(1)) != "1" ||
      need(rows[0].at(2)) != "1")
    throw PinError(handle_->server, "it does not log statements: binlog_format is " +
                                        printable(need(rows[0].at(0))) + ", log_bin " +
                                        printable(need(rows[0].at(1))) + ", sql_log_bin " +
                                        printable(need(rows[0].at(2))));
}

void Session::check_pins() {
  const bool mysql = handle_->vendor == Vendor::mysql;
  const TextRows rows =
      query(std::string("SELECT @@session.sql_mode, @@session.time_zone,"
                        " @@session.character_set_connection, @@session.character_set_client,"
                        " @@session.autocommit, @@session.max_allowed_packet, SHA2('abc',256), ") +
                (mysql ? "@@server_uuid" : "@@server_id, @@hostname, @@port, @@socket, @@datadir"),
            "reading back the pins");
  const TextRow& row = rows.at(0);
  const auto expect = [&](std::size_t i, const std::string& name, const std::string& value) {
    if (need(row.at(i)) != value)
      throw PinError(handle_->server,
                     name + " is '" + printable(need(row.at(i))) + "', needed is '" + value + "'");
  };
  if (sorted_modes(need(row.at(0))) != sorted_modes(kSqlMode))
    throw PinError(handle_->server, "sql_mode is '" + printable(need(row.at(0))) +
                                        "', needed is '" + kSqlMode + "'");
  if (!planted(Mutant::time_zone_unpinned)) expect(1, "time_zone", "+00:00");
  expect(2, "character_set_connection", "utf8mb4");
  expect(3, "character_set_client", "utf8mb4");
  expect(4, "autocommit", "1");
  expect(6, "SHA2('abc',256)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  handle_->max_allowed_packet = std::stoull(need(row.at(5)));
  // What tells one server from others: of MariaDB more than the uid that it has shown.
  if (mysql) handle_->identity = need(row.at(kPins));
  for (std::size_t i = kPins; !mysql && i < row.size(); ++i)
    handle_->identity += '\n' + need(row[i]);
  if (!mysql) handle_->identity = sha256_hex(handle_->identity);
}

void Session::read_identity(const std::string& expected) {
  if (planted(Mutant::identity_unchecked)) return;
  if (!expected.empty() && handle_->identity != expected)
    throw IdentityError(handle_->server, "this is " + handle_->identity + ", planned was " +
                                             expected + ": another server answers here");
}

TextRows Session::query(const std::string& sql, const std::string& doing) {
  MYSQL* mysql = handle_->mysql;
  if (mysql == nullptr)
    throw Error(handle_->server, kServerGone, "HY000", "the session is closed", doing);
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) throw handle_->error(doing);
  MYSQL_RES* result = mysql_store_result(mysql);
  if (result == nullptr) {
    if (mysql_errno(mysql) != 0) throw handle_->error(doing);
    return {};
  }
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> guard(result, mysql_free_result);
  const unsigned columns = mysql_num_fields(result);
  TextRows rows;
  while (MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    TextRow& out = rows.emplace_back();
    for (unsigned i = 0; i < columns; ++i) {
      if (row[i] == nullptr)
        out.emplace_back();
      else
        out.emplace_back(std::string(row[i], lengths[i]));
    }
  }
  return rows;
}

std::uint64_t Session::execute(const std::string& sql, const std::string& doing) {
  MYSQL* mysql = handle_->mysql;
  if (mysql == nullptr)
    throw Error(handle_->server, kServerGone, "HY000", "the session is closed", doing);
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0) throw handle_->error(doing);
  assert(mysql_field_count(mysql) == 0);
  return mysql_affected_rows(mysql);
}

std::uint64_t Session::execute(const std::string& sql, const std::vector<LongValue>& values,
                               const std::string& doing) {
  if (values.empty()) return execute(sql, doing);
  if (handle_->mysql == nullptr)
    throw Error(handle_->server, kServerGone, "HY000", "the session is closed", doing);
  const std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_close)> statement(
      mysql_stmt_init(handle_->mysql), mysql_stmt_close);
  const auto check = [&](bool failed) {
    if (!failed) return;
    throw Error(handle_->server, mysql_stmt_errno(statement.get()),
                mysql_stmt_sqlstate(statement.get()), mysql_stmt_error(statement.get()), doing);
  };
  check(mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0);
  assert(mysql_stmt_param_count(statement.get()) == values.size());
  std::vector<MYSQL_BIND> binds(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    binds[i].buffer_type = values[i].text ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
  check(mysql_stmt_bind_param(statement.get(), binds.data()) != 0);
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t at = 0; at < values[i].bytes.size(); at += kLongPiece) {
      const std::size_t size = std::min(kLongPiece, values[i].bytes.size() - at);
      check(mysql_stmt_send_long_data(statement.get(), static_cast<unsigned>(i),
                                      values[i].bytes.data() + at, size) != 0);
    }
  check(mysql_stmt_execute(statement.get()) != 0);
  return mysql_stmt_affected_rows(statement.get());
}

void Session::begin() { execute("START TRANSACTION", "starting a transaction"); }

void Session::begin_consistent_snapshot() {
  execute("START TRANSACTION WITH CONSISTENT SNAPSHOT", "opening a snapshot");
}

void Session::rollback() noexcept {
  try {
    if (is_open()) execute("ROLLBACK", "rolling back");
  } catch (const std::exception&) {
    close();
  }
}

CommitResult Session::commit() {
  try {
    execute("COMMIT", "committing");
    return CommitResult::committed;
  } catch (const Error& error) {
    if (!error.is_connection_lost() && error.code() < 2000) throw;
    close();
    if (planted(Mutant::commit_unknown_is_committed)) return CommitResult::committed;
    return CommitResult::unknown;
  }
}

bool Session::in_transaction() const {
  return handle_->mysql != nullptr && (handle_->mysql->server_status & SERVER_STATUS_IN_TRANS) != 0;
}

bool Session::is_open() const { return handle_->mysql != nullptr; }

void Session::close() noexcept {
  if (handle_->mysql != nullptr) mysql_close(handle_->mysql);
  handle_->mysql = nullptr;
}

const std::string& Session::server() const noexcept { return handle_->server; }
Vendor Session::vendor() const noexcept { return handle_->vendor; }
const std::string& Session::version() const noexcept { return handle_->version; }
const std::string& Session::identity() const noexcept { return handle_->identity; }
std::uint64_t Session::max_allowed_packet() const noexcept { return handle_->max_allowed_packet; }
unsigned Session::warning_count() const {
  return handle_->mysql != nullptr ? mysql_warning_count(handle_->mysql) : 0;
}

bool Session::check_warnings(const std::string& doing) {
  const unsigned count = warning_count();
  if (count == 0) return true;
  const TextRows told = query("SHOW WARNINGS", "reading warnings");
  for (const TextRow& row : told) {
    const auto code = static_cast<unsigned>(std::stoul(need(row.at(1))));
    if (code == kResultCut || code == kPacketOverflow)
      throw Error(handle_->server, code, "HY000", need(row.at(2)), doing);
  }
  return told.size() >= count;
}

}  // namespace rowplan::mysql
