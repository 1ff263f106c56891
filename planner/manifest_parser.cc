#include "planner/manifest_parser.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "planner/address.h"
#include "planner/manifest_pairs.h"
#include "planner/manifest_section.h"
#include "planner/utf8.h"

namespace rowplan::planner {
namespace {

constexpr std::int64_t kManifestVersion = 1;
constexpr std::size_t kTextBytesMax = 1U << 20U;
constexpr std::size_t kKeyDepthMax = 64;

/// The place of the first dotted key that is nested too deep: toml++ recurses into it.
std::optional<SourceSpan> find_deep_key(std::string_view text) {
  SourceSpan at{1, 0, 1};
  std::size_t depth = 0;
  bool comment = false;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++at.column;  // a character begins
    if (c == '\n') {
      at = {at.line + 1, 0, 1};
      depth = 0;
      comment = false;
    } else if (comment || std::string_view("[]{}=,").find(c) != std::string_view::npos) {
      depth = 0;
    } else if (c == '#') {
      comment = true;
    } else if (c == '.' && ++depth > kKeyDepthMax) {
      return at;
    }
  }
  return std::nullopt;
}

/// toml++ would point beside it.
std::optional<SourceSpan> find_bad_utf8(std::string_view text) {
  SourceSpan at{1, 1, 1};
  for (std::size_t offset = 0; offset < text.size();) {
    const Utf8Char next = utf8_at(text, offset);
    if (!next.valid) return at;
    at = next.code == U'\n' ? SourceSpan{at.line + 1, 1, 1} : SourceSpan{at.line, at.column + 1, 1};
    offset += next.size;
  }
  return std::nullopt;
}

std::optional<toml::table> parse_toml(const std::string& text, ManifestReport& report) {
  if (text.size() > kTextBytesMax) {
    report.error({}, "the file is too large for a manifest: over 1 MiB");
    return std::nullopt;
  }
  if (const std::optional<SourceSpan> bad = find_bad_utf8(text)) {
    report.error(*bad, "not valid TOML: a byte that is not UTF-8");
    return std::nullopt;
  }
  if (const std::optional<SourceSpan> deep = find_deep_key(text)) {
    report.error(*deep, "not valid TOML: a key of too many parts");
    return std::nullopt;
  }
  try {
    return toml::parse(std::string_view(text));
  } catch (const toml::parse_error& error) {
    constexpr std::string_view kPrefix = "Error while parsing ";
    std::string_view what = error.description();
    if (what.starts_with(kPrefix)) what.remove_prefix(kPrefix.size());
    report.error(report.span(error.source()), "not valid TOML: " + std::string(what));
  }
  return std::nullopt;
}

/// Is it a manifest of a version that is read here? Otherwise nothing else is worth a word: its
/// keys may be any.
bool check_version(const toml::table& table, ManifestReport& report) {
  const auto found = table.find("manifest_version");
  if (found == table.cend()) {
    report.error({1, 1, 1}, "the manifest has no \"manifest_version\"",
                 "begin it with: manifest_version = 1");
    return true;
  }
  const toml::value<std::int64_t>* version = found->second.as_integer();
  if (version == nullptr || version->get() == kManifestVersion) return true;
  report.error(report.span(version->source()),
               "manifest_version " + std::to_string(version->get()) +
                   " is not one that this version reads, which is 1");
  return false;
}

void read_policy(const ManifestSection& root, PolicySpec& policy) {
  const std::optional<ManifestSection> section = root.section("policy", kPolicy);
  if (!section) return;
  if (const auto approve = section->choice<Approve>("approve")) policy.approve = *approve;
  if (const auto time = section->duration("plan_ttl")) policy.plan_ttl = *time;
  if (const auto verify = section->boolean("verify_after")) policy.verify_after = *verify;
  (void)section->choice<unsigned>("on_failed_verify");  // only `report` is built
}

void read_output(const ManifestSection& root, OutputSpec& output) {
  const std::optional<ManifestSection> section = root.section("output", kOutput);
  if (!section) return;
  if (const auto keep = section->integer("keep")) output.keep = static_cast<std::uint64_t>(*keep);
  if (const auto rows = section->integer("sample_rows")) {
    output.sample_rows = static_cast<std::uint64_t>(*rows);
  }
  if (auto path = section->text("metrics_textfile")) output.metrics_textfile = std::move(*path);
  if (const auto table = section->text("audit_table")) {
    output.audit_table = parse_table(*table);
    if (!output.audit_table) {
      root.report().error(section->value_span("audit_table"),
                          "\"audit_table\" is not the name of a table",
                          "write it as \"db.table\"; other bytes than letters, digits, _, $ and - "
                          "as %XX");
    }
  }
}

void read_names(const ManifestSection& root, Manifest& manifest) {
  if (!root.has("name")) root.report().error(root.span(), "the manifest has no \"name\"");
  if (std::optional<std::string> name = root.text("name")) {
    check_name(root.report(), root.value_span("name"), *name);
    manifest.name = std::move(*name);
  }
  manifest.state_path = manifest.name + ".state.db";
  const std::optional<ManifestSection> state = root.section("state", kState);
  if (!state) return;
  if (std::optional<std::string> path = state->text("path")) {
    manifest.state_path = std::move(*path);
  }
}

/// A server's hooks are called for the sake of a group: a pair has its own.
void check_server_hooks(const ManifestSection& root, const Manifest& manifest) {
  for (const auto& [name, server] : manifest.servers) {
    const bool in_group = std::any_of(
        manifest.groups.begin(), manifest.groups.end(), [&, &name = name](const GroupSpec& group) {
          const auto& spokes = group.spokes;
          return group.sync.source == name ||
                 std::find(spokes.begin(), spokes.end(), name) != spokes.end();
        });
    if (!server.hooks.empty() && !in_group)
      root.report().error(server.span, "[server." + name + ".hooks]: the server is in no group",
                          "of a pair, use [pair.NAME.hooks]");
  }
}

Manifest read_manifest(const ManifestSection& root) {
  Manifest manifest;
  (void)root.integer("manifest_version");
  read_names(root, manifest);
  manifest.servers = read_servers(root);
  manifest.pairs = read_pairs(root, manifest.servers);
  manifest.groups = read_groups(root, manifest.servers, manifest.pairs);
  check_server_hooks(root, manifest);
  for (const GroupSpec& group : manifest.groups)
    for (PairSpec& pair : pairs_of(group)) manifest.pairs.push_back(std::move(pair));
  read_policy(root, manifest.policy);
  read_output(root, manifest.output);
  read_hooks(root, manifest.hooks);
  if (manifest.pairs.empty() && !root.has("group")) {
    root.report().error(
        root.span(),
        "the manifest has no [pair.NAME] and no [group.NAME]: there is nothing to sync");
  }
  return manifest;
}

}  // namespace

ParsedManifest parse_manifest(std::string text, std::string file_name, bool unbuilt) {
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark
  ManifestReport report(file_name, text, unbuilt);
  ParsedManifest parsed;
  const std::optional<toml::table> table = parse_toml(text, report);
  if (table && check_version(*table, report)) {
    const ManifestSection root(*table, kRoot, {}, {1, 1, 1}, report);
    parsed.manifest = read_manifest(root);
    parsed.manifest->file = std::move(file_name);
  }
  parsed.diagnostics = report.take();
  if (has_error(parsed.diagnostics)) parsed.manifest.reset();
  return parsed;
}

}  // namespace rowplan::planner
