#include "planner/credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "planner/command_output.h"
#include "planner/diagnostic.h"
#include "planner/option_file.h"

namespace rowplan::planner {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr std::size_t kFileBytesMax = 64U << 10U;

std::string reason(int error) { return std::generic_category().message(error); }

/// One line end at the end goes: editors and echo put it there.
std::string without_line_end(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

/// Resolves the login of one server.
class Resolver {
 public:
  Resolver(const ServerSpec& server, const std::filesystem::path& base_dir)
      : server_(server), base_dir_(base_dir) {}

  ResolvedCredentials resolve() {
    ResolvedCredentials result;
    result.user = server_.user;
    result.socket = server_.socket;
    result.port = server_.port.value_or(result.port);
    result.tls_ca = located(server_.tls_ca);
    result.tls_cert = located(server_.tls_cert);
    result.tls_key = located(server_.tls_key);
    if (!server_.password_env.empty()) result.password = from_environment();
    if (!server_.password_file.empty()) {
      result.password = without_line_end(read_private("password_file", server_.password_file));
    }
    if (!server_.password_command.empty()) result.password = from_command();
    if (!server_.defaults_file.empty()) merge_defaults(result);
    if (result.password.find('\0') != std::string::npos) fail("the password holds a NUL byte");
    if (result.user.empty()) fail("no user, neither in the manifest nor in its defaults_file");
    if (server_.host.empty() && result.socket.empty()) {
      fail("no host or socket, neither in the manifest nor in its defaults_file");
    }
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw CredentialError(server_.name, what);
  }

  [[nodiscard]] std::string located(const std::string& path) const {
    if (path.empty() || std::filesystem::path(path).is_absolute()) return path;
    return (base_dir_ / path).string();
  }

  [[nodiscard]] std::string from_environment() const {
    const char* value = std::getenv(server_.password_env.c_str());
    if (value == nullptr) {
      fail("the environment variable " + in_quotes(server_.password_env) + " is not set");
    }
    return value;
  }

  /// A file that may hold a secret.
  [[nodiscard]] std::string read_private(const std::string& key, const std::string& name) const {
    const std::string path = located(name);
    const std::string what = key + ' ' + in_quotes(path);
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) fail(what + " cannot be opened: " + reason(errno));
    struct stat status {};
    const bool known = fstat(fd, &status) == 0;
    std::string text;
    int error = known ? 0 : errno;
    const bool open_to_others = S_ISREG(status.st_mode) && (status.st_mode & kOthers) != 0;
    if (known && !open_to_others) error = read_to_end(fd, text);
    close(fd);
    if (error != 0) fail(what + " cannot be read: " + reason(error));
    if (open_to_others) {
      std::array<char, 8> mode{};
      std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777U);
      fail(what + " has mode " + mode.data() + ", which is wider than 0600");
    }
    if (text.size() > kFileBytesMax) fail(what + " is too large");
    return text;
  }

  /// Stops just behind kFileBytesMax. Returns errno.
  static int read_to_end(int fd, std::string& text) {
    std::array<char, 4096> buffer{};
    while (text.size() <= kFileBytesMax) {
      const ssize_t count = read(fd, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      if (count == 0) return 0;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return 0;
  }

  [[nodiscard]] std::string from_command() const {
    std::vector<std::string> argv = server_.password_command;
    // Without a slash it is searched in PATH.
    if (argv[0].find('/') != std::string::npos) argv[0] = located(argv[0]);
    const std::string what = "password_command " + in_quotes(argv[0]);
    CommandResult result = run_command(argv, {});
    switch (result.end) {
      case CommandResult::End::exited:
        if (result.code != 0) fail(what + " ended with exit code " + std::to_string(result.code));
        break;
      case CommandResult::End::signalled:
        fail(what + " was ended by signal " + std::to_string(result.code));
      case CommandResult::End::timed_out:
        fail(what + " did not end within 30 seconds");
      case CommandResult::End::too_long:
        fail(what + " printed too much for a password");
      case CommandResult::End::not_started:
        fail(what + " cannot be started: " + reason(result.code));
    }
    return without_line_end(std::move(result.output));
  }

  /// [client], and over it the group that the manifest names. Never the host: where to connect to
  /// is what a reviewer reads in the manifest.
  void merge_defaults(ResolvedCredentials& result) const {
    const OptionFile file = parse_option_file(read_private("defaults_file", server_.defaults_file));
    std::map<std::string, std::string> options;
    bool found = false;
    for (const std::string& group : {std::string("client"), server_.defaults_group}) {
      const auto entry = file.find(group);
      if (entry == file.end()) continue;
      found = found || group == server_.defaults_group;
      for (const auto& [name, value] : entry->second) options[name] = value;
    }
    if (!found) {
      fail("defaults_file " + in_quotes(located(server_.defaults_file)) + " has no group " +
           in_quotes('[' + server_.defaults_group + ']'));
    }
    const auto take = [&options](const char* name, std::string& value) {
      const auto option = options.find(name);
      if (value.empty() && option != options.end()) value = option->second;
    };
    take("user", result.user);
    take("password", result.password);
    if (server_.host.empty()) take("socket", result.socket);
    take("ssl-ca", result.tls_ca);
    take("ssl-cert", result.tls_cert);
    take("ssl-key", result.tls_key);
    if (!server_.port && options.contains("port")) result.port = parse_port(options["port"]);
  }

  [[nodiscard]] std::uint16_t parse_port(const std::string& text) const {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
      fail("defaults_file " + in_quotes(located(server_.defaults_file)) +
           " has a port that is none");
    }
    return port;
  }

  const ServerSpec& server_;
  const std::filesystem::path& base_dir_;
};

}  // namespace

ResolvedCredentials resolve_credentials(const ServerSpec& server,
                                        const std::filesystem::path& base_dir) {
  return Resolver(server, base_dir).resolve();
}

}  // namespace rowplan::planner
