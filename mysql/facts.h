// Facts of a server that decide whether it may be read or written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mysql/schema.h"
#include "mysql/session.h"

namespace rowplan::mysql {

struct Facts {
  std::string identity;
  Vendor vendor = Vendor::mysql;
  std::string version;
  bool read_only = false;  ///< read_only or super_read_only
  /// Is it a replica? nullopt: this user may not know (no REPLICATION CLIENT, no REPLICA MONITOR).
  std::optional<bool> replica;
  bool galera = false;
  int lower_case_table_names = 0;
};

[[nodiscard]] Facts read_facts(Session& session);

/// "primary" or "replica"; "unknown" where this user may not know.
[[nodiscard]] std::string role_of(const Facts& facts);

/// Does this user see the triggers of the table, that is, has it TRIGGER on it? Direct grants and
/// those of active roles count.
[[nodiscard]] bool sees_triggers(Session& session, const TableName& table);

/// GET_LOCK on this session. False: another session holds it.
[[nodiscard]] bool get_lock(Session& session, const std::string& name);
/// Does this session still hold it?
[[nodiscard]] bool holds_lock(Session& session, const std::string& name);
/// The connection id of its holder, or nothing.
[[nodiscard]] std::optional<std::string> lock_holder(Session& session, const std::string& name);

}  // namespace rowplan::mysql
