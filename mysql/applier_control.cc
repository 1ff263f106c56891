#include "mysql/applier_control.h"

namespace rowplan::mysql {

namespace {

/// Channels cannot be named in hex. The session's sql_mode leaves backslashes their meaning.
std::string channel_literal(const std::string& channel) {
  std::string text = "'";
  for (const char c : channel) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

void order(Session& replica, const std::string& verb, const std::string& channel,
           const std::string& doing) {
  const std::string name = channel_literal(channel);
  replica.execute(replica.vendor() == Vendor::mysql
                      ? verb + " REPLICA SQL_THREAD FOR CHANNEL " + name
                      : verb + " SLAVE " + name + " SQL_THREAD",
                  doing);
}

}  // namespace

void stop_applier(Session& replica, const std::string& channel) {
  order(replica, "STOP", channel, "stopping the replica's applier");
}

void start_applier(Session& replica, const std::string& channel) {
  order(replica, "START", channel, "starting the replica's applier");
}

}  // namespace rowplan::mysql
