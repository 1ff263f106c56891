#include "planner/diagnostic.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <utility>

#include "planner/utf8.h"

namespace rowplan::planner {
namespace {

constexpr std::size_t kQuotedMax = 80;    // characters
constexpr std::size_t kShownMax = 160;    // characters of a source line
constexpr std::size_t kShownBefore = 60;  // of these, ahead of the column in a line that is cut
constexpr const char* kReplacement = "\xEF\xBF\xBD";

std::string escaped(const Utf8Char& character, char byte) {
  std::array<char, 16> text{};
  if (character.valid) {
    std::snprintf(text.data(), text.size(), "\\u%04X", static_cast<unsigned>(character.code));
  } else {
    std::snprintf(text.data(), text.size(), "\\x%02X", static_cast<unsigned char>(byte));
  }
  return text.data();
}

/// Line `number` (from 1) without its line end.
std::string_view line_of(std::string_view text, std::uint32_t number) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (std::uint32_t at = 1; at < number; ++at) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

/// Where the value of a key `password` begins in a line, or npos.
std::size_t secret_begin(std::string_view line) {
  for (const std::string_view key : {"password", "passwd", "pass", "pwd"}) {
    for (std::size_t at = line.find(key); at != std::string_view::npos;
         at = line.find(key, at + 1)) {
      if (at > 0 && is_word(line[at - 1])) continue;
      std::size_t next = at + key.size();
      while (next < line.size() && std::string_view(" \t\"'").find(line[next]) != line.npos) ++next;
      if (next < line.size() && line[next] == '=') return next + 1;
    }
  }
  return std::string_view::npos;
}

/// One printed character for each character of the source, so that columns stay what they are.
std::vector<std::string> shown_characters(std::string_view line) {
  const std::size_t secret = secret_begin(line);
  std::vector<std::string> shown;
  for (std::size_t at = 0; at < line.size();) {
    const Utf8Char next = utf8_at(line, at);
    if (at >= secret) {
      shown.emplace_back("*");
    } else if (line[at] == '\t') {
      shown.emplace_back(" ");
    } else if (!next.valid || is_harmful(next.code)) {
      shown.emplace_back(kReplacement);
    } else {
      shown.emplace_back(line.substr(at, next.size));
    }
    at += next.size;
  }
  // The stars say nothing of its length.
  if (secret != std::string_view::npos) {
    shown.resize(std::min(shown.size(), utf8_length(line.substr(0, secret))));
    shown.insert(shown.end(), {" ", "*", "*", "*"});
  }
  return shown;
}

std::string excerpt(const Diagnostic& diagnostic, std::string_view source_text) {
  const std::vector<std::string> shown = shown_characters(line_of(source_text, diagnostic.line));
  const std::size_t column = std::min<std::size_t>(diagnostic.column - 1, shown.size());
  std::size_t from = 0;
  if (shown.size() > kShownMax && column > kShownBefore) from = column - kShownBefore;
  const std::size_t to = std::min(shown.size(), from + kShownMax);
  const std::string number = std::to_string(diagnostic.line);
  std::string text = "  " + number + " | ";
  std::string under = "  " + std::string(number.size(), ' ') + " | ";
  if (from > 0) {
    text += "...";
    under += "   ";
  }
  for (std::size_t at = from; at < to; ++at) text += shown[at];
  if (to < shown.size()) text += "...";
  under += std::string(column - from, ' ') + '^';
  const std::size_t end = std::min<std::size_t>(column + diagnostic.length, to);
  if (end > column + 1) under += std::string(end - column - 1, '~');
  return text + '\n' + under + '\n';
}

}  // namespace

Diagnostic error_at(std::string file, SourceSpan span, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.file = std::move(file);
  diagnostic.line = span.line;
  diagnostic.column = span.column;
  diagnostic.length = span.length;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

bool has_error(const Diagnostics& diagnostics) noexcept {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [](const Diagnostic& diagnostic) {
    return diagnostic.severity == Severity::error;
  });
}

std::string printable(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Char next = utf8_at(text, at);
    if (!next.valid || is_harmful(next.code)) {
      result += escaped(next, text[at]);
    } else {
      result += text.substr(at, next.size);
    }
    at += next.size;
  }
  return result;
}

std::string in_quotes(std::string_view text) {
  std::size_t count = 0;
  std::size_t at = 0;
  while (at < text.size() && count < kQuotedMax) {
    at += utf8_at(text, at).size;
    ++count;
  }
  return '"' + printable(text.substr(0, at)) + (at < text.size() ? "...\"" : "\"");
}

std::string render(const Diagnostic& diagnostic, std::string_view source_text) {
  std::string text = printable(diagnostic.file) + ':';
  if (diagnostic.line > 0) {
    text += std::to_string(diagnostic.line) + ':' + std::to_string(diagnostic.column) + ':';
  }
  text += ' ';
  text += severity_name(diagnostic.severity);
  text += ": " + printable(diagnostic.message) + '\n';
  if (diagnostic.line > 0 && diagnostic.column > 0 && diagnostic.show_source) {
    text += excerpt(diagnostic, source_text);
  }
  if (!diagnostic.hint.empty()) text += "  hint: " + printable(diagnostic.hint) + '\n';
  return text;
}

std::string render(const Diagnostics& diagnostics, std::string_view source_text) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += render(diagnostic, source_text);
  return text;
}

}  // namespace rowplan::planner
