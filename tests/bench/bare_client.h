// What the bare reader and the bare writer share: a connection and its errors. Like row_dump they
// share no code with rowplan, so that they measure the servers and the client library alone.
#pragma once

#include <mysql.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace bench {

struct CloseConnection {
  void operator()(MYSQL* mysql) const { mysql_close(mysql); }
};
using Connection = std::unique_ptr<MYSQL, CloseConnection>;

/// As root without a password, through the server's socket. Throws std::runtime_error.
inline Connection connect(const std::string& socket, const std::string& database) {
  Connection connection(mysql_init(nullptr));
  if (!connection) throw std::bad_alloc();
  mysql_options(connection.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(connection.get(), nullptr, "root", "", database.c_str(), 0, socket.c_str(),
                         0) == nullptr)
    throw std::runtime_error(mysql_error(connection.get()));
  return connection;
}

inline void query(MYSQL* mysql, const std::string& sql) {
  if (mysql_real_query(mysql, sql.data(), sql.size()) != 0)
    throw std::runtime_error(std::string(mysql_error(mysql)) + ": " + sql.substr(0, 200));
}

}  // namespace bench
