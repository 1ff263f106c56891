"""Runs one scenario against a source and a target server, and judges what comes of it.

What is equal is judged by rowplan_row_dump, which shares no code with rowplan.
"""

import collections
import dataclasses
import hashlib
import json
import os
import pathlib
import shlex
import subprocess

import pymysql

import servers as server_support
from scenario_case import OPS

STEP_TIMEOUT_S = 300
OUTPUT_LINES_MAX = 40
SAMPLE_LINES_MAX = 6
SAMPLE_WIDTH_MAX = 300
SMALL_CHUNK_ROWS = 7


class Failure(AssertionError):
    """Something is not as the scenario says."""


@dataclasses.dataclass
class Tools:
    """What scenarios are run with. `prefix` stands before the command: another root, say."""

    rowplan: str
    row_dump: str
    prefix: list
    by_sql: bool = False  # apply the plan's SQL file by the mysql client rather than by rowplan
    load_only: bool = False
    by_checksum: bool = False  # compare on the servers, in small chunks


def check(condition, message):
    if not condition:
        raise Failure(message)


def _output_tail(text):
    return "\n".join(text.splitlines()[-OUTPUT_LINES_MAX:])


class Run:
    """One scenario on one pairing, in a directory of its own."""

    def __init__(self, case, source, target, tools, directory):
        self.case = case
        self.servers = {"source": source, "target": target}
        self.dbs = {"source": case.db, "target": case.fill(case.compare.target_db)}
        self.tools = tools
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        self.runs = 0
        self.dumps = {}  # since somebody last could write

    # --- servers -----------------------------------------------------------------------------

    def load(self, role):
        server = self.servers[role]
        connection = server.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE `{self.dbs[role]}` CHARACTER SET utf8mb4"
                               " COLLATE utf8mb4_general_ci")
                cursor.execute(f"USE `{self.dbs[role]}`")
            stems = ("schema", role, "data", f"{role}_data")
            for name, sql in self.case.sql(stems, server.vendor):
                try:
                    server_support.run_script(connection, sql)
                except pymysql.MySQLError as error:
                    raise Failure(f"{name} does not load on the {role}: {error}") from error
        finally:
            connection.close()

    def run_between(self):
        self.dumps = {}
        for role in ("source", "target"):
            for _, sql in self.case.sql((f"between_{role}",), self.servers[role].vendor):
                self.servers[role].execute(sql, database=self.dbs[role])

    def base_tables(self, role):
        rows = self.servers[role].execute(
            "SELECT TABLE_NAME FROM information_schema.TABLES"
            f" WHERE TABLE_SCHEMA = '{self.dbs[role]}' AND TABLE_TYPE = 'BASE TABLE'")
        return sorted(row[0] for row in rows)

    def dump(self, role, table, *options):
        """The lines of rowplan_row_dump, as a multiset."""
        arguments = (self.servers[role].socket, "root", self.dbs[role], table, *options)
        if arguments not in self.dumps:
            done = subprocess.run(
                [self.tools.row_dump, *arguments], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, check=False, timeout=STEP_TIMEOUT_S)
            check(done.returncode == 0, f"dump of {role} {table!r}: {done.stderr}")
            self.dumps[arguments] = collections.Counter(done.stdout.splitlines())
        return self.dumps[arguments].copy()

    def dump_all(self, role):
        return {table: self.dump(role, table) for table in self.base_tables(role)}

    def compared_tables(self):
        """Pairs of table names that must be equal in the end."""
        if self.case.compare.tables is not None:
            return sorted(self.case.compare.tables.items())
        there = set(self.base_tables("target"))
        return [(table, table) for table in self.base_tables("source") if table in there]

    def dump_compared(self, role, table):
        compare = self.case.compare
        options = []
        if compare.ignore:
            options += ["--ignore", ",".join(compare.ignore)]
        if compare.where:
            options += ["--where", compare.where]
        if compare.utf8:
            options += ["--utf8"]
        dump = self.dump(role, table, *options)
        crosses = self.servers["source"].vendor != self.servers["target"].vendor
        if compare.json and crosses:
            dump = collections.Counter(
                self.with_json_values(line) for line in dump.elements())
        return dump

    def with_json_values(self, line):
        """JSON has no common text across vendors: there its value counts."""
        cells = []
        for cell in line.split(" "):
            name, _, value = cell.partition("=")
            if name in self.case.compare.json and value != "NULL":
                cell = f"{name}={json.dumps(json.loads(bytes.fromhex(value[1:])), sort_keys=True)}"
            cells.append(cell)
        return " ".join(cells)

    # --- rowplan -----------------------------------------------------------------------------

    def write_manifest(self, name="rowplan.toml", extra="", method="checksum"):
        fragment = self.case.manifest_fragment()
        if self.tools.by_checksum:
            extra += "" if "method" in fragment else f'method = "{method}"\n'
            extra += "" if "chunk_rows" in fragment else f"chunk_rows = {SMALL_CHUNK_ROWS}\n"
        tables = "" if "tables =" in fragment else f'tables = ["{self.case.db}.*"]\n'
        text = f'manifest_version = 1\nname = "{self.case.name}"\n\n[state]\npath = "state.db"\n'
        for role in ("source", "target"):
            access = "read-only" if role == "source" else "read-write"
            text += (f'\n[server.{role}]\nsocket = "{self.servers[role].socket}"\nuser = "root"\n'
                     f'access = "{access}"\n')
        text += f'\n[pair.p]\nsource = "source"\ntarget = "target"\n{extra}{tables}{fragment}'
        (self.directory / name).write_text(text, encoding="utf-8")
        return name

    def rowplan(self, expected, *args):
        """Runs rowplan and checks its exit code."""
        self.dumps = {}
        self.runs += 1
        prefix = [*self.tools.prefix, "--chdir", str(self.directory), "--"] \
            if self.tools.prefix else []
        command = [*prefix, self.tools.rowplan, *args]
        done = subprocess.run(command, cwd=self.directory, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", check=False, timeout=STEP_TIMEOUT_S)
        transcript = (f"$ rowplan {shlex.join(args)}  [exit {done.returncode}]\n"
                      f"{_output_tail(done.stdout)}\n{_output_tail(done.stderr)}")
        with open(self.directory / "transcript.txt", "a", encoding="utf-8") as file:
            file.write(f"{transcript}\n")
        check(done.returncode == expected,
              f"step {self.runs}: expected exit {expected}\n{transcript}")
        return done

    def plan(self, expected, directory, manifest="rowplan.toml"):
        self.rowplan(expected, "plan", "-f", manifest, "-o", directory, "--detailed-exitcode")
        return json.loads((self.directory / directory / "plan.json").read_bytes())

    def apply(self, expected, directory):
        return self.rowplan(expected, "apply", "-f", "rowplan.toml", directory)

    # --- judging -----------------------------------------------------------------------------

    def check_findings(self, plan):
        found = {finding["code"]: finding["severity"] for finding in plan["findings"]}
        missing = set(self.case.expect.findings) - set(found)
        check(not missing, f"findings missing: {sorted(missing)}; the plan has {found}")
        extra = {code for code, severity in found.items()
                 if severity != "info" and code not in self.case.expect.findings}
        check(not extra, f"findings that were not expected: {plan['findings']}")

    def check_ops(self, plan):
        if self.case.expect.ops is None:
            return
        expected = {op: self.case.expect.ops.get(op, 0) for op in OPS}
        planned = {op: plan["summary"].get(op, 0) for op in OPS}
        check(planned == expected, f"planned {planned}, expected {expected}")

    def check_files(self, directory):
        """The plan's digests, modes, and nothing that is not listed."""
        root = self.directory / directory
        check(root.stat().st_mode & 0o777 == 0o700, f"{directory} is not 0700")
        done = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "plan.sha256"],
                              cwd=root, check=False, stdout=subprocess.PIPE)
        check(done.returncode == 0, "plan.sha256 does not fit plan.json")
        listed = {"plan.json", "plan.sha256"}
        for file in json.loads((root / "plan.json").read_bytes())["files"]:
            listed.add(file["path"])
            data = (root / file["path"]).read_bytes()
            check(len(data) == file["bytes"], f"{file['path']}: wrong size in plan.json")
            check(hashlib.sha256(data).hexdigest() == file["sha256"],
                  f"{file['path']}: wrong digest in plan.json")
        for path in root.rglob("*"):
            if path.is_file():
                check(path.stat().st_mode & 0o777 == 0o600, f"{path.name} is not 0600")
                check(str(path.relative_to(root)) in listed, f"{path.name} is not in plan.json")

    def check_same_plan(self, first, second):
        """Outside of `run`, plans of the same data are the same whatever the threads and the
        method."""
        plans = []
        for directory in (first, second):
            plan = json.loads((self.directory / directory / "plan.json").read_bytes())
            del plan["run"], plan["manifest_sha256"]
            plan["files"] = [file for file in plan["files"] if file["path"] != "summary.md"]
            plans.append(plan)
        for key in sorted(set(plans[0]) | set(plans[1])):
            check(plans[0].get(key) == plans[1].get(key),
                  f"`{key}` differs between a plan by 1 thread and one by more, or by checksums:\n"
                  f"{plans[0].get(key)}\n{plans[1].get(key)}"[:3000])

    def check_differences(self):
        """That the case itself is right: the dumps differ by as much as its operations say."""
        if not self.case.compare.count or self.case.expect.ops is None:
            return
        ops = collections.Counter(self.case.expect.ops)
        missing = extra = 0
        for source, target in self.compared_tables():
            left = self.dump_compared("source", source)
            right = self.dump_compared("target", target)
            missing += (left - right).total()
            extra += (right - left).total()
        check(missing == ops["insert"] + ops["update"]
              and extra == ops["delete"] + ops["kept"] + ops["update"],
              f"the case is wrong: {missing} rows are only on the source, {extra} only on the"
              f" target, but it expects {dict(ops)}")

    def check_equal(self, before):
        """The target has the source's rows, and everything else is what it was."""
        compare = self.case.compare
        compared = self.compared_tables()
        for source, target in compared:
            left = self.dump_compared("source", source)
            right = self.dump_compared("target", target)
            extra = right - left
            if compare.keeps:
                extra -= before["compared"][target]
            _check_no_lines(left - right, f"{source}: rows of the source are not on the target")
            _check_no_lines(extra, f"{target}: rows are on the target alone")
            if compare.where and compare.outside:
                outside = self.dump("target", target, "--where", f"({compare.where}) IS NOT TRUE")
                _check_same(before["outside"][target], outside, f"{target}: outside the filter")
        names = {target for _, target in compared}
        for table, dump in self.dump_all("target").items():
            if table not in names:
                _check_same(before["target"][table], dump, f"target {table}")
        self.check_source(before)

    def check_source(self, before):
        for table, dump in self.dump_all("source").items():
            _check_same(before["source"][table], dump, f"source {table}")

    def check_target(self, before):
        for table, dump in self.dump_all("target").items():
            _check_same(before["target"][table], dump, f"target {table}")

    def check_rows(self):
        for item in self.case.expect.rows:
            rows = self.servers[item["on"]].execute(self.case.fill(item["sql"]),
                                                    database=self.dbs[item["on"]])
            got = [[None if cell is None else str(cell) for cell in row] for row in rows]
            check(got == item["rows"], f"{item['sql']}\ngave {got}, expected {item['rows']}")

    def remember(self):
        before = {role: self.dump_all(role) for role in ("source", "target")}
        compare = self.case.compare
        before["outside"] = {}
        before["compared"] = {}
        for _, target in self.compared_tables():
            before["compared"][target] = self.dump_compared("target", target)
            if compare.where:
                before["outside"][target] = self.dump(
                    "target", target, "--where", f"({compare.where}) IS NOT TRUE")
        return before

    # --- verdicts ----------------------------------------------------------------------------

    def run(self):
        """Raises Failure; returns a remark on what could not be tried, or ''."""
        for role in ("source", "target"):
            self.load(role)
        before = self.remember()
        self.check_differences()
        if self.tools.load_only:
            return ""
        self.write_manifest()
        remark = getattr(self, f"run_{self.case.expect.verdict}")(before)
        if not remark:
            self.check_rows()
        return remark or ""

    def changes_exit(self):
        """Exit code of `plan --detailed-exitcode`."""
        ops = self.case.expect.ops or {}
        return 2 if any(ops.get(op) for op in ("insert", "update", "delete", "conflict")) else 0

    def run_converge(self, before):
        plan = self.plan(self.changes_exit(), "plan")
        self.check_findings(plan)
        self.check_ops(plan)
        self.check_files("plan")
        check(plan["applyable"] and plan["complete"], "the plan is not applyable and complete")
        self.plan(self.changes_exit(), "plan-by-one",
                  self.write_manifest("by-one.toml", "threads = 1\n", method="stream"))
        self.check_same_plan("plan", "plan-by-one")
        self.check_target(before)
        self.run_between()
        before = self.remember()
        if self.tools.by_sql and not plan["sql_complete"]:
            self.apply_sql(succeeds=False)
            self.check_target(before)
            return "its SQL is not complete and refuses to run, as it should"
        if self.tools.by_sql:
            self.apply_sql(succeeds=True)
            self.apply_sql(succeeds=True)  # again: it does no more
        else:
            self.check_written(self.apply(0, "plan"), plan)
        self.check_equal(before)
        self.rowplan(0, "check", "-f", "rowplan.toml")
        after = self.plan(0, "plan-after")
        changes = {op: after["summary"].get(op, 0) for op in OPS if op != "kept"}
        check(not any(changes.values()), f"the plan after apply is not empty: {changes}")
        self.apply(0, "plan")  # again: everything is done already
        self.check_equal(before)
        return ""

    def check_written(self, done, plan):
        """apply says that it wrote what was planned, unless somebody did that in between."""
        if self.case.has("between_source") or self.case.has("between_target"):
            return
        ops = plan["summary"]
        told = f"{ops['insert']} inserted, {ops['update']} updated, {ops['delete']} deleted"
        check(not plan["units"] or told in done.stdout,
              f"apply does not say {told!r}: {done.stdout}")

    def apply_sql(self, succeeds):
        """Runs the plan's SQL file by the mysql client."""
        self.dumps = {}
        path = self.directory / "plan" / "sql" / "target.sql"
        if not path.exists():
            check(self.changes_exit() == 0, "the plan has changes but no sql/target.sql")
            return
        with open(path, "rb") as script:
            done = subprocess.run(
                ["mariadb", "--no-defaults", f"--socket={self.servers['target'].socket}",
                 "--user=root", "--batch"], stdin=script, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True, errors="replace", check=False,
                timeout=STEP_TIMEOUT_S)
        if succeeds:
            check(done.returncode == 0, f"sql/target.sql fails: {done.stderr}")
        else:
            check(done.returncode != 0, "sql/target.sql runs, although values are withheld")

    def run_refused(self, before):
        plan = self.plan(13, "plan")
        self.check_findings(plan)
        self.check_ops(plan)
        self.check_files("plan")
        check(not plan["applyable"], "the plan says that it is applyable")
        self.apply(13, "plan")
        self.check_target(before)
        self.check_source(before)

    def run_stale(self, before):
        plan = self.plan(self.changes_exit(), "plan")
        self.check_findings(plan)
        self.check_ops(plan)
        self.run_between()
        before = self.remember()
        self.apply(self.case.expect.exit or 10, "plan")
        self.check_target(before)
        self.check_source(before)

    def run_fails(self, before):
        done = self.rowplan(self.case.expect.exit, "plan", "-f", "rowplan.toml", "-o", "plan",
                            "--detailed-exitcode")
        for text in self.case.expect.stderr:
            check(self.case.fill(text) in done.stderr, f"stderr lacks {text!r}:\n{done.stderr}")
        check(not (self.directory / "plan" / "plan.json").exists(), "there is a plan")
        self.check_target(before)
        self.check_source(before)


def _sample(lines):
    return "".join(f"\n  {line[:SAMPLE_WIDTH_MAX]}" for line in sorted(lines)[:SAMPLE_LINES_MAX])


def _check_no_lines(lines, message):
    check(not lines, f"{message} ({lines.total()}):{_sample(lines)}")


def _check_same(before, after, what):
    _check_no_lines(before - after, f"{what}: rows are gone or changed")
    _check_no_lines(after - before, f"{what}: rows came or changed")


def set_globals(server, values):
    """Sets global variables; returns what they were."""
    before = {}
    for name, value in values.items():
        before[name] = server.execute(f"SELECT @@GLOBAL.`{name}`")[0][0]
        literal = value if isinstance(value, int) else f"'{value}'"
        server.execute(f"SET GLOBAL `{name}` = {literal}")
    return before


def clean_environment():
    """What the tests' own environment must not tell rowplan."""
    for name in ("NO_COLOR", "CLICOLOR", "MYSQL_HOST", "MYSQL_PWD", "MYSQL_UNIX_PORT"):
        os.environ.pop(name, None)
