#include "executor/state_hold.h"

#include <optional>
#include <utility>
#include <variant>

#include "executor/halt.h"
#include "executor/run_record.h"
#include "planner/planner.h"
#include "planner/refusal.h"

namespace rowplan::executor {

namespace {

using planner::Refusal;
using planner::RefusalReason;

constexpr std::chrono::milliseconds kBetweenTries{200};

std::string name_of(const state::Holder& holder) {
  if (holder.pid == 0) return "another run";  // it has not written yet who it is
  return holder.verb + " (pid " + std::to_string(holder.pid) + " on " + holder.host + ", since " +
         holder.since + ")";
}

}  // namespace

state::Lock lock_state(const std::filesystem::path& path, const std::string& verb,
                       std::chrono::milliseconds wait, Halt* halt, const StateHold::Tell& tell) {
  const auto start = std::chrono::steady_clock::now();
  const state::LockInfo info{.verb = verb, .host = host_name()};
  std::string told;
  while (true) {
    auto taken = state::try_acquire(path, info);
    if (auto* lock = std::get_if<state::Lock>(&taken)) {
      if (lock->abandoned_by())
        tell("took over the lock that " + name_of(*lock->abandoned_by()) + " left behind");
      return std::move(*lock);
    }
    const auto& holder = std::get<state::Holder>(taken);
    const std::string in_use = "the state file " + path.string() + " is in use by ";
    if (std::chrono::steady_clock::now() - start >= wait)
      throw Refusal(RefusalReason::locked, in_use + name_of(holder), "wait for it to end");
    if (holder.id != std::exchange(told, holder.id))
      tell(in_use + name_of(holder) + ": waiting for it to end");
    if (halt == nullptr || halt->wait(kBetweenTries)) continue;
    if (halt->by_signal()) throw planner::Interrupted{};
    throw Refusal(RefusalReason::locked, in_use + name_of(holder) + ", and the time is over",
                  "wait for it to end");
  }
}

std::filesystem::path state_path_of(const planner::Manifest& manifest) {
  return planner::beside(manifest.file, manifest.state_path);
}

StateHold StateHold::take(const planner::Manifest& manifest, const std::string& verb,
                          std::chrono::milliseconds wait, Halt* halt, const Tell& tell) {
  const std::filesystem::path path = state_path_of(manifest);
  state::Lock lock = lock_state(path, verb, wait, halt, tell);
  std::optional<state::Store> store =
      state::Store::open(path, state::OpenMode::create, {.job = manifest.name});
  const std::string job = store->meta().job;
  if (job != manifest.name)
    throw Refusal(RefusalReason::state,
                  "the state file " + path.string() + " belongs to the job '" + job +
                      "', not to '" + manifest.name + "'",
                  "give each job a state file of its own, by path in [state]");
  return {path, std::move(lock), std::move(*store)};
}

}  // namespace rowplan::executor
