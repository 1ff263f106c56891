#!/usr/bin/python3
"""Random tables, random rows, random damage: plan, apply, and compare by an independent oracle.

Everything comes from the seed, which each failure prints. ROWPLAN_TEST_ROUNDS=N runs N times as
many rounds; --seed runs a single one again.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE.parent / "encoding"))

# pylint: disable=wrong-import-position
import run_encoding  # noqa: E402
import servers as server_support  # noqa: E402

LOADER = "SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone='+00:00'"


def signless_zero(make):
    """Minus zero equals zero by definition (docs/plan-format.md); the oracle sees the bit."""
    return lambda rng: "0" if (value := str(make(rng))) == "-0.0e0" else value


# Columns that hold what a strict session refuses to store again, or that no two vendors share.
VALUE_TYPES = [(name, kind, signless_zero(make)) for name, kind, make in run_encoding.TYPES
               if name not in ("e", "el")]
ENUMS = [("e", "ENUM('','a','b,c','é','N') CHARACTER SET utf8mb4", lambda r: r.randint(0, 5))]
WORDS = ["a", "A", "á", "b", "B ", "ab", "a b", "ss", "ß", "e", "é", "x" * 20, "-", "~", "\t", "z"]


def word(rng):
    text = "".join(rng.choice(WORDS) for _ in range(rng.randint(0, 3)))
    return "_utf8mb4 x'" + text.encode().hex() + "'"


KEYS = [
    [("INT", lambda r: r.randint(-60, 60))],
    [("BIGINT UNSIGNED", lambda r: r.choice([2**64 - 1, 2**63, 2**53 + 1]) - r.randint(0, 90))],
    [("DECIMAL(30,3)", lambda r: f"{r.randint(-9, 9)}{r.randint(0, 99)}.{r.randint(0, 9)}")],
    [("VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", word)],
    [("VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", word)],
    [("VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", word)],
    [("VARBINARY(40)", lambda r: f"x'{r.randbytes(r.randint(0, 3)).hex()}'")],
    [("BINARY(3)", lambda r: f"x'{r.getrandbits(6):06x}'")],
    [("DATETIME(6)", lambda r: f"'2026-01-01 00:00:00.{r.randint(0, 99):06d}'")],
    [("DATE", lambda r: f"'2026-0{r.randint(1, 3)}-{r.randint(1, 28):02d}'")],
    [("TIME(2)", lambda r: f"'{r.choice(['-', ''])}{r.randint(0, 800)}:00:01.5'")],
    [("INT", lambda r: r.randint(0, 6)),
     ("VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", word)],
    [("TINYINT UNSIGNED", lambda r: r.randint(0, 4)), ("BIGINT", lambda r: r.randint(-4, 4)),
     ("VARBINARY(9)", lambda r: f"x'{r.randbytes(1).hex()}'")],
    [("DOUBLE", lambda r: repr(r.choice([0.1, 1 / 3, 1e300, 5e-324]) * r.randint(-9, 9)) + "")],
]


class Table:
    """One random table, and the statements that fill and damage it."""

    def __init__(self, rng, number):
        self.rng = rng
        self.name = f"t{number}"
        self.key = rng.choice(KEYS)
        self.columns = rng.sample(VALUE_TYPES + ENUMS, rng.randint(0, 6))
        self.unique = rng.random() < 0.5

    def key_names(self):
        return [f"k{i}" for i in range(len(self.key))]

    def ddl(self):
        parts = [f"k{i} {kind} NOT NULL" for i, (kind, _) in enumerate(self.key)]
        parts += [f"{name} {kind}" for name, kind, _ in self.columns]
        if self.unique:
            parts += ["u INT", "UNIQUE (u)"]
        parts.append(f"PRIMARY KEY ({','.join(self.key_names())})")
        return f"CREATE TABLE {self.name} ({', '.join(parts)}) ENGINE=InnoDB ROW_FORMAT=DYNAMIC"

    def insert(self, verb="INSERT IGNORE"):
        values = [str(make(self.rng)) for _, make in self.key]
        values += ["NULL" if self.rng.random() < 0.1 else str(make(self.rng))
                   for _, _, make in self.columns]
        if self.unique:
            values.append(self.rng.choice(["NULL", str(self.rng.randint(0, 400))]))
        return f"{verb} INTO {self.name} VALUES ({', '.join(values)})"

    def damage(self):
        """Statements that change some rows of the target."""
        rng, name = self.rng, self.name
        key = f"CONCAT_WS(',', {','.join(self.key_names())})"
        pick = f"WHERE CRC32({key}) % {rng.randint(2, 9)} = 0"
        kinds = ["delete", "insert", "update", "update", "same", "key", "swap"]
        for kind in rng.choices(kinds, k=rng.randint(0, 4)):
            if kind == "delete":
                yield f"DELETE FROM {name} {pick}"
            elif kind == "insert":
                for _ in range(rng.randint(1, 12)):
                    yield self.insert()
            elif kind == "update" and self.columns:
                column, _, make = rng.choice(self.columns)
                yield f"UPDATE IGNORE {name} SET {column} = {make(rng)} {pick}"
            elif kind == "same" and self.columns:
                column, _, make = rng.choice(self.columns)
                yield f"UPDATE IGNORE {name} SET {column} = {make(rng)} ORDER BY k0 LIMIT 8"
            elif kind == "key":
                _, make = self.key[-1]
                yield f"UPDATE IGNORE {name} SET k{len(self.key) - 1} = {make(rng)} LIMIT 1"
            elif kind == "swap" and self.unique:
                yield f"UPDATE {name} SET u = -u WHERE u < 200"
                yield f"UPDATE IGNORE {name} SET u = 399 + u WHERE u < 0"
                yield f"UPDATE IGNORE {name} SET u = -u WHERE u < 0"


class Failure(Exception):
    """Something is not as it must be."""


class Round:
    """One database on both servers."""

    def __init__(self, options, source, target, seed):
        self.options, self.servers, self.seed = options, (source, target), seed
        self.rng = random.Random(seed)
        self.changes = 0
        self.tables = [Table(self.rng, i) for i in range(self.rng.randint(1, 4))]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="rowplan-property."))

    def rowplan(self, *words, expect=(0,)):
        done = subprocess.run([self.options.rowplan, *words], cwd=self.directory, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=300)
        if done.returncode not in expect:
            raise Failure(f"rowplan {' '.join(words)}: exit {done.returncode}\n{done.stdout}")
        return done.returncode

    def dump(self, server, table):
        return sorted(subprocess.run(
            [self.options.row_dump, server.socket, "root", "property", table],
            stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines())

    def load(self):
        source, target = self.servers
        setup = ["DROP DATABASE IF EXISTS property", "CREATE DATABASE property", "USE property",
                 LOADER] + [table.ddl() for table in self.tables]
        rows = [table.insert() for table in self.tables
                for _ in range(self.rng.choice([0, 3, 40, 150]))]
        for server in self.servers:
            server.execute(";\n".join(setup + rows))
        damage = [statement for table in self.tables for statement in table.damage()]
        target.execute(";\n".join(["USE property", LOADER] + damage + ["SELECT 1"]))
        (self.directory / "rowplan.toml").write_text(f"""manifest_version = 1
name = "property"
[server.a]
socket = "{source.socket}"
user = "root"
[server.b]
socket = "{target.socket}"
user = "root"
[pair.p]
source = "a"
target = "b"
tables = ["property.*"]
chunk_rows = {self.rng.choice([1, 2, 10, 200])}
threads = {self.rng.randint(1, 4)}
limits = {{ max_deletes = 1000000, allow_empty_source = true }}
""", encoding="utf-8")

    def run(self):
        self.load()
        source, target = self.servers
        before = [self.dump(source, table.name) for table in self.tables]
        damaged = any(self.dump(target, t.name) != rows for t, rows in zip(self.tables, before))
        self.rowplan("plan", "-o", "plan", "--detailed-exitcode", expect=(2 if damaged else 0,))
        summary = json.loads((self.directory / "plan/plan.json").read_text("utf-8"))["summary"]
        self.changes = summary["insert"] + summary["update"] + summary["delete"]
        verify = self.rng.choice(["chunks", "rows"])
        self.rowplan("apply", "plan", "--verify", verify)
        for table, rows in zip(self.tables, before):
            if self.dump(target, table.name) != rows:
                now = self.dump(target, table.name)
                odd = [r for r in rows if r not in now][:3] + ["--"] + [
                    r for r in now if r not in rows][:3]
                raise Failure(f"{table.name}: the target differs from the source\n{table.ddl()}\n"
                              + "\n".join(odd))
            if self.dump(source, table.name) != rows:
                raise Failure(f"{table.name}: the source was changed")
        self.rowplan("check")
        self.rowplan("apply", "plan")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--vendor", required=True, choices=["mariadb", "mysql"])
    parser.add_argument("--rowplan", required=True)
    parser.add_argument("--row-dump", required=True)
    parser.add_argument("--rounds", type=int,
                        default=40 * int(os.environ.get("ROWPLAN_TEST_ROUNDS", "1")))
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    first = options.seed if options.seed is not None else random.randrange(1 << 48)
    rounds = 1 if options.seed is not None else options.rounds
    failed = changes = 0
    with server_support.Servers() as servers:
        pair = servers.start(options.vendor), servers.start(options.vendor)
        for seed in range(first, first + rounds):
            one = Round(options, *pair, seed)
            try:
                one.run()
            except (Failure, subprocess.SubprocessError) as failure:
                failed += 1
                print(f"FAIL  seed {seed}: {failure}\n      again: --seed {seed}", flush=True)
            changes += one.changes
            shutil.rmtree(one.directory)
    print(f"property.{options.vendor}: {rounds - failed} of {rounds} rounds from seed {first} "
          f"passed, {failed} failed; {changes} changes applied")
    return 1 if failed or changes == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
