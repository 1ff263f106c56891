// Opens and creates the SQLite database of a state file. Internal to state/.
#include "state/database.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/VariadicBind.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <exception>
#include <system_error>

#include "state/kill_point.h"
#include "state/random.h"
#include "state/schema.h"

namespace rowplan::state {

namespace {

constexpr int kOpenAttemptsMax = 3;
constexpr int kWalBytesMax = 4 << 20;
constexpr std::uint64_t kPageBytesMin = 512;
constexpr unsigned kOthersMayRead = 0077;

std::filesystem::path beside(const std::filesystem::path& file, const char* suffix) {
  auto name = file;
  name += suffix;
  return name;
}

std::string immutable_uri(const std::filesystem::path& file) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : file.string()) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '_' || c == '-';
    if (plain) {
      uri += c;
    } else {
      uri += {'%', kDigits[byte >> 4U], kDigits[byte & 0x0fU]};
    }
  }
  return uri + "?immutable=1";
}

int busy_ms(const OpenOptions& options) { return static_cast<int>(options.busy_timeout.count()); }

void pin(SQLite::Database& db) {
  // A file is data, however it came here: no SQL of its schema is trusted.
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  db.exec("PRAGMA cell_size_check = ON");
  db.exec("PRAGMA foreign_keys = ON");
}

void pin_for_writing(SQLite::Database& db) {
  if (db.execAndGet("PRAGMA journal_mode = WAL").getString() != "wal") {
    throw SQLite::Exception("write-ahead logging is not possible here", SQLITE_CANTOPEN);
  }
  // FULL: a commit is on disk when it returns, which the journal of units relies on.
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA journal_size_limit = " + std::to_string(kWalBytesMax));
}

const Migrations& schema_of(const OpenOptions& options) {
  return options.schema != nullptr ? *options.schema : migrations();
}

void check_identity(SQLite::Database& db, const std::string& path, const OpenOptions& options) {
  if (application_id(db) != kApplicationId) {
    throw StateError(path, StateErrorKind::foreign,
                     "is a database of another program, not a state of rowplan");
  }
  const auto version = schema_version(db);
  const auto newest = static_cast<std::int64_t>(schema_of(options).size());
  if (version > newest) {
    throw StateError(path, StateErrorKind::newer_version,
                     "has state version " + std::to_string(version) +
                         "; this rowplan knows versions up to " + std::to_string(newest));
  }
  if (version < 1) {
    throw StateError(path, StateErrorKind::corrupt,
                     "has the impossible state version " + std::to_string(version));
  }
}

// SQLite reads what is missing of the last page as zeros. Only for a file that had no -wal, whose
// writer may be about to write more of it.
void check_length(SQLite::Database& db, const std::string& path, std::uint64_t bytes) {
  const auto page_bytes = static_cast<std::uint64_t>(db.execAndGet("PRAGMA page_size").getInt64());
  if (bytes % page_bytes != 0) {
    throw StateError(path, StateErrorKind::corrupt, "is cut off", SQLITE_CORRUPT);
  }
}

void check_soundness(OpenedDatabase& opened, const std::string& path, std::uint64_t bytes,
                     const OpenOptions& options) {
  if (bytes > options.quick_check_bytes_max) {
    opened.notes.push_back(path + ": not checked at open: it has " + std::to_string(bytes) +
                           " bytes");
    return;
  }
  SQLite::Statement check(*opened.db, "PRAGMA quick_check(1)");
  if (!check.executeStep() || check.getColumn(0).getString() != "ok") {
    throw StateError(path, StateErrorKind::corrupt, "is damaged: PRAGMA quick_check fails",
                     SQLITE_CORRUPT);
  }
}

bool is_current(SQLite::Database& db, const OpenOptions& options) {
  return schema_version(db) == static_cast<std::int64_t>(schema_of(options).size());
}

void check_tables(SQLite::Database& db, const std::string& path, const OpenOptions& options) {
  SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(fresh, schema_of(options));
  if (columns_of(db) != columns_of(fresh)) {
    throw StateError(path, StateErrorKind::corrupt, "has other tables than its version",
                     SQLITE_CORRUPT);
  }
}

// An older file that may not be touched is read through a copy in memory, brought up to date.
std::unique_ptr<SQLite::Database> migrated_copy(SQLite::Database& file,
                                                const OpenOptions& options) {
  auto copy =
      std::make_unique<SQLite::Database>(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  SQLite::Backup(*copy, file).executeStep(-1);
  pin(*copy);
  migrate(*copy, schema_of(options));
  return copy;
}

// nullopt: no such file. SQLite takes an empty one for a new database; ours never are: see
// create_database.
std::optional<FileStamp> look_at_state(const std::string& path, const std::filesystem::path& file) {
  const auto stamp = look_at(file);
  if (stamp && stamp->bytes < kPageBytesMin) {
    throw StateError(path, StateErrorKind::corrupt,
                     "has " + std::to_string(stamp->bytes) + " bytes and is no database");
  }
  return stamp;
}

void note_mode(OpenedDatabase& opened, const std::string& path, const FileStamp& stamp) {
  if ((stamp.mode & kOthersMayRead) != 0) {
    opened.notes.push_back(path + ": open to other users; rowplan makes it with mode 0600");
  }
}

// Without a -wal there is nothing but the file itself, and immutable keeps SQLite from making the
// -wal and -shm files that it otherwise wants even for reading, in a read-only directory too. With
// a -wal it must be read through it: a writer is at work, or was killed.
void connect_for_reading(OpenedDatabase& opened, const std::filesystem::path& file,
                         const FileStamp& stamp, const OpenOptions& options) {
  const auto wal = look_at(beside(file, "-wal"));
  if (wal && wal->bytes > 0) {
    opened.db = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READONLY | SQLite::OPEN_NOFOLLOW, busy_ms(options));
    sqlite3_db_config(opened.db->getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  } else {
    opened.stamp = stamp;
    opened.db = std::make_unique<SQLite::Database>(
        immutable_uri(file), SQLite::OPEN_READONLY | SQLite::OPEN_URI | SQLite::OPEN_NOFOLLOW);
  }
}

// SQLite opens for reading what it may not write, and also what says in its header that it is of a
// format too new to be written.
void check_writable(SQLite::Database& db, const std::string& path,
                    const std::filesystem::path& file) {
  if (sqlite3_db_readonly(db.getHandle(), "main") != 1) {
    return;
  }
  if (::faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) == 0) {
    throw StateError(path, StateErrorKind::corrupt, "has a damaged header", SQLITE_CORRUPT);
  }
  throw StateError(path, StateErrorKind::read_only, "may not be written", SQLITE_READONLY);
}

// Everything that is checked before a state is read.
void check_for_reading(OpenedDatabase& opened, const std::string& path, const FileStamp& stamp,
                       const OpenOptions& options) {
  pin(*opened.db);
  check_identity(*opened.db, path, options);
  if (opened.stamp) {
    check_length(*opened.db, path, stamp.bytes);
  }
  check_soundness(opened, path, stamp.bytes, options);
  if (!is_current(*opened.db, options)) {
    opened.db = migrated_copy(*opened.db, options);
  }
  check_tables(*opened.db, path, options);
}

std::optional<OpenedDatabase> try_open_for_reading(const std::string& path,
                                                   const std::filesystem::path& file,
                                                   const OpenOptions& options) {
  const auto stamp = look_at_state(path, file);
  if (!stamp) {
    return std::nullopt;
  }
  OpenedDatabase opened;
  note_mode(opened, path, *stamp);
  std::exception_ptr failure;
  try {
    connect_for_reading(opened, file, *stamp, options);
    check_for_reading(opened, path, *stamp, options);
  } catch (const SQLite::Exception& failed) {
    failure = std::make_exception_ptr(error_from_sqlite(path, failed));
  } catch (const StateError&) {
    failure = std::current_exception();
  }
  const bool written = opened.stamp ? look_at(file) != opened.stamp
                                    : failure != nullptr && !look_at(beside(file, "-wal"));
  if (written) {
    throw StateError(path, StateErrorKind::busy, "was written while it was read", SQLITE_BUSY);
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  if (sqlite3_db_filename(opened.db->getHandle(), "main")[0] == '\0') {
    opened.stamp.reset();  // a copy in memory, which nobody else writes
  }
  return opened;
}

void remove_draft(const std::filesystem::path& draft) noexcept {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::filesystem::remove(beside(draft, suffix), ignored);
  }
}

void fill(SQLite::Database& db, const OpenOptions& options) {
  pin(db);
  pin_for_writing(db);
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  db.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  for (const char* sql : schema_of(options)) {
    db.exec(sql);
  }
  db.exec("PRAGMA user_version = " + std::to_string(schema_of(options).size()));
  SQLite::Statement meta(db,
                         "INSERT INTO meta (one, job, state_id, created_at) VALUES (1, ?, ?, ?)");
  SQLite::bind(meta, options.job, random_hex(16), rfc3339_utc(options.clock()));
  meta.exec();
  kill_point("state commit");
  transaction.commit();
  kill_point("state committed");
  // Closing does this too, but tells nobody when it fails.
  db.check(sqlite3_wal_checkpoint_v2(db.getHandle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr,
                                     nullptr));
  kill_point("state folded");
}

void fill_draft(const std::string& path, const std::filesystem::path& draft,
                const OpenOptions& options) {
  try {
    SQLite::Database db(draft.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW);
    fill(db, options);
  } catch (const SQLite::Exception& failed) {
    throw error_from_sqlite(path, failed);
  }
}

}  // namespace

StateError error_from_sqlite(const std::string& path, const SQLite::Exception& failed) {
  const int extended = failed.getExtendedErrorCode();
  const int code = extended > 0 ? extended : failed.getErrorCode();
  return {path, kind_of_sqlite(code), failed.what(), code};
}

// Under a name of its own, then renamed: what has the state's name is always a complete state, so a
// crash leaves no half-made one, and an empty file can only be damage.
void create_database(const std::string& path, const std::filesystem::path& file,
                     const OpenOptions& options) {
  const auto draft = beside(file, (".new-" + random_hex(8)).c_str());
  create_exclusively(draft);
  try {
    fill_draft(path, draft, options);
    if (!publish(draft, file)) {
      remove_draft(draft);  // another run was first: its file is as good
    }
  } catch (...) {
    remove_draft(draft);
    throw;
  }
}

std::optional<OpenedDatabase> open_for_reading(const std::string& path,
                                               const std::filesystem::path& file,
                                               const OpenOptions& options) {
  for (int attempt = 1;; ++attempt) {
    try {
      return try_open_for_reading(path, file, options);
    } catch (const StateError& error) {
      // Most often the last writer has just folded its -wal into the file.
      if (error.kind() != StateErrorKind::busy || attempt == kOpenAttemptsMax) {
        throw;
      }
    }
  }
}

std::optional<OpenedDatabase> open_for_writing(const std::string& path,
                                               const std::filesystem::path& file,
                                               const OpenOptions& options) {
  const auto stamp = look_at_state(path, file);
  if (!stamp) {
    return std::nullopt;
  }
  OpenedDatabase opened;
  note_mode(opened, path, *stamp);
  const bool folded = !look_at(beside(file, "-wal"));
  try {
    opened.db = std::make_unique<SQLite::Database>(
        file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_NOFOLLOW, busy_ms(options));
    pin(*opened.db);
    check_identity(*opened.db, path, options);
    check_writable(*opened.db, path, file);
    pin_for_writing(*opened.db);
    if (folded && look_at(file) == stamp) {
      check_length(*opened.db, path, stamp->bytes);
    }
    check_soundness(opened, path, stamp->bytes, options);
    if (!is_current(*opened.db, options)) {
      migrate(*opened.db, schema_of(options));
    }
    check_tables(*opened.db, path, options);
  } catch (const SQLite::Exception& failed) {
    throw error_from_sqlite(path, failed);
  }
  return opened;
}

}  // namespace rowplan::state
