#include "executor/link_retry.h"

#include <chrono>

#include "mysql/error.h"
#include "planner/planner.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using planner::Refusal;
using planner::RefusalReason;

constexpr unsigned kAttempts = 5;
constexpr std::chrono::milliseconds kFirstWait{1000};  // doubled with each attempt: 15 s in all

}  // namespace

std::optional<std::string> dropped_link(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const mysql::Error& error) {
    if (error.is_connection_lost() || error.is_unreachable()) return error.what();
  } catch (const Refusal& refusal) {
    if (refusal.reason() == RefusalReason::temporary) return refusal.what();
  } catch (...) {
    return std::nullopt;
  }
  return std::nullopt;
}

void LinkRetry::wait_or_throw(const std::exception_ptr& failure) {
  const std::optional<std::string> dropped = dropped_link(failure);
  if (!dropped) std::rethrow_exception(failure);
  if (++failed_ >= kAttempts)
    throw Refusal(RefusalReason::temporary,
                  *dropped + "; " + std::to_string(failed_) + " attempts failed",
                  "try again later; see that host, port and socket in the manifest are right");
  const std::chrono::milliseconds wait = kFirstWait * (1U << (failed_ - 1));
  tell_("attempt " + std::to_string(failed_) + " failed, trying again in " +
        std::to_string(wait.count() / 1000) + " s: " + *dropped);
  if (!halt_.wait(wait)) throw planner::Interrupted{};
}

}  // namespace rowplan::executor
