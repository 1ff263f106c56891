// Rows of one query as they arrive: binary protocol, unbuffered, exact.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/cell.h"
#include "mysql/session.h"

namespace rowplan::mysql {

/// What an expression for a tagged text gives for a value that the server could not convert.
inline constexpr std::string_view kUnreadable = "!";

/// How one column of a result is fetched. `expression` is SQL, already quoted.
struct ReadColumn {
  std::string expression;
  CellType type;
  bool is_unsigned = false;         ///< integers on the wire
  bool single = false;              ///< FLOAT on the wire
  std::vector<std::string> labels;  ///< of ENUM and SET: the wire carries the number
  bool tag_utf8 = false;  ///< tagged_text of a column that holds UTF-8 already: tagged here
};

/// Streams rows of a SELECT. Until it is at its end the session can do nothing else; destroyed
/// before its end, it closes the session, because the rest would have to be read.
class RowStream {
 public:
  /// `sql` must select the columns' expressions in order. `doing` names it in errors.
  RowStream(Session& session, const std::string& sql, const std::vector<ReadColumn>& columns,
            std::string doing);
  ~RowStream();
  RowStream(RowStream&&) noexcept;
  RowStream& operator=(RowStream&&) = delete;
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;

  /// False at the end that the server declared, and only there; a failed read throws Error. So does
  /// an end with a warning that says that a value was cut short.
  [[nodiscard]] bool next(Row& row);
  [[nodiscard]] std::uint64_t rows_read() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rowplan::mysql
