// Reads the keys of one TOML table of a manifest and reports what is wrong with them.
#pragma once

#include <toml++/toml.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "planner/diagnostic.h"
#include "planner/manifest.h"
#include "planner/manifest_keys.h"

namespace rowplan::planner {

/// Gathers the diagnostics of one manifest.
class ManifestReport {
 public:
  /// `unbuilt`: keys of features that are not built are read, not refused.
  ManifestReport(std::string file, std::string text, bool unbuilt = false);

  /// Is a key or value of this feature refused? Of an empty one never.
  [[nodiscard]] bool refuses(std::string_view feature) const {
    return !feature.empty() && !unbuilt_;
  }

  void error(SourceSpan span, std::string message, std::string hint = {});
  void secret(SourceSpan span, std::string message, std::string hint);  ///< shows no source line
  void warning(SourceSpan span, std::string message, std::string hint = {});

  /// A region of toml++ as a span; one of several lines is cut at the end of the first.
  [[nodiscard]] SourceSpan span(const toml::source_region& region) const;
  /// Part of a text value, by bytes; the whole value where escapes or lines hide where it is.
  [[nodiscard]] SourceSpan span_within(const toml::value<std::string>& value, std::size_t offset,
                                       std::size_t length) const;
  /// All diagnostics in the order of the text, each once.
  [[nodiscard]] Diagnostics take();

 private:
  [[nodiscard]] std::string_view line(std::uint32_t number) const;
  std::string file_;
  std::string text_;
  bool unbuilt_;
  std::vector<std::pair<std::size_t, std::size_t>> lines_;  ///< begin, size
  Diagnostics diagnostics_;
};

/// A text and where it stands.
struct Text {
  std::string value;
  SourceSpan span;
};

class ManifestSection {
 public:
  /// `path`: the names from the top, for messages. Reports unknown keys, and those of features that
  /// are not built.
  ManifestSection(const toml::table& table, Section section, std::vector<std::string> path,
                  SourceSpan span, ManifestReport& report);

  /// Does the key stand here, whatever its value?
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] bool reads(std::string_view name) const;  ///< has(), and it is not refused
  [[nodiscard]] bool is_table(std::string_view name) const;
  [[nodiscard]] SourceSpan key_span(std::string_view name) const;    ///< of the table without it
  [[nodiscard]] SourceSpan value_span(std::string_view name) const;  ///< likewise
  [[nodiscard]] SourceSpan span() const { return span_; }
  [[nodiscard]] std::string title() const;  ///< `[pair.orders]`, "the manifest"
  [[nodiscard]] ManifestReport& report() const { return *report_; }

  // Each returns nullopt for a key that is missing, and for one that is wrong, which is reported.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] const toml::value<std::string>* text_value(std::string_view name) const;
  [[nodiscard]] std::optional<std::vector<Text>> texts(std::string_view name) const;
  [[nodiscard]] std::optional<std::vector<std::string>> names(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
  [[nodiscard]] std::optional<bool> boolean(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> size(std::string_view name) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> duration(std::string_view name) const;
  [[nodiscard]] std::optional<Limit> limit(std::string_view name) const;
  /// The index in the key's choices, which stand in the order of the enumeration.
  template <typename Enum>
  [[nodiscard]] std::optional<Enum> choice(std::string_view name) const {
    const std::optional<std::size_t> index = choice_index(name);
    if (!index) return std::nullopt;
    return static_cast<Enum>(*index);
  }
  template <typename Enum>
  [[nodiscard]] std::optional<std::vector<Enum>> choices(std::string_view name) const {
    const std::optional<std::vector<std::size_t>> indexes = choice_indexes(name);
    if (!indexes) return std::nullopt;
    std::vector<Enum> values;
    for (const std::size_t index : *indexes) values.push_back(static_cast<Enum>(index));
    return values;
  }
  /// Pairs of a table of texts, in the manifest's order.
  [[nodiscard]] std::optional<std::vector<std::pair<Text, Text>>> text_table(
      std::string_view name) const;
  [[nodiscard]] std::optional<ManifestSection> section(std::string_view name, Section kind) const;

  struct Named {
    std::string name;
    SourceSpan span;
    const toml::table* table = nullptr;
  };
  /// The tables of a key of type `sections`, in the manifest's order.
  [[nodiscard]] std::vector<Named> sections(std::string_view name) const;
  /// One of them; checks its keys.
  [[nodiscard]] ManifestSection open(std::string_view name, const Named& named, Section kind) const;

 private:
  void check_keys() const;
  void check_unknown(const toml::key& key) const;
  /// nullptr: missing, or of a feature that is not built.
  [[nodiscard]] const toml::node* node(std::string_view name) const;
  [[nodiscard]] const KeySpec& spec(std::string_view name) const;
  void wrong_type(std::string_view name, std::string_view wanted, const toml::node& found) const;
  void out_of_range(std::string_view name, const std::string& low, const std::string& high,
                    const toml::node& found) const;
  [[nodiscard]] bool check_text(std::string_view name, const toml::value<std::string>& value) const;
  [[nodiscard]] const toml::array* list(std::string_view name) const;
  [[nodiscard]] std::optional<std::size_t> find_choice(std::string_view name,
                                                       std::string_view value,
                                                       SourceSpan where) const;
  [[nodiscard]] std::optional<std::size_t> choice_index(std::string_view name) const;
  [[nodiscard]] std::optional<std::vector<std::size_t>> choice_indexes(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> path_to(std::string_view name) const;

  const toml::table* table_;
  Section section_;
  std::vector<std::string> path_;
  SourceSpan span_;
  ManifestReport* report_;
};

}  // namespace rowplan::planner
