// The command line: arguments in, option structs out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cmd/color.h"
#include "cmd/log.h"
#include "executor/executor.h"
#include "executor/undo_prune.h"
#include "planner/job.h"

namespace rowplan::cmd {

enum class ProgressMode : std::uint8_t { automatic, bar, plain, none };

inline constexpr const char* kDefaultManifest = "rowplan.toml";

/// What every verb takes.
struct GlobalOptions {
  std::string manifest = kDefaultManifest;
  bool json = false;
  ColorMode color = ColorMode::automatic;
  ProgressMode progress = ProgressMode::automatic;
  LogOptions log;
};

struct InitOptions {
  struct Server {
    std::string place;  ///< HOST, HOST:PORT or socket:/path
    std::string user;
    std::string password_env;
  };
  std::string name;
  Server source;
  Server target;
  std::vector<std::string> tables;
  std::string output;  ///< empty: the manifest's name
  bool overwrite = false;
};

struct ValidateOptions {
  bool connect = false;
  planner::Selection selection;
};

struct PlanOptions {
  std::string output;
  bool full = false;  ///< all rows of incremental tables too
  bool overwrite = false;
  bool detailed_exitcode = false;
  planner::Selection selection;
};

struct CheckOptions {
  bool fast = false;
  std::string junit;  ///< empty: none
  planner::Selection selection;
};

enum class ShowFormat : std::uint8_t { text, markdown, html, json, sql };

struct ShowOptions {
  std::string directory;
  ShowFormat format = ShowFormat::text;
  std::optional<std::uint64_t> limit;  ///< changes shown of each table
};

struct ResolveOptions {
  std::string directory;
  std::string output;
  std::string take;
  std::vector<std::string> only;
  std::optional<std::string> key;
};

struct ApplyOptions {
  std::string directory;
  std::optional<std::string> expect_digest;
  bool dry_run = false;
  executor::Verify verify = executor::Verify::chunks;
  executor::OnStale on_stale = executor::OnStale::abort;
  std::string metrics_textfile;  ///< empty: that of the manifest
};

struct SyncOptions {
  bool auto_approve = false;  ///< refused without
  std::chrono::milliseconds lock_wait{0};
  std::optional<std::chrono::milliseconds> max_duration;
  bool full = false;
  std::string metrics_textfile;  ///< empty: the manifest's
  planner::Selection selection;
};

enum class StatusFormat : std::uint8_t { text, json, prometheus };

struct StatusOptions {
  StatusFormat format = StatusFormat::text;
  std::optional<std::chrono::milliseconds> max_age;
};

enum class StateVerb : std::uint8_t { list, show, set_watermark, rebase, release, prune };

struct StateOptions {
  StateVerb verb = StateVerb::list;
  std::string address;                                         ///< `show`: empty is the whole state
  std::string value;                                           ///< of the watermark
  std::uint64_t limit = 10;                                    ///< runs that `show` tells of
  std::chrono::milliseconds older_than = executor::kUndoKept;  ///< what `prune` removes
};

struct UnlockOptions {
  std::string id;
};

struct VersionOptions {};

enum class Shell : std::uint8_t { bash, zsh, fish };

struct CompletionOptions {
  Shell shell = Shell::bash;
};

using VerbOptions =
    std::variant<InitOptions, ValidateOptions, PlanOptions, CheckOptions, ShowOptions,
                 ResolveOptions, ApplyOptions, SyncOptions, StatusOptions, StateOptions,
                 UnlockOptions, VersionOptions, CompletionOptions>;

struct CommandLine {
  GlobalOptions global;
  VerbOptions verb;
};

/// Help or the version was asked for: nothing else is to be done.
struct HelpText {
  std::string text;
  bool is_error = false;  ///< there were no arguments: to stderr, exit 64
};

/// `arguments` without the program's name. Throws Refusal{usage}.
[[nodiscard]] std::variant<CommandLine, HelpText> parse_command_line(
    const std::vector<std::string>& arguments);

/// Is --json among the arguments? For errors in a command line that cannot be parsed.
[[nodiscard]] bool asks_for_json(const std::vector<std::string>& arguments);

/// Runs the command and returns its exit code: all of the program behind main().
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace rowplan::cmd
