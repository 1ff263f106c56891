#!/usr/bin/python3
"""Measures rowplan beside pt-table-sync and beside the floors: a bare reader and a bare writer.

    run_bench.py --vendor mariadb --rows 2000000 --pattern none --pattern scattered --runs 3

Starts two private servers, makes a table on both, lets the target differ by each pattern, and runs
the tools in turn, several times: so that what else the machine does meets all of them. Prints a
table of medians. What is measured:

    compare   pattern none: `rowplan check`, pt-table-sync --print, the bare reader
    plan      `rowplan plan` and `show`, pt-table-sync --print, the bare reader
    apply     `rowplan apply` of that plan, pt-table-sync --execute, the bare writer

"floor x" is the tool's time over the bare reader's or writer's, "pt x" pt-table-sync's over the
tool's. pt-table-sync is left out, with a word, where it is not installed
(tests/install_packages.sh bench).
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import bench_data  # noqa: E402
import bench_tools  # noqa: E402
from servers import Servers  # noqa: E402

BUILD = HERE.parent.parent / "build" / "release"
MEASURES = ("compare", "plan", "apply")
# The same for all tools: nothing waits for a disk, and the table stays in memory.
SERVER_ARGS = {
    "mariadb": ("--innodb-log-file-size=1G",),
    "mysql": ("--innodb-redo-log-capacity=1G",),
}
COMMON_ARGS = ("--innodb-buffer-pool-size={pool}", "--innodb-flush-log-at-trx-commit=0",
               "--max-allowed-packet=64M")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--vendor", choices=("mariadb", "mysql"), default="mariadb")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--pattern", action="append", choices=tuple(bench_data.patterns(1)),
                        help="repeatable; none and scattered by default")
    parser.add_argument("--wide", action="store_true", help="rows of about 900 bytes, not 73")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=MEASURES, action="append", help="repeatable")
    parser.add_argument("--method", default="auto", help="of rowplan")
    parser.add_argument("--without-pt", action="store_true", help="no pt-table-sync")
    parser.add_argument("--pool", default="1G", help="innodb_buffer_pool_size")
    parser.add_argument("--rowplan", default=BUILD / "cmd" / "rowplan")
    parser.add_argument("--bare-reader", default=BUILD / "tests" / "bench" / "rowplan_bare_reader")
    parser.add_argument("--bare-writer", default=BUILD / "tests" / "bench" / "rowplan_bare_writer")
    parser.add_argument("--json", type=pathlib.Path, help="all single costs, to this file")
    options = parser.parse_args()
    options.pattern = options.pattern or ["none", "scattered"]
    options.only = options.only or list(MEASURES)
    return options


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options, servers, directory):
        self.options = options
        self.servers = servers
        self.patterns = bench_data.patterns(options.rows)
        self.rowplan = bench_tools.Rowplan(options.rowplan, servers, directory, options.method)
        self.reader = bench_tools.BareReader(options.bare_reader, servers, directory)
        self.writer = bench_tools.BareWriter(options.bare_writer, servers, directory)
        self.pt = []
        if not options.without_pt and bench_tools.PtTableSync.installed():
            self.pt = [bench_tools.PtTableSync(servers, directory)]
        self.costs = {}  # (pattern, measure, tool): costs
        self.changes = {}  # pattern: changes of its plan
        self.notes = []

    def keep(self, pattern, measure, tool, cost):
        self.costs.setdefault((pattern, measure, tool), []).append(cost)
        say(f"  {pattern:16} {measure:8} {tool:14} {cost.wall_s:9.3f} s")

    def in_turn(self, pattern, measure, tools):
        for _ in range(self.options.runs):
            for tool in tools:
                self.keep(pattern, measure, tool.name, getattr(tool, measure)())

    def measure(self, name):
        pattern = self.patterns[name]
        differs = pattern.touched or pattern.removed
        bench_data.damage(self.servers[1], pattern)
        if not differs and "compare" in self.options.only:
            self.in_turn(name, "compare", [self.reader, self.rowplan, *self.pt])
        if "plan" in self.options.only and differs:
            self.in_turn(name, "plan", [self.reader, self.rowplan, *self.pt])
            self.keep(name, "show", self.rowplan.name, self.rowplan.show())
        if not differs:
            return
        if "plan" not in self.options.only:
            self.rowplan.plan()
        self.changes[name] = self.rowplan.changes()
        self.writer.prepare(bench_data.by_id(pattern.touched or pattern.removed))
        if "apply" in self.options.only:
            self.apply_in_turn(name, pattern)
        self.writer.apply()
        if not bench_data.equal(self.servers):
            raise bench_tools.ToolError("the bare writer does not put the table right")

    def apply_in_turn(self, name, pattern):
        for _ in range(self.options.runs):
            for tool in (self.writer, self.rowplan, *self.pt):
                self.keep(name, "apply", tool.name, tool.apply())
                if not bench_data.equal(self.servers):
                    if tool not in self.pt:
                        raise bench_tools.ToolError(f"{tool.name} does not put the table right")
                    self.notes.append(f"{name}: {tool.name} left rows that differ")
                    self.writer.apply()
                bench_data.damage(self.servers[1], pattern)


def median(costs, field):
    return statistics.median(getattr(cost, field) for cost in costs)


def table(bench):
    """Markdown: a line a pattern, measure and tool; ratios are of medians of the clock."""
    lines = ["| pattern | measure | tool | s | floor x | pt x | client CPU s | servers CPU s |"
             " peak MiB | changes/s |", "| --- | --- | --- " + "| ---: " * 7 + "|"]
    for (pattern, measure, tool), costs in bench.costs.items():
        wall_s = median(costs, "wall_s")
        floor = bench.costs.get((pattern, measure, "bare writer" if measure == "apply" else
                                 "bare reader"))
        pt = bench.costs.get((pattern, measure, bench_tools.PT_TABLE_SYNC))
        floor_text = f"{wall_s / median(floor, 'wall_s'):.2f}" if floor else ""
        pt_text = f"{median(pt, 'wall_s') / wall_s:.1f}" if pt else ""
        rate = f"{bench.changes[pattern] / wall_s:,.0f}" if measure == "apply" else ""
        lines.append(f"| {bench.patterns[pattern].about} | {measure} | {tool} | {wall_s:.2f} |"
                     f" {floor_text} | {pt_text} | {median(costs, 'client_cpu_s'):.2f} |"
                     f" {median(costs, 'server_cpu_s'):.2f} |"
                     f" {max(cost.peak_kib for cost in costs) / 1024:.0f} | {rate} |")
    return "\n".join(lines)


def as_json(bench, version):
    return {
        "vendor": bench.options.vendor, "version": version, "rows": bench.options.rows,
        "wide": bench.options.wide, "method": bench.options.method, "changes": bench.changes,
        "notes": bench.notes,
        "costs": [{"pattern": pattern, "measure": measure, "tool": tool,
                   "runs": [vars(cost) for cost in costs]}
                  for (pattern, measure, tool), costs in bench.costs.items()],
    }


def start(servers, vendor, pool):
    common = [arg.format(pool=pool) for arg in COMMON_ARGS]
    return [servers.start(vendor, *common, *SERVER_ARGS[vendor]) for _ in range(2)]


def main():
    options = arguments()
    with Servers() as running, tempfile.TemporaryDirectory() as directory:
        members = start(running, options.vendor, options.pool)
        say(f"loading {options.rows} rows into two servers")
        bench_data.load(members, options.rows, options.wide)
        bench = Bench(options, members, directory)
        for name in options.pattern:
            bench.measure(name)
        version = members[0].execute("SELECT VERSION()")[0][0]
        print(f"{options.vendor} {version}, {options.rows:,} {'wide' if options.wide else 'narrow'}"
              f" rows, medians of {options.runs}, {os.cpu_count()} cores, load"
              f" {os.getloadavg()[0]:.1f} at the end, method {options.method}\n\n{table(bench)}")
        if not bench.pt and not options.without_pt:
            bench.notes.append("pt-table-sync is not installed: tests/install_packages.sh bench")
        for note in bench.notes:
            print(f"\n{note}")
        if options.json:
            options.json.write_text(json.dumps(as_json(bench, version), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
