// Where the diagnostics of a manifest stand in its text.
#include <algorithm>
#include <tuple>

#include "planner/manifest_section.h"
#include "planner/utf8.h"

namespace rowplan::planner {

ManifestReport::ManifestReport(std::string file, std::string text, bool unbuilt)
    : file_(std::move(file)), text_(std::move(text)), unbuilt_(unbuilt) {
  std::size_t begin = 0;
  while (begin <= text_.size()) {
    const std::size_t end = std::min(text_.find('\n', begin), text_.size());
    lines_.emplace_back(begin, end - begin);
    begin = end + 1;
  }
}

void ManifestReport::error(SourceSpan span, std::string message, std::string hint) {
  diagnostics_.push_back(error_at(file_, span, std::move(message), std::move(hint)));
}

void ManifestReport::secret(SourceSpan span, std::string message, std::string hint) {
  error(span, std::move(message), std::move(hint));
  diagnostics_.back().show_source = false;
}

void ManifestReport::warning(SourceSpan span, std::string message, std::string hint) {
  error(span, std::move(message), std::move(hint));
  diagnostics_.back().severity = Severity::warning;
}

std::string_view ManifestReport::line(std::uint32_t number) const {
  if (number == 0 || number > lines_.size()) return {};
  const auto [begin, size] = lines_[number - 1];
  return std::string_view(text_).substr(begin, size);
}

SourceSpan ManifestReport::span(const toml::source_region& region) const {
  SourceSpan span{region.begin.line, region.begin.column, 1};
  std::uint32_t end = region.end.column;
  if (region.end.line != region.begin.line) {
    end = static_cast<std::uint32_t>(utf8_length(line(region.begin.line))) + 1;
  }
  if (end > span.column) span.length = end - span.column;
  return span;
}

SourceSpan ManifestReport::span_within(const toml::value<std::string>& value, std::size_t offset,
                                       std::size_t length) const {
  const SourceSpan whole = span(value.source());
  if (value.source().begin.line != value.source().end.line) return whole;
  std::string_view rest = line(whole.line);
  for (std::uint32_t column = 1; column < whole.column && !rest.empty(); ++column) {
    rest.remove_prefix(utf8_at(rest, 0).size);
  }
  const std::string_view text = value.get();
  const bool plain = !rest.empty() && rest.substr(1).starts_with(text) &&
                     whole.length == utf8_length(text) + 2;  // the two quotes
  if (!plain || offset >= text.size()) return whole;
  return {whole.line,
          whole.column + 1 + static_cast<std::uint32_t>(utf8_length(text.substr(0, offset))),
          std::max(1U, static_cast<std::uint32_t>(utf8_length(text.substr(offset, length))))};
}

Diagnostics ManifestReport::take() {
  std::stable_sort(diagnostics_.begin(), diagnostics_.end(),
                   [](const Diagnostic& left, const Diagnostic& right) {
                     return std::tie(left.line, left.column) < std::tie(right.line, right.column);
                   });
  // What [defaults] gets wrong is found again by each pair.
  diagnostics_.erase(std::unique(diagnostics_.begin(), diagnostics_.end()), diagnostics_.end());
  return std::move(diagnostics_);
}

}  // namespace rowplan::planner
