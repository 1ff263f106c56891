#include "planner/manifest_section.h"

#include <algorithm>
#include <cassert>

#include "planner/did_you_mean.h"

namespace rowplan::planner {
namespace {

std::string not_built(std::string_view what, std::string_view feature) {
  return in_quotes(what) + " belongs to " + std::string(feature) +
         ", which this version does not have yet";
}

/// Names under which people put a password where none may stand.
bool is_password(std::string_view name) {
  const std::optional<std::string> meant = did_you_mean(name, {"password", "passwd", "pwd"});
  return meant.has_value() || name == "pass";
}

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (const std::string& name : path) {
    if (!text.empty()) text += '.';
    text +=
        encode_name(name) == name && name.find('$') == std::string::npos ? name : in_quotes(name);
  }
  return text;
}

}  // namespace

ManifestSection::ManifestSection(const toml::table& table, Section section,
                                 std::vector<std::string> path, SourceSpan span,
                                 ManifestReport& report)
    : table_(&table), section_(section), path_(std::move(path)), span_(span), report_(&report) {
  check_keys();
}

std::string ManifestSection::title() const {
  return path_.empty() ? "the manifest" : '[' + joined(path_) + ']';
}

std::vector<std::string> ManifestSection::path_to(std::string_view name) const {
  std::vector<std::string> path = path_;
  path.emplace_back(name);
  return path;
}

void ManifestSection::check_keys() const {
  for (const auto& [key, value] : *table_) {
    const KeySpec* known = find_key(section_, key.str());
    if (known == nullptr) {
      check_unknown(key);
    } else if (report_->refuses(known->feature)) {
      report_->error(report_->span(key.source()), not_built(key.str(), known->feature));
    }
  }
}

void ManifestSection::check_unknown(const toml::key& key) const {
  const std::string_view name = key.str();
  const SourceSpan where = report_->span(key.source());
  const std::optional<std::string> meant = did_you_mean(name, key_names(section_));
  if (section_ == kServer && is_password(name)) {
    report_->secret(where, in_quotes(name) + " in " + title() + ": no secret stands in a manifest",
                    "use password_env, password_file, password_command or defaults_file");
    return;
  }
  std::string message = "unknown key " + in_quotes(name) + " in " + title();
  if (meant) message += ", did you mean " + in_quotes(*meant) + '?';
  const std::string_view home = home_of_key(name);
  const std::string hint = home.empty() ? "" : "it is a key of " + std::string(home);
  report_->error(where, std::move(message), hint);
}

bool ManifestSection::has(std::string_view name) const { return table_->contains(name); }

bool ManifestSection::reads(std::string_view name) const { return node(name) != nullptr; }

bool ManifestSection::is_table(std::string_view name) const {
  const toml::node* found = table_->get(name);
  return found != nullptr && found->is_table();
}

SourceSpan ManifestSection::key_span(std::string_view name) const {
  const auto found = table_->find(name);
  return found == table_->cend() ? span_ : report_->span(found->first.source());
}

SourceSpan ManifestSection::value_span(std::string_view name) const {
  const toml::node* found = table_->get(name);
  // A table by header has the place of its header, which says less than its key.
  if (found == nullptr || found->is_table()) return key_span(name);
  return report_->span(found->source());
}

const KeySpec& ManifestSection::spec(std::string_view name) const {
  const KeySpec* known = find_key(section_, name);
  assert(known != nullptr);
  return *known;
}

const toml::node* ManifestSection::node(std::string_view name) const {
  return report_->refuses(spec(name).feature) ? nullptr : table_->get(name);
}

std::optional<ManifestSection> ManifestSection::section(std::string_view name, Section kind) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_table()) {
    wrong_type(name, "a table", *found);
    return std::nullopt;
  }
  return ManifestSection(*found->as_table(), kind, path_to(name), key_span(name), *report_);
}

std::vector<ManifestSection::Named> ManifestSection::sections(std::string_view name) const {
  std::vector<Named> result;
  const toml::node* found = node(name);
  if (found == nullptr) return result;
  if (!found->is_table()) {
    wrong_type(name, "a table of tables by name", *found);
    return result;
  }
  for (const auto& [key, value] : *found->as_table()) {
    Named named{std::string(key.str()), report_->span(key.source()), value.as_table()};
    if (named.table == nullptr) {
      const std::string title = '[' + joined(path_to(name)) + '.' + joined({named.name}) + ']';
      report_->error(named.span, title + " must be a table");
      continue;
    }
    result.push_back(std::move(named));
  }
  // toml++ sorts by name.
  std::sort(result.begin(), result.end(), [](const Named& left, const Named& right) {
    return std::tie(left.span.line, left.span.column) <
           std::tie(right.span.line, right.span.column);
  });
  return result;
}

ManifestSection ManifestSection::open(std::string_view name, const Named& named,
                                      Section kind) const {
  std::vector<std::string> path = path_to(name);
  path.push_back(named.name);
  return {*named.table, kind, std::move(path), named.span, *report_};
}

std::optional<std::size_t> ManifestSection::find_choice(std::string_view name,
                                                        std::string_view value,
                                                        SourceSpan where) const {
  const std::span<const Choice> choices = spec(name).choices;
  std::vector<std::string_view> values;
  std::string list;
  for (std::size_t index = 0; index < choices.size(); ++index) {
    if (choices[index].value == value) {
      if (!report_->refuses(choices[index].feature)) return index;
      report_->error(where, not_built(value, choices[index].feature));
      return std::nullopt;
    }
    if (report_->refuses(choices[index].feature)) continue;
    values.push_back(choices[index].value);
    const bool flag = values.back() == "false" || values.back() == "true";
    list +=
        (list.empty() ? "" : ", ") + (flag ? std::string(values.back()) : in_quotes(values.back()));
  }
  std::string message = in_quotes(name) + " must be " + (values.size() > 1 ? "one of " : "") +
                        list + ", not " + in_quotes(value);
  if (const auto meant = did_you_mean(value, values)) {
    message += ", did you mean " + in_quotes(*meant) + '?';
  }
  report_->error(where, std::move(message));
  return std::nullopt;
}

}  // namespace rowplan::planner
