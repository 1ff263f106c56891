// One run at a time per state file: an OS lock on a file beside it, which the kernel gives up when
// the process ends, however it ends.
#include "state/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "state/error.h"
#include "state/file.h"
#include "state/kill_point.h"
#include "state/random.h"

namespace rowplan::state {

namespace {

// Others look at a lock for an instant (read_holder): that must not look like a run at work.
constexpr int kAttemptsMax = 10;
constexpr std::chrono::milliseconds kBetweenAttempts{10};
constexpr std::size_t kTextBytesMax = 4096;

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

std::string text_of(const Holder& holder) {
  const nlohmann::json text{{"id", holder.id},
                            {"pid", holder.pid},
                            {"host", holder.host},
                            {"verb", holder.verb},
                            {"since", holder.since}};
  return text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string string_in(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// Whatever stands there: a text that is cut off or edited is no reason to fail.
Holder parse(const std::string& text) {
  Holder holder;
  const auto object = nlohmann::json::parse(text, nullptr, false);
  if (!object.is_object()) {
    return holder;
  }
  holder.id = string_in(object, "id");
  holder.host = string_in(object, "host");
  holder.verb = string_in(object, "verb");
  holder.since = string_in(object, "since");
  const auto pid = object.find("pid");
  if (pid != object.end() && pid->is_number_integer()) {
    holder.pid = pid->get<std::int64_t>();
  }
  return holder;
}

std::string read_text(int fd, const std::string& path) {
  std::array<char, kTextBytesMax> buffer{};
  const auto length = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (length < 0) {
    throw error_from_errno(path, errno, "cannot read the lock");
  }
  return {buffer.data(), static_cast<std::size_t>(length)};
}

void write_text(int fd, const std::string& path, const std::string& text) {
  if (::ftruncate(fd, 0) != 0) {
    throw error_from_errno(path, errno, "cannot write the lock");
  }
  kill_point("lock emptied");
  const auto written = ::pwrite(fd, text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) {
    throw error_from_errno(path, written < 0 ? errno : ENOSPC, "cannot write the lock");
  }
}

// flock without waiting; false: another has it.
bool lock_now(int fd, int operation, const std::string& path) {
  while (::flock(fd, operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return false;
    }
    if (errno != EINTR) {
      throw error_from_errno(path, errno, "cannot lock");
    }
  }
  return true;
}

// Is the descriptor's file still the one under that name? A lock file goes away with its lock, so
// between open and flock it may have become nobody's.
bool still_named(int fd, const std::filesystem::path& path) {
  struct stat by_fd {};
  struct stat by_name {};
  return ::fstat(fd, &by_fd) == 0 && ::lstat(path.c_str(), &by_name) == 0 &&
         by_fd.st_dev == by_name.st_dev && by_fd.st_ino == by_name.st_ino;
}

// An empty descriptor: no such file.
Descriptor open_lock(const std::filesystem::path& path, int flags) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (file.get() < 0) {
    if (errno == ENOENT && (flags & O_CREAT) == 0) {
      return file;
    }
    if (errno == ELOOP) {
      throw StateError(path.string(), StateErrorKind::unsuitable, "is a symbolic link");
    }
    throw error_from_errno(path.string(), errno, "cannot open the lock");
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw StateError(path.string(), StateErrorKind::unsuitable, "is not a regular file");
  }
  return file;
}

Holder read_live(int fd, const std::string& path) {
  Holder holder = parse(read_text(fd, path));
  holder.alive = true;
  return holder;
}

}  // namespace

struct Lock::Impl {
  std::filesystem::path path;
  Descriptor file{-1};
  Holder holder;
  std::optional<Holder> abandoned_by;
  bool held = false;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    // While it is still held, so that nobody else's file is removed.
    if (held && still_named(file.get(), path)) {
      kill_point("unlock");
      ::unlink(path.c_str());
      kill_point("unlocked");
    }
  }
};

Lock::Lock(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Lock::Lock(Lock&&) noexcept = default;
Lock& Lock::operator=(Lock&&) noexcept = default;
Lock::~Lock() = default;
const Holder& Lock::holder() const noexcept { return impl_->holder; }
const std::optional<Holder>& Lock::abandoned_by() const noexcept { return impl_->abandoned_by; }

std::filesystem::path lock_path(const std::filesystem::path& state_path) {
  auto path = state_path;
  path += ".lock";
  return path;
}

std::variant<Lock, Holder> try_acquire(const std::filesystem::path& state_path,
                                       const LockInfo& info) {
  auto impl = std::make_unique<Lock::Impl>();
  const auto path = lock_path(state_path);
  const std::string name = path.string();
  if (!resolve(path)) {
    throw StateError(name, StateErrorKind::unreadable, "its directory does not exist");
  }
  impl->path = path;
  for (int attempt = 1;; ++attempt) {
    impl->file = open_lock(path, O_RDWR | O_CREAT);
    if (lock_now(impl->file.get(), LOCK_EX, name)) {
      if (still_named(impl->file.get(), path)) {
        break;
      }
    } else if (attempt >= kAttemptsMax) {
      Holder holder = read_live(impl->file.get(), name);
      impl->file = Descriptor(-1);
      return holder;
    }
    impl->file = Descriptor(-1);
    std::this_thread::sleep_for(kBetweenAttempts);
  }
  if (const auto text = read_text(impl->file.get(), name); !text.empty()) {
    impl->abandoned_by = parse(text);
  }
  impl->holder = {random_hex(8), ::getpid(), info.host, info.verb, rfc3339_utc(info.clock()), true};
  kill_point("lock");
  write_text(impl->file.get(), name, text_of(impl->holder));
  kill_point("locked");
  impl->held = true;
  return Lock(std::move(impl));
}

std::optional<Holder> read_holder(const std::filesystem::path& state_path) {
  const auto path = lock_path(state_path);
  const std::string name = path.string();
  const auto file = open_lock(path, O_RDONLY);
  if (file.get() < 0) {
    return std::nullopt;
  }
  // Shared, so that two who look do not hinder each other; given up at once.
  const bool free = lock_now(file.get(), LOCK_SH, name);
  if (!free) {
    return read_live(file.get(), name);
  }
  if (!still_named(file.get(), path)) {
    return std::nullopt;
  }
  const auto text = read_text(file.get(), name);
  if (text.empty()) {
    return std::nullopt;  // just made, by one who is about to lock it
  }
  return parse(text);
}

Release release_abandoned(const std::filesystem::path& state_path, const std::string& id) {
  const auto path = lock_path(state_path);
  const std::string name = path.string();
  for (int attempt = 1;; ++attempt) {
    const auto file = open_lock(path, O_RDONLY);
    if (file.get() < 0) {
      return {};
    }
    if (lock_now(file.get(), LOCK_EX, name)) {
      if (!still_named(file.get(), path)) {
        return {};
      }
      Holder holder = parse(read_text(file.get(), name));
      if (holder.id.empty() || holder.id != id) {
        return {ReleaseOutcome::other_id, std::move(holder)};
      }
      if (::unlink(path.c_str()) != 0) {
        throw error_from_errno(name, errno, "cannot remove the lock");
      }
      return {ReleaseOutcome::released, std::move(holder)};
    }
    if (attempt >= kAttemptsMax) {
      return {ReleaseOutcome::held, read_live(file.get(), name)};
    }
    std::this_thread::sleep_for(kBetweenAttempts);
  }
}

}  // namespace rowplan::state
