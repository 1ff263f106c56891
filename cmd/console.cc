#include "cmd/console.h"

#include <nlohmann/json.hpp>

#include "cmd/color.h"
#include "cmd/shown_text.h"

namespace rowplan::cmd {

void Console::print_json(const nlohmann::ordered_json& document) {
  constexpr int kIndent = 2;
  clear_status();
  out_ << document.dump(kIndent, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
       << '\n';
}

void Console::message(std::string_view text) {
  const std::lock_guard lock(mutex_);
  erase_status();
  err_ << text;
  if (!text.ends_with('\n')) err_ << '\n';
  err_ << status_ << std::flush;
}

void Console::error_lines(const ErrorReport& report) {
  std::string text =
      painted("error", Paint::red, settings_.color_err) + ": " + shown(report.message);
  if (!report.hint.empty()) text += "\nhint: " + shown(report.hint);
  message(text);
}

void Console::status(std::string_view text) {
  const std::lock_guard lock(mutex_);
  erase_status();
  status_ = text;
  err_ << status_ << std::flush;
}

void Console::clear_status() {
  const std::lock_guard lock(mutex_);
  erase_status();
  status_.clear();
  err_ << std::flush;
}

void Console::erase_status() {
  if (!status_.empty()) err_ << "\r\x1b[K";
}

bool Console::finish() {
  clear_status();
  out_.flush();
  return out_.good();
}

}  // namespace rowplan::cmd
