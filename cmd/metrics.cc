#include "cmd/metrics.h"

#include <cassert>

#include "cmd/shown_text.h"

namespace rowplan::cmd {
namespace {

/// What a label's value may hold: UTF-8, with backslash, quote and newline escaped.
std::string label_value(const std::string& text) {
  std::string out;
  // A newline cannot stand in it any more, and what is not UTF-8 cannot either.
  for (const char c : shown(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

/// As floats are written whatever the locale, to the millisecond.
std::string seconds_text(std::chrono::system_clock::duration value) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(value).count();
  const auto size = static_cast<std::uint64_t>(ms < 0 ? -ms : ms);
  std::string text = (ms < 0 ? "-" : "") + std::to_string(size / 1000);
  if (size % 1000 == 0) return text;
  const std::string fraction = std::to_string(size % 1000);
  return text + '.' + std::string(3 - fraction.size(), '0') + fraction;
}

}  // namespace

void Metrics::family(std::string_view name, std::string_view help) {
  const std::string own(name);
  families_.push_back(
      {"# HELP " + own + ' ' + std::string(help) + "\n# TYPE " + own + " gauge\n", own, ""});
}

void Metrics::sample(const MetricLabels& labels, std::int64_t value) {
  add(labels, std::to_string(value));
}

void Metrics::sample(const MetricLabels& labels, std::uint64_t value) {
  add(labels, std::to_string(value));
}

void Metrics::sample(const MetricLabels& labels, std::chrono::system_clock::duration value) {
  add(labels, seconds_text(value));
}

void Metrics::sample(const MetricLabels& labels, std::chrono::system_clock::time_point at) {
  add(labels, seconds_text(at.time_since_epoch()));
}

void Metrics::add(const MetricLabels& labels, const std::string& value) {
  assert(!families_.empty());
  Family& family = families_.back();
  MetricLabels all = common_;
  all.insert(all.end(), labels.begin(), labels.end());
  std::string list;
  for (const auto& [name, text] : all) {
    list += (list.empty() ? "" : ",") + name + "=\"" + label_value(text) + '"';
  }
  family.samples += family.name + (list.empty() ? "" : '{' + list + '}') + ' ' + value + '\n';
}

std::string Metrics::text() const {
  std::string out;
  for (const Family& family : families_) {
    if (!family.samples.empty()) out += family.head + family.samples;
  }
  return out;
}

}  // namespace rowplan::cmd
