// A failure that a server or its client library reported.
#pragma once

#include <stdexcept>
#include <string>

namespace rowplan::mysql {

/// Carries facts; nothing decides on its text. `server` is the name in the manifest.
class Error : public std::runtime_error {
 public:
  Error(std::string server, unsigned code, std::string sqlstate, const std::string& message,
        std::string doing);

  [[nodiscard]] const std::string& server() const noexcept { return server_; }
  [[nodiscard]] unsigned code() const noexcept { return code_; }
  [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
  [[nodiscard]] const std::string& doing() const noexcept { return doing_; }

  /// The session is gone; whether its last statement took effect is not known.
  [[nodiscard]] bool is_connection_lost() const noexcept;
  /// Could not connect, or not as this user, or without a privilege.
  [[nodiscard]] bool is_access() const noexcept;
  /// No connection could be made, for a reason that may be gone a moment later.
  [[nodiscard]] bool is_unreachable() const noexcept;
  /// Deadlock, lock wait time-out, a snapshot too old to lock, a failed certification: the
  /// transaction may be tried again as a whole.
  [[nodiscard]] bool is_retryable() const noexcept;
  [[nodiscard]] bool is_duplicate_key() const noexcept;
  /// A privilege is missing (not: no connection).
  [[nodiscard]] bool is_privilege() const noexcept;
  /// The table, database or column is not there, or may not be seen.
  [[nodiscard]] bool is_missing_object() const noexcept;

 private:
  std::string server_;
  unsigned code_;
  std::string sqlstate_;
  std::string doing_;
};

/// A pin of the session did not hold when it was read back, or the server computes something that
/// no supported server computes.
class PinError : public std::runtime_error {
 public:
  PinError(std::string server, const std::string& what)
      : std::runtime_error("server '" + server + "': " + what), server_(std::move(server)) {}
  [[nodiscard]] const std::string& server() const noexcept { return server_; }

 private:
  std::string server_;
};

/// The server that answered is not the one that was planned against, or has changed its role.
class IdentityError : public std::runtime_error {
 public:
  IdentityError(std::string server, const std::string& what)
      : std::runtime_error("server '" + server + "': " + what), server_(std::move(server)) {}
  [[nodiscard]] const std::string& server() const noexcept { return server_; }

 private:
  std::string server_;
};

}  // namespace rowplan::mysql
