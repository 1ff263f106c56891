#!/usr/bin/python3
"""Random tables, rows and damage: plan, apply, and hold every property against an oracle.

Everything comes from the seed, which each failure prints; --seed runs it again. A failure is shrunk
and kept as a scenario folder (tests/scenarios/README.md) below --keep. README.md says what the
properties are.

ROWPLAN_TEST_ROUNDS=N   N times as many rounds
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

# pylint: disable=wrong-import-position
import scenario_case  # noqa: E402
import servers as server_support  # noqa: E402
import damage  # noqa: E402
import round_run  # noqa: E402
import row_maker  # noqa: E402
import schema_maker  # noqa: E402
import shrink  # noqa: E402
import sides  # noqa: E402

ROUNDS = 40
FAILURES_MAX = 5  # more say nothing new
# Of the source's server alone: what servers have by default must not matter.
OTHER_DEFAULTS = "SET GLOBAL time_zone = '+05:45', GLOBAL sql_mode = 'ANSI_QUOTES'"


def arguments(words=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairing", required=True, choices=scenario_case.PAIRINGS)
    parser.add_argument("--rowplan", required=True, help="the binary under test")
    parser.add_argument("--row-dump", required=True, help="the rowplan_row_dump binary")
    parser.add_argument("--rounds", type=int,
                        default=ROUNDS * int(os.environ.get("ROWPLAN_TEST_ROUNDS", "1")))
    parser.add_argument("--minutes", type=float, help="rounds for that long")
    parser.add_argument("--seed", type=int, help="run the round of this seed alone")
    parser.add_argument("--first-seed", type=int, help="begin here rather than anywhere")
    parser.add_argument("--keep", metavar="DIR", help="write failed rounds there")
    parser.add_argument("--shrink-seconds", type=float, default=60)
    parser.add_argument("--no-keyless", dest="keyless", action="store_false",
                        help="no tables without an identity")
    parser.add_argument("--no-triggers", dest="triggers", action="store_false",
                        help="no tables with triggers")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    return parser.parse_args(words)


def make_case(seed, options):
    rng = random.Random(seed)
    maker = schema_maker.SchemaMaker(rng, options.pairing, options.keyless, options.triggers)
    case = maker.case(seed)
    rows = row_maker.RowMaker(rng, case)
    rows.fill()
    damage.Damage(rng, case, rows).run()
    return case


class Campaign:
    """Rounds, a few at a time, each worker in a database of its own."""

    def __init__(self, options, source, target):
        self.options, self.servers = options, (source, target)
        self.deadline = time.monotonic() + options.minutes * 60 if options.minutes else None
        self.lock = threading.Lock()
        self.done = self.failed = self.changes = self.refused = 0

    def over(self):
        late = self.deadline is not None and time.monotonic() > self.deadline
        return late or self.failed >= FAILURES_MAX

    def round_of(self, case, db, directory):
        both = sides.Sides(*self.servers, self.options.row_dump, db)
        return round_run.Round(self.options.rowplan, both, case, directory)

    def attempt(self, case, db):
        """(the round, what went wrong or None)"""
        directory = pathlib.Path(tempfile.mkdtemp(prefix="rowplan-property."))
        one = self.round_of(case, db, directory)
        try:
            one.run()
            return one, None
        except sides.Broken as broken:
            return one, broken
        finally:
            one.transcript = (directory / "transcript.txt").read_text("utf-8") \
                if (directory / "transcript.txt").exists() else ""
            shutil.rmtree(directory, ignore_errors=True)

    def worker(self, seeds, db):
        for seed in seeds:
            if self.over():
                return
            try:
                one, broken = self.attempt(make_case(seed, self.options), db)
            except Exception:  # pylint: disable=broad-except
                one, broken = None, sides.Broken("the campaign itself", traceback.format_exc())
            with self.lock:
                self.done += 1
                if one is not None:
                    self.changes += one.changes
                    self.refused += one.refused
                self.failed += broken is not None
            if broken is not None:
                self.report(seed, one, broken, db)

    def report(self, seed, one, broken, db):
        text = f"FAIL  seed {seed}: {broken}\n      again: --seed {seed}"
        if one is not None and self.options.keep:
            folder = pathlib.Path(self.options.keep) / f"{self.options.pairing}-{seed}"
            small, broken = shrink.Shrinker(
                lambda case: self.attempt(case, db)[1], one.case, broken,
                self.options.shrink_seconds).run()
            shrink.write_scenario(small, broken, folder)
            (folder.parent / f"{folder.name}.txt").write_text(
                f"{text}\n\nshrunk: {broken}\n\n{one.transcript}", encoding="utf-8")
            text += f"\n      shrunk to {folder}"
        with self.lock:
            print(text, flush=True)


def run(options, first):
    with server_support.Servers() as servers:
        pair = [servers.start(vendor) for vendor in options.pairing.split("-")]
        pair[0].execute(OTHER_DEFAULTS)
        campaign = Campaign(options, *pair)
        rounds = 1 if options.seed is not None else options.rounds
        if options.minutes:
            rounds = 1 << 30
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            futures = [
                pool.submit(campaign.worker, range(first + job, first + rounds, options.jobs),
                            f"property{job}") for job in range(options.jobs)]
            for future in futures:
                future.result()
    return campaign


def main():
    options = arguments()
    for name in ("rowplan", "row_dump"):
        setattr(options, name, str(pathlib.Path(getattr(options, name)).resolve()))
    began = time.monotonic()
    first = options.seed if options.seed is not None else options.first_seed
    if first is None:
        first = random.randrange(1 << 40)
    campaign = run(options, first)
    print(f"property.{options.pairing}: {campaign.done - campaign.failed} of {campaign.done} rounds"
          f" from seed {first} passed, {campaign.failed} failed;"
          f" {campaign.changes} changes planned, {campaign.refused} rounds refused as they should;"
          f" {time.monotonic() - began:.0f} s")
    empty = campaign.changes == 0 and options.seed is None
    return 1 if campaign.failed or empty else 0


if __name__ == "__main__":
    sys.exit(main())
