#!/bin/sh
# Makes, where it is not there yet, a private root directory of a newer Debian with MySQL's server,
# its client library and a compiler, and prints its path. Debian stable ships MariaDB alone. It is
# kept outside of the tree: in ROWPLAN_TEST_CACHE, by default in the user's cache directory. A root
# that is there is not brought up to date: remove it for a newer MySQL.
# Nothing in it is ever started as a service.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

cache=${ROWPLAN_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rowplan-tests}
root=$cache/mysql-root
packages=$(sh "$here/../packages.sh" mysql-root | paste -sd, -)
stamp=.rowplan-packages   # in the root: what it was made with

is_complete() { [ "$(cat "$root/$stamp" 2>/dev/null || true)" = "$packages" ]; }

# The mirror that this machine's own apt uses; $(ORIGIN) is known only after an apt-get update.
mirror() {
  apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(COMPONENT)' "Created-By: Packages" |
    awk '$2 == "Debian" && $3 == "main" && $1 !~ /-security\/?$/ { print $1; exit }'
}

mkdir -p "$cache"
exec 9>"$cache/mysql-root.lock"
flock 9
if is_complete; then
  echo "$root"
  exit 0
fi

command -v mmdebstrap >/dev/null || {
  echo "mmdebstrap is missing: tests/install_packages.sh server" >&2
  exit 1
}
# Only making the root takes an administrator; using it does not.
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
uri=$(mirror)
if [ -z "$uri" ]; then
  $sudo apt-get update -q >&2
  uri=$(mirror)
fi
[ -n "$uri" ] || { echo "apt knows no Debian mirror" >&2; exit 1; }

# Nothing starts while packages are installed: Debian asks this script, and 101 is no.
no_services='mkdir -p "$1/usr/sbin"
  printf "#!/bin/sh\nexit 101\n" > "$1/usr/sbin/policy-rc.d"
  chmod +x "$1/usr/sbin/policy-rc.d"'
making=$root.making
log=$cache/mysql-root.log
$sudo rm -rf --one-file-system "$making"
echo "making $root (log: $log)" >&2
if ! $sudo mmdebstrap --variant=minbase --mode=root --skip=output/mknod \
  --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
  --include="$packages" \
  --setup-hook="$no_services" \
  unstable "$making" "deb [check-valid-until=no] $uri unstable main" >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  exit 1
fi
printf '%s\n' "$packages" | $sudo tee "$making/$stamp" >/dev/null
$sudo rm -rf --one-file-system "$root"
$sudo mv "$making" "$root"
"$here/in_root.sh" "$root" -- mysqld --version >&2
echo "$root"
