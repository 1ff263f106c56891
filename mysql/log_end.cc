#include "mysql/log_end.h"

#include <charconv>

#include "mysql/named_rows.h"
#include "mysql/replica_filters.h"

namespace rowplan::mysql {

namespace {

/// SHOW MASTER STATUS has another name since 8.2, and the old one is gone since 8.4.
bool has_new_name(const Session& session) {
  const std::string& version = session.version();
  unsigned major = 0;
  unsigned minor = 0;
  const char* end = version.data() + version.size();
  const auto read = std::from_chars(version.data(), end, major);
  if (read.ptr != end && *read.ptr == '.') std::from_chars(read.ptr + 1, end, minor);
  return session.vendor() == Vendor::mysql && (major > 8 || (major == 8 && minor >= 2));
}

}  // namespace

std::optional<LogEnd> read_log_end(Session& session) {
  const auto rows =
      query_named(session, has_new_name(session) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS",
                  "asking for the binary log's position");
  if (rows.empty()) return std::nullopt;
  LogEnd end;
  end.file = value_of(rows.at(0), {"File"}).value_or("");
  end.offset = std::stoull(value_of(rows.at(0), {"Position"}).value_or("0"));
  end.do_dbs = names_of_list(value_of(rows.at(0), {"Binlog_Do_DB"}).value_or(""));
  end.ignore_dbs = names_of_list(value_of(rows.at(0), {"Binlog_Ignore_DB"}).value_or(""));
  return end;
}

}  // namespace rowplan::mysql
