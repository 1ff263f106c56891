#include "cmd/completion_command.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace rowplan::cmd {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::vector<std::string> option_names(const TableVerb& verb) {
  std::vector<std::string> names;
  for (const TableOption& option : verb.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

std::vector<std::string> verb_names(const TableVerb& parent) {
  std::vector<std::string> names;
  for (const TableVerb& verb : parent.verbs) names.push_back(verb.name);
  return names;
}

/// Within single quotes of any of the three shells: our own help texts, which hold no backslash.
std::string quoted(std::string text) {
  for (std::size_t at = text.find('\''); at != std::string::npos; at = text.find('\'', at + 4)) {
    text.replace(at, 1, "'\\''");
  }
  return "'" + text + "'";
}

// bash -----------------------------------------------------------------------------------------

std::string bash_values(const TableOption& option, const std::string& indent) {
  switch (option.value) {
    case ValueKind::choice:
      return indent + "COMPREPLY=($(compgen -W " + quoted(joined(option.choices, " ")) +
             " -- \"$cur\"))\n";
    case ValueKind::file:
      return indent + "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))\n";
    case ValueKind::directory:
      return indent + "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))\n";
    case ValueKind::none:
    case ValueKind::other:
      break;
  }
  return indent + "COMPREPLY=()\n";
}

/// Cases of `case "$verb/$prev"` for options that take a value; "*" stands for every verb.
std::string bash_option_cases(const TableVerb& verb, const std::string& path) {
  std::string text;
  for (const TableOption& option : verb.options) {
    if (option.names.empty() || option.value == ValueKind::none) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : option.names) patterns.push_back(path + "/" + name);
    text += "    " + joined(patterns, "|") + ")\n" + bash_values(option, "      ") +
            "      return ;;\n";
  }
  for (const TableVerb& sub : verb.verbs) {
    const std::string prefix = path == "*" ? "" : path + ".";
    text += bash_option_cases(sub, prefix + sub.name);
  }
  return text;
}

std::string bash_word_cases(const TableVerb& verb, const std::string& path,
                            const std::string& globals) {
  std::vector<std::string> words = verb_names(verb);
  for (const std::string& name : option_names(verb)) words.push_back(name);
  std::string text = "    " + path + ")\n";
  text += "      if [[ $cur != -* ]]; then\n";
  bool has_positional = false;
  for (const TableOption& option : verb.options) {
    if (!option.names.empty()) continue;
    text += bash_values(option, "        ");
    has_positional = true;
  }
  if (!has_positional) {
    text += "        COMPREPLY=($(compgen -W " + quoted(joined(verb_names(verb), " ")) +
            " -- \"$cur\"))\n";
  }
  text += "      else\n        COMPREPLY=($(compgen -W " +
          quoted(joined(words, " ") + (globals.empty() ? "" : " " + globals)) +
          " -- \"$cur\"))\n      fi ;;\n";
  for (const TableVerb& sub : verb.verbs) {
    const std::string prefix = path == "''" ? "" : path + ".";
    text += bash_word_cases(sub, prefix + sub.name,
                            globals.empty() ? joined(option_names(verb), " ") : globals);
  }
  return text;
}

std::string bash_script(const TableVerb& program) {
  std::vector<std::string> nested;
  for (const TableVerb& verb : program.verbs) {
    for (const TableVerb& sub : verb.verbs) nested.push_back(verb.name + "/" + sub.name);
  }
  return "# bash completion for rowplan: source it, or put it into bash's completions directory.\n"
         "_rowplan() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' word i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    case \"$verb/$word\" in\n"
         "      /" +
         joined(verb_names(program), "|/") +
         ") verb=$word ;;\n"
         "      " +
         joined(nested, "|") +
         ") verb=$verb.$word ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$verb/$prev\" in\n" +
         bash_option_cases(program, "*") +
         "  esac\n"
         "  case \"$verb\" in\n" +
         bash_word_cases(program, "''", "") +
         "  esac\n"
         "}\n"
         "complete -F _rowplan rowplan\n";
}

// zsh ------------------------------------------------------------------------------------------

/// _arguments takes [ ] and : for its own.
std::string zsh_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const TableOption& option) {
  switch (option.value) {
    case ValueKind::none:
      return "";
    case ValueKind::choice:
      return ":value:(" + joined(option.choices, " ") + ")";
    case ValueKind::file:
      return ":file:_files";
    case ValueKind::directory:
      return ":directory:_files -/";
    case ValueKind::other:
      break;
  }
  return ":value: ";
}

std::string zsh_arguments(const TableVerb& verb) {
  std::string text;
  for (const TableOption& option : verb.options) {
    if (option.names.empty()) {
      text += " \\\n        " + quoted(":" + zsh_action(option).substr(1));
      continue;
    }
    for (const std::string& name : option.names) {
      text += " \\\n        " +
              quoted("*" + name + "[" + zsh_escaped(option.description) + "]" + zsh_action(option));
    }
  }
  return text;
}

std::string zsh_script(const TableVerb& program) {
  std::string text =
      "#compdef rowplan\n"
      "# zsh completion for rowplan: a file called _rowplan in a directory of $fpath.\n"
      "_rowplan() {\n"
      "  local -a verbs global\n"
      "  verbs=(\n";
  for (const TableVerb& verb : program.verbs) {
    text += "    " + quoted(verb.name + ":" + zsh_escaped(verb.description)) + "\n";
  }
  text += "  )\n  global=(" + zsh_arguments(program) + "\n  )\n";
  text +=
      "  local context state line\n"
      "  typeset -A opt_args\n"
      "  _arguments -C $global '1:verb:->verb' '*::argument:->rest'\n"
      "  case $state in\n"
      "    verb) _describe verb verbs ;;\n"
      "    rest)\n"
      "      case $line[1] in\n";
  for (const TableVerb& verb : program.verbs) {
    text += "      " + verb.name + ")\n        _arguments $global" + zsh_arguments(verb);
    if (!verb.verbs.empty()) {
      text += " \\\n        " + quoted("1:verb:(" + joined(verb_names(verb), " ") + ")");
    }
    text += " ;;\n";
  }
  return text +
         "      esac ;;\n"
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == _rowplan ]]; then _rowplan; else compdef _rowplan rowplan; fi\n";
}

// fish -----------------------------------------------------------------------------------------

std::string fish_option(const TableOption& option, const std::string& condition) {
  std::string text = "complete -c rowplan" + condition;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  switch (option.value) {
    case ValueKind::none:
      break;
    case ValueKind::choice:
      text += " -x -a " + quoted(joined(option.choices, " "));
      break;
    case ValueKind::file:
      text += " -r -F";
      break;
    case ValueKind::directory:
      text += option.names.empty() ? " -a '(__fish_complete_directories)'"
                                   : " -x -a '(__fish_complete_directories)'";
      break;
    case ValueKind::other:
      if (!option.names.empty()) text += " -x";
      break;
  }
  return text + " -d " + quoted(option.description) + "\n";
}

std::string fish_script(const TableVerb& program) {
  std::string text =
      "# fish completion for rowplan: rowplan.fish in fish's completions directory.\n"
      "complete -c rowplan -f\n";
  for (const TableOption& option : program.options) text += fish_option(option, "");
  for (const TableVerb& verb : program.verbs) {
    text += "complete -c rowplan -n __fish_use_subcommand -a " + verb.name + " -d " +
            quoted(verb.description) + "\n";
    const std::string seen = " -n '__fish_seen_subcommand_from " + verb.name + "'";
    for (const TableOption& option : verb.options) text += fish_option(option, seen);
    for (const TableVerb& sub : verb.verbs) {
      text += "complete -c rowplan" + seen + " -a " + sub.name + " -d " + quoted(sub.description) +
              "\n";
      for (const TableOption& option : sub.options) text += fish_option(option, seen);
    }
  }
  return text;
}

}  // namespace

std::string completion_script(Shell shell, const TableVerb& program) {
  switch (shell) {
    case Shell::bash:
      return bash_script(program);
    case Shell::zsh:
      return zsh_script(program);
    case Shell::fish:
      return fish_script(program);
  }
  return "";
}

ExitCode run_completion(const CompletionOptions& options, const Context& context) {
  const std::string script = completion_script(options.shell, option_table());
  if (context.global.json) {
    context.console.print_json({{"script", script}, {"exit_code", 0}});
  } else {
    context.console.out() << script;
  }
  return ExitCode::done;
}

}  // namespace rowplan::cmd
