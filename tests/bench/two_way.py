#!/usr/bin/python3
"""Measures a two-way pair beside a one-way pair of the same tables, and its state.

    two_way.py --vendor mariadb --rows 1000000 --runs 3

Starts two private servers with equal tables, makes the first sync (which makes the baseline), edits
one row in a thousand on each, other rows on either, and lets a two-way plan, a one-way plan and the
bare reader go in turn, several times. Then the changes are applied, and the tables must be equal.
"""

import argparse
import os
import pathlib
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import bench_data  # noqa: E402
import bench_tools  # noqa: E402
from run_bench import BUILD, median, say, start  # noqa: E402
from servers import Servers  # noqa: E402

EDIT = "UPDATE {table} SET amount = amount + 1, note = 'edited' WHERE id DIV 2 % 1000 = {rest}"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--vendor", choices=("mariadb", "mysql"), default="mariadb")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--wide", action="store_true", help="rows of about 900 bytes, not 73")
    parser.add_argument("--merge", choices=("rows", "columns"), default="rows")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pool", default="1G", help="innodb_buffer_pool_size")
    parser.add_argument("--rowplan", default=BUILD / "cmd" / "rowplan")
    parser.add_argument("--bare-reader", default=BUILD / "tests" / "bench" / "rowplan_bare_reader")
    return parser.parse_args()


class Job:
    """A manifest and its state, in a folder of its own."""

    def __init__(self, binary, servers, directory, name, pair):
        self.name = name
        self.binary = str(pathlib.Path(binary).resolve())
        self.servers = servers
        self.directory = pathlib.Path(directory) / name
        self.directory.mkdir()
        text = bench_tools.manifest(servers[0].socket, servers[1].socket, pair=pair)
        (self.directory / "rowplan.toml").write_text(text.replace("read-only", "read-write"))

    def run(self, *args):
        return bench_tools.run([self.binary, *args, "--progress", "none", "-q"], self.servers,
                               self.directory)[0]

    def plan(self):
        shutil.rmtree(self.directory / "plan", ignore_errors=True)
        return self.run("plan", "-o", "plan")

    def state_bytes(self):
        return sum(path.stat().st_size for path in self.directory.glob("bench.state.db")
                   if path.is_file())


def main():
    options = arguments()
    with Servers() as running, tempfile.TemporaryDirectory() as directory:
        members = start(running, options.vendor, options.pool)
        say(f"loading {options.rows} rows into two servers")
        bench_data.load(members, options.rows, options.wide)
        merge = f'direction = "two-way"\nmerge = "{options.merge}"'
        two_way = Job(options.rowplan, members, directory, "two-way", merge)
        one_way = Job(options.rowplan, members, directory, "one-way", "")
        reader = bench_tools.BareReader(options.bare_reader, members, directory)
        costs = {"first sync": [two_way.run("sync", "--auto-approve")]}
        state_bytes = two_way.state_bytes()
        for member, rest in zip(members, (7, 507)):
            member.execute(EDIT.format(table=f"{bench_data.DATABASE}.{bench_data.TABLE}",
                                       rest=rest))
        for _ in range(options.runs):
            for name, work in (("bare reader", reader.compare), ("one-way plan", one_way.plan),
                               ("two-way plan", two_way.plan)):
                costs.setdefault(name, []).append(work())
                say(f"  {name:14} {costs[name][-1].wall_s:9.3f} s")
        costs["two-way apply"] = [two_way.run("apply", "plan")]
        if not bench_data.equal(members):
            raise bench_tools.ToolError("the tables differ after the apply")
        print(f"{options.vendor}, {options.rows:,} {'wide' if options.wide else 'narrow'} rows,"
              f" merge by {options.merge}, medians of {options.runs}, {os.cpu_count()} cores, load"
              f" {os.getloadavg()[0]:.1f} at the end\n")
        print("| what | s | one-way x | client CPU s | servers CPU s | peak MiB |\n"
              "| --- | ---: | ---: | ---: | ---: | ---: |")
        base = median(costs["one-way plan"], "wall_s")
        for name, runs in costs.items():
            wall_s = median(runs, "wall_s")
            print(f"| {name} | {wall_s:.2f} | {wall_s / base:.2f} |"
                  f" {median(runs, 'client_cpu_s'):.2f} | {median(runs, 'server_cpu_s'):.2f} |"
                  f" {max(cost.peak_kib for cost in runs) / 1024:.0f} |")
        print(f"\nThe state has {state_bytes / options.rows:.1f} bytes a row.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
