// A failure of the state file, or of the lock beside it.
#include "state/error.h"

#include <sqlite3.h>

#include <cerrno>
#include <system_error>

namespace rowplan::state {

const char* kind_name(StateErrorKind kind) noexcept {
  switch (kind) {
    case StateErrorKind::unreadable:
      return "unreadable";
    case StateErrorKind::corrupt:
      return "corrupt";
    case StateErrorKind::newer_version:
      return "newer_version";
    case StateErrorKind::foreign:
      return "foreign";
    case StateErrorKind::unsuitable:
      return "unsuitable";
    case StateErrorKind::misfit:
      return "misfit";
    case StateErrorKind::busy:
      return "busy";
    case StateErrorKind::full:
      return "full";
    case StateErrorKind::io:
      return "io";
    case StateErrorKind::read_only:
      return "read_only";
    case StateErrorKind::other:
      return "other";
  }
  return "other";
}

bool needs_person(StateErrorKind kind) noexcept {
  switch (kind) {
    case StateErrorKind::unreadable:
    case StateErrorKind::corrupt:
    case StateErrorKind::newer_version:
    case StateErrorKind::foreign:
    case StateErrorKind::unsuitable:
    case StateErrorKind::misfit:
      return true;
    case StateErrorKind::busy:
    case StateErrorKind::full:
    case StateErrorKind::io:
    case StateErrorKind::read_only:
    case StateErrorKind::other:
      return false;
  }
  return false;
}

StateErrorKind kind_of_errno(int system_errno) noexcept {
  switch (system_errno) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return StateErrorKind::full;
    case EACCES:
    case EPERM:
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
      return StateErrorKind::unreadable;
    case ELOOP:
    case EISDIR:
      return StateErrorKind::unsuitable;
    case EROFS:
      return StateErrorKind::read_only;
    case EWOULDBLOCK:
    case EINTR:
      return StateErrorKind::busy;
    default:
      return StateErrorKind::io;
  }
}

StateErrorKind kind_of_sqlite(int extended_code) noexcept {
  if (extended_code == SQLITE_IOERR_CORRUPTFS || extended_code == SQLITE_IOERR_DATA) {
    return StateErrorKind::corrupt;
  }
  switch (extended_code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_ERROR:  // SQL is fixed here: where it does not fit, the file is not what it says
      return StateErrorKind::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return StateErrorKind::busy;
    case SQLITE_FULL:
      return StateErrorKind::full;
    case SQLITE_IOERR:
      return StateErrorKind::io;
    case SQLITE_READONLY:
      return StateErrorKind::read_only;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return StateErrorKind::unreadable;
    default:
      return StateErrorKind::other;
  }
}

StateError error_from_errno(const std::string& path, int system_errno, const std::string& doing) {
  return {path, kind_of_errno(system_errno),
          doing + ": " + std::generic_category().message(system_errno)};
}

}  // namespace rowplan::state
