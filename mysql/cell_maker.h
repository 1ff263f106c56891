// Private to mysql/: cells of values that are not held as the server sends them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "mysql/mutant.h"
#include "mysql/row_stream.h"

namespace rowplan::mysql {

/// Of one result. What it returns lives in `sent` or `made`. Throws Error for what no server sends,
/// and for what it could not convert.
class CellMaker {
 public:
  CellMaker(std::string server, std::string doing)
      : server_(std::move(server)), doing_(std::move(doing)) {}

  /// Is the cell what the server sends? Not of numbers and times.
  [[nodiscard]] bool as_sent(CellKind kind) const {
    return (kind == CellKind::text || kind == CellKind::bytes || kind == CellKind::decimal ||
            kind == CellKind::plain) &&
           !ignores_spaces_ && !cuts_values_;
  }
  /// Of a text, bytes and their kin.
  [[nodiscard]] std::string_view of_bytes(const ReadColumn& column, std::string_view sent,
                                          std::string& made) const;
  /// Of an ENUM or SET, by its number.
  [[nodiscard]] std::string_view of_label(const ReadColumn& column, std::uint64_t number,
                                          std::string& made) const;

 private:
  std::string server_;
  std::string doing_;
  // Bugs that tests plant.
  const bool ignores_spaces_ = planted(Mutant::compare_ignores_spaces);
  const bool cuts_values_ = planted(Mutant::long_values_cut);
};

}  // namespace rowplan::mysql
