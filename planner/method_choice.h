// How a pair is compared, and why: from what was measured of its servers.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mysql/session.h"
#include "planner/observer.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// What one member's server and the link to it do with rows of a table.
struct LinkSpeed {
  double round_trip_s = 0;
  double bytes_per_s = 0;        ///< of rows that are streamed
  double rows_per_s = 0;         ///< streamed
  double hashed_rows_per_s = 0;  ///< where the server hashes them and sends only sums
};

struct MethodChoice {
  Method method = Method::stream;  ///< not `automatic`
  std::string reason;
  bool compress = false;  ///< would it pay to compress what travels?
  bool measured = false;
};

/// The faster method for a table of about `rows`, where the links are too far to be sure of. Pure.
[[nodiscard]] MethodChoice choose_by_speed(const LinkSpeed& source, const LinkSpeed& target,
                                           std::uint64_t rows);

/// Decides table by table, and measures each pair once. Safe for several threads.
class MethodChooser {
 public:
  explicit MethodChooser(PlanObserver& observer) : observer_(observer) {}

  /// The sessions are the caller's alone meanwhile. Throws mysql::Error.
  [[nodiscard]] MethodChoice choose(const TablePair& pair, mysql::Session& source,
                                    mysql::Session& target);

  /// For a window: what changed is streamed, however far the servers are, and nothing is measured,
  /// which would read more rows than there are to compare.
  [[nodiscard]] MethodChoice choose_for_window(const TablePair& pair);

  /// For the plan: "stream", "checksum" or "mixed", and what was decided and why, pair by pair.
  [[nodiscard]] std::string method() const;
  [[nodiscard]] std::string reason() const;

 private:
  [[nodiscard]] MethodChoice decide(const TablePair& pair, mysql::Session& source,
                                    mysql::Session& target);
  [[nodiscard]] MethodChoice measured(const TablePair& pair, mysql::Session& source,
                                      mysql::Session& target);
  void tell(const std::string& of, const MethodChoice& choice);

  PlanObserver& observer_;
  mutable std::mutex mutex_;
  std::map<std::string, MethodChoice> measured_;  ///< by pair
  std::map<std::string, MethodChoice> told_;      ///< by pair, or table
};

}  // namespace rowplan::planner
