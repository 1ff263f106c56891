#include "cmd/log.h"

#include <spdlog/formatter.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <cerrno>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "cmd/shown_text.h"
#include "planner/file_error.h"
#include "state/clock.h"

namespace rowplan::cmd {
namespace {

std::string_view view_of(const spdlog::string_view_t& text) { return {text.data(), text.size()}; }

std::string line_of(const spdlog::details::log_msg& entry, LogFormat format) {
  const std::string time = state::rfc3339_utc(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(entry.time));
  const std::string_view level = view_of(spdlog::level::to_string_view(entry.level));
  if (format == LogFormat::text) {
    return time + ' ' + std::string(level) + ' ' + shown(view_of(entry.payload));
  }
  const nlohmann::ordered_json object = {
      {"time", time}, {"level", level}, {"message", view_of(entry.payload)}};
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ConsoleSink(Console& console, LogFormat format) : console_(console), format_(format) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& entry) override {
    console_.message(line_of(entry, format_));
  }
  void flush_() override {}

 private:
  Console& console_;
  LogFormat format_;
};

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  FileSink(const std::string& path, LogFormat format)
      : file_(path, std::ios::app), format_(format) {
    if (!file_) throw planner::FileError(path, errno, "append to the log file");
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& entry) override {
    file_ << line_of(entry, format_) << std::endl;  // what a crash leaves is worth a flush a line
  }
  void flush_() override { file_.flush(); }

 private:
  std::ofstream file_;
  LogFormat format_;
};

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::warn;
}

}  // namespace

LogLevel effective_level(const LogOptions& options) noexcept {
  if (options.level) return *options.level;
  if (options.quiet) return LogLevel::error;
  const int steps = options.verbose + (options.file.empty() ? 0 : 1);
  if (steps == 0) return LogLevel::warning;
  return steps == 1 ? LogLevel::info : LogLevel::debug;
}

std::shared_ptr<spdlog::logger> make_logger(const LogOptions& options, Console& console) {
  spdlog::sink_ptr sink;
  if (options.file.empty()) {
    sink = std::make_shared<ConsoleSink>(console, options.format);
  } else {
    sink = std::make_shared<FileSink>(options.file, options.format);
  }
  auto logger = std::make_shared<spdlog::logger>("rowplan", std::move(sink));
  logger->set_level(spdlog_level(effective_level(options)));
  return logger;
}

}  // namespace rowplan::cmd
