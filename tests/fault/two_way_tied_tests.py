"""Random histories of two offices whose rows are tied by unique and foreign keys, and of offices
that write while they are synced."""

import collections
import json

import pymysql

from bench import Worker, check

from sync_tests import KILLED, SYNC, kill_at
from two_way_conflict_tests import begin
from two_way_history_tests import OFFICES, difference, merge

ROUNDS = 8
IDS = 24
PARENTS = 12
VALUES = 24  # of a unique column
CONFLICT = 15
REPAIRS_MAX = 10
POINTS_MAX = 60

SCHEMA = """
CREATE TABLE parent (id INT PRIMARY KEY, code VARCHAR(8) CHARACTER SET latin1
                     COLLATE latin1_bin NULL, stamp DATETIME(6) NOT NULL, UNIQUE (code));
CREATE TABLE child (id INT PRIMARY KEY, parent INT NULL, slot INT NULL, stamp DATETIME(6) NOT NULL,
                    UNIQUE (slot), FOREIGN KEY (parent) REFERENCES parent (id));
INSERT INTO parent VALUES (1000, 'kept', '2026-01-01'), (1001, 'kept too', '2026-01-01');
INSERT INTO child VALUES (1000, 1000, 1000, '2026-01-01'), (1001, 1000, 1001, '2026-01-01');
"""
COLUMNS = {"parent": ("code", "stamp"), "child": ("parent", "slot", "stamp")}
UNIQUE = {"parent": 0, "child": 1}  # place of the unique column in a row
RULES = """chunk_rows = 8
conflict = { resolve = "newest", column = "stamp", otherwise = "east" }
insert_conflict = { resolve = "newest", column = "stamp", otherwise = "east" }"""
# What a constraint or another transaction refused was not done.
REFUSED = (1062, 1205, 1213, 1451, 1452)


def rows(bench, role):
    return {table: {(row[0],): tuple(row[1:]) for row in bench.execute(
        role, f"SELECT id, {', '.join(columns)} FROM {table}")}
            for table, columns in COLUMNS.items()}


def is_whole(merged):
    """Do the rows keep to the unique and foreign keys?"""
    for table, place in UNIQUE.items():
        values = [row[place] for row in merged[table].values() if row[place] is not None]
        if len(values) != len(set(values)):
            return False
    return all(row[0] is None or (row[0],) in merged["parent"]
               for row in merged["child"].values())


class Users:
    """Change rows of either office as its constraints let them."""

    def __init__(self, bench):
        self.bench, self.rng = bench, bench.random
        self.clock = 0

    def stamp(self):
        self.clock += 1
        return f"'2026-03-01 00:{self.clock // 60 % 60:02}:{self.clock % 60:02}.{self.clock:06}'"

    def maybe(self, value):
        return value if self.rng.random() < 0.8 else "NULL"

    def change(self, role):
        kind = self.rng.random()
        if self.rng.random() < 0.5:
            table, number = "parent", self.rng.randint(1, PARENTS)
            values = {"code": self.maybe(f"'c{self.rng.randint(1, VALUES)}'")}
        else:
            table, number = "child", self.rng.randint(1, IDS)
            values = {"parent": self.maybe(self.rng.randint(1, PARENTS)),
                      "slot": self.maybe(self.rng.randint(1, VALUES))}
        values["stamp"] = self.stamp()
        if kind < 0.25:
            sql = f"DELETE FROM {table} WHERE id = {number}"
        elif kind < 0.6:
            sql = (f"UPDATE {table} SET "
                   + ", ".join(f"{name} = {value}" for name, value in values.items())
                   + f" WHERE id = {number}")
        else:
            sql = (f"INSERT INTO {table} (id, {', '.join(values)})"
                   f" VALUES ({number}, {', '.join(map(str, values.values()))})")
        try:
            self.bench.execute(role, sql)
        except pymysql.MySQLError as error:
            check(error.args[0] in REFUSED, f"{sql}: {error}")

    def act(self, changes):
        for _ in range(changes):
            self.change(self.rng.choice(list(OFFICES.values())))

    def give_up(self, table, number):
        """A row that waits for a person: neither office has it any more."""
        for role in OFFICES.values():
            if table == "parent":
                self.bench.execute(role, f"DELETE FROM child WHERE parent = {number}")
            self.bench.execute(role, f"DELETE FROM {table} WHERE id = {number}")


def open_conflicts(bench, directory):
    """(table, number) of each."""
    found = []
    for table in COLUMNS:
        path = bench.directory / directory / "changes" / "offices" / f"{bench.db}.{table}.ndjson"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            change = json.loads(line)
            if change["op"] == "conflict" and change["resolution"] is None:
                found.append((table, int(change["key"][0]), change["kind"]))
    return found


def repair(bench, users, turn, *more):
    """Syncs (with `more` options) until nothing waits for a person any more: (rows given up, kinds
    of conflict)."""
    touched = {table: set() for table in COLUMNS}
    kinds = collections.Counter()
    for number in range(REPAIRS_MAX):
        before = [rows(bench, role) for role in OFFICES.values()]
        done = bench.expect((0, CONFLICT), *SYNC, *more)
        if done.code == 0:
            return touched, kinds
        check([rows(bench, role) for role in OFFICES.values()] == before,
              f"round {turn}: rows were written although conflicts wait")
        directory = f"waiting{turn}-{number}"
        bench.expect(0, "plan", "-o", directory, *more)
        found = open_conflicts(bench, directory)
        check(found, f"round {turn}: 15, and no conflict waits\n{done}")
        for table, key, kind in found:
            kinds[kind] += 1
            touched[table].add((key,))
            if table == "parent":
                for office in before:
                    touched["child"].update(child for child, row in office["child"].items()
                                            if row[0] == key)
            users.give_up(table, key)
    raise AssertionError(f"round {turn}: conflicts come and come: {kinds}")


def two_way_tied_histories(bench):
    """What keeps to all keys when merged is merged so; what does not waits, and is told."""
    begin(bench, RULES, SCHEMA)
    users = Users(bench)
    base = rows(bench, "source")
    seen = collections.Counter()
    for turn in range(ROUNDS * bench.stage.rounds):
        users.act(bench.random.randint(5, 140))
        east, west = (rows(bench, role) for role in OFFICES.values())
        merged = {table: merge(base[table], east[table], west[table]) for table in COLUMNS}
        touched, kinds = repair(bench, users, turn)
        check(not is_whole(merged) or not kinds,
              f"round {turn}: the merged rows keep to all keys, and wait: {kinds}")
        check(is_whole(merged) or kinds, f"round {turn}: rows that break a key did not wait")
        base = rows(bench, "source")
        check(base == rows(bench, "target"), f"round {turn}: the offices differ")
        for table in COLUMNS:
            found, expected = ({key: row for key, row in all_rows[table].items()
                                if key not in touched[table]} for all_rows in (base, merged))
            check(found == expected, f"round {turn}, {table}\n{difference(found, expected)}")
        seen.update(kinds)
        seen["whole" if is_whole(merged) else "waited"] += 1
    check(seen["whole"] and seen["waited"], f"rounds: {seen}")
    return str(dict(seen))


class Office:
    """A member where users keep changing rows of their own: what they have committed."""

    def __init__(self, bench, role, ids):
        self.bench, self.role, self.ids = bench, role, ids
        self.random = type(bench.random)(bench.random.random())
        self.rows = {}
        self.writes = 0
        self.worker = Worker(self.work)

    def work(self, stop):
        connection = self.bench.servers[self.role].connect(database=self.bench.db)
        with connection, connection.cursor() as cursor:
            while not stop.is_set():
                self.write(connection, cursor)
                stop.wait(0.03 * self.random.random())

    def write(self, connection, cursor):
        """A transaction of some rows, all or nothing."""
        after = dict(self.rows)
        try:
            cursor.execute("START TRANSACTION")
            for _ in range(self.random.randint(1, 4)):
                number = self.random.choice(self.ids)
                if number not in after:
                    after[number] = f"new {self.writes}"
                    cursor.execute(f"INSERT INTO t (id, v) VALUES ({number}, '{after[number]}')")
                elif self.random.random() < 0.3:
                    del after[number]
                    cursor.execute(f"DELETE FROM t WHERE id = {number}")
                else:
                    after[number] = f"again {self.writes}"
                    cursor.execute(f"UPDATE t SET v = '{after[number]}' WHERE id = {number}")
            connection.commit()
        except pymysql.MySQLError as error:
            check(error.args[0] in REFUSED, str(error))
            connection.rollback()
            return
        self.rows = after
        self.writes += 1


def two_way_among_writers(bench):
    """Each office keeps changing rows of its own while sync runs, often killed: in the end both
    have what each office's users made of theirs."""
    begin(bench, RULES,
          "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), stamp DATETIME NULL);"
          "INSERT INTO t VALUES (1000, 'kept', NULL), (1001, 'kept', NULL)")
    offices = [Office(bench, role, range(first, 120, 2))
               for first, role in zip((1, 2), OFFICES.values())]
    codes = collections.Counter()
    for _ in range(12 * bench.stage.rounds):
        kill = kill_at(bench.random.randint(1, POINTS_MAX)) if bench.random.random() < 0.5 else {}
        codes[bench.expect((0, 3, 10, 75, KILLED), *SYNC, env=kill).code] += 1
    for office in offices:
        office.worker.finish()
    bench.expect(0, *SYNC)
    expected = {1000: "kept", 1001: "kept", **offices[0].rows, **offices[1].rows}
    for role in OFFICES.values():
        found = dict(bench.execute(role, "SELECT id, v FROM t"))
        check(found == expected, f"{role}, runs {codes}\n{difference(found, expected)}")
    check(codes[KILLED] > 0 and min(office.writes for office in offices) > 20,
          f"runs {codes}, writes {[office.writes for office in offices]}")
    return f"runs by exit code: {dict(codes)}, writes: {[office.writes for office in offices]}"


TESTS = (two_way_tied_histories, two_way_among_writers)
