#!/usr/bin/python3
"""Runs rowplan into faults and among other writers, on one pairing of servers.

Each test has a database and a directory of its own. Fails if any of them fails or could not run.

ROWPLAN_TEST_ROUNDS=N   longer: N times as many random turns
ROWPLAN_TEST_SEED=N     other random choices
ROWPLAN_TEST_ROWS=N     rows of the table of which incremental-reads changes a thousand
ROWPLAN_TEST_SAKILA=DIR also damages and mends the Sakila database, from DIR/schema.sql and data.sql
"""

import argparse
import os
import pathlib
import shutil
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

# pylint: disable=wrong-import-position
import bench as bench_support  # noqa: E402
import scenario_case  # noqa: E402
import scenario_run  # noqa: E402
import servers as server_support  # noqa: E402

MODULES = ("kill_tests", "undo_tests", "read_tests", "commit_tests", "stale_tests", "plan_tests",
           "busy_tests", "lock_tests", "guard_tests", "disk_tests", "signal_tests",
           "password_tests", "checksum_tests", "privilege_tests", "role_tests", "steps_tests",
           "binlog_tests", "status_tests", "audit_tests", "throttle_tests", "hook_tests",
           "incremental_tests", "soft_delete_tests", "tombstone_tests", "campaign_tests",
           "replica_tests", "sync_tests", "sync_fault_tests", "via_source_tests",
           "replication_tests", "rest_tests", "small_table_tests", "group_tests",
           "two_way_history_tests", "two_way_tests", "two_way_conflict_tests",
           "two_way_group_tests", "two_way_missing_tests", "two_way_tied_tests",
           "two_way_window_tests", "change_log_tests", "galera_tests", "sakila_tests")


def all_tests():
    return {test.__name__.replace("_", "-"): test
            for module in MODULES for test in __import__(module).TESTS}


def part(text):
    """(K, N) of K/N."""
    first, step = (int(number) for number in text.split("/"))
    if not 1 <= first <= step:
        raise ValueError(text)
    return first, step


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairing", required=True, choices=scenario_case.PAIRINGS)
    parser.add_argument("--rowplan", required=True, help="the binary under test")
    parser.add_argument("--row-dump", required=True, help="the rowplan_row_dump binary")
    parser.add_argument("--only", action="append", default=[], metavar="TEST")
    parser.add_argument("--part", type=part, default=(1, 1), metavar="K/N",
                        help="of these tests every Nth, from the Kth")
    parser.add_argument("--keep", metavar="DIR", help="copy the files of failed tests there")
    parser.add_argument("--list", action="store_true", help="print the names of the tests")
    return parser.parse_args()


def make_users(servers):
    for server in servers:
        server.execute(f"CREATE USER '{bench_support.USER}'@'localhost';"
                       f"GRANT ALL ON *.* TO '{bench_support.USER}'@'localhost'")


def run_one(stage, name, test):
    """(text of the failure or None, remark)"""
    bench = bench_support.Bench(stage, name)
    everyone = list(stage.servers.running)
    try:
        remark = test(bench)
        bench.drop()
        return None, remark or ""
    except scenario_run.Failure as failure:
        return str(failure), ""
    except Exception:  # pylint: disable=broad-except
        return traceback.format_exc(), ""
    finally:
        bench.close()
        # A test's own servers hold half a gigabyte each.
        stage.servers.end([server for server in stage.servers.running if server not in everyone])


def report(stage, options, name, failure, remark):
    directory = stage.servers.directory / "faults" / name
    if failure is None:
        print(f"ok    {name}{remark and f' ({remark})'}", flush=True)
    else:
        indented = "\n".join(f"      {line}" for line in failure.splitlines())
        print(f"FAIL  {name} (seed {stage.seed})\n{indented}", flush=True)
        if options.keep:
            shutil.copytree(directory, pathlib.Path(options.keep) / options.pairing / name,
                            dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"))
    shutil.rmtree(directory, ignore_errors=True)


def main():
    options = arguments()
    scenario_run.clean_environment()
    os.environ.pop("ROWPLAN_TEST_KILL_AT", None)
    tests = all_tests()
    unknown = set(options.only) - set(tests)
    if unknown:
        sys.exit(f"no such test: {', '.join(sorted(unknown))}")
    chosen = [name for name in tests if not options.only or name in options.only]
    first, step = options.part
    chosen = chosen[first - 1::step]
    if options.list:
        print("\n".join(chosen))
        return 0
    began = time.monotonic()
    failed = []
    with server_support.Servers() as servers:
        source, target = (servers.start(vendor) for vendor in options.pairing.split("-"))
        make_users((source, target))
        stage = bench_support.Stage(
            servers, source, target, str(pathlib.Path(options.rowplan).resolve()),
            str(pathlib.Path(options.row_dump).resolve()),
            max(1, int(os.environ.get("ROWPLAN_TEST_ROUNDS", "1"))),
            int(os.environ.get("ROWPLAN_TEST_SEED", "1")))
        for name in chosen:
            start = time.monotonic()
            failure, remark = run_one(stage, name, tests[name])
            remark = f"{remark}{remark and ', '}{time.monotonic() - start:.1f} s"
            report(stage, options, name, failure, remark)
            if failure is not None:
                failed.append(name)
    print(f"{options.pairing}: {len(chosen) - len(failed)} of {len(chosen)} fault tests passed,"
          f" {len(failed)} failed; {time.monotonic() - began:.0f} s")
    if failed:
        print(f"failed: {' '.join(failed)}")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
