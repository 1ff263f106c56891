// Values to park a row on, asked from the server that is written.
#pragma once

#include <map>
#include <string>

#include "mysql/session.h"
#include "planner/unit_steps.h"

namespace rowplan::executor {

/// Within the open transaction. Integers, texts and bytes: random ones that no row has; other
/// types: none.
class ServerFreeValue : public planner::FreeValue {
 public:
  explicit ServerFreeValue(mysql::Session& target) : target_(target) {}
  std::optional<std::string> free_value(const planner::TablePair& pair, const mysql::Index& index,
                                        std::size_t column) override;

 private:
  std::optional<std::string> free_integer(const planner::TablePair& pair, std::size_t column);
  std::optional<std::string> free_text(const planner::TablePair& pair, std::size_t column);
  [[nodiscard]] bool is_free(const planner::TablePair& pair, std::size_t column,
                             const std::string& literal);

  mysql::Session& target_;
};

}  // namespace rowplan::executor
