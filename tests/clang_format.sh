#!/bin/sh
# Checks that clang-format would change no source; the argument is the program.
set -eu
cd "$(dirname "$0")/.."
find mysql state planner executor cmd tests \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 "${1:-clang-format}" --dry-run -Werror
