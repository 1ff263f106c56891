#include "planner/connections.h"

#include "planner/credentials.h"

namespace rowplan::planner {

namespace {

unsigned seconds_of(std::chrono::milliseconds time) {
  // The client library and the servers count whole seconds; 0 would mean "for ever".
  return static_cast<unsigned>(std::max<std::int64_t>(1, (time.count() + 999) / 1000));
}

mysql::ConnectOptions options_of(const ServerSpec& spec, const std::string& base_dir) {
  const ResolvedCredentials login = resolve_credentials(spec, base_dir);
  mysql::ConnectOptions options;
  options.server = spec.name;
  options.host = spec.host;
  options.socket = login.socket;
  options.port = login.port;
  options.user = login.user;
  options.password = login.password;
  options.tls = spec.tls;
  options.tls_ca = login.tls_ca;
  options.tls_cert = login.tls_cert;
  options.tls_key = login.tls_key;
  options.connect_timeout_s = seconds_of(spec.connect_timeout);
  options.read_timeout_s = seconds_of(spec.read_timeout);
  options.lock_wait_s = seconds_of(spec.lock_wait);
  return options;
}

}  // namespace

mysql::Session Connections::open(const std::string& server, mysql::SessionMode mode,
                                 bool compress) {
  mysql::ConnectOptions options = options_for(server);
  options.compress = compress;
  mysql::Session session(options, mode);
  expect_identity(server, session.identity());
  return session;
}

mysql::Session Connections::open_at(const std::string& server, const std::string& host,
                                    unsigned port) {
  mysql::ConnectOptions options = options_for(server);
  options.host = host;
  options.port = port;
  options.socket.clear();
  options.expected_identity.clear();
  return {options, mysql::SessionMode::read_only};
}

mysql::ConnectOptions Connections::options_for(const std::string& server) {
  const std::lock_guard lock(mutex_);
  const auto spec = manifest_.servers.find(server);
  if (spec == manifest_.servers.end()) throw std::out_of_range("no server '" + server + "'");
  const auto [it, fresh] = options_.try_emplace(server);
  if (fresh || it->second.server.empty()) {
    const std::string expected = it->second.expected_identity;
    it->second = options_of(spec->second, base_dir_);
    it->second.expected_identity = expected;
  }
  return it->second;
}

void Connections::expect_identity(const std::string& server, const std::string& identity) {
  const std::lock_guard lock(mutex_);
  std::string& expected = options_[server].expected_identity;
  if (expected.empty()) expected = identity;
}

}  // namespace rowplan::planner
