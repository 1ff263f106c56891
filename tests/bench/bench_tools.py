"""The tools that the benchmark compares, and what a run of one costs."""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

from bench_data import DATABASE, TABLE

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
SAMPLE_S = 0.02
PT_TABLE_SYNC = "pt-table-sync"
TOOL_TIMEOUT_S = 3600


class ToolError(RuntimeError):
    """A tool ended as it must not; the text has its output."""


@dataclasses.dataclass
class Cost:
    """Of one run. CPU seconds say more than the clock where other work shares the machine."""

    wall_s: float
    client_cpu_s: float
    server_cpu_s: float  # of both servers
    peak_kib: int


def server_cpu_s(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


class PeakMemory(threading.Thread):
    """The highest resident set of a process, which only grows: sampled until it has ended. A
    child's ru_maxrss would not do: it begins with that of the process which forked it."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status = pathlib.Path(f"/proc/{pid}/status")
        self.ended = threading.Event()
        self.kib = 0

    def run(self):
        while not self.ended.wait(SAMPLE_S):
            try:
                found = re.search(r"VmHWM:\s+(\d+)", self.status.read_text())
            except (FileNotFoundError, ProcessLookupError):
                return
            if found:
                self.kib = max(self.kib, int(found[1]))


def run(command, servers, directory, codes=(0,), stdin=None):
    """(cost, output of the command). The output goes through a file: a pipe might fill."""
    out = pathlib.Path(directory) / "out"
    errors = pathlib.Path(directory) / "errors"
    before = sum(server_cpu_s(server) for server in servers)
    with open(out, "wb") as stdout, open(errors, "wb") as stderr:
        begin = time.monotonic()
        process = subprocess.Popen([str(part) for part in command], stdin=stdin or
                                   subprocess.DEVNULL, stdout=stdout, stderr=stderr, cwd=directory)
        memory = PeakMemory(process.pid)
        memory.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.monotonic() - begin
        memory.ended.set()
        memory.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    text = out.read_text(errors="replace")
    if process.returncode not in codes:
        raise ToolError(f"{command[0]} ended with {process.returncode}\n{text[-2000:]}"
                        f"{errors.read_text(errors='replace')[-2000:]}")
    cpu_s = sum(server_cpu_s(server) for server in servers) - before
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, cpu_s, memory.kib), text


def manifest(source, target, method="auto", pair=""):
    """Of a job that compares the one table; sockets as they are given. Nothing is limited."""
    return f"""manifest_version = 1
name = "bench"
[server.first]
socket = "{source}"
user = "root"
access = "read-only"
[server.second]
socket = "{target}"
user = "root"
[pair.bench]
source = "first"
target = "second"
tables = ["{DATABASE}.{TABLE}"]
method = "{method}"
{pair}
[pair.bench.limits]
max_deletes = "100%"
allow_empty_source = true
"""


class Rowplan:
    name = "rowplan"

    def __init__(self, binary, servers, directory, method):
        self.binary = str(pathlib.Path(binary).resolve())
        self.servers = servers
        self.directory = pathlib.Path(directory)
        (self.directory / "rowplan.toml").write_text(
            manifest(servers[0].socket, servers[1].socket, method))

    def _run(self, *args, codes=(0,)):
        return run([self.binary, *args, "--progress", "none", "-q"], self.servers, self.directory,
                   codes)[0]

    def compare(self):
        return self._run("check")

    def plan(self):
        shutil.rmtree(self.directory / "plan", ignore_errors=True)
        return self._run("plan", "-o", "plan")

    def show(self):
        return self._run("show", "plan")

    def apply(self):
        """The plan there is, with a state that knows nothing of it."""
        for path in self.directory.glob("bench.state.db*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return self._run("apply", "plan")

    def changes(self):
        summary = json.loads((self.directory / "plan" / "plan.json").read_text())["summary"]
        return summary["insert"] + summary["update"] + summary["delete"]


class PtTableSync:
    """percona-toolkit's. It compares by CRC32 on the servers, 1000 rows at a time, and writes with
    one statement a row. --no-check-slave: MySQL 8.4 and later have no SHOW SLAVE STATUS."""

    name = PT_TABLE_SYNC

    def __init__(self, servers, directory):
        self.servers = servers
        self.directory = directory
        self.members = [f"h=localhost,S={server.socket},u=root,D={DATABASE},t={TABLE}"
                        for server in servers]

    @staticmethod
    def installed():
        return shutil.which(PT_TABLE_SYNC) is not None

    def _run(self, what):
        # 2: rows differ, as it says.
        cost, text = run([PT_TABLE_SYNC, what, "--no-check-slave", *self.members], self.servers,
                         self.directory, (0, 2))
        return cost, text.count("\n")

    def compare(self):
        cost, lines = self._run("--print")
        if lines:
            raise ToolError(f"{PT_TABLE_SYNC} prints {lines} changes for equal tables")
        return cost

    def plan(self):
        return self._run("--print")[0]

    def apply(self):
        return self._run("--execute")[0]


class BareReader:
    name = "bare reader"

    def __init__(self, binary, servers, directory):
        self.command = [str(pathlib.Path(binary).resolve()), servers[0].socket, servers[1].socket,
                        DATABASE, TABLE]
        self.servers = servers
        self.directory = directory

    def compare(self):
        return run(self.command, self.servers, self.directory)[0]

    plan = compare


class BareWriter:
    """Writes what a target lacks, 1000 rows a statement. Upserts, which rowplan never sends (they
    would overwrite a row that somebody else inserted meanwhile): nothing is faster."""

    name = "bare writer"
    STATEMENT_ROWS = 1000

    def __init__(self, binary, servers, directory):
        self.command = [str(pathlib.Path(binary).resolve()), servers[1].socket, DATABASE]
        self.servers = servers
        self.directory = directory
        self.statements = pathlib.Path(directory) / "statements.sql"

    def prepare(self, condition):
        """Makes the statements for the rows for which the condition on id holds."""
        source, target = (server.connect(database=DATABASE) for server in self.servers)
        with source, target, source.cursor() as rows, target.cursor() as ids:
            rows.execute(f"SELECT * FROM {TABLE} WHERE {condition} ORDER BY id")
            there = [target.escape(row) for row in rows.fetchall()]
            names = [column[0] for column in rows.description]
            rows.execute(f"SELECT id FROM {TABLE} WHERE {condition}")
            ids.execute(f"SELECT id FROM {TABLE} WHERE {condition}")
            extra = sorted(set(ids.fetchall()) - set(rows.fetchall()))
        gone = [str(row[0]) for row in extra]
        update = ", ".join(f"{name} = VALUES({name})" for name in names[1:])
        with open(self.statements, "w", encoding="utf-8") as out:
            for part in self._parts(gone):
                out.write(f"DELETE FROM {TABLE} WHERE id IN ({', '.join(part)})\n")
            for part in self._parts(there):
                out.write(f"INSERT INTO {TABLE} VALUES {', '.join(part)}"
                          f" ON DUPLICATE KEY UPDATE {update}\n")

    def _parts(self, items):
        for first in range(0, len(items), self.STATEMENT_ROWS):
            yield items[first:first + self.STATEMENT_ROWS]

    def apply(self):
        with open(self.statements, "rb") as stdin:
            cost, text = run(self.command, self.servers, self.directory, stdin=stdin)
        # Reading the statements is not part of writing the rows.
        return dataclasses.replace(cost, wall_s=float(text))
