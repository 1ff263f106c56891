#include "cmd/cli_app.h"

#include <charconv>
#include <chrono>
#include <functional>
#include <system_error>
#include <utility>

#include "planner/quantity.h"

namespace rowplan::cmd {
namespace {

template <typename Value>
using Choices = std::vector<std::pair<std::string, Value>>;

/// An option that takes one of a few words. They are its type name too, where completion finds
/// them.
template <typename Value, typename Target>
CLI::Option* add_choice(CLI::App& app, const std::string& names, Target& target,
                        const Choices<Value>& choices, const std::string& description) {
  std::string words;
  for (const auto& [word, value] : choices) words += (words.empty() ? "" : "|") + word;
  const auto choose = [&target, choices, names, words](const std::string& given) {
    for (const auto& [word, value] : choices) {
      if (word == given) {
        target = value;
        return;
      }
    }
    throw CLI::ValidationError(names, "'" + given + "' is not one of " + words);
  };
  return app.add_option_function<std::string>(names, choose, description)->type_name(words);
}

/// CLI11 itself would read -1 as a very large count.
template <typename Target>
void add_count(CLI::App& app, const std::string& name, Target& target,
               const std::string& description) {
  const auto set = [&target, name](const std::string& text) {
    std::uint64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, count);
    if (read.ec != std::errc{} || read.ptr != end) {
      throw CLI::ValidationError(name, "'" + text + "' is not a whole number");
    }
    target = count;
  };
  app.add_option_function<std::string>(name, set, description)->type_name("N");
}

void add_selection(CLI::App& app, planner::Selection& selection) {
  const auto add = [&app](const char* name, std::vector<std::string>& target, const char* text) {
    app.add_option(name, target, text)
        ->type_name("ADDR")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  add("--only", selection.only, "Only this pair, group or pair/db.table; may be repeated");
  add("--exclude", selection.exclude, "All but this pair, group or pair/db.table; may be repeated");
}

void declare_global(CLI::App& app, GlobalOptions& global) {
  app.add_option("-f,--manifest", global.manifest, "The manifest (rowplan.toml)")
      ->type_name("FILE");
  app.add_flag("--json", global.json, "One JSON document on stdout");
  add_choice<ColorMode>(
      app, "--color", global.color,
      {{"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}},
      "Colours; NO_COLOR is heeded");
  add_choice<ProgressMode>(app, "--progress", global.progress,
                           {{"auto", ProgressMode::automatic},
                            {"bar", ProgressMode::bar},
                            {"plain", ProgressMode::plain},
                            {"none", ProgressMode::none}},
                           "Progress on stderr: a bar on a terminal, else a line every 10 s");
  add_choice<LogLevel>(app, "--log-level", global.log.level,
                       {{"error", LogLevel::error},
                        {"warning", LogLevel::warning},
                        {"info", LogLevel::info},
                        {"debug", LogLevel::debug}},
                       "What is logged");
  add_choice<LogFormat>(app, "--log-format", global.log.format,
                        {{"text", LogFormat::text}, {"json", LogFormat::json}},
                        "Lines of text or of JSON");
  app.add_option("--log-file", global.log.file, "Append the log to this file, not to stderr")
      ->type_name("FILE");
  app.add_flag("-q,--quiet", global.log.quiet, "Only errors on stderr, no progress");
  app.add_flag("-v,--verbose", global.log.verbose, "Log more; twice: still more");
}

void declare_init_server(CLI::App& app, const std::string& side, InitOptions::Server& server) {
  app.add_option("--" + side, server.place, "HOST, HOST:PORT or socket:/path of the " + side)
      ->type_name("PLACE")
      ->required();
  app.add_option("--" + side + "-user", server.user, "User on the " + side)
      ->type_name("USER")
      ->required();
  app.add_option("--" + side + "-password-env", server.password_env,
                 "Environment variable that holds its password")
      ->type_name("NAME");
}

void declare_init(CLI::App& app, InitOptions& init) {
  declare_init_server(app, "source", init.source);
  declare_init_server(app, "target", init.target);
  app.add_option("--tables", init.tables, "db.table, or a glob such as 'shop.*'; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->required();
  app.add_option("--name", init.name,
                 "Name of the manifest and its pair; the database's, if left out")
      ->type_name("NAME");
  app.add_option("--output", init.output, "Where to write it; that of -f, if left out")
      ->type_name("FILE");
  app.add_flag("--overwrite", init.overwrite, "Replace an existing file");
}

void declare_plan(CLI::App& app, PlanOptions& plan) {
  app.add_option("-o,--output", plan.output, "Directory to write the plan into")->type_name("DIR");
  app.add_flag("--full", plan.full, "Compare all rows, whatever a watermark says");
  app.add_flag("--overwrite", plan.overwrite, "Replace the plan in the directory");
  app.add_flag("--detailed-exitcode", plan.detailed_exitcode, "Exit with 2 if there are changes");
  add_selection(app, plan.selection);
}

void declare_check(CLI::App& app, CheckOptions& check) {
  app.add_flag("--fast", check.fast, "May stop at the first difference");
  app.add_option("--junit", check.junit, "Write a JUnit report, a test case for each table")
      ->type_name("FILE");
  add_selection(app, check.selection);
}

void declare_show(CLI::App& app, ShowOptions& show) {
  app.add_option("DIR", show.directory, "The plan")->type_name("")->required();
  add_choice<ShowFormat>(app, "--format", show.format,
                         {{"text", ShowFormat::text},
                          {"markdown", ShowFormat::markdown},
                          {"html", ShowFormat::html},
                          {"json", ShowFormat::json},
                          {"sql", ShowFormat::sql}},
                         "How to show it");
  add_count(app, "--limit", show.limit,
            "Show at most so many changes of each table (20; 0: all); not for json and sql");
}

void declare_resolve(CLI::App& app, ResolveOptions& resolve) {
  app.add_option("DIR", resolve.directory, "The plan")->type_name("")->required();
  app.add_option("-o,--output", resolve.output, "Directory to write the new plan into")
      ->type_name("DIR")
      ->required();
  app.add_option("--take", resolve.take, "Who wins: a member's name, newest; or skip")
      ->type_name("MEMBER|newest|skip")
      ->required();
  app.add_option("--only", resolve.only, "Conflicts of this pair or table; may be repeated")
      ->type_name("ADDR")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--key", resolve.key, "The conflict of this key: its values, joined by commas")
      ->type_name("K");
}

/// Takes any duration of a manifest's form.
template <typename Target>
void add_duration(CLI::App& app, const std::string& name, Target& target,
                  const std::string& description) {
  const auto set = [&target, name](const std::string& text) {
    const auto duration = planner::parse_duration(text);
    if (!duration) {
      throw CLI::ValidationError(name, "'" + text + "' is no duration such as 30m, 24h or 7d");
    }
    target = *duration;
  };
  app.add_option_function<std::string>(name, set, description)->type_name("T");
}

void add_metrics_textfile(CLI::App& app, std::string& file) {
  app.add_option("--metrics-textfile", file,
                 "Write metrics there after the run, for node_exporter; over the manifest's")
      ->type_name("FILE");
}

void declare_apply(CLI::App& app, ApplyOptions& apply) {
  app.add_option("DIR", apply.directory, "The plan")->type_name("")->required();
  app.add_option("--expect-digest", apply.expect_digest,
                 "Refuse any plan but the one of this digest")
      ->type_name("SHA256");
  app.add_flag("--dry-run", apply.dry_run, "Judge every unit and write nothing");
  add_choice<executor::Verify>(
      app, "--verify", apply.verify,
      {{"chunks", executor::Verify::chunks}, {"rows", executor::Verify::rows}},
      "What must be as planned: whole chunks, or the planned rows alone");
  add_choice<executor::OnStale>(
      app, "--on-stale", apply.on_stale,
      {{"abort", executor::OnStale::abort}, {"skip", executor::OnStale::skip}},
      "What to do where data is not as planned: stop, or go on with the other units");
  add_metrics_textfile(app, apply.metrics_textfile);
}

void declare_sync(CLI::App& app, SyncOptions& sync) {
  app.add_flag("--auto-approve", sync.auto_approve, "Apply what is planned; sync needs it");
  add_duration(app, "--lock-wait", sync.lock_wait, "Wait for another run to end, at most so long");
  add_duration(app, "--max-duration", sync.max_duration,
               "Start nothing new after so long; the next run goes on");
  app.add_flag("--full", sync.full, "Compare all rows, whatever a watermark says");
  add_metrics_textfile(app, sync.metrics_textfile);
  add_selection(app, sync.selection);
}

void declare_status(CLI::App& app, StatusOptions& status) {
  add_choice<StatusFormat>(app, "--format", status.format,
                           {{"text", StatusFormat::text},
                            {"json", StatusFormat::json},
                            {"prometheus", StatusFormat::prometheus}},
                           "How to show it");
  add_duration(app, "--max-age", status.max_age, "Exit with 4 if a pair's last success is older");
}

/// Takes any arguments, so that what is said is that it is not built, and not what is wrong with
/// them.
void declare_not_built(CLI::App& app, const std::string& name) {
  CLI::App* const verb = app.add_subcommand(name, "Not built yet in this version");
  verb->group("")->allow_extras()->fallthrough(false);
  verb->set_help_flag();
}

void declare_state(CLI::App& app, StateOptions& state) {
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* description, StateVerb verb) {
    CLI::App* const sub = app.add_subcommand(name, description);
    sub->fallthrough()->group("Verbs");
    sub->callback([&state, verb] { state.verb = verb; });
    return sub;
  };
  const auto add_address = [&state](CLI::App& sub, const char* description) {
    return sub.add_option("ADDR", state.address, description)->type_name("");
  };
  add("list", "One line for each pair and table, with what is known", StateVerb::list);
  CLI::App& show = *add("show", "What is known of a pair or table, or all, with a history of runs",
                        StateVerb::show);
  add_address(show, "pair or pair/db.table; all, if left out");
  add_count(show, "--limit", state.limit, "Show at most so many runs (10)");
  CLI::App& set =
      *add("set-watermark", "Say up to which time a table is synced", StateVerb::set_watermark);
  add_address(set, "pair/db.table")->required();
  set.add_option("VALUE", state.value, "'YYYY-MM-DD HH:MM:SS[.ffffff]' in UTC")
      ->type_name("")
      ->required();
  add_address(
      *add("rebase", "Forget watermarks, so that the next run compares in full", StateVerb::rebase),
      "pair or pair/db.table")
      ->required();
  add_address(*add("release", "Let a pair go that is held back", StateVerb::release), "pair")
      ->required();
  add_duration(
      *add("prune", "Remove old runs, and what was kept of the rows they wrote", StateVerb::prune),
      "--older-than", state.older_than, "Of runs older than this (30d)");
}

}  // namespace

const std::vector<std::string>& verbs_not_built() {
  static const std::vector<std::string> verbs = {"undo"};
  return verbs;
}

void declare_options(CLI::App& app, BoundOptions& bound) {
  app.description("Makes rows of MySQL and MariaDB tables converge: plan, review, apply.");
  app.require_subcommand(1);
  app.get_formatter()->label("SUBCOMMAND", "VERB");
  app.set_version_flag("--version", "rowplan " ROWPLAN_VERSION, "Print the version and exit");
  declare_global(app, bound.global);
  app.footer("'rowplan VERB --help' tells more. docs/exit-codes.md lists the exit codes.");
  const auto verb = [&app](const char* name, const char* description) -> CLI::App& {
    CLI::App* const added = app.add_subcommand(name, description)->fallthrough()->group("Verbs");
    added->footer("Options of every verb: see 'rowplan --help'.");
    return *added;
  };
  declare_init(verb("init", "Write a commented manifest"), bound.init);
  CLI::App& validate = verb("validate", "Check the manifest, and with --connect what it names");
  validate.add_flag("--connect", bound.validate.connect,
                    "Connect, and check identities, privileges, keys and schemas");
  add_selection(validate, bound.validate.selection);
  declare_plan(verb("plan", "Compare, and write down every row that would change"), bound.plan);
  declare_check(verb("check", "Compare, and write nothing"), bound.check);
  declare_show(verb("show", "Show a plan, after checking all its digests"), bound.show);
  declare_resolve(verb("resolve", "Decide conflicts of a plan, offline: a new plan"),
                  bound.resolve);
  declare_apply(verb("apply", "Carry out a plan, or refuse"), bound.apply);
  declare_sync(verb("sync", "Plan, judge and apply in one, for schedulers"), bound.sync);
  declare_status(verb("status", "Tell of each pair when it last went well"), bound.status);
  declare_state(verb("state", "Look into the state file, and look after it"), bound.state);
  verb("unlock", "Clear up the lock of a run that was killed")
      .add_option("ID", bound.unlock.id, "The lock's id, as the refusal named it")
      ->type_name("")
      ->required();
  verb("version", "Print the versions of rowplan and what it was built with");
  add_choice<Shell>(
      verb("completion", "Print a completion script for a shell"), "SHELL", bound.completion.shell,
      {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}, "The shell")
      ->required();
  for (const std::string& name : verbs_not_built()) declare_not_built(app, name);
}

}  // namespace rowplan::cmd
