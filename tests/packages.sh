#!/bin/sh
# Prints the Debian packages of the groups of tests/packages.txt that are named, one a line.
# Fails for a group that is not there.
set -eu
list=$(dirname "$0")/packages.txt
for group in "$@"; do
  awk -v group="$group" '
    /^#/ { if (NF == 2) { wanted = ($2 == group); found = found || wanted } next }
    wanted && NF { print $1 }
    END { exit !found }' "$list" || { echo "no group '$group' in $list" >&2; exit 64; }
done
