// Turns what a manifest says about a login into user and password.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "planner/manifest.h"

namespace rowplan::planner {

/// A login of which one part cannot be had. Exit code 12. Never holds the secret, nor any output of
/// a password command.
class CredentialError : public std::runtime_error {
 public:
  CredentialError(std::string server, const std::string& what)
      : std::runtime_error("server " + server + ": " + what), server_(std::move(server)) {}
  [[nodiscard]] const std::string& server() const noexcept { return server_; }

 private:
  std::string server_;
};

/// What a connection needs and a server's spec may leave to its defaults_file. The manifest wins
/// over the file. Paths are absolute, or relative to the working directory.
struct ResolvedCredentials {
  std::string user;
  std::string password;  ///< empty: none
  std::uint16_t port = 3306;
  std::string socket;  ///< empty: ServerSpec::host
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
};

/// Relative paths start from `base_dir`, the manifest's directory. Throws CredentialError: variable
/// not set, file missing or readable by others (regular files only: wider than 0600), command that
/// fails or takes over 30 seconds, no such group, no user.
[[nodiscard]] ResolvedCredentials resolve_credentials(const ServerSpec& server,
                                                      const std::filesystem::path& base_dir);

}  // namespace rowplan::planner
