#include "cmd/option_table.h"

#include "cmd/cli_app.h"

namespace rowplan::cmd {
namespace {

std::vector<std::string> split_choices(const std::string& words) {
  std::vector<std::string> choices;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = words.find('|', at);
    choices.push_back(words.substr(at, end - at));
    if (end == std::string::npos) return choices;
    at = end + 1;
  }
}

TableOption table_option(const CLI::Option& option) {
  TableOption entry;
  for (const std::string& name : option.get_snames()) entry.names.push_back('-' + name);
  for (const std::string& name : option.get_lnames()) entry.names.push_back("--" + name);
  entry.description = option.get_description();
  std::string type = option.get_type_name();
  if (type.empty()) type = option.get_name();
  if (option.get_items_expected_max() == 0) {
    entry.value = ValueKind::none;
  } else if (type.find('|') != std::string::npos) {
    entry.value = ValueKind::choice;
    entry.choices = split_choices(type);
  } else if (type == "FILE") {
    entry.value = ValueKind::file;
  } else if (type == "DIR") {
    entry.value = ValueKind::directory;
  } else {
    entry.value = ValueKind::other;
  }
  return entry;
}

TableVerb table_verb(const CLI::App& app) {
  TableVerb verb;
  verb.name = app.get_name();
  verb.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) verb.options.push_back(table_option(*option));
  const auto is_built = [](const CLI::App* sub) { return !sub->get_group().empty(); };
  for (const CLI::App* sub : app.get_subcommands(is_built)) verb.verbs.push_back(table_verb(*sub));
  return verb;
}

}  // namespace

TableVerb option_table() {
  BoundOptions bound;
  CLI::App app("", "rowplan");
  declare_options(app, bound);
  return table_verb(app);
}

}  // namespace rowplan::cmd
