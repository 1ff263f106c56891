// Points at which a test ends the program as kill -9 would, or lets it stand still.
#pragma once

namespace rowplan::executor {

/// Does nothing, unless the environment variable ROWPLAN_TEST_KILL_AT holds a number: then the n-th
/// point that is passed kills the process with SIGKILL. ROWPLAN_TEST_KILL_AT=<name>:<n> counts only
/// points of that name. ROWPLAN_TEST_STOP_AT stops it with SIGSTOP in the same way.
void kill_point(const char* name);

}  // namespace rowplan::executor
