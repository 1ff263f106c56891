#include "executor/unit_retries.h"

#include <chrono>
#include <thread>

#include "mysql/error.h"
#include "mysql/mutant.h"

namespace rowplan::executor {

namespace {

constexpr unsigned kAttempts = 6;
constexpr unsigned kFirstDelayMs = 50;  // doubled with each attempt

}  // namespace

void drop_writers(const UnitWork& unit, ApplySessions& sessions) noexcept {
  if (mysql::planted(mysql::Mutant::no_rollback_on_retry)) return;
  for (const std::string& server : unit.servers()) sessions.drop_writers(server);
}

UnitResult with_retries(const UnitWork& unit, ApplySessions& sessions, ApplyObserver& observer,
                        const std::function<UnitResult()>& attempt) {
  for (unsigned tried = 1;; ++tried) {
    const unsigned delay_ms = kFirstDelayMs << tried;
    try {
      UnitResult result = attempt();
      const bool is_known = result.outcome != UnitOutcome::failed || result.failure;
      if (is_known || tried >= kAttempts) return result;
      observer.unit_retry(unit.id, tried, delay_ms, result.detail);
    } catch (const mysql::Error& error) {
      // Never only the statement: a lock wait time-out leaves the transaction open.
      drop_writers(unit, sessions);
      const bool again = error.is_retryable() || error.is_connection_lost();
      if (!again || tried >= kAttempts)
        return failed(unit.tables.front().table->address, error.what(), std::current_exception());
      observer.unit_retry(unit.id, tried, delay_ms, error.what());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
  }
}

}  // namespace rowplan::executor
