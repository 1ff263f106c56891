#include "cmd/exit_code.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <new>

#include "cmd/manifest_file.h"
#include "mysql/error.h"
#include "planner/credentials.h"
#include "planner/file_error.h"
#include "planner/plan_error.h"
#include "planner/planner.h"
#include "state/error.h"

namespace rowplan::cmd {
namespace {

constexpr std::array kPrecedence = {
    ExitCode::interrupted, ExitCode::terminated, ExitCode::usage,    ExitCode::manifest,
    ExitCode::digest,      ExitCode::access,     ExitCode::state,    ExitCode::locked,
    ExitCode::limit,       ExitCode::conflict,   ExitCode::stale,    ExitCode::error,
    ExitCode::temporary,   ExitCode::partial,    ExitCode::outdated, ExitCode::differs,
    ExitCode::done,
};

ErrorReport report_server_error(const mysql::Error& failure) {
  if (failure.is_privilege()) {
    return {ExitCode::access, failure.what(), "grant the user this privilege, then try again"};
  }
  if (failure.is_access()) {
    return {ExitCode::access, failure.what(),
            "check host, port, socket, user, password and tls of this server in the manifest"};
  }
  if (failure.is_connection_lost()) {
    return {ExitCode::temporary, failure.what(), "the connection was lost; try again later"};
  }
  if (failure.is_retryable()) {
    return {ExitCode::temporary, failure.what(),
            "other transactions were in the way; try again later"};
  }
  return {ExitCode::error, failure.what(), ""};
}

ErrorReport report_state_error(const state::StateError& failure) {
  if (state::needs_person(failure.kind())) {
    return {ExitCode::state, failure.what(),
            "docs/state-schema.md says how to look at a state file and how to put it right"};
  }
  if (failure.kind() == state::StateErrorKind::busy) {
    return {ExitCode::temporary, failure.what(),
            "another process is using the state file; try again"};
  }
  return {ExitCode::error, failure.what(), ""};
}

ErrorReport report_file_error(const planner::FileError& failure) {
  std::string hint;
  if (failure.error() == ENOTEMPTY) {
    hint = "name a directory that is new or empty, or give --overwrite to replace the plan in it";
  } else if (failure.error() == ENOSPC || failure.error() == EDQUOT) {
    hint = "make room on the file system, then try again";
  }
  return {ExitCode::error, failure.what(), hint};
}

}  // namespace

const char* exit_code_name(ExitCode code) noexcept {
  switch (code) {
    case ExitCode::done:
      return "done";
    case ExitCode::error:
      return "error";
    case ExitCode::differs:
      return "differs";
    case ExitCode::partial:
      return "partial";
    case ExitCode::outdated:
      return "outdated";
    case ExitCode::stale:
      return "stale";
    case ExitCode::locked:
      return "locked";
    case ExitCode::access:
      return "access";
    case ExitCode::limit:
      return "limit";
    case ExitCode::state:
      return "state";
    case ExitCode::conflict:
      return "conflict";
    case ExitCode::digest:
      return "digest";
    case ExitCode::usage:
      return "usage";
    case ExitCode::temporary:
      return "temporary";
    case ExitCode::manifest:
      return "manifest";
    case ExitCode::interrupted:
      return "interrupted";
    case ExitCode::terminated:
      return "terminated";
  }
  return "error";
}

ExitCode worst(ExitCode left, ExitCode right) noexcept {
  const auto* const first =
      std::find_if(kPrecedence.begin(), kPrecedence.end(),
                   [&](ExitCode code) { return code == left || code == right; });
  return first == kPrecedence.end() ? ExitCode::error : *first;
}

ExitCode exit_code_of(planner::RefusalReason reason) noexcept {
  using planner::RefusalReason;
  switch (reason) {
    case RefusalReason::usage:
      return ExitCode::usage;
    case RefusalReason::manifest:
      return ExitCode::manifest;
    case RefusalReason::digest:
      return ExitCode::digest;
    case RefusalReason::access:
      return ExitCode::access;
    case RefusalReason::state:
      return ExitCode::state;
    case RefusalReason::locked:
      return ExitCode::locked;
    case RefusalReason::limit:
      return ExitCode::limit;
    case RefusalReason::conflict:
      return ExitCode::conflict;
    case RefusalReason::stale:
      return ExitCode::stale;
    case RefusalReason::temporary:
    case RefusalReason::throttled:
      return ExitCode::temporary;
  }
  return ExitCode::error;
}

ExitCode exit_code_of_signal(int signal) noexcept {
  return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
}

ErrorReport report_of(const std::exception_ptr& failure, int signal) {
  try {
    std::rethrow_exception(failure);
  } catch (const planner::Interrupted&) {
    return {exit_code_of_signal(signal), "stopped by a signal", ""};
  } catch (const ManifestRejected& rejected) {
    return {ExitCode::manifest, rejected.what(), rejected.hint()};
  } catch (const planner::Refusal& refusal) {
    return {exit_code_of(refusal.reason()), refusal.what(), refusal.hint()};
  } catch (const planner::PlanError& damaged) {
    return {ExitCode::digest, damaged.what(),
            "a plan is taken as it was written or not at all: make a new one with 'rowplan plan'"};
  } catch (const planner::CredentialError& missing) {
    return {ExitCode::access, missing.what(),
            "see that the manifest's password_env, _file or _command gives this server's password"};
  } catch (const mysql::Error& refused) {
    return report_server_error(refused);
  } catch (const mysql::IdentityError& other) {
    return {ExitCode::stale, other.what(),
            "see that the manifest names the right server, then plan anew"};
  } catch (const mysql::PinError& unfit) {
    return {ExitCode::error, unfit.what(), ""};
  } catch (const state::StateError& broken) {
    return report_state_error(broken);
  } catch (const planner::FileError& refused) {
    return report_file_error(refused);
  } catch (const std::bad_alloc&) {
    return {ExitCode::error, "out of memory", ""};
  } catch (const std::exception& other) {
    return {ExitCode::error, other.what(), ""};
  } catch (...) {
    return {ExitCode::error, "a failure of an unknown kind", ""};
  }
}

}  // namespace rowplan::cmd
