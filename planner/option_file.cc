#include "planner/option_file.h"

#include <algorithm>
#include <cstddef>

namespace rowplan::planner {
namespace {

constexpr std::string_view kSpace = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// Without a comment that begins outside quotes.
std::string_view without_comment(std::string_view line) {
  char quote = '\0';
  bool escaped = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if ((c == '\'' || c == '"') && !escaped) {
      if (quote == '\0') {
        quote = c;
      } else if (quote == c) {
        quote = '\0';
      }
    }
    if (quote == '\0' && c == '#') return line.substr(0, at);
    escaped = quote != '\0' && c == '\\' && !escaped;
  }
  return line;
}

std::string unescaped(std::string_view text) {
  constexpr std::string_view kNames = "btnrs\\\"'";
  constexpr std::string_view kValues = "\b\t\n\r \\\"'";
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t name =
        text[at] == '\\' && at + 1 < text.size() ? kNames.find(text[at + 1]) : std::string::npos;
    if (name == std::string_view::npos) {
      result += text[at];
      continue;
    }
    result += kValues[name];
    ++at;
  }
  return result;
}

std::string value_of(std::string_view text) {
  text = trimmed(text);
  const bool in_quotes = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                         text.back() == text.front();
  if (in_quotes) text = text.substr(1, text.size() - 2);
  return unescaped(text);
}

std::string option_name(std::string_view text) {
  std::string name(trimmed(text));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

OptionFile parse_option_file(std::string_view text) {
  OptionFile file;
  std::string group;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == '!') continue;
    if (line[0] == '[') {
      group = std::string(trimmed(line.substr(1, line.find(']') - 1)));
      file[group];
      continue;
    }
    const std::string_view option = without_comment(line);
    const std::size_t equals = option.find('=');
    if (group.empty() || equals == std::string_view::npos) continue;
    file[group][option_name(option.substr(0, equals))] = value_of(option.substr(equals + 1));
  }
  return file;
}

}  // namespace rowplan::planner
