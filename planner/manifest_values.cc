// The values of a manifest's keys, by type.
#include <algorithm>
#include <set>

#include "planner/manifest_section.h"
#include "planner/quantity.h"

namespace rowplan::planner {
namespace {

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
  }
  return "something else";
}

std::string duration_text(std::int64_t ms) {
  constexpr std::int64_t kSecond = 1'000;
  constexpr std::int64_t kHour = 3'600 * kSecond;
  constexpr std::int64_t kDay = 24 * kHour;
  if (ms % kDay == 0) return std::to_string(ms / kDay) + 'd';
  if (ms % kHour == 0) return std::to_string(ms / kHour) + 'h';
  return std::to_string(ms / kSecond) + 's';
}

std::string found_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return in_quotes(text->get());
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  return std::string(type_name(node));
}

/// Line ends and tabs may stand in a filter, and no other control character anywhere.
bool has_control(std::string_view text, bool lines) {
  return std::any_of(text.begin(), text.end(), [lines](char c) {
    if (lines && (c == '\n' || c == '\t' || c == '\r')) return false;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
}

}  // namespace

void ManifestSection::wrong_type(std::string_view name, std::string_view wanted,
                                 const toml::node& found) const {
  report_->error(value_span(name), in_quotes(name) + " must be " + std::string(wanted) + ", not " +
                                       std::string(type_name(found)));
}

void ManifestSection::out_of_range(std::string_view name, const std::string& low,
                                   const std::string& high, const toml::node& found) const {
  const bool open = spec(name).max == std::numeric_limits<std::int64_t>::max();
  const std::string range = open ? "at least " + low : "from " + low + " to " + high;
  report_->error(value_span(name),
                 in_quotes(name) + " must be " + range + ", not " + found_text(found));
}

bool ManifestSection::check_text(std::string_view name,
                                 const toml::value<std::string>& value) const {
  if (value.get().empty()) {
    report_->error(report_->span(value.source()), in_quotes(name) + " is empty");
    return false;
  }
  if (has_control(value.get(), name == "where")) {
    report_->error(report_->span(value.source()), in_quotes(name) + " holds a control character");
    return false;
  }
  return true;
}

const toml::value<std::string>* ManifestSection::text_value(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return nullptr;
  const toml::value<std::string>* value = found->as_string();
  if (value == nullptr) {
    wrong_type(name, "a text", *found);
    return nullptr;
  }
  return check_text(name, *value) ? value : nullptr;
}

std::optional<std::string> ManifestSection::text(std::string_view name) const {
  const toml::value<std::string>* value = text_value(name);
  if (value == nullptr) return std::nullopt;
  return value->get();
}

const toml::array* ManifestSection::list(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return nullptr;
  if (!found->is_array()) {
    wrong_type(name, "a list of texts", *found);
    return nullptr;
  }
  return found->as_array();
}

std::optional<std::vector<Text>> ManifestSection::texts(std::string_view name) const {
  const toml::array* array = list(name);
  if (array == nullptr) return std::nullopt;
  if (array->empty()) {
    report_->error(value_span(name), in_quotes(name) + " is an empty list");
    return std::nullopt;
  }
  std::vector<Text> result;
  std::set<std::string> seen;
  bool good = true;
  for (const toml::node& element : *array) {
    const SourceSpan where = report_->span(element.source());
    const toml::value<std::string>* value = element.as_string();
    if (value == nullptr) {
      report_->error(where, in_quotes(name) + " must be a list of texts, this is " +
                                std::string(type_name(element)));
      good = false;
    } else if (!check_text(name, *value)) {
      good = false;
    } else if (spec(name).type != KeyType::command && !seen.insert(value->get()).second) {
      report_->error(where, in_quotes(value->get()) + " stands twice in " + in_quotes(name));
      good = false;
    } else {
      result.push_back({value->get(), where});
    }
  }
  if (!good) return std::nullopt;
  return result;
}

std::optional<std::vector<std::string>> ManifestSection::names(std::string_view name) const {
  const std::optional<std::vector<Text>> list_of_texts = texts(name);
  if (!list_of_texts) return std::nullopt;
  std::vector<std::string> result;
  for (const Text& entry : *list_of_texts) result.push_back(entry.value);
  return result;
}

std::optional<std::int64_t> ManifestSection::integer(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  const toml::value<std::int64_t>* value = found->as_integer();
  if (value == nullptr) {
    wrong_type(name, "a whole number", *found);
    return std::nullopt;
  }
  const KeySpec& known = spec(name);
  if (value->get() < known.min || value->get() > known.max) {
    out_of_range(name, std::to_string(known.min), std::to_string(known.max), *found);
    return std::nullopt;
  }
  return value->get();
}

std::optional<bool> ManifestSection::boolean(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) {
    wrong_type(name, "true or false", *found);
    return std::nullopt;
  }
  return found->as_boolean()->get();
}

std::optional<std::uint64_t> ManifestSection::size(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  std::optional<std::uint64_t> bytes;
  if (const auto* text = found->as_string()) bytes = parse_size(text->get());
  if (const auto* number = found->as_integer(); number != nullptr && number->get() >= 0) {
    bytes = static_cast<std::uint64_t>(number->get());
  }
  if (!bytes) {
    report_->error(value_span(name), in_quotes(name) + " must be a size, not " + found_text(*found),
                   "like 65536, \"64 KiB\", \"8 MiB\" or \"10 GB\"");
    return std::nullopt;
  }
  const KeySpec& known = spec(name);
  if (*bytes < static_cast<std::uint64_t>(known.min) ||
      *bytes > static_cast<std::uint64_t>(known.max)) {
    out_of_range(name, std::to_string(known.min) + (known.min == 1 ? " byte" : " bytes"),
                 std::to_string(known.max) + " bytes", *found);
    return std::nullopt;
  }
  return bytes;
}

std::optional<std::chrono::milliseconds> ManifestSection::duration(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  std::optional<std::chrono::milliseconds> time;
  if (const auto* text = found->as_string()) time = parse_duration(text->get());
  if (!time) {
    report_->error(value_span(name),
                   in_quotes(name) + " must be a duration, not " + found_text(*found),
                   "like \"500ms\", \"5s\", \"10m\" or \"24h\"");
    return std::nullopt;
  }
  const KeySpec& known = spec(name);
  if (time->count() < known.min || time->count() > known.max) {
    out_of_range(name, duration_text(known.min), duration_text(known.max), *found);
    return std::nullopt;
  }
  return time;
}

std::optional<Limit> ManifestSection::limit(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* number = found->as_integer(); number != nullptr && number->get() >= 0) {
    return Limit{false, static_cast<std::uint64_t>(number->get()), 0};
  }
  std::optional<std::uint32_t> share;
  if (const auto* text = found->as_string()) share = parse_share(text->get());
  if (!share) {
    report_->error(
        value_span(name),
        in_quotes(name) + " must be a number of rows or a share, not " + found_text(*found),
        "like 500, \"10%\" or \"0.5%\"");
    return std::nullopt;
  }
  if (*share == 0) return Limit{false, 0, 0};  // none, however few
  return Limit{true, 0, *share};
}

std::optional<std::size_t> ManifestSection::choice_index(std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  const KeyType type = spec(name).type;
  if (const auto* flag = found->as_boolean(); flag != nullptr && type == KeyType::choice_or_flag) {
    return find_choice(name, flag->get() ? "true" : "false", value_span(name));
  }
  if (found->is_table() && type == KeyType::choice_or_table) return std::nullopt;  // see section()
  if (const auto* text = found->as_string()) {
    return find_choice(name, text->get(), value_span(name));
  }
  wrong_type(name, "a text", *found);
  return std::nullopt;
}

std::optional<std::vector<std::size_t>> ManifestSection::choice_indexes(
    std::string_view name) const {
  const toml::array* array = list(name);
  if (array == nullptr || array->empty()) return std::nullopt;
  const std::optional<std::vector<Text>> values = texts(name);
  if (!values) return std::nullopt;
  std::vector<std::size_t> indexes;
  for (const Text& value : *values) {
    const std::optional<std::size_t> index = find_choice(name, value.value, value.span);
    if (index) indexes.push_back(*index);
  }
  return indexes;
}

std::optional<std::vector<std::pair<Text, Text>>> ManifestSection::text_table(
    std::string_view name) const {
  const toml::node* found = node(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_table()) {
    wrong_type(name, "a table of texts", *found);
    return std::nullopt;
  }
  std::vector<std::pair<Text, Text>> result;
  for (const auto& [key, value] : *found->as_table()) {
    const toml::value<std::string>* text = value.as_string();
    const SourceSpan key_at = report_->span(key.source());
    if (text == nullptr) {
      report_->error(key_at,
                     in_quotes(key.str()) + " in " + in_quotes(name) + " must be a text, not " +
                         std::string(type_name(value)),
                     value.is_table() ? "a name with a dot stands in quotes" : "");
      continue;
    }
    result.push_back(
        {{std::string(key.str()), key_at}, {text->get(), report_->span(text->source())}});
  }
  std::sort(result.begin(), result.end(), [](const auto& left, const auto& right) {
    return std::tie(left.first.span.line, left.first.span.column) <
           std::tie(right.first.span.line, right.first.span.column);
  });
  return result;
}

}  // namespace rowplan::planner
