"""What the fault tests stand on: two servers, a database of its own for each test, runs of rowplan.

What is equal is judged by rowplan_row_dump, which shares no code with rowplan.
"""

import collections
import dataclasses
import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import threading
import time

import pymysql

from scenario_run import Failure, check
from servers import run_script

STEP_TIMEOUT_S = 120
OUTPUT_CHARS_MAX = 3000
SAMPLE_LINES_MAX = 6
SAMPLE_WIDTH_MAX = 200
USER = "rowplan"
ROLES = ("source", "target")


@dataclasses.dataclass
class Stage:
    """What all tests of a run share."""

    servers: object
    source: object
    target: object
    rowplan: str
    row_dump: str
    rounds: int  # 1: as short as it may be
    seed: int


@dataclasses.dataclass
class Done:
    """A run of rowplan that ended."""

    args: tuple
    code: int  # negative: killed by this signal
    out: str
    err: str

    def __str__(self):
        return (f"$ rowplan {shlex.join(self.args)}  [exit {self.code}]\n"
                f"{self.out[-OUTPUT_CHARS_MAX:]}\n{self.err[-OUTPUT_CHARS_MAX:]}")


class Running:
    """A run of rowplan under way. Its output goes to files: a full pipe would stop it."""

    def __init__(self, bench, args, environment, prefix=(), **options):
        self.args = args
        bench.runs += 1
        stem = bench.directory / f"run{bench.runs}"
        self.out_path, self.err_path = pathlib.Path(f"{stem}.out"), pathlib.Path(f"{stem}.err")
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                [*prefix, bench.stage.rowplan, *args], cwd=bench.directory,
                stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment, **options)

    def ended(self):
        return self.process.poll() is not None

    def wait(self, timeout=STEP_TIMEOUT_S):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait()
            raise Failure(f"rowplan {shlex.join(self.args)} hangs:\n"
                          f"{self.err_path.read_text(errors='replace')}") from error
        return Done(self.args, code, self.out_path.read_text(errors="replace"),
                    self.err_path.read_text(errors="replace"))


class Bench:
    """One test: a directory, a database on both servers, and what is done with them."""

    def __init__(self, stage, name):
        self.stage = stage
        self.name = name
        self.db = name.replace("-", "_")
        self.servers = {"source": stage.source, "target": stage.target}
        self.random = random.Random(f"{stage.seed} {name}")
        self.directory = stage.servers.directory / "faults" / name
        self.directory.mkdir(parents=True)
        self.runs = 0
        self.running = []

    def close(self):
        for running in self.running:
            if not running.ended():
                running.process.kill()
                running.process.wait()

    def drop(self):
        for server in (self.stage.source, self.stage.target):
            server.execute(f"DROP DATABASE IF EXISTS `{self.db}`;"
                           f"DROP DATABASE IF EXISTS `{self.db}_start`")

    # --- servers -----------------------------------------------------------------------------

    def execute(self, role, sql):
        return self.servers[role].execute(sql, database=self.db)

    def load(self, both, source="", target=""):
        for role, own in (("source", source), ("target", target)):
            server = self.servers[role]
            server.execute(f"CREATE DATABASE `{self.db}` CHARACTER SET utf8mb4")
            connection = server.connect(database=self.db)
            try:
                for sql in (both, own):
                    if sql:
                        run_script(connection, sql)
            finally:
                connection.close()

    def tables(self, role):
        rows = self.servers[role].execute(
            "SELECT TABLE_NAME FROM information_schema.TABLES"
            f" WHERE TABLE_SCHEMA = '{self.db}' AND TABLE_TYPE = 'BASE TABLE'")
        return sorted(row[0] for row in rows)

    def remember_start(self):
        """Keeps the target's rows, for reset_target()."""
        start = f"{self.db}_start"
        sql = f"CREATE DATABASE `{start}`;"
        for table in self.tables("target"):
            sql += (f"CREATE TABLE `{start}`.`{table}` LIKE `{table}`;"
                    f"INSERT INTO `{start}`.`{table}` SELECT * FROM `{table}`;")
        self.execute("target", sql)

    def drop_start(self):
        self.execute("target", f"DROP DATABASE `{self.db}_start`")

    def reset_target(self):
        sql = "SET foreign_key_checks = 0; START TRANSACTION;"
        for table in self.tables("target"):
            sql += (f"DELETE FROM `{table}`;"
                    f"INSERT INTO `{table}` SELECT * FROM `{self.db}_start`.`{table}`;")
        # A run that was killed a moment ago may hold its locks until the server notices.
        for attempt in range(20):
            try:
                self.execute("target", sql + "COMMIT")
                return
            except pymysql.err.OperationalError:
                if attempt == 19:
                    raise
                time.sleep(0.1)

    def dump(self, role, table):
        """The lines of rowplan_row_dump, as a multiset."""
        done = subprocess.run(
            [self.stage.row_dump, self.servers[role].socket, "root", self.db, table],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            timeout=STEP_TIMEOUT_S)
        check(done.returncode == 0, f"dump of {role} {table!r}: {done.stderr}")
        return collections.Counter(done.stdout.splitlines())

    def dump_all(self, role):
        return {table: self.dump(role, table) for table in self.tables(role)}

    # --- rowplan -----------------------------------------------------------------------------

    def manifest(self, name="rowplan.toml", pair="", tables="", top="", **options):
        """Options: state; source, target: other sockets; server: further lines of both servers."""
        text = (f'manifest_version = 1\nname = "fault"\n{top}\n'
                f'[state]\npath = "{options.get("state", "state.db")}"\n')
        for role in ROLES:
            socket = options.get(role) or self.servers[role].socket
            access = "read-only" if role == "source" else "read-write"
            text += (f'\n[server.{role}]\nsocket = "{socket}"\naccess = "{access}"\n'
                     + (options.get("server") or f'user = "{USER}"\n'))
        text += (f'\n[pair.p]\nsource = "source"\ntarget = "target"\n'
                 f'tables = [{tables or chr(34) + self.db + ".*" + chr(34)}]\n{pair}\n')
        (self.directory / name).write_text(text, encoding="utf-8")

    def start(self, *args, env=None, **options):
        running = Running(self, args, {**os.environ, **(env or {})}, **options)
        self.running.append(running)
        return running

    def run(self, *args, env=None, **options):
        return self.start(*args, env=env, **options).wait()

    def expect(self, codes, *args, env=None, **options):
        """Runs rowplan; its exit code must be among these."""
        done = self.run(*args, env=env, **options)
        codes = codes if isinstance(codes, (tuple, set, list)) else (codes,)
        check(done.code in codes, f"expected exit {codes}\n{done}")
        return done

    def plan(self, directory="plan", codes=0, **options):
        self.expect(codes, "plan", "-o", directory, "--overwrite", **options)
        return self.read_plan(directory)

    def read_plan(self, directory="plan"):
        return json.loads((self.directory / directory / "plan.json").read_bytes())

    def changes(self, plan, directory="plan"):
        """All changes of a plan, each with its table and its unit."""
        found = []
        for table in plan["tables"]:
            if not table["changes"]:
                continue
            units = {chunk["id"]: chunk["unit"] for chunk in table["chunks"]}
            path = self.directory / directory / table["changes"]["path"]
            for line in path.read_text(encoding="utf-8").splitlines():
                change = json.loads(line)
                change["table"] = table["address"].partition(".")[2]
                change["unit"] = units[change["chunk"]]
                found.append(change)
        return found

    def check_no_plan(self, directory, done):
        path = self.directory / directory
        left = sorted(str(item.relative_to(path)) for item in path.rglob("*"))
        check(not left, f"the plan failed but left {left}\n{done}")

    def remove(self, pattern):
        for path in self.directory.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def new_state(self, name="state.db"):
        self.remove(f"{name}*")

    def unsettled(self):
        return json.loads(self.expect(0, "state", "show", "--json").out)["unsettled_units"]

    # --- judging -----------------------------------------------------------------------------

    def check_converged(self, what):
        """The target has the source's rows."""
        for table in self.tables("source"):
            check_same(self.dump("source", table), self.dump("target", table), f"{what}: {table}")

    def check_dumps(self, role, before, what):
        for table, dump in self.dump_all(role).items():
            check_same(before[table], dump, f"{what}: {role} {table}")

    def wait_for(self, condition, what, timeout=STEP_TIMEOUT_S):
        deadline = time.monotonic() + timeout
        while not condition():
            check(time.monotonic() < deadline, f"waited in vain: {what}")
            time.sleep(0.005)

    def sessions(self, role, connection=None):
        """(id, state or statement) of rowplan's sessions."""
        sql = ("SELECT ID, CONCAT_WS(' ', COMMAND, STATE, INFO) FROM"
               f" information_schema.PROCESSLIST WHERE USER = '{USER}'")
        if connection is None:
            return self.servers[role].execute(sql)
        return run_script(connection, sql)


class Worker(threading.Thread):
    """A thread whose failure is not lost: join() raises it."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work = work
        self.stop = threading.Event()
        self.failure = None
        self.start()

    def run(self):
        try:
            self.work(self.stop)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def finish(self):
        self.stop.set()
        self.join(STEP_TIMEOUT_S)
        if self.failure is not None:
            raise self.failure


def sample(lines):
    return "".join(f"\n  {line[:SAMPLE_WIDTH_MAX]}" for line in sorted(lines)[:SAMPLE_LINES_MAX])


def check_same(before, after, what):
    for lines, which in ((before - after, "missing"), (after - before, "too many")):
        check(not lines, f"{what}: {lines.total()} rows {which}:{sample(lines)}")
