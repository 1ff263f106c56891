// What is known of each pair since it last went well: for `status`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "state/row_counts.h"
#include "state/store.h"

namespace rowplan::state {

enum class CompareScope : std::uint8_t {
  full,     ///< all rows of all the pair's tables
  partial,  ///< a window, or a selection of tables
};

struct PairRecord {
  std::string address;
  std::string last_success_at;
  std::string last_plan_id;
  std::optional<std::string> last_full_compare_at;
  RowCounts rows;  ///< of the last successful run
};

/// All throw StateError.
class Pairs {
 public:
  explicit Pairs(Store& store) : store_(store) {}

  void succeeded(const std::string& address, const std::string& plan_id, const RowCounts& rows,
                 CompareScope scope);
  /// As if the pair's rows had never all been compared. false: nothing was known of that.
  bool forget_full_compare(const std::string& address);
  [[nodiscard]] std::optional<PairRecord> find(const std::string& address) const;
  [[nodiscard]] std::vector<PairRecord> all() const;  ///< in order of address

 private:
  Store& store_;
};

}  // namespace rowplan::state
