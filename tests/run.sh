#!/bin/sh
# Everything that must hold before a change is merged: installs what is missing, builds, and runs
# all tests on MariaDB and MySQL. Needs no network once the packages and MySQL's root are there.
#
#   tests/run.sh            all of it
#   tests/run.sh --quick    without the slow tests and without the build with MySQL's own client
set -eu
cd "$(dirname "$0")/.."

quick=no
case ${1-} in
  '') ;;
  --quick) quick=yes ;;
  *) echo "usage: tests/run.sh [--quick]" >&2; exit 64 ;;
esac

began=$(date +%s)
step() { printf '\n== %s (%d s)\n' "$1" $(($(date +%s) - began)); }

step "packages"
sh tests/install_packages.sh build server test

step "MySQL's root"
sh tests/servers/mysql_root.sh

step "build"
launcher=
if command -v ccache >/dev/null; then launcher=-DCMAKE_CXX_COMPILER_LAUNCHER=ccache; fi
# Where nobody looks into a debugger: an eighth of the compiler's time, and half of rowplan's. Only
# an optimizer believes that values are not set, and not always rightly.
set --
if [ "${CI-}" = true ]; then
  set -- "-DCMAKE_CXX_FLAGS_DEBUG=-Og -Wno-error=maybe-uninitialized"
fi
cmake --preset dev $launcher "$@"
cmake --build --preset dev

# What fails does not keep the rest from being told. The four fault tests wait more than they work:
# they take no core from the others. Tests for two cores, as the scenarios, keep one of them busy:
# there is room for two of these.
failed=
jobs=$((2 * $(nproc) + 4))
step "tests"
if [ $quick = yes ]; then
  ctest --preset dev -j "$jobs" --label-exclude slow || failed="$failed tests"
else
  ctest --preset dev -j "$jobs" || failed="$failed tests"
  step "MySQL's own client library"
  sh tests/mysql_client.sh build/dev || failed="$failed mysql-client"
fi
if [ -n "$failed" ]; then step "failed:$failed"; else step "all passed"; fi
[ -z "$failed" ]
