#!/usr/bin/python3
"""Measures a check of many small tables, with the target behind a link of some delay.

    small_tables.py --vendor mariadb --tables 50 --threads 4 --rtt-ms 40

Counts what both servers answered, from one table's check to that of all: questions and prepared
statements, which are the round trips. `--rowplan` may be given several times, to compare binaries.
"""

import argparse
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import bench_tools  # noqa: E402
import run_bench  # noqa: E402
from servers import Servers  # noqa: E402
from slow_relay import SlowRelay  # noqa: E402

DATABASE = "small"
ROWS = 100
COLUMNS = {
    "exact": "id INT PRIMARY KEY, v VARCHAR(20), t DATETIME, n DECIMAL(10,2)",
    "double": "id INT PRIMARY KEY, v VARCHAR(20), t DATETIME, n DOUBLE",
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--vendor", choices=("mariadb", "mysql"), default="mariadb")
    parser.add_argument("--tables", type=int, default=50)
    parser.add_argument("--columns", choices=COLUMNS, default="exact")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--rtt-ms", type=float, default=40)
    parser.add_argument("--rowplan", action="append")
    options = parser.parse_args()
    options.rowplan = options.rowplan or [run_bench.BUILD / "cmd" / "rowplan"]
    return options


def load(server, options):
    sql = f"CREATE DATABASE {DATABASE};"
    for number in range(options.tables):
        table = f"{DATABASE}.t{number}"
        sql += f"CREATE TABLE {table} ({COLUMNS[options.columns]}) ENGINE=InnoDB;" \
               f"INSERT INTO {table} SELECT i, CONCAT('row ', i), '2026-01-02 03:04:05', i / 4" \
               f" FROM seq.n WHERE i < {ROWS};"
    server.execute(sql)


def write_manifest(directory, sockets, tables, threads):
    text = 'manifest_version = 1\nname = "small"\n[state]\npath = "state.db"\n'
    for name, socket in zip(("source", "target"), sockets):
        text += f'[server.{name}]\nsocket = "{socket}"\nuser = "root"\naccess = "read-only"\n'
    names = ", ".join(f'"{DATABASE}.t{number}"' for number in range(tables))
    text += f'[pair.p]\nsource = "source"\ntarget = "target"\nthreads = {threads}\n' \
            f"tables = [{names}]\n"
    (pathlib.Path(directory) / "rowplan.toml").write_text(text, encoding="utf-8")


def round_trips(server):
    names = "'Questions', 'Com_stmt_prepare'"
    rows = server.execute(f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    return sum(int(value) for _, value in rows)


def check(rowplan, members, directory):
    """(wall time, round trips of each server) of one run."""
    before = [round_trips(server) for server in members]
    cost, _ = bench_tools.run([rowplan, "check"], members, directory)
    asked = 1  # by round_trips itself
    return cost.wall_s, [round_trips(server) - count - asked
                         for server, count in zip(members, before)]


def main():
    options = arguments()
    with Servers() as running, tempfile.TemporaryDirectory() as directory:
        members = run_bench.start(running, options.vendor, "256M")
        for server in members:
            load(server, options)
        path = pathlib.Path(directory) / "slow.sock"
        with SlowRelay(members[1].socket, path, 1e12, options.rtt_ms / 2000):
            print(f"{options.vendor}, {options.tables} tables ({options.columns}),"
                  f" {options.threads} threads, {options.rtt_ms:g} ms\n")
            print("| rowplan | s | round trips | to begin | a table and server |")
            print("| --- | ---: | ---: | ---: | ---: |")
            for rowplan in options.rowplan:
                sockets = (members[0].socket, path)
                write_manifest(directory, sockets, 1, 1)
                _, one = check(rowplan, members, directory)
                write_manifest(directory, sockets, options.tables, 1)
                _, single = check(rowplan, members, directory)
                each = [(b - a) / (options.tables - 1) for a, b in zip(one, single)]
                write_manifest(directory, sockets, options.tables, options.threads)
                wall_s, all_of = check(rowplan, members, directory)
                print(f"| {rowplan} | {wall_s:.2f} | {all_of[0]} + {all_of[1]} |"
                      f" {one[0] - each[0]:g} + {one[1] - each[1]:g} |"
                      f" {each[0]:g}, {each[1]:g} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
