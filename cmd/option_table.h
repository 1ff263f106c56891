// What verbs and options there are, as data: for shell completion.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rowplan::cmd {

enum class ValueKind : std::uint8_t { none, choice, file, directory, other };

struct TableOption {
  std::vector<std::string> names;  ///< `-f`, `--manifest`; empty for a positional argument
  std::string description;
  ValueKind value = ValueKind::none;
  std::vector<std::string> choices;
};

struct TableVerb {
  std::string name;
  std::string description;
  std::vector<TableOption> options;
  std::vector<TableVerb> verbs;  ///< of `state`
};

/// The program itself: its options are those that every verb takes. What is not built is not in it.
[[nodiscard]] TableVerb option_table();

}  // namespace rowplan::cmd
