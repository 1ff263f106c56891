#include <algorithm>
#include <string_view>

#include "planner/manifest_pairs.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kNameMax = 64;  // bytes: it becomes part of names of files

void read_text(const ManifestSection& section, std::string_view key, std::string& value) {
  if (std::optional<std::string> text = section.text(key)) value = std::move(*text);
}

void read_duration(const ManifestSection& section, std::string_view key,
                   std::chrono::milliseconds& value) {
  if (const auto time = section.duration(key)) value = *time;
}

/// Where and how to connect.
void check_endpoint(const ManifestSection& section) {
  ManifestReport& report = section.report();
  const std::string title = section.title();
  if (section.has("host") && section.has("socket")) {
    report.error(section.key_span("socket"), title + " has both \"host\" and \"socket\"",
                 "a server is reached by one of them");
  }
  if (!section.has("host") && !section.has("socket") && !section.has("defaults_file")) {
    report.error(section.span(), title + " has no \"host\" and no \"socket\"");
  }
  if (section.has("port") && section.has("socket") && !section.has("host")) {
    report.warning(section.key_span("port"), "\"port\" means nothing with \"socket\"");
  }
  if (section.has("tls_cert") != section.has("tls_key")) {
    const char* present = section.has("tls_cert") ? "tls_cert" : "tls_key";
    const char* missing = section.has("tls_cert") ? "tls_key" : "tls_cert";
    report.error(section.key_span(present),
                 title + " has " + in_quotes(present) + " without " + in_quotes(missing));
  }
}

/// As whom.
void check_login(const ManifestSection& section) {
  ManifestReport& report = section.report();
  if (!section.has("user") && !section.has("defaults_file")) {
    report.error(section.span(), section.title() + " has no \"user\"");
  }
  std::string_view first;
  for (const std::string_view key :
       {"password_env", "password_file", "password_command", "defaults_file"}) {
    if (!section.has(key)) continue;
    if (first.empty()) {
      first = key;
      continue;
    }
    report.error(section.key_span(key),
                 section.title() + " has both " + in_quotes(first) + " and " + in_quotes(key),
                 "a password comes from one place");
  }
  if (section.has("defaults_group") && !section.has("defaults_file")) {
    report.error(section.key_span("defaults_group"),
                 section.title() + " has \"defaults_group\" without \"defaults_file\"");
  }
}

ServerSpec read_server(const ManifestSection& section, const ManifestSection::Named& named) {
  ServerSpec server;
  server.name = named.name;
  server.span = named.span;
  read_text(section, "host", server.host);
  read_text(section, "socket", server.socket);
  if (const auto port = section.integer("port")) server.port = static_cast<std::uint16_t>(*port);
  read_text(section, "user", server.user);
  read_text(section, "password_env", server.password_env);
  read_text(section, "password_file", server.password_file);
  if (auto command = section.names("password_command")) {
    server.password_command = std::move(*command);
  }
  read_text(section, "defaults_file", server.defaults_file);
  read_text(section, "defaults_group", server.defaults_group);
  server.tls = section.has("host") ? mysql::Tls::verify_identity : mysql::Tls::disabled;
  if (const auto tls = section.choice<mysql::Tls>("tls")) server.tls = *tls;
  read_text(section, "tls_ca", server.tls_ca);
  read_text(section, "tls_cert", server.tls_cert);
  read_text(section, "tls_key", server.tls_key);
  if (const auto access = section.choice<Access>("access")) server.access = *access;
  read_duration(section, "connect_timeout", server.connect_timeout);
  read_duration(section, "read_timeout", server.read_timeout);
  read_duration(section, "lock_wait", server.lock_wait);
  read_hooks(section, server.hooks);
  check_endpoint(section);
  check_login(section);
  return server;
}

}  // namespace

bool check_name(ManifestReport& report, SourceSpan span, const std::string& name) {
  const bool plain =
      encode_name(name) == name && !name.empty() && name.size() <= kNameMax && name.front() != '-';
  if (!plain) {
    report.error(span, "the name " + in_quotes(name) + " cannot be used",
                 "up to 64 of A-Z a-z 0-9 _ $ -, without a - in front");
  }
  return plain;
}

std::map<std::string, ServerSpec> read_servers(const ManifestSection& root) {
  std::map<std::string, ServerSpec> servers;
  for (const ManifestSection::Named& named : root.sections("server")) {
    const ManifestSection section = root.open("server", named, kServer);
    check_name(root.report(), named.span, named.name);
    servers[named.name] = read_server(section, named);
  }
  return servers;
}

}  // namespace rowplan::planner
