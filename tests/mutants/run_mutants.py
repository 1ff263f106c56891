#!/usr/bin/python3
"""Plants one bug after another in rowplan, and sees that the tests find each of them.

A bug is planted by ROWPLAN_TEST_MUTANT in the binary rowplan_mutants (mysql/mutant.h). Its
detectors are scenarios, fault tests and rounds of the property tests; the first that fails has
caught it. The binary without a bug passes all of them first, for a test that always fails finds
nothing.
"""

import argparse
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
for folder in ("support", "fault", "property"):
    sys.path.insert(0, str(TESTS / folder))

# pylint: disable=wrong-import-position
import bench as bench_support  # noqa: E402
import run_faults  # noqa: E402
import run_property  # noqa: E402
import scenario_case  # noqa: E402
import scenario_run  # noqa: E402
import servers as server_support  # noqa: E402

VARIABLE = "ROWPLAN_TEST_MUTANT"
SHOWN = 100

# What finds each bug, the quickest first: "scenario", "fault" (also "fault mysql") or "property".
DETECTORS = {
    "hash-drops-last-column": ["scenario stale-last-column"],
    "hash-joins-texts": ["scenario stale-text-shifted"],
    "hash-is-crc-xor": ["scenario stale-same-edit-two-rows"],
    "compare-ignores-spaces": ["scenario types-text"],
    "long-values-cut": ["scenario large-values"],
    "float-has-six-digits": ["scenario float-six-digits"],
    "null-is-empty": ["scenario null-empty-text"],
    "lost-connection-ends-rows": ["scenario read-error-in-rows"],
    "judge-without-locks": ["fault others-wait"],
    "not-checked-after-writing": ["fault mysql values-rewritten"],
    "read-committed": ["fault others-wait"],
    "no-rollback-on-retry": ["fault lock-wait-while-writing"],
    "replace-for-insert": ["scenario stale-unique-taken"],
    "low-bound-included": ["property 6"],
    "last-chunk-closed": ["scenario rows-outside-range"],
    "references-unordered": ["scenario fk-self", "property 8"],
    "time-zone-unpinned": ["property 8"],
    "settled-before-commit": ["fault unit-unsettled"],
    "cascades-unchecked": ["scenario stale-child-appears"],
    "identity-unchecked": ["fault another-server"],
    "ties-ignored": ["scenario unique-swap-far-apart"],
    "commit-unknown-is-committed": ["fault commit-reply-lost"],
    "open-transactions-unseen": ["fault incremental-open-transactions"],
    "statements-unseen": ["fault incremental-metadata-lock"],
}
FIRST_SEED = 1


class Stage:
    """Two servers of a vendor, and what is run on them."""

    def __init__(self, servers, vendor, options):
        self.servers, self.options = servers, options
        self.pair = [servers.start(vendor) for _ in range(2)]
        run_faults.make_users(self.pair)
        self.pair[0].execute(run_property.OTHER_DEFAULTS)
        self.cases = {case.name: case for case in scenario_case.read_cases(TESTS / "scenarios")}
        self.faults = run_faults.all_tests()

    def scenario(self, name):
        case = self.cases[name]
        tools = scenario_run.Tools(self.options.mutants, self.options.row_dump, [])
        for server in self.pair:
            server.execute(f"DROP DATABASE IF EXISTS `{case.db}`")
        with tempfile.TemporaryDirectory() as directory:
            scenario_run.Run(case, *self.pair, tools, pathlib.Path(directory) / "run").run()

    def fault(self, name):
        stage = bench_support.Stage(self.servers, *self.pair, self.options.mutants,
                                    self.options.row_dump, 1, 1)
        shutil.rmtree(self.servers.directory / "faults" / name, ignore_errors=True)
        bench = bench_support.Bench(stage, name)
        try:
            bench.drop()
            self.faults[name](bench)
        finally:
            bench.close()

    def property(self, rounds):
        """The first so many rounds of one vendor."""
        options = run_property.arguments([
            "--pairing", "mariadb-mariadb", "--rowplan", self.options.mutants,
            "--row-dump", self.options.row_dump])
        campaign = run_property.Campaign(options, *self.pair)
        for seed in range(FIRST_SEED, FIRST_SEED + int(rounds)):
            _, broken = campaign.attempt(run_property.make_case(seed, options), "mutants")
            if broken is not None:
                raise scenario_run.Failure(f"seed {seed}: {broken}")


class Runner:
    def __init__(self, servers, options):
        self.servers, self.options = servers, options
        self.stages = {}

    def stage(self, vendor):
        if vendor not in self.stages:
            self.stages[vendor] = Stage(self.servers, vendor, self.options)
        return self.stages[vendor]

    def detect(self, detector):
        """The failure that the detector sees, or None."""
        kind, *vendor, name = detector.split()
        stage = self.stage(vendor[0] if vendor else "mariadb")
        try:
            getattr(stage, kind)(name)
            return None
        except scenario_run.Failure as failure:
            return str(failure)

    def without_a_bug(self):
        """Detectors that fail with no bug planted."""
        os.environ.pop(VARIABLE, None)
        failed = 0
        for detector in longest(DETECTORS):
            began = time.monotonic()
            failure = self.detect(detector)
            failed += failure is not None
            print(f"{'ok  ' if failure is None else 'FAIL'}  no bug planted: {detector}"
                  f"  {time.monotonic() - began:.1f} s {failure or ''}", flush=True)
        return failed

    def with_bug(self, mutant):
        """Was it caught?"""
        os.environ[VARIABLE] = mutant
        began = time.monotonic()
        for detector in DETECTORS[mutant]:
            failure = self.detect(detector)
            if failure is not None:
                lines = " ".join(failure.split())
                print(f"caught    {mutant:28} {detector:36} {time.monotonic() - began:5.1f} s"
                      f"  {lines[:SHOWN]}", flush=True)
                return True
        print(f"SURVIVED  {mutant:28} {', '.join(DETECTORS[mutant])}", flush=True)
        return False


def longest(detectors):
    """Each once; of the property tests the longest run alone."""
    every = sorted({detector for own in detectors.values() for detector in own})
    rounds = [detector for detector in every if detector.startswith("property")]
    most = max(rounds, key=lambda detector: int(detector.split()[1]))
    return [detector for detector in every if detector not in rounds] + [most]


def check_names(options):
    """Every bug of the test binary has its detectors, and rowplan itself knows of none."""
    source = (HERE / "mutant.cc").read_text("utf-8")
    names = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', source))
    problems = [f"{name}: in one of mutant.cc and run_mutants.py" for name in
                names.symmetric_difference(DETECTORS)]
    shipped, mutated = (pathlib.Path(path).read_bytes()
                        for path in (options.rowplan, options.mutants))
    for text in [VARIABLE, *names]:
        if text.encode() in shipped:
            problems.append(f"{text}: in rowplan itself")
        if text.encode() not in mutated:
            problems.append(f"{text}: not in the binary with planted bugs")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", required=True, help="the rowplan_mutants binary")
    parser.add_argument("--rowplan", required=True, help="the binary that is shipped")
    parser.add_argument("--row-dump", required=True, help="the rowplan_row_dump binary")
    parser.add_argument("--only", action="append", default=[], metavar="MUTANT")
    options = parser.parse_args()
    for name in ("mutants", "rowplan", "row_dump"):
        setattr(options, name, str(pathlib.Path(getattr(options, name)).resolve()))
    problems = check_names(options)
    if problems:
        sys.exit("\n".join(problems))
    scenario_run.clean_environment()
    began = time.monotonic()
    chosen = [mutant for mutant in DETECTORS if not options.only or mutant in options.only]
    with server_support.Servers() as servers:
        runner = Runner(servers, options)
        failed = 0 if options.only else runner.without_a_bug()
        survived = [mutant for mutant in chosen if not runner.with_bug(mutant)]
    print(f"{len(chosen) - len(survived)} of {len(chosen)} planted bugs caught, {failed} detectors"
          f" failed without a bug; {time.monotonic() - began:.0f} s")
    return 1 if survived or failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
