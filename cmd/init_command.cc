#include "cmd/init_command.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "cmd/atomic_file.h"
#include "cmd/shown_text.h"
#include "mysql/quote.h"
#include "planner/file_error.h"
#include "planner/manifest_parser.h"
#include "planner/refusal.h"

namespace rowplan::cmd {
namespace {

using planner::Refusal;
using planner::RefusalReason;

/// A TOML basic string.
std::string toml_string(const std::string& text) {
  if (!mysql::is_utf8(text)) {
    throw Refusal(RefusalReason::usage,
                  "'" + shown(text) + "' is not UTF-8, as a manifest must be");
  }
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04X", byte);
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct Place {
  std::string host;
  std::string socket;  ///< empty: the host
  std::string port;    ///< empty: the default
};

bool is_port(std::string_view text) {
  unsigned port = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, port);
  return read.ec == std::errc{} && read.ptr == end && port >= 1 && port <= 65'535;
}

/// `[::1]:3307`, `[::1]`. nullopt: neither.
std::optional<Place> bracketed_place(const std::string& text) {
  const std::size_t close = text.find(']');
  if (close == std::string::npos || close == 1) return std::nullopt;
  Place place{text.substr(1, close - 1), "", ""};
  const std::string rest = text.substr(close + 1);
  if (rest.empty()) return place;
  if (rest.front() != ':' || !is_port(rest.substr(1))) return std::nullopt;
  place.port = rest.substr(1);
  return place;
}

/// `socket:/path`, `host`, `host:3307`, `[::1]:3307`, `::1`. nullopt: none of these.
std::optional<Place> parse_place(const std::string& text) {
  constexpr std::string_view kSocket = "socket:";
  if (text.empty() || text == kSocket) return std::nullopt;
  if (text.starts_with(kSocket)) return Place{"", text.substr(kSocket.size()), ""};
  if (text.front() == '[') return bracketed_place(text);
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.find(':', colon + 1) != std::string::npos) {
    return Place{text, "", ""};
  }
  Place place{text.substr(0, colon), "", text.substr(colon + 1)};
  if (place.host.empty() || !is_port(place.port)) return std::nullopt;
  return place;
}

Place place_of(const std::string& flag, const std::string& text) {
  std::optional<Place> place = parse_place(text);
  if (!place) {
    throw Refusal(RefusalReason::usage, flag + ": '" + text + "' is no place of a server",
                  "HOST, HOST:PORT, [IPV6]:PORT or socket:/path");
  }
  return std::move(*place);
}

std::string server_text(const std::string& name, const InitOptions::Server& server,
                        const char* access) {
  const Place place = place_of("--" + name, server.place);
  const bool local = !place.socket.empty();
  std::string upper = name == "source" ? "SOURCE_PASSWORD" : "TARGET_PASSWORD";
  std::string text = "[server." + name + "]\n";
  if (local) {
    text += "socket = " + toml_string(place.socket) + '\n';
  } else {
    text += "host = " + toml_string(place.host) + '\n';
    text += place.port.empty() ? "# port = 3306\n" : "port = " + place.port + '\n';
  }
  text += "user = " + toml_string(server.user) + '\n';
  text += "# No password stands here: name a variable, or use password_file, password_command or\n";
  text += "# defaults_file.\n";
  if (!server.password_env.empty()) {
    text += "password_env = " + toml_string(server.password_env) + '\n';
  } else {
    // A socket often needs none; a host does.
    text += (local ? "# password_env = \"" : "password_env = \"") + upper + "\"\n";
  }
  if (!local) text += "# tls = \"verify-identity\"        # the default; tls_ca = \"ca.pem\"\n";
  return text + "access = \"" + access + "\"\n\n";
}

/// The database that the first glob names, made fit for a name; "main" where it names none.
std::string name_of(const InitOptions& options) {
  if (!options.name.empty()) return options.name;
  std::string name;
  for (const char c : options.tables.front().substr(0, options.tables.front().find('.'))) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || (c == '-' && !name.empty());
    if (plain) name += c;
  }
  return name.empty() ? "main" : name;
}

}  // namespace

std::string manifest_text(const InitOptions& options) {
  if (options.tables.empty()) throw Refusal(RefusalReason::usage, "--tables names no table");
  const std::string name = name_of(options);
  std::string tables;
  for (const std::string& glob : options.tables) {
    tables += (tables.empty() ? "" : ", ") + toml_string(glob);
  }
  return "# What should match what. Check it with 'rowplan validate', and with 'rowplan validate\n"
         "# --connect' what it names; then 'rowplan plan -o DIR'.\n"
         "manifest_version = 1\n"
         "name = " +
         toml_string(name) +
         "\n\n"
         "[state]\n"
         "path = " +
         toml_string(name + ".state.db") + "          # relative to this file; not on NFS\n\n" +
         server_text("source", options.source, "read-only") +
         server_text("target", options.target, "read-write") + "[pair." + toml_string(name) +
         "]\n"
         "source = \"source\"\n"
         "target = \"target\"\n"
         "tables = [" +
         tables +
         "]      # globs; \"!db.table\" leaves a table out\n"
         "# rename = { \"shop.*\" = \"dw.*\" }  # where the target calls them otherwise\n"
         "# where = \"region = 7\"            # the same filter on both\n"
         "# ignore_columns = [\"cached_at\"]  # neither compared nor written\n"
         "# deletes = \"ignore\"              # keep rows that are only on the target\n"
         "# threads = 4\n\n"
         "# [pair." +
         toml_string(name) +
         ".limits]\n"
         "# max_deletes = \"10%\"             # a number of rows, or a share of those compared\n";
}

ExitCode run_init(const InitOptions& options, const Context& context) {
  const std::string text = manifest_text(options);
  const std::string file = options.output.empty() ? context.global.manifest : options.output;
  const planner::ParsedManifest parsed = planner::parse_manifest(text, file);
  if (!parsed.manifest || planner::has_error(parsed.diagnostics)) {
    const planner::Diagnostic& first = parsed.diagnostics.front();
    throw Refusal(RefusalReason::usage, "these flags make no manifest: " + first.message,
                  first.hint);
  }
  try {
    write_file_atomically(file, text, options.overwrite);
  } catch (const planner::FileError& failure) {
    if (failure.error() != EEXIST) throw;
    throw Refusal(RefusalReason::usage, "there is a file '" + file + "' already",
                  "--overwrite replaces it, --output FILE writes another");
  }
  if (context.global.json) {
    context.console.print_json({{"manifest", file}, {"exit_code", 0}});
  } else {
    context.console.out() << "Wrote " << shown(file) << ". Next: rowplan "
                          << (file == kDefaultManifest ? "" : "-f " + shell_word(file) + " ")
                          << "validate --connect\n";
  }
  return ExitCode::done;
}

}  // namespace rowplan::cmd
