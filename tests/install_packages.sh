#!/bin/sh
# Installs the packages of the groups of tests/packages.txt that are named, as far as dpkg says that
# they are missing. Installed services are not started.
#
#   tests/install_packages.sh build server test
set -eu
cd "$(dirname "$0")"

packages=$(sh ./packages.sh "$@")
missing=
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"

sudo=
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "neither root nor sudo: install$missing" >&2; exit 1; }
  sudo=sudo
fi

# Debian asks this script before it starts a service; 101 is no. Somebody's own script stays.
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
  trap '$sudo rm -f "$guard"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  printf '#!/bin/sh\nexit 101\n' | $sudo tee "$guard" >/dev/null
  $sudo chmod 755 "$guard"
fi

$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
