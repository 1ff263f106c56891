#include "cmd/cli.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cmd/cli_app.h"
#include "planner/did_you_mean.h"
#include "planner/refusal.h"

namespace rowplan::cmd {
namespace {

using planner::Refusal;
using planner::RefusalReason;

constexpr const char* kProgram = "rowplan";

/// `plan`, `state show`, or empty where no verb was recognised.
std::string verb_of(const CLI::App& app) {
  std::string verb;
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    verb += (verb.empty() ? "" : " ") + at->get_name();
  }
  return verb;
}

/// Of the verb that was recognised, or of the program.
std::string help_of(const CLI::App& app) {
  std::string before;
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    before += (before.empty() ? "" : " ") + at->get_name();
    at = at->get_subcommands().front();
  }
  return at->help(before);
}

const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string help_hint(const std::string& verb) {
  return "see '" + std::string(kProgram) + (verb.empty() ? "" : " " + verb) + " --help'";
}

[[noreturn]] void refuse_unknown_verb(const CLI::App& app, const std::string& verb,
                                      const std::string& word) {
  const CLI::App& parent = innermost(app);
  std::vector<std::string> names;
  for (const CLI::App* sub : parent.get_subcommands(
           [](const CLI::App* candidate) { return !candidate->get_group().empty(); })) {
    names.push_back(sub->get_name());
  }
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::optional<std::string> meant = planner::did_you_mean(word, candidates);
  throw Refusal(RefusalReason::usage,
                "there is no verb '" + (verb.empty() ? "" : verb + " ") + word + "'",
                meant ? "did you mean '" + *meant + "'?" : help_hint(verb));
}

[[noreturn]] void refuse_usage(const CLI::App& app, const CLI::ParseError& error) {
  const std::string verb = verb_of(app);
  const bool needs_verb = verb.empty() || verb == "state";
  if (needs_verb) {
    for (const std::string& word : app.remaining(true)) {
      if (!word.starts_with('-')) refuse_unknown_verb(app, verb, word);
    }
    if (error.get_name() == "RequiredError") {
      throw Refusal(RefusalReason::usage,
                    verb.empty() ? "a verb is missing"
                                 : "'state' needs a verb: list, show, set-watermark, rebase, "
                                   "release or prune",
                    help_hint(verb));
    }
  }
  throw Refusal(RefusalReason::usage, error.what(), help_hint(verb));
}

/// Digests are compared as lower-case hex digits, whatever a person pasted.
std::string normal_digest(std::string text) {
  constexpr std::string_view kPrefix = "sha256:";
  if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

void check_combinations(const std::string& verb, const BoundOptions& bound, const CLI::App& app) {
  if (verb == "plan" && bound.plan.output.empty()) {
    throw Refusal(RefusalReason::usage,
                  "'plan' needs -o DIR: the directory that the plan is written into",
                  "to compare without writing a plan, use 'rowplan check'");
  }
  if (verb == "sync" && !bound.sync.auto_approve) {
    throw Refusal(RefusalReason::usage,
                  "'sync' writes what nobody has looked at, so it needs --auto-approve",
                  "to look first, use 'rowplan plan -o DIR' and then 'rowplan apply'");
  }
  if (bound.global.json && (verb == "show" || verb == "status")) {
    const bool given = innermost(app).get_option("--format")->count() > 0;
    const bool is_json = verb == "show" ? bound.show.format == ShowFormat::json
                                        : bound.status.format == StatusFormat::json;
    if (given && !is_json) {
      throw Refusal(RefusalReason::usage, "--json and --format contradict each other",
                    help_hint(verb));
    }
  }
}

VerbOptions options_of(const std::string& verb, BoundOptions& bound) {
  if (bound.global.json) {
    bound.show.format = ShowFormat::json;
    bound.status.format = StatusFormat::json;
  }
  if (bound.apply.expect_digest) {
    bound.apply.expect_digest = normal_digest(*bound.apply.expect_digest);
  }
  if (verb == "init") return std::move(bound.init);
  if (verb == "validate") return std::move(bound.validate);
  if (verb == "plan") return std::move(bound.plan);
  if (verb == "check") return std::move(bound.check);
  if (verb == "show") return std::move(bound.show);
  if (verb == "resolve") return std::move(bound.resolve);
  if (verb == "apply") return std::move(bound.apply);
  if (verb == "sync") return std::move(bound.sync);
  if (verb == "status") return bound.status;
  if (verb.starts_with("state ")) return bound.state;
  if (verb == "unlock") return std::move(bound.unlock);
  if (verb == "completion") return bound.completion;
  return VersionOptions{};
}

void refuse_not_built(const std::string& verb) {
  const std::vector<std::string>& names = verbs_not_built();
  if (std::find(names.begin(), names.end(), verb) == names.end()) return;
  throw Refusal(RefusalReason::usage, "\"" + verb + "\" is not built yet in this version");
}

}  // namespace

std::variant<CommandLine, HelpText> parse_command_line(const std::vector<std::string>& arguments) {
  BoundOptions bound;
  CLI::App app("", kProgram);
  declare_options(app, bound);
  if (arguments.empty()) return HelpText{app.help(), true};
  // CLI11 takes the arguments from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return HelpText{help_of(app), false};
  } catch (const CLI::CallForVersion& asked) {
    return HelpText{std::string(asked.what()) + '\n', false};
  } catch (const CLI::ParseError& error) {
    refuse_not_built(verb_of(app));
    refuse_usage(app, error);
  }
  const std::string verb = verb_of(app);
  refuse_not_built(verb);
  check_combinations(verb, bound, app);
  VerbOptions options = options_of(verb, bound);
  return CommandLine{std::move(bound.global), std::move(options)};
}

bool asks_for_json(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--json") return true;
  }
  return false;
}

}  // namespace rowplan::cmd
