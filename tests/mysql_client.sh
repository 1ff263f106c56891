#!/bin/sh
# Builds rowplan with Oracle's client library and a newer compiler, in the private root that
# tests/servers/mysql_root.sh makes, and runs the unit tests and one pairing of the scenarios with
# what comes of it. The root sees the source tree read-only.
#
#   tests/mysql_client.sh BUILD_DIRECTORY    (an ordinary build)
set -eu
source=$(cd "$(dirname "$0")/.." && pwd)
ordinary=$1
root=$("$source/tests/servers/mysql_root.sh")
build=$source/build/mysql-client
mkdir -p "$build"

in_root() {
  "$source/tests/servers/in_root.sh" "$root" --ro "$source" --rw "$build" --chdir "$source" -- "$@"
}

# The newer compiler may warn where the supported one does not: warnings are no errors here. Nothing
# is debugged in there, and the scripts run outside of the root.
configure() {
  in_root cmake --preset dev -B "$build" -DROWPLAN_WERROR=OFF -DCMAKE_CXX_FLAGS_DEBUG= \
    -DROWPLAN_PYTHON=/usr/bin/false "$1" >"$build/configure.log" 2>&1 || {
    cat "$build/configure.log" >&2
    exit 1
  }
}
compile() { in_root cmake --build "$build" --target rowplan rowplan_unit_tests; }

# The ordinary build has compiled each file alone. Here that would take three times as long.
/usr/bin/python3 "$source/tests/source_groups.py" "$ordinary" >"$build/groups.cmake"
configure "-DCMAKE_PROJECT_INCLUDE=$build/groups.cmake"
compile || {
  echo "not together; now each file alone" >&2
  configure -UCMAKE_PROJECT_INCLUDE
  compile
}
in_root ldd "$build/cmd/rowplan" | grep -E 'lib(mysqlclient|mariadb)' || true
if in_root ldd "$build/cmd/rowplan" | grep -q libmariadb; then
  echo "rowplan is linked with MariaDB's client library" >&2
  exit 1
fi
failed=
in_root "$build/tests/unit/rowplan_unit_tests" --gtest_brief=1 || failed="$failed unit"

for pairing in mariadb-mysql; do
  /usr/bin/python3 "$source/tests/scenarios/run_scenarios.py" --pairing "$pairing" \
    --rowplan "$build/cmd/rowplan" --root "$root" --row-dump "$ordinary/tests/rowplan_row_dump" \
    --keep "$build/failed-scenarios" -j 2 || failed="$failed $pairing"
done
[ -z "$failed" ] || { echo "failed with MySQL's client library:$failed" >&2; exit 1; }
