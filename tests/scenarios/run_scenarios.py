#!/usr/bin/python3
"""Runs the end-to-end scenarios on one pairing of servers.

Each folder beside this file is a scenario; README.md says what is in it. Fails if any scenario
fails or could not run.
"""

import argparse
import concurrent.futures
import pathlib
import shutil
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

# pylint: disable=wrong-import-position
import scenario_case  # noqa: E402
import scenario_run  # noqa: E402
import servers as server_support  # noqa: E402

IN_ROOT_SH = HERE.parent / "servers" / "in_root.sh"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairing", required=True, choices=scenario_case.PAIRINGS)
    parser.add_argument("--rowplan", help="the binary under test")
    parser.add_argument("--row-dump", required=True, help="the rowplan_row_dump binary")
    parser.add_argument("--only", action="append", default=[], metavar="CASE")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    parser.add_argument("--by-sql", action="store_true",
                        help="apply the SQL file of each plan by the mariadb client")
    parser.add_argument("--by-checksum", action="store_true",
                        help="plan with method = \"checksum\", and compare with a streamed plan")
    parser.add_argument("--load-only", action="store_true",
                        help="only load the data and check what the cases say of it")
    parser.add_argument("--root", help="run the binary in this root directory")
    parser.add_argument("--keep", metavar="DIR", help="copy the files of failed cases there")
    options = parser.parse_args()
    if not options.rowplan and not options.load_only:
        parser.error("--rowplan is missing")
    return options


class Runner:
    """Runs cases and gathers what failed."""

    def __init__(self, options, servers):
        self.options = options
        self.directory = servers.directory / "cases"
        vendors = options.pairing.split("-")
        self.source, self.target = (servers.start(vendor) for vendor in vendors)
        self.tools = scenario_run.Tools(
            rowplan=str(pathlib.Path(options.rowplan or "").resolve()),
            row_dump=str(pathlib.Path(options.row_dump).resolve()), prefix=[],
            by_sql=options.by_sql, load_only=options.load_only,
            by_checksum=options.by_checksum)
        if options.root:
            self.tools.prefix = [
                str(IN_ROOT_SH), options.root,
                "--ro", str(pathlib.Path(self.tools.rowplan).parent),
                "--rw", str(servers.directory)]
        self.failed = []

    def run_one(self, case):
        """(text of the failure or None, remark)"""
        directory = self.directory / case.name
        try:
            run = scenario_run.Run(case, self.source, self.target, self.tools, directory)
            return None, run.run()
        except scenario_run.Failure as failure:
            return str(failure), ""
        except Exception:  # pylint: disable=broad-except
            return traceback.format_exc(), ""

    def report(self, case, failure, remark):
        if failure is None:
            print(f"ok    {case.name}{remark and f' ({remark})'}", flush=True)
            shutil.rmtree(self.directory / case.name, ignore_errors=True)
            return
        self.failed.append(case.name)
        indented = "\n".join(f"      {line}" for line in failure.splitlines())
        print(f"FAIL  {case.name}: {case.what}\n{indented}", flush=True)
        if self.options.keep:
            shutil.copytree(self.directory / case.name,
                            pathlib.Path(self.options.keep) / self.options.pairing / case.name,
                            dirs_exist_ok=True)

    def run_together(self, cases):
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            futures = {pool.submit(self.run_one, case): case for case in cases}
            for future in concurrent.futures.as_completed(futures):
                self.report(futures[future], *future.result())

    def run_alone(self, case):
        """Cases that set global variables have the servers to themselves."""
        both = (self.source, self.target)
        before = [scenario_run.set_globals(server, case.globals) for server in both]
        try:
            self.report(case, *self.run_one(case))
        finally:
            for server, values in zip(both, before):
                scenario_run.set_globals(server, values)

    def run(self, cases):
        self.run_together([case for case in cases if not case.globals])
        for case in cases:
            if case.globals:
                self.run_alone(case)


def main():
    options = arguments()
    scenario_run.clean_environment()
    cases = scenario_case.read_cases(HERE)
    unknown = set(options.only) - {case.name for case in cases}
    if unknown:
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}")
    chosen = [case for case in cases if not options.only or case.name in options.only]
    fitting = [case for case in chosen if options.pairing in case.pairings
               and (case.expect.verdict == "converge" or not options.by_sql)]
    began = time.monotonic()
    with server_support.Servers() as servers:
        runner = Runner(options, servers)
        runner.run(fitting)
    print(f"{options.pairing}: {len(fitting) - len(runner.failed)} of {len(fitting)} scenarios"
          f" passed, {len(runner.failed)} failed; {len(chosen) - len(fitting)} are for other"
          f" ways; {time.monotonic() - began:.0f} s")
    if runner.failed:
        print(f"failed: {' '.join(sorted(runner.failed))}")
    return 1 if runner.failed or not fitting else 0


if __name__ == "__main__":
    sys.exit(main())
