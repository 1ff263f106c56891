// The state file: one SQLite database beside the manifest, described in docs/state-schema.md.
#include "state/store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <mutex>
#include <utility>

#include "state/database.h"
#include "state/error.h"
#include "state/file.h"
#include "state/kill_point.h"

namespace rowplan::state {

struct Store::Impl {
  std::string path;            // as given, for messages
  std::filesystem::path file;  // as SQLite has it
  OpenMode mode = OpenMode::read_only;
  Clock clock;
  OpenedDatabase opened;
  mutable std::recursive_mutex mutex;
  int depth = 0;  // of nested writes; the outermost is the transaction
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

std::optional<Store> Store::open(const std::filesystem::path& path, OpenMode mode,
                                 const OpenOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->path = path.string();
  impl->mode = mode;
  impl->clock = options.clock;
  const auto resolved = resolve(path);
  if (!resolved) {
    if (mode != OpenMode::create) {
      return std::nullopt;
    }
    throw StateError(impl->path, StateErrorKind::unreadable, "its directory does not exist");
  }
  impl->file = resolved->file;
  if (mode == OpenMode::create && !look_at(impl->file)) {
    create_database(impl->path, impl->file, options);
  }
  auto opened = mode == OpenMode::read_only ? open_for_reading(impl->path, impl->file, options)
                                            : open_for_writing(impl->path, impl->file, options);
  if (!opened) {
    if (mode != OpenMode::create) {
      return std::nullopt;
    }
    throw StateError(impl->path, StateErrorKind::busy, "was removed while it was opened");
  }
  impl->opened = std::move(*opened);
  if (resolved->fitness == FileSystemFitness::doubtful) {
    impl->opened.notes.push_back(impl->path +
                                 ": on a file system whose locks depend on what is behind it");
  }
  return Store(std::move(impl));
}

const std::string& Store::path() const noexcept { return impl_->path; }
const std::vector<std::string>& Store::notes() const noexcept { return impl_->opened.notes; }
std::string Store::now() const { return rfc3339_utc(impl_->clock()); }

Meta Store::meta() const {
  Meta meta;
  read([&](SQLite::Database& db) {
    SQLite::Statement query(db, "SELECT job, state_id, created_at FROM meta");
    if (!query.executeStep()) {
      throw StateError(impl_->path, StateErrorKind::corrupt, "its table meta is empty");
    }
    meta.job = query.getColumn(0).getString();
    meta.state_id = query.getColumn(1).getString();
    meta.created_at = query.getColumn(2).getString();
  });
  return meta;
}

void Store::atomically(const std::function<void()>& work, Sync sync) {
  write([&](SQLite::Database& /*db*/) { work(); }, sync);
}

void Store::write(const std::function<void(SQLite::Database&)>& work, Sync sync) {
  const std::lock_guard guard(impl_->mutex);
  if (impl_->mode == OpenMode::read_only) {
    throw StateError(impl_->path, StateErrorKind::read_only, "is open for reading only",
                     SQLITE_READONLY);
  }
  SQLite::Database& db = *impl_->opened.db;
  const bool outermost = impl_->depth == 0;
  const bool relaxed = outermost && sync == Sync::later;
  ++impl_->depth;
  try {
    if (relaxed) {
      db.exec("PRAGMA synchronous = NORMAL");
    }
    if (outermost) {
      db.exec("BEGIN IMMEDIATE");
    }
    work(db);
    if (outermost) {
      kill_point("state commit");
      db.exec("COMMIT");
      kill_point("state committed");
    }
    if (relaxed) {
      db.exec("PRAGMA synchronous = FULL");
    }
    --impl_->depth;
  } catch (const SQLite::Exception& failed) {
    --impl_->depth;
    if (outermost) {
      db.tryExec("ROLLBACK");  // no transaction any more after some failures
      db.tryExec("PRAGMA synchronous = FULL");
    }
    throw error_from_sqlite(impl_->path, failed);
  } catch (...) {
    --impl_->depth;
    if (outermost) {
      db.tryExec("ROLLBACK");
      db.tryExec("PRAGMA synchronous = FULL");
    }
    throw;
  }
}

void Store::read(const std::function<void(SQLite::Database&)>& work) const {
  const std::lock_guard guard(impl_->mutex);
  const auto changed = [&] {
    return impl_->opened.stamp && look_at(impl_->file) != impl_->opened.stamp;
  };
  const auto busy = [&] {
    return StateError(impl_->path, StateErrorKind::busy, "was written while it was read",
                      SQLITE_BUSY);
  };
  try {
    work(*impl_->opened.db);
  } catch (const SQLite::Exception& failed) {
    if (changed()) {
      throw busy();
    }
    throw error_from_sqlite(impl_->path, failed);
  }
  // Even without an error: pages of two moments may have been put together.
  if (changed()) {
    throw busy();
  }
}

}  // namespace rowplan::state
