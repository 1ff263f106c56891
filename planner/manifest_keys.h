// The one table of all keys that a manifest may hold, built or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace rowplan::planner {

/// Kinds of TOML tables, as bits.
enum Section : unsigned {
  kRoot = 1U << 0U,
  kState = 1U << 1U,
  kServer = 1U << 2U,
  kDefaults = 1U << 3U,
  kPair = 1U << 4U,
  kTable = 1U << 5U,
  kGroup = 1U << 6U,
  kLimits = 1U << 7U,
  kIncremental = 1U << 8U,
  kThrottle = 1U << 9U,
  kHooks = 1U << 10U,
  kPolicy = 1U << 11U,
  kOutput = 1U << 12U,
  kSecrets = 1U << 13U,
  kAudit = 1U << 14U,
  kDeletesForm = 1U << 15U,  ///< the table that `deletes` may be
  kConflict = 1U << 16U,     ///< the table that `conflict` and `insert_conflict` are
};

enum class KeyType : std::uint8_t {
  text,
  texts,    ///< a list of different texts, not empty
  command,  ///< a list of texts: a program and its arguments
  integer,
  boolean,
  size,  ///< bytes
  duration,
  limit,            ///< a number of rows, or a share
  choice,           ///< one of the texts in `choices`
  choices,          ///< a list of these, each once; may be empty
  renames,          ///< a table of texts
  section,          ///< a table with keys of its own
  sections,         ///< a table of such tables by name
  text_or_table,    ///< a text, or a table with keys of its own
  choice_or_flag,   ///< a choice, some of which are `true` and `false`
  choice_or_table,  ///< a choice, or a table with keys of its own
};

/// A value that a key may have. `feature`: as in KeySpec.
struct Choice {
  std::string_view value;
  std::string_view feature = {};
};

struct KeySpec {
  std::string_view name;
  unsigned sections = 0;  ///< bits of Section
  KeyType type = KeyType::text;
  /// What the key belongs to, where that is not built yet: the key is refused. Empty: built.
  std::string_view feature = {};
  std::span<const Choice> choices = {};  ///< in the order of the enumeration that is read
  std::int64_t min = 0;                  ///< rows, bytes or milliseconds
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

[[nodiscard]] std::span<const KeySpec> manifest_keys();

/// nullptr: no such key in a table of this kind.
[[nodiscard]] const KeySpec* find_key(Section section, std::string_view name);

[[nodiscard]] std::vector<std::string_view> key_names(Section section);

/// Where a key stands that is unknown in some other place: "a pair"; empty: it is known nowhere.
[[nodiscard]] std::string_view home_of_key(std::string_view name);

}  // namespace rowplan::planner
