// Small tables: to read them costs little but waiting for the servers.
#pragma once

#include <memory>
#include <string>

#include "planner/chunk_visitor.h"
#include "planner/member_sessions.h"
#include "planner/table_pair.h"

namespace rowplan::planner {

/// By the source's guess. Where it is wrong, rows are read more slowly, but not otherwise.
[[nodiscard]] bool is_small(const TablePair& pair);

/// A small table whose rows are a few megabytes at most, by what its columns can hold: over a slow
/// link, too, streamed sooner than summed up in several round trips.
[[nodiscard]] bool is_soon_streamed(const TablePair& pair);

/// May a table be read without a transaction? One statement on each side sees one snapshot each.
/// Not of a replica, whose statement must wait for what the source's has seen.
[[nodiscard]] bool is_read_at_once(const TablePair& pair, const MemberSessions& members);

/// Both members' rows, read by one statement each outside of a transaction. Where the columns allow
/// it, both are sent before either is waited for: one round trip.
class SmallReading {
 public:
  SmallReading(const TablePair& pair, const MemberSessions& members, const std::string& source_sql,
               const std::string& target_sql);
  [[nodiscard]] RowSource& source() { return *source_; }
  [[nodiscard]] RowSource& target() { return *target_; }

 private:
  std::unique_ptr<RowSource> source_;
  std::unique_ptr<RowSource> target_;
};

}  // namespace rowplan::planner
