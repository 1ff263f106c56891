#!/bin/sh
# Runs a command in a root directory, with some of this machine's directories at their own paths.
# All mounts are private: they end with the command. The command takes this process's place.
#
#   in_root.sh ROOT [--ro DIR]... [--rw DIR]... [--chdir DIR] -- COMMAND [ARG]...
set -eu

if [ "${1-}" != --mounted ]; then
  # A namespace of our own; as somebody else than root, a user namespace in which we are.
  map=
  [ "$(id -u)" = 0 ] || map=--map-root-user
  exec unshare --mount --propagation private $map -- /bin/sh "$0" --mounted "$@"
fi

root=$2
shift 2
directory=/
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
while [ "$1" != -- ]; do
  case $1 in
    --chdir) directory=$2 ;;
    --ro | --rw)
      mkdir -p "$root$2"
      mount --rbind "$2" "$root$2"
      [ "$1" = --rw ] || mount -o remount,bind,ro "$root$2"
      ;;
    *) echo "in_root.sh: unknown option $1" >&2; exit 64 ;;
  esac
  shift 2
done
shift
unset LD_LIBRARY_PATH LD_PRELOAD PYTHONPATH
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C.UTF-8
export PATH LC_ALL
exec chroot "$root" /usr/bin/env --chdir="$directory" -- "$@"
