// Opens sessions to a manifest's servers. Resolves each login once.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "mysql/session.h"
#include "planner/manifest.h"

namespace rowplan::planner {

/// Safe for several threads.
class Connections {
 public:
  /// `manifest` must outlive this. `base_dir`: where its relative paths start.
  Connections(const Manifest& manifest, std::string base_dir)
      : manifest_(manifest), base_dir_(std::move(base_dir)) {}

  /// A new session. The first to a server remembers its identity; all later ones must find the
  /// same, or throw mysql::IdentityError. Throws mysql::Error, mysql::PinError, CredentialError.
  [[nodiscard]] mysql::Session open(const std::string& server, mysql::SessionMode mode,
                                    bool compress = false);
  /// A session to another host, in all else as to `server`: to a replica of it. No identity is
  /// expected of it. Throws likewise.
  [[nodiscard]] mysql::Session open_at(const std::string& server, const std::string& host,
                                       unsigned port);
  /// What later sessions must find.
  void expect_identity(const std::string& server, const std::string& identity);

 private:
  [[nodiscard]] mysql::ConnectOptions options_for(const std::string& server);

  const Manifest& manifest_;
  std::string base_dir_;
  std::mutex mutex_;
  std::map<std::string, mysql::ConnectOptions> options_;
};

}  // namespace rowplan::planner
