#include "mysql/error.h"

namespace rowplan::mysql {

namespace {

// Numbers of the servers' and the client's error lists (mysqld_error.h, errmsg.h); both vendors
// share them. Written out because the two header sets do not share all of the names.
enum Code : unsigned {
  kDbAccessDenied = 1044,
  kAccessDenied = 1045,
  kNoDb = 1046,
  kBadDb = 1049,
  kServerShutdown = 1053,
  kBadField = 1054,
  kDuplicateEntry = 1062,
  kTooManyConnections = 1040,
  kHostBlocked = 1129,
  kHostNotPrivileged = 1130,
  kTableAccessDenied = 1142,
  kColumnAccessDenied = 1143,
  kNoSuchTable = 1146,
  kCheckRead = 1020,
  kLockWaitTimeout = 1205,
  kLockDeadlock = 1213,
  kSpecificAccessDenied = 1227,
  kWsrepNotReady = 1047,
  kDuplicateEntryWithKeyName = 1586,
  kConnectionKilled = 1927,
  kAccessDeniedNoPassword = 1698,
  kMustChangePassword = 1820,
  kTooManyUserConnections = 1203,
  kUserLimitReached = 1226,
  kConnectionError = 2002,
  kConnHostError = 2003,
  kUnknownHost = 2005,
  kServerGone = 2006,
  kServerLost = 2013,
  kTlsError = 2026,
  kMalformedPacket = 2027,
  kServerLostExtended = 2055,
  kAuthPluginCannotLoad = 2059,
  kAuthPluginError = 2061,
  kClientInteractionTimeout = 4031,
};

}  // namespace

Error::Error(std::string server, unsigned code, std::string sqlstate, const std::string& message,
             std::string doing)
    : std::runtime_error("server '" + server + "': " + doing + ": " + message + " (error " +
                         std::to_string(code) + ", SQLSTATE " + sqlstate + ")"),
      server_(std::move(server)),
      code_(code),
      sqlstate_(std::move(sqlstate)),
      doing_(std::move(doing)) {}

bool Error::is_connection_lost() const noexcept {
  return code_ == kServerGone || code_ == kServerLost || code_ == kServerLostExtended ||
         code_ == kServerShutdown || code_ == kConnectionKilled || code_ == kMalformedPacket ||
         code_ == kClientInteractionTimeout;
}

bool Error::is_access() const noexcept {
  switch (code_) {
    case kConnectionError:
    case kConnHostError:
    case kUnknownHost:
    case kTlsError:
    case kAuthPluginCannotLoad:
    case kAuthPluginError:
    case kAccessDenied:
    case kAccessDeniedNoPassword:
    case kMustChangePassword:
    case kHostBlocked:
    case kHostNotPrivileged:
    case kTooManyConnections:
    case kTooManyUserConnections:
    case kUserLimitReached:
      return true;
    default:
      return is_privilege();
  }
}

bool Error::is_unreachable() const noexcept {
  return code_ == kConnectionError || code_ == kConnHostError || code_ == kUnknownHost ||
         code_ == kTooManyConnections || code_ == kTooManyUserConnections ||
         code_ == kUserLimitReached;
}

bool Error::is_retryable() const noexcept {
  return code_ == kLockDeadlock || code_ == kLockWaitTimeout || code_ == kCheckRead ||
         code_ == kWsrepNotReady;
}

bool Error::is_duplicate_key() const noexcept {
  return code_ == kDuplicateEntry || code_ == kDuplicateEntryWithKeyName;
}

bool Error::is_privilege() const noexcept {
  return code_ == kDbAccessDenied || code_ == kTableAccessDenied || code_ == kColumnAccessDenied ||
         code_ == kSpecificAccessDenied;
}

bool Error::is_missing_object() const noexcept {
  return code_ == kNoSuchTable || code_ == kBadDb || code_ == kBadField || code_ == kNoDb;
}

}  // namespace rowplan::mysql
