#include "cmd/unlock_command.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "cmd/manifest_file.h"
#include "cmd/shown_text.h"
#include "planner/refusal.h"
#include "state/lock.h"

namespace rowplan::cmd {
namespace {

std::string holder_text(const state::Holder& holder) {
  return holder.verb + " on " + holder.host + ", pid " + std::to_string(holder.pid) + ", since " +
         holder.since;
}

}  // namespace

ExitCode run_unlock(const UnlockOptions& options, const Context& context) {
  const LoadedManifest loaded = load_manifest(context.global.manifest);
  report_warnings(loaded, context.console);
  const std::filesystem::path path =
      planner::beside(loaded.manifest.file, loaded.manifest.state_path);
  const state::Release release = state::release_abandoned(path, options.id);
  switch (release.outcome) {
    case state::ReleaseOutcome::released:
      break;
    case state::ReleaseOutcome::not_there:
      throw std::runtime_error("there is no lock beside " + path.string());
    case state::ReleaseOutcome::other_id:
      throw std::runtime_error("the lock beside " + path.string() + " has the id " +
                               release.holder.id + " and not " + options.id + ": " +
                               holder_text(release.holder));
    case state::ReleaseOutcome::held:
      throw planner::Refusal(planner::RefusalReason::locked,
                             "the lock is held by a run at work: " + holder_text(release.holder),
                             "wait for it, or stop it with SIGTERM; its lock goes with it");
  }
  if (context.global.json) {
    context.console.print_json({{"released", release.holder.id}, {"exit_code", 0}});
  } else {
    context.console.out() << "Released lock " << shown(release.holder.id) << ": "
                          << shown(holder_text(release.holder)) << ".\n";
  }
  return ExitCode::done;
}

}  // namespace rowplan::cmd
