#!/usr/bin/python3
"""Measures rowplan and pt-table-sync where the target is behind a slow link.

    slow_link.py --vendor mariadb --rows 200000 --mbit 20 --rtt-ms 40 --method stream

The link is a relay in front of the target's socket, which passes on so many bits a second, each
byte late by half the round trip. Prints the time, the bytes that went over the link, both ways
together, and their share of the table: of the bytes that its rows are when they are read once.
"""

import argparse
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

import bench_data  # noqa: E402
import bench_tools  # noqa: E402
import run_bench  # noqa: E402
from servers import Servers  # noqa: E402
from slow_relay import SlowRelay  # noqa: E402

FAST_BITS_PER_S = 1e12


class Far:
    """A server as it is seen from this side of the link."""

    def __init__(self, server, path):
        self.process = server.process
        self.connect = server.connect
        self.execute = server.execute
        self.socket = str(path)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--vendor", choices=("mariadb", "mysql"), default="mariadb")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--mbit", type=float, default=20)
    parser.add_argument("--rtt-ms", type=float, default=40)
    parser.add_argument("--method", action="append",
                        help="of rowplan, repeatable; by default auto")
    parser.add_argument("--without-pt", action="store_true")
    parser.add_argument("--rowplan", default=run_bench.BUILD / "cmd" / "rowplan")
    parser.add_argument("--bare-reader", default=run_bench.BUILD / "tests" / "bench" /
                        "rowplan_bare_reader")
    options = parser.parse_args()
    options.method = options.method or ["auto"]
    return options


def table_bytes(options, source, server, directory):
    """Of the rows of one side, as the protocol carries them."""
    path = pathlib.Path(directory) / "fast.sock"
    with SlowRelay(server.socket, path, FAST_BITS_PER_S, 0) as relay:
        far = Far(server, path)
        bench_tools.BareReader(options.bare_reader, [source, far], directory).compare()
        return relay.bytes()


def tools_of(options, members, directory):
    for method in options.method:
        place = pathlib.Path(directory) / method
        place.mkdir()
        tool = bench_tools.Rowplan(options.rowplan, members, place, method)
        tool.name = f"rowplan, {method}"
        yield tool
    if not options.without_pt and bench_tools.PtTableSync.installed():
        yield bench_tools.PtTableSync(members, directory)


def measure(options, members, relay, tools, whole):
    yield "| pattern | measure | tool | s | bytes | of the table |"
    yield "| --- | --- | --- | ---: | ---: | ---: |"
    patterns = bench_data.patterns(options.rows)
    for name, what in (("none", "compare"), ("scattered", "plan")):
        bench_data.damage(members[1], patterns[name])
        for tool in tools:
            relay.reset()
            cost = getattr(tool, what)()
            sent = relay.bytes()
            yield (f"| {patterns[name].about} | {what} | {tool.name} | {cost.wall_s:.1f} |"
                   f" {sent:,} | {100 * sent / whole:.2f} % |")


def main():
    options = arguments()
    with Servers() as running, tempfile.TemporaryDirectory() as directory:
        source, target = run_bench.start(running, options.vendor, "512M")
        bench_data.load([source, target], options.rows, options.wide)
        whole = table_bytes(options, source, target, directory)
        path = pathlib.Path(directory) / "slow.sock"
        with SlowRelay(target.socket, path, options.mbit * 1e6,
                       options.rtt_ms / 2000) as relay:
            members = [source, Far(target, path)]
            tools = list(tools_of(options, members, directory))
            version = source.execute("SELECT VERSION()")[0][0]
            print(f"{options.vendor} {version}, {options.rows:,} rows, {whole:,} bytes,"
                  f" {options.mbit:g} Mbit/s, {options.rtt_ms:g} ms\n")
            for line in measure(options, members, relay, tools, whole):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
