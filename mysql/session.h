// One pinned connection to a server.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mysql/error.h"

namespace rowplan::mysql {

enum class Tls : std::uint8_t { disabled, preferred, required, verify_ca, verify_identity };
enum class Vendor : std::uint8_t { mysql, mariadb };

[[nodiscard]] const char* vendor_name(Vendor vendor) noexcept;  ///< "mysql", "mariadb"

/// Where and as whom. Credentials are resolved already; nothing here is ever printed.
struct ConnectOptions {
  std::string server;  ///< its name in the manifest
  std::string host;
  std::string socket;  ///< wins over host
  unsigned port = 3306;
  std::string user;
  std::string password;
  Tls tls = Tls::verify_identity;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  unsigned connect_timeout_s = 10;
  unsigned read_timeout_s = 60;
  unsigned lock_wait_s = 5;
  bool compress = false;  ///< what travels, if the server can
  /// Where known: what the server must be, or IdentityError. Asked on every session.
  std::string expected_identity;
};

enum class SessionMode : std::uint8_t {
  read_only,  ///< SET SESSION TRANSACTION READ ONLY: the server refuses any write
  read_write,
  /// Writes go into the binary log as statements, whether they change a row or not; what counts
  /// them counts rows that changed. Where the server has no binary log, or the user may not set
  /// binlog_format, Error or PinError.
  statements,
  unlogged,  ///< read_write, and what it writes is in no binary log: sql_log_bin = 0
};

/// What a COMMIT came to. `unknown`: the connection was lost before the answer.
enum class CommitResult : std::uint8_t { committed, unknown };

/// A small result as text, NULL as nullopt.
using TextRow = std::vector<std::optional<std::string>>;
using TextRows = std::vector<TextRow>;

/// A value that goes beside its statement, in pieces: it may be as long as a packet, and its hex
/// digits would be twice that.
struct LongValue {
  std::string bytes;
  bool text = false;  ///< UTF-8; else bytes as they are
};

struct SessionHandle;  // hides mysql.h

/// Pins: UTC, utf8mb4, strict sql_mode, REPEATABLE READ, short lock waits, no LOCAL INFILE, no
/// reconnect; the pins are read back. Results come in the columns' own character sets
/// (character_set_results is NULL), because a server that converts replaces what it cannot. Not for
/// use by two threads at once.
class Session {
 public:
  /// Throws Error, PinError, IdentityError.
  Session(const ConnectOptions& options, SessionMode mode);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Reads a small result whole. `doing` names it in an error: "reading the columns of
  /// shop.orders".
  TextRows query(const std::string& sql, const std::string& doing);
  /// Runs a statement without a result. Returns rows matched (CLIENT_FOUND_ROWS), not rows changed;
  /// of a session of `statements` rows changed.
  std::uint64_t execute(const std::string& sql, const std::string& doing);

  /// The same for a statement with a `?` for each of `values`.
  std::uint64_t execute(const std::string& sql, const std::vector<LongValue>& values,
                        const std::string& doing);

  void begin();                      ///< START TRANSACTION
  void begin_consistent_snapshot();  ///< the snapshot is made now, not at the first read
  /// Never throws: a session that cannot roll back is closed, which rolls back.
  void rollback() noexcept;
  /// Throws Error if the server refused; a lost connection is `unknown`.
  [[nodiscard]] CommitResult commit();
  /// As the server last said: is a transaction open?
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] bool is_open() const;
  void close() noexcept;

  [[nodiscard]] const std::string& server() const noexcept;
  [[nodiscard]] Vendor vendor() const noexcept;
  [[nodiscard]] const std::string& version() const noexcept;
  /// MySQL: server_uuid. MariaDB: SHA-256 over server_uid, server_id, hostname, port, socket,
  /// datadir, because server_uid alone can be shared by two servers of one machine.
  [[nodiscard]] const std::string& identity() const noexcept;
  [[nodiscard]] std::uint64_t max_allowed_packet() const noexcept;
  [[nodiscard]] unsigned warning_count() const;
  /// After a read: throws Error if a warning says that a value was cut short or left out. False:
  /// the server did not tell all of its warnings.
  bool check_warnings(const std::string& doing);
  [[nodiscard]] SessionHandle& handle() noexcept { return *handle_; }

 private:
  void connect(const ConnectOptions& options, SessionMode mode);
  void pin(const ConnectOptions& options, SessionMode mode);
  void log_statements();
  void check_pins();
  void read_identity(const std::string& expected);
  std::unique_ptr<SessionHandle> handle_;
};

/// The client library's name and version, for `rowplan version`.
[[nodiscard]] std::string client_library();

}  // namespace rowplan::mysql
