// Points at which a test ends the program as kill -9 would, or lets it stand still.
#pragma once

namespace rowplan::state {

/// Does nothing, unless the environment variable ROWPLAN_TEST_KILL_AT holds a number: then the n-th
/// point that is passed, by whichever thread, kills the process with SIGKILL.
/// ROWPLAN_TEST_KILL_AT=<name>:<n> counts only points of that name.
/// ROWPLAN_TEST_STOP_AT stops the process with SIGSTOP in the same way; <name>:0 does so each time.
void kill_point(const char* name);

/// For a test's child process with one thread: from here on as if the variable held `text`.
void set_kill_point(const char* text);

}  // namespace rowplan::state
