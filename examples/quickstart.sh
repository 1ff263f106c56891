#!/usr/bin/env bash
# Shows rowplan at work, from nothing: builds it, starts two throwaway MariaDB servers, gives them a
# shop's tables that have drifted apart, and brings them together again. For Debian 12, as root or
# with sudo (only to install packages). Takes a few minutes the first time, most of it the build.
#
#   examples/quickstart.sh [--keep]
#
# --keep leaves the directory with the manifest, the plan and the state, and says where it is. The
# servers are stopped either way. Exits with 0 if every step ended as it says it will.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
keep=false
work=
server_pids=()

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

for argument in "$@"; do
  case $argument in
    --keep) keep=true ;;
    -h | --help) usage; exit 0 ;;
    *) echo "unknown argument: $argument" >&2; usage >&2; exit 64 ;;
  esac
done

say() { printf '\n%s\n' "$*"; }

stop_servers() {
  local pid
  for pid in "${server_pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${server_pids[@]}"; do
    for ((tries = 0; tries < 150; ++tries)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  server_pids=()
}

clean_up() {
  local code=$?
  trap '' EXIT HUP INT TERM
  stop_servers
  if [[ -n $work ]]; then
    if $keep; then
      say "Kept: $work (the manifest, the plan, the state, the servers' data and logs)."
    else
      rm -rf "$work"
    fi
  fi
  exit "$code"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

build() {
  say "Installing what is missing (tests/packages.txt: build, server) and building rowplan."
  sh "$root/tests/install_packages.sh" build server
  local without_tests=()
  # Tests are built too where they can be, so that an existing build directory stays what it is.
  if [[ $(dpkg-query -W -f '${db:Status-Status}' libgtest-dev 2>/dev/null) != installed ]]; then
    without_tests=(-DBUILD_TESTING=OFF)
  fi
  (
    cd "$root"
    cmake --preset release "${without_tests[@]}" >"$work/cmake.log" || {
      cat "$work/cmake.log" >&2
      exit 1
    }
    cmake --build build/release --target rowplan
  )
  PATH=$root/build/release/cmd:$PATH
}

# Starts the server $1 with server id $2; its socket is $work/$1.sock, and nobody else can reach it.
start_server() {
  local name=$1 id=$2 me
  me=$(id -un)
  mariadb-install-db --no-defaults --user="$me" --datadir="$work/$name" --skip-test-db \
    --auth-root-authentication-method=normal >"$work/$name.install.log" 2>&1 || {
    cat "$work/$name.install.log" >&2
    return 1
  }
  # pdeathsig: even if this script is killed with -9, its servers do not stay.
  setpriv --pdeathsig KILL mariadbd --no-defaults --user="$me" --datadir="$work/$name" \
    --socket="$work/$name.sock" --pid-file="$work/$name.pid" --log-error="$work/$name.log" \
    --server-id="$id" --skip-networking --innodb-buffer-pool-size=32M \
    --character-set-server=utf8mb4 >"$work/$name.out" 2>&1 &
  server_pids+=($!)
}

wait_for_server() {
  local name=$1 pid=$2
  for ((tries = 0; tries < 600; ++tries)); do
    if mariadb-admin --no-defaults --socket="$work/$name.sock" --user=root ping &>/dev/null; then
      return
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "the server $name does not start:" >&2
  tail -n 20 "$work/$name.log" >&2
  return 1
}

# Runs standard input on the server $1; prints rows without headings.
sql() {
  mariadb --no-defaults --socket="$work/$1.sock" --user=root --default-character-set=utf8mb4 \
    --skip-column-names
}

# rowplan's user sees what it must see everywhere, and writes one database of one server.
grant() {
  local name=$1
  {
    echo "CREATE USER rowplan@localhost IDENTIFIED BY '$SHOP_PASSWORD';"
    echo "GRANT SELECT, SHOW VIEW, TRIGGER, PROCESS, REPLICA MONITOR, BINLOG MONITOR"
    echo "  ON *.* TO rowplan@localhost;"
    if [[ $name == dw ]]; then
      echo "GRANT INSERT, UPDATE, DELETE ON shop.* TO rowplan@localhost;"
    fi
  } | sql "$name"
}

load_shop() {
  local shop=$root/examples/shop name
  for name in hq dw; do
    cat "$shop/schema.sql" "$shop/data.sql" | sql "$name"
    grant "$name"
  done
  sql dw <"$shop/damage.sql"
  sed "s#/run/mysqld/#$work/#" "$shop/rowplan.toml" >rowplan.toml
}

# All rows of the server $1 as text, in key order, by the servers' own client: not rowplan's word.
# Without the column that the manifest ignores.
rows_of() {
  sql "$1" <<'EOF'
SELECT * FROM shop.customers ORDER BY id;
SELECT id, sku, title, price, weight_kg, description FROM shop.products ORDER BY id;
SELECT * FROM shop.orders ORDER BY id;
SELECT * FROM shop.order_lines ORDER BY order_id, line_no;
EOF
}

# Are the rows of both servers the same? The differences are in rows.diff.
same_rows() {
  rows_of hq >hq.rows
  rows_of dw >dw.rows
  diff hq.rows dw.rows >rows.diff
}

# Runs rowplan, shows the command and its exit code, and stops if that is not the one in $1.
step() {
  local expected=$1 code=0
  shift
  printf '\n$ rowplan %s\n' "$*"
  rowplan "$@" || code=$?
  printf '[exit code %d]\n' "$code"
  if ((code != expected)); then
    echo "this was to end with $expected" >&2
    exit 1
  fi
}

show_rowplan() {
  say "validate --connect looks at the manifest and at both servers: who they are, what the user may
see and do, whether the tables fit together. It writes nothing."
  step 0 validate --connect

  say "plan reads both sides and writes down every row that it would change on dw: rows that are
missing there, rows that are out of date, rows that hq does not have. It changes nothing."
  step 0 plan -o plan

  say "show prints what stands in the plan, for a person, before anything happens. The same is in
plan/summary.md for a pull request, and in plan/sql/dw.sql as SQL."
  step 0 show plan --limit 4

  local digest
  digest=$(cut -d ' ' -f 1 plan/plan.sha256)
  say "apply carries out that plan and no other: the digest says which one was reviewed. Every row
is looked at again under lock first; if one had changed since, its unit would be left alone and the
exit code be 10."
  step 0 apply plan --expect-digest "$digest"

  say "check compares all rows again. 0: equal; rows that differ would be 2."
  step 0 check

  say "Applying the same plan once more is safe: everything is there already."
  step 0 apply plan
}

main() {
  PATH=$PATH:/usr/sbin:/sbin
  # Short, because a socket's path may have no more than 107 bytes.
  work=$(mktemp -d /tmp/rowplan-quickstart.XXXXXX)
  build
  cd "$work"
  SHOP_PASSWORD=$(od -An -N 12 -t x1 /dev/urandom | tr -d ' \n')
  export SHOP_PASSWORD

  say "Starting two MariaDB servers that only this script can reach: hq, the head office, and dw,
the data warehouse that is to hold the same rows."
  start_server hq 1
  start_server dw 2
  wait_for_server hq "${server_pids[0]}"
  wait_for_server dw "${server_pids[1]}"

  say "Loading a small shop into both, then damaging dw (examples/shop/damage.sql): lost orders, old
states and prices, a broken name, a forgotten test order, two e-mails swapped."
  load_shop
  if same_rows; then
    echo "the two servers do not differ, though they should" >&2
    exit 1
  fi
  echo "hq has $(wc -l <hq.rows) rows, dw $(wc -l <dw.rows); diff finds these, among others:"
  grep '^[<>]' rows.diff | head -n 6

  show_rowplan

  if ! same_rows; then
    echo "the rows still differ:" >&2
    cat rows.diff >&2
    exit 1
  fi
  say "diff, too, finds all $(wc -l <dw.rows) rows of the two the same now."
}

main
