"""Random histories of two offices that sync both ways, against a model that keeps whole rows.

Each round both change rows, then sync runs, in some rounds killed again and again. What must come
out is told by a merge of plain dictionaries: base, east, west.
"""

import collections

from bench import check

from sync_tests import KILLED, SYNC, kill_at

OFFICES = {"east": "source", "west": "target"}
ROUNDS = 8
IDS = 40
KEPT = 1000  # this row and those behind it stay: no office ever loses all rows
POINTS_MAX = 90

COLUMNS = """name VARCHAR(30), n DECIMAL(12,3), stamp DATETIME(6) NOT NULL,
  changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY (changed)"""
SCHEMA = f"""
CREATE TABLE t (id INT, {COLUMNS}, PRIMARY KEY (id));
CREATE TABLE k (a SMALLINT, b VARBINARY(8), {COLUMNS}, PRIMARY KEY (a, b));
"""
KEYS = {"t": ("id",), "k": ("a", "b")}
TABLES = {
    "t": lambda number: (number,),
    "k": lambda number: (number % 7, b"k%d" % number),
}

MANIFEST = """manifest_version = 1
name = "history"
[state]
path = "state.db"
[pair.offices]
source = "east"
target = "west"
tables = ["{db}.*"]
direction = "two-way"
chunk_rows = 8
conflict = {{ resolve = "newest", column = "stamp", otherwise = "east" }}
insert_conflict = {{ resolve = "newest", column = "stamp", otherwise = "east" }}
{more}
[pair.offices.limits]
max_deletes = "100%"
"""


def merge(base, east, west):
    """What both shall have. `base` None: no earlier sync."""
    merged = {}
    for key in {*east, *west, *(base or {})}:
        rows = east.get(key), west.get(key)
        if base is None:
            changed = [row for row in rows if row is not None]
        else:
            changed = [row for row in rows if row != base.get(key)]
        if not changed:
            row = base[key]
        elif any(each is None for each in changed):
            # Deleted here and there, or here alone; deleted against changed is east's to say.
            row = rows[0] if len(changed) == 2 else None
        else:
            row = max(changed, key=lambda row: row[-1])
        if row is not None:
            merged[key] = row
    return merged


class Office:
    """One member: its rows as a dictionary for each table, and statements that change them."""

    def __init__(self, bench, name):
        self.bench, self.name, self.role = bench, name, OFFICES[name]

    def rows(self, table):
        key = KEYS[table]
        found = self.bench.execute(
            self.role, f"SELECT {', '.join(key)}, name, n, stamp FROM {table}")
        return {tuple(row[:len(key)]): tuple(row[len(key):]) for row in found}

    def all_rows(self):
        return {table: self.rows(table) for table in TABLES}

    def change(self, table, number, stamp, text):
        """Inserts, changes or deletes, as it comes."""
        key = TABLES[table](number)
        where = " AND ".join(f"{name} = {literal(value)}" for name, value in zip(KEYS[table], key))
        there = self.bench.execute(self.role, f"SELECT 1 FROM {table} WHERE {where}")
        if there and number < KEPT and self.bench.random.random() < 0.35:
            self.bench.execute(self.role, f"DELETE FROM {table} WHERE {where}")
        elif there:
            self.bench.execute(
                self.role, f"UPDATE {table} SET name = {text}, stamp = '{stamp}' WHERE {where}")
        else:
            values = ", ".join(literal(value) for value in key)
            self.bench.execute(
                self.role, f"INSERT INTO {table} ({', '.join(KEYS[table])}, name, n, stamp)"
                           f" VALUES ({values}, {text}, 1.5, '{stamp}')")


def literal(value):
    return f"x'{value.hex()}'" if isinstance(value, bytes) else str(value)


class History:
    """Two offices and what they have done so far."""

    def __init__(self, bench, more=""):
        self.bench, self.rng = bench, bench.random
        self.clock = 0
        bench.load(SCHEMA)
        self.offices = [Office(bench, name) for name in OFFICES]
        text = MANIFEST.format(db=bench.db, more=more)
        for office in self.offices:
            text += (f'[server.{office.name}]\nsocket = "{bench.servers[office.role].socket}"\n'
                     'user = "rowplan"\n')
        (bench.directory / "rowplan.toml").write_text(text, encoding="utf-8")
        for table in TABLES:
            for number in range(KEPT, KEPT + 12):
                self.offices[number % 2].change(table, number, self.stamp(), "'kept'")

    def stamp(self):
        self.clock += 1
        return f"2026-03-01 00:{self.clock // 60 % 60:02}:{self.clock % 60:02}.{self.clock:06}"

    def text(self):
        return self.rng.choice(("NULL", "''", "'a'", "'ä €'", f"'{self.rng.random()}'"))

    def act(self, changes, parity=None):
        """`parity`: of the numbers that are touched; None: any."""
        for _ in range(changes):
            number = self.rng.choice([*range(1, IDS), KEPT, KEPT + 1])
            if parity is None or number % 2 == parity:
                office = self.rng.choice(self.offices)
                office.change(self.rng.choice(list(TABLES)), number, self.stamp(), self.text())

    def seen(self):
        return [office.all_rows() for office in self.offices]

    def check_equal(self, expected, what):
        for office in self.offices:
            for table, rows in expected.items():
                found = office.rows(table)
                check(found == rows,
                      f"{what}: {office.name} has in {table}\n{difference(found, rows)}")

    def merged(self, base, seen):
        return {table: merge(base and base[table], seen[0][table], seen[1][table])
                for table in TABLES}


def difference(found, expected):
    lines = [f"{key}: found {found.get(key)}, expected {expected.get(key)}"
             for key in sorted({*found, *expected}) if found.get(key) != expected.get(key)]
    return "\n".join(lines[:10])


def sync_killed(history, turns, between):
    """Killed at a random point, again and again; then to its end. How often it was killed."""
    killed = 0
    for _ in range(turns):
        point = history.rng.randint(1, POINTS_MAX)
        done = history.bench.expect((0, KILLED), *SYNC, env=kill_at(point))
        killed += done.code == KILLED
        if done.code == 0:
            return killed
        between()
    history.bench.expect(0, *SYNC)
    return killed


def two_way_histories(bench):
    """Both change rows, sync makes of them what the model says."""
    history = History(bench)
    base = None
    seen = collections.Counter()
    for turn in range(ROUNDS * bench.stage.rounds):
        history.act(history.rng.randint(0, 30))
        expected = history.merged(base, history.seen())
        bench.expect(0, *SYNC)
        history.check_equal(expected, f"round {turn}")
        check("No changes" in bench.expect(0, "plan", "-o", f"plan{turn}").out,
              "merging what is merged finds something")
        seen["changed"] += expected != base
        base = expected
    check(seen["changed"] > ROUNDS // 2, f"rounds: {seen}")
    return f"{seen['changed']} rounds with changes"


def two_way_killed_histories(bench):
    """The same, where each sync is killed at random points before one comes to its end."""
    history = History(bench)
    base, killed = None, 0
    for turn in range(ROUNDS * bench.stage.rounds):
        history.act(history.rng.randint(5, 30))
        expected = history.merged(base, history.seen())
        killed += sync_killed(history, 4, lambda: None)
        history.check_equal(expected, f"round {turn}")
        base = expected
    check(killed >= ROUNDS, f"killed {killed} times")
    return f"killed {killed} times"


def two_way_killed_among_users(bench):
    """The same, while users change other rows between two of the killed runs."""
    history = History(bench)
    bench.expect(0, *SYNC)
    base, killed = history.offices[0].all_rows(), 0
    for turn in range(ROUNDS * bench.stage.rounds):
        history.act(history.rng.randint(5, 30), parity=0)
        before = history.seen()
        states = []

        def users():
            history.act(6, parity=1)
            states.append(history.seen())
        killed += sync_killed(history, 4, users)
        merged = history.merged(base, before)
        final = history.offices[0].all_rows()
        for table in TABLES:
            even = {key: row for key, row in final[table].items() if number_of(key) % 2 == 0}
            expected = {key: row for key, row in merged[table].items() if number_of(key) % 2 == 0}
            check(even == expected, f"round {turn}, {table}\n{difference(even, expected)}")
            check(final[table] == history.offices[1].rows(table), f"round {turn}: they differ")
        base = final
    check(killed >= ROUNDS, f"killed {killed} times")
    return f"killed {killed} times"


def number_of(key):
    return key[0] if len(key) == 1 else int(key[1][1:])


TESTS = (two_way_histories, two_way_killed_histories, two_way_killed_among_users)
