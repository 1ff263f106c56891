#include "cmd/run_progress.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "planner/descriptor.h"
#include "state/clock.h"
#include "state/durable.h"

namespace rowplan::cmd {
namespace {

using nlohmann::json;
using planner::Descriptor;

constexpr std::size_t kFileBytesMax = 65536;  // far more than is written
constexpr mode_t kMode = 0600;                // as the state: it names tables

/// nullopt: no regular file of a sensible size that can be read.
std::optional<std::string> read_small_file(const std::filesystem::path& path) {
  // A pipe in its place must not be waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info = {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return std::nullopt;
  }
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() <= kFileBytesMax) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return std::nullopt;
}

/// Each leaves the target as it is where the member is missing or of another type.
void take(const json& object, const char* name, std::string& target) {
  const auto found = object.find(name);
  if (found != object.end() && found->is_string()) target = found->get<std::string>();
}
void take(const json& object, const char* name, std::uint64_t& target) {
  const auto found = object.find(name);
  if (found != object.end() && found->is_number_unsigned()) target = found->get<std::uint64_t>();
}

}  // namespace

std::filesystem::path progress_path(const std::filesystem::path& state_path) {
  return std::filesystem::path(state_path.string() + ".progress.json");
}

std::optional<RunProgress> read_run_progress(const std::filesystem::path& state_path,
                                             const state::Holder& holder) {
  if (!holder.alive) return std::nullopt;
  const std::optional<std::string> text = read_small_file(progress_path(state_path));
  if (!text) return std::nullopt;
  const json object = json::parse(*text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  RunProgress progress;
  const auto pid = object.find("pid");
  if (pid == object.end() || !pid->is_number_integer()) return std::nullopt;
  progress.pid = pid->get<std::int64_t>();
  take(object, "run_id", progress.run_id);
  take(object, "verb", progress.verb);
  take(object, "updated_at", progress.updated_at);
  take(object, "phase", progress.phase);
  take(object, "table", progress.table);
  take(object, "rows", progress.rows);
  take(object, "units_done", progress.units_done);
  take(object, "units", progress.units);
  take(object, "rows_per_second", progress.rows_per_second);
  take(object, "waiting", progress.waiting);
  // A process id comes back some day: what was written before the lock was taken is another run's.
  if (progress.pid != holder.pid || progress.updated_at < holder.since) return std::nullopt;
  return progress;
}

RunProgressFile::RunProgressFile(const std::filesystem::path& state_path, std::string verb,
                                 std::chrono::milliseconds every)
    : path_(progress_path(state_path)), verb_(std::move(verb)), every_(every) {}

RunProgressFile::~RunProgressFile() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  ::unlink(path_.c_str());
}

void RunProgressFile::start(const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  run_id_ = run_id;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
}

void RunProgressFile::show(RunProgress progress) {
  const std::lock_guard lock(mutex_);
  if (progress.phase != progress_.phase) phase_began_ = std::chrono::steady_clock::now();
  progress_ = std::move(progress);
  changed_ = true;
}

void RunProgressFile::wait_for(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  progress_.waiting = reason;
  changed_ = true;
}

/// Looks by itself, so that telling it of a unit costs nothing.
void RunProgressFile::work() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    if (changed_) {
      changed_ = false;
      RunProgress now = progress_;
      now.run_id = run_id_;
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - phase_began_;
      if (elapsed.count() >= 1) {
        now.rows_per_second =
            static_cast<std::uint64_t>(static_cast<double>(now.rows) / elapsed.count());
      }
      lock.unlock();
      write(now);
      lock.lock();
    }
    wake_.wait_for(lock, every_, [this] { return ended_; });
  }
}

void RunProgressFile::write(const RunProgress& progress) const {
  const json document = {{"run_id", progress.run_id},
                         {"pid", static_cast<std::int64_t>(::getpid())},
                         {"verb", verb_},
                         {"updated_at", state::rfc3339_utc(std::chrono::system_clock::now())},
                         {"phase", progress.phase},
                         {"table", progress.table},
                         {"rows", progress.rows},
                         {"units_done", progress.units_done},
                         {"units", progress.units},
                         {"rows_per_second", progress.rows_per_second},
                         {"waiting", progress.waiting}};
  const std::string text = document.dump(-1, ' ', true, json::error_handler_t::replace) + '\n';
  // One name for all runs: a killed one leaves at most this behind.
  const std::string fresh = path_.string() + ".new";
  const Descriptor file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!file.is_open()) return;
  if (state::write_all(file.get(), text) != 0 || ::rename(fresh.c_str(), path_.c_str()) != 0) {
    ::unlink(fresh.c_str());
  }
}

}  // namespace rowplan::cmd
