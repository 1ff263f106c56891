// Which pairs and tables a run takes.
#pragma once

#include <string>
#include <vector>

#include "planner/address.h"
#include "planner/job.h"
#include "planner/manifest.h"

namespace rowplan::planner {

/// --only and --exclude, read and checked against what there is.
class Selector {
 public:
  /// Throws Refusal{usage} for what is no address.
  explicit Selector(const Selection& selection);

  [[nodiscard]] bool may_select(const std::string& pair) const;
  [[nodiscard]] bool selects(const std::string& pair, const mysql::TableName& table);

  /// Of a pair that cannot be asked which tables it has.
  void leave_out(const std::string& pair);

  /// Call when all tables were asked for. Throws Refusal{usage} for an address that is none of
  /// them.
  void require_all_known(const Manifest& manifest) const;

 private:
  struct Entry {
    std::string text;
    Address address;
    bool used = false;
  };

  static std::vector<Entry> parse(const std::vector<std::string>& texts);
  static bool matches(std::vector<Entry>& entries, const std::string& pair,
                      const mysql::TableName& table);

  std::vector<Entry> only_;
  std::vector<Entry> exclude_;
};

}  // namespace rowplan::planner
