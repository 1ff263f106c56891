#include "cmd/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "cmd/shown_text.h"
#include "planner/utf8.h"

namespace rowplan::cmd {
namespace {

constexpr std::chrono::milliseconds kBarEvery{100};
constexpr std::chrono::seconds kLineEvery{10};
constexpr std::size_t kBarCells = 24;
constexpr std::size_t kUsualWidth = 80;
constexpr unsigned kEstimatePercentMax = 99;  // an estimate that is passed is no end

unsigned percent_of(const ProgressReading& reading) {
  if (reading.total == 0) return 0;
  const double share = static_cast<double>(reading.done) / static_cast<double>(reading.total);
  const auto percent = static_cast<unsigned>(std::clamp(share, 0.0, 1.0) * 100.0);
  return reading.is_estimate ? std::min(percent, kEstimatePercentMax) : percent;
}

/// `1:02:03`, `0:05`.
std::string clock_text(double seconds) {
  const auto whole = static_cast<unsigned long long>(std::llround(seconds));
  std::array<char, 40> text{};
  if (whole >= 3600) {
    std::snprintf(text.data(), text.size(), "%llu:%02llu:%02llu", whole / 3600, whole / 60 % 60,
                  whole % 60);
  } else {
    std::snprintf(text.data(), text.size(), "%llu:%02llu", whole / 60, whole % 60);
  }
  return text.data();
}

std::string text_of(const ProgressReading& reading, std::chrono::duration<double> elapsed,
                    bool with_percent, const std::string& waiting) {
  std::string text = waiting.empty() ? "" : "waiting: " + shown(waiting) + "; ";
  text += reading.verb + ' ' + std::to_string(reading.done);
  if (reading.total > 0) {
    text +=
        std::string(" of ") + (reading.is_estimate ? "about " : "") + std::to_string(reading.total);
  }
  text += ' ' + reading.unit;
  if (with_percent && reading.total > 0) text += " (" + std::to_string(percent_of(reading)) + "%)";
  if (elapsed.count() >= 1 && reading.done > 0 && waiting.empty()) {
    const double rate = static_cast<double>(reading.done) / elapsed.count();
    if (rate >= 1) text += ", " + std::to_string(static_cast<std::uint64_t>(rate)) + "/s";
    if (reading.done < reading.total) {
      text += ", " + clock_text(static_cast<double>(reading.total - reading.done) / rate) + " left";
    }
  }
  if (!reading.detail.empty()) text += "; " + reading.detail;
  return text;
}

/// Cut to `width` characters.
std::string cut_text(const std::string& text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t columns = 0; at < text.size() && columns < width; ++columns) {
    at += planner::utf8_at(text, at).size;
  }
  return text.substr(0, at);
}

}  // namespace

std::string plain_line(const ProgressReading& reading, std::chrono::duration<double> elapsed,
                       const std::string& waiting) {
  return text_of(reading, elapsed, true, waiting);
}

std::string bar_line(const ProgressReading& reading, std::chrono::duration<double> elapsed,
                     std::size_t width, const std::string& waiting) {
  std::string line;
  if (reading.total > 0) {
    const unsigned percent = percent_of(reading);
    const std::size_t full = kBarCells * percent / 100;
    std::array<char, 8> number{};
    std::snprintf(number.data(), number.size(), "%3u%% ", percent);
    line = '[' + std::string(full, '=') + (full < kBarCells ? ">" : "") +
           std::string(kBarCells - std::min(kBarCells, full + 1), ' ') + "] " + number.data();
  }
  return cut_text(line + text_of(reading, elapsed, false, waiting), width);
}

ProgressMode resolved_mode(ProgressMode mode, bool quiet, const TerminalFacts& facts) {
  if (quiet) return ProgressMode::none;
  if (mode != ProgressMode::automatic) return mode;
  return facts.is_terminal && !facts.is_dumb ? ProgressMode::bar : ProgressMode::plain;
}

ProgressView::ProgressView(Console& console, ProgressSettings settings)
    : console_(console),
      settings_(std::move(settings)),
      started_(settings_.clock()),
      drawn_(started_) {
  if (settings_.heartbeat && settings_.mode != ProgressMode::none) {
    heartbeat_ = std::thread([this] { beat(); });
  }
}

ProgressView::~ProgressView() { finish(); }

void ProgressView::show(ProgressReading reading) {
  if (settings_.mode == ProgressMode::none) return;
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  reading_ = std::move(reading);
  draw();
}

void ProgressView::waiting(std::string reason) {
  const std::lock_guard lock(mutex_);
  waiting_ = std::move(reason);
  if (settings_.mode != ProgressMode::none && !ended_) draw();
}

void ProgressView::tick() {
  const std::lock_guard lock(mutex_);
  if (!ended_) draw();
}

void ProgressView::draw() {
  if (!reading_) return;
  const auto now = settings_.clock();
  const std::chrono::duration<double> elapsed = now - started_;
  if (settings_.mode == ProgressMode::bar && now - drawn_ >= kBarEvery) {
    drawn_ = now;
    const std::size_t width = settings_.width();
    console_.status(bar_line(*reading_, elapsed, width > 1 ? width - 1 : kUsualWidth, waiting_));
  } else if (settings_.mode == ProgressMode::plain && now - drawn_ >= kLineEvery) {
    drawn_ = now;
    console_.message(plain_line(*reading_, elapsed, waiting_));
  }
}

void ProgressView::beat() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    wake_.wait_for(lock, settings_.mode == ProgressMode::bar ? std::chrono::milliseconds(500)
                                                             : std::chrono::milliseconds(1000));
    if (!ended_) draw();
  }
}

void ProgressView::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
  }
  wake_.notify_all();
  if (heartbeat_.joinable()) heartbeat_.join();
  if (settings_.mode == ProgressMode::bar) console_.clear_status();
}

std::size_t terminal_width() {
  winsize size = {};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

ProgressSettings progress_settings(const GlobalOptions& global) {
  ProgressSettings settings;
  settings.mode = resolved_mode(global.progress, global.log.quiet, terminal_facts(STDERR_FILENO));
  settings.width = terminal_width;
  return settings;
}

}  // namespace rowplan::cmd
