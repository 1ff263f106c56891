// Globs over table names: the entries of `tables`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "planner/address.h"
#include "planner/diagnostic.h"

namespace rowplan::planner {

/// A name with wildcards: `*` is any run of characters, `?` any one; %XX is the byte itself.
class NamePattern {
 public:
  NamePattern() = default;
  /// nullopt: not decodable, or empty.
  [[nodiscard]] static std::optional<NamePattern> parse(std::string_view text);

  [[nodiscard]] bool matches(std::string_view name) const;
  /// The name, where the pattern has no wildcard.
  [[nodiscard]] std::optional<std::string> literal() const;

 private:
  enum class Kind : std::uint8_t { byte, one, run };
  struct Atom {
    Kind kind = Kind::byte;
    char byte = 0;
  };
  std::vector<Atom> atoms_;
};

/// One entry of `tables`: `db.table` with wildcards, behind a `!` where it takes tables out.
struct TableGlob {
  std::string text;  ///< as written
  SourceSpan span;
  bool negative = false;
  NamePattern db;
  NamePattern table;

  /// The table, where the entry has no wildcard: then it must be there, and be no view.
  [[nodiscard]] std::optional<TableName> literal() const;
  /// The `!` is not looked at.
  [[nodiscard]] bool matches(const TableName& name) const;
};

[[nodiscard]] std::variant<TableGlob, InputProblem> parse_glob(std::string_view text);

/// Is the table matched by an entry without `!`, and by none with it? The order does not matter.
[[nodiscard]] bool selects(const std::vector<TableGlob>& globs, const TableName& name);

}  // namespace rowplan::planner
