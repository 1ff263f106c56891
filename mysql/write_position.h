// How far a server has been written, so that one restored from a backup can be told.
#pragma once

#include <string>

#include "mysql/session.h"

namespace rowplan::mysql {

/// What the server's binary log has come to, as opaque text: its GTIDs, else file and offset.
/// Empty: it has no binary log, or this user may not ask. Throws Error.
[[nodiscard]] std::string write_position(Session& session);

/// Does the server hold all that it held at `earlier`, which write_position gave? An empty one says
/// nothing: true. Throws Error.
[[nodiscard]] bool position_contains(Session& session, const std::string& earlier);

}  // namespace rowplan::mysql
