#include "executor/state_lock.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "planner/refusal.h"

namespace rowplan::executor {

std::string host_name() {
  std::array<char, 256> host{};
  return gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

state::Lock lock_state(const std::string& state_path, const std::string& verb) {
  state::LockInfo info;
  info.verb = verb;
  info.host = host_name();
  auto taken = state::try_acquire(state_path, info);
  if (auto* lock = std::get_if<state::Lock>(&taken)) return std::move(*lock);
  const auto& holder = std::get<state::Holder>(taken);
  throw planner::Refusal(planner::RefusalReason::locked,
                         "the state file " + state_path + " is in use by " + holder.verb +
                             " (pid " + std::to_string(holder.pid) + " on " + holder.host +
                             ", since " + holder.since + ")",
                         "wait for it to end");
}

}  // namespace rowplan::executor
