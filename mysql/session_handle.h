// Private to mysql/: the only header that brings in mysql.h.
#pragma once

#include <mysql.h>
#include <sys/socket.h>

#include <string>
#include <type_traits>

#include "mysql/session.h"

namespace rowplan::mysql {

/// my_bool in MariaDB's library, bool in Oracle's.
using ClientBool = std::remove_pointer_t<decltype(MYSQL_BIND::is_null)>;

struct SessionHandle {
  MYSQL* mysql = nullptr;
  std::string server;
  Vendor vendor = Vendor::mysql;
  std::string version;
  std::string identity;
  std::uint64_t max_allowed_packet = 0;

  [[nodiscard]] Error error(const std::string& doing) const {
    return {server, mysql_errno(mysql), mysql_sqlstate(mysql), mysql_error(mysql), doing};
  }

  /// Ends the connection beneath the library, so that what it still reads of it ends soon.
  void sever() const noexcept {
    if (mysql != nullptr) (void)::shutdown(mysql->net.fd, SHUT_RDWR);
  }
};

}  // namespace rowplan::mysql
