"""Random histories of two to five offices that sync with each other, against a model that keeps
whole rows.

Each round they change rows, then sync runs, in some rounds killed again and again. What must come
out is told by a merge of plain dictionaries: the base, and what each office has. Two offices are a
pair; more are a group, whose hub is the first, and whose others are servers of the test's own.
"""

import collections
import contextlib

from bench import USER, check
from servers import run_script

from sync_tests import KILLED, SYNC, kill_at

OFFICES = {"east": "source", "west": "target"}
MORE_OFFICES = {"north": "third", "south": "fourth", "mid": "fifth"}
ROUNDS = 8
GROUP_ROUNDS = 4
IDS = 40
KEPT = 1000  # this row and those behind it stay: no office ever loses all rows
POINTS_MAX = 90

COLUMNS = "name VARCHAR(30), n DECIMAL(12,3), stamp DATETIME(6) NOT NULL"
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
{members}
tables = ["{db}.*"]
direction = "two-way"
chunk_rows = 8
conflict = {{ resolve = "newest", column = "stamp", otherwise = "east" }}
insert_conflict = {{ resolve = "newest", column = "stamp", otherwise = "east" }}
limits = {{ max_deletes = "100%" }}
{more}
"""
PAIR = '[pair.offices]\nsource = "east"\ntarget = "west"'
GROUP = '[group.offices]\nhub = "east"\nspokes = [{}]'


class Undecided(Exception):
    """Some deleted a row and others changed it, and the one who is to say did neither."""


def merge_row(base, rows, has_base):
    """What all shall have of one row, or None."""
    if has_base:
        changed = [row for row in rows if row != base]
    else:
        changed = [row for row in rows if row is not None]
    if not changed:
        return base
    if len(set(changed)) == 1:
        return changed[0]
    if None not in changed:
        return max(changed, key=lambda row: row[-1])
    if rows[0] == base:
        raise Undecided
    return rows[0]


def merge(base, *offices):
    """What all shall have. `base` None: no earlier sync."""
    keys = set(base or {}).union(*offices)
    merged = {key: merge_row((base or {}).get(key), [rows.get(key) for rows in offices],
                             base is not None)
              for key in keys}
    return {key: row for key, row in merged.items() if row is not None}


def undecided(base, *offices):
    """Keys of rows that wait for a person."""
    keys = set()
    for key in base or {}:
        try:
            merge_row(base[key], [rows.get(key) for rows in offices], True)
        except Undecided:
            keys.add(key)
    return keys


class Office:
    """One member: its rows as a dictionary for each table, and statements that change them."""

    def __init__(self, bench, name, role):
        self.bench, self.name, self.role = bench, name, role

    def rows(self, table):
        key = KEYS[table]
        found = self.bench.execute(
            self.role, f"SELECT {', '.join(key)}, name, n, stamp FROM {table}")
        return {tuple(row[:len(key)]): tuple(row[len(key):]) for row in found}

    def all_rows(self):
        return {table: self.rows(table) for table in TABLES}

    def change(self, table, number, stamp, text, deletes=True):
        """Inserts, changes or deletes, as it comes."""
        key = TABLES[table](number)
        where = " AND ".join(f"{name} = {literal(value)}" for name, value in zip(KEYS[table], key))
        there = self.bench.execute(self.role, f"SELECT 1 FROM {table} WHERE {where}")
        if there and deletes and number < KEPT and self.bench.random.random() < 0.35:
            self.bench.execute(self.role, f"DELETE FROM {table} WHERE {where}")
        elif there:
            self.bench.execute(
                self.role, f"UPDATE {table} SET name = {text}, stamp = '{stamp}' WHERE {where}")
        else:
            values = ", ".join(literal(value) for value in key)
            self.bench.execute(
                self.role, f"INSERT INTO {table} VALUES ({values}, {text}, 1.5, '{stamp}')")


def literal(value):
    return f"x'{value.hex()}'" if isinstance(value, bytes) else str(value)


class History:
    """Some offices and what they have done so far."""

    def __init__(self, bench, more="", members=2):
        self.bench, self.rng = bench, bench.random
        self.clock = 0
        everyone = {**OFFICES, **MORE_OFFICES}
        self.offices = [Office(bench, *each) for each in list(everyone.items())[:members]]
        for office in self.offices:
            self.make(office)
        spokes = ", ".join(f'"{office.name}"' for office in self.offices[1:])
        text = MANIFEST.format(db=bench.db, more=more,
                               members=PAIR if members == 2 else GROUP.format(spokes))
        for office in self.offices:
            text += (f'[server.{office.name}]\nsocket = "{bench.servers[office.role].socket}"\n'
                     'user = "rowplan"\n')
        (bench.directory / "rowplan.toml").write_text(text, encoding="utf-8")
        for table in TABLES:
            for number in range(KEPT, KEPT + 12):
                office = self.offices[number % members]
                office.change(table, number, self.stamp(), "'kept'")

    def make(self, office):
        """Its database, on a server of its own where the bench has none for it."""
        stage, servers = self.bench.stage, self.bench.servers
        if office.role not in servers:
            vendor = (stage.source, stage.target)[len(servers) % 2].vendor
            servers[office.role] = stage.servers.start(vendor)
            servers[office.role].execute(f"CREATE USER '{USER}'@'localhost';"
                                         f"GRANT ALL ON *.* TO '{USER}'@'localhost'")
        servers[office.role].execute(f"CREATE DATABASE `{self.bench.db}` CHARACTER SET utf8mb4")
        with contextlib.closing(
                servers[office.role].connect(database=self.bench.db)) as connection:
            run_script(connection, SCHEMA)

    def stamp(self):
        self.clock += 1
        return f"2026-03-01 00:{self.clock // 60 % 60:02}:{self.clock % 60:02}.{self.clock:06}"

    def text(self):
        return self.rng.choice(("NULL", "''", "'a'", "'ä €'", f"'{self.rng.random()}'"))

    def act(self, changes, parity=None, deletes=True):
        """`parity`: of the numbers that are touched; None: any."""
        for _ in range(changes):
            number = self.rng.choice([*range(1, IDS), KEPT, KEPT + 1])
            if parity is None or number % 2 == parity:
                office = self.rng.choice(self.offices)
                office.change(self.rng.choice(list(TABLES)), number, self.stamp(), self.text(),
                              deletes)

    def seen(self):
        return [office.all_rows() for office in self.offices]

    def check_equal(self, expected, what):
        for office in self.offices:
            for table, rows in expected.items():
                found = office.rows(table)
                check(found == rows,
                      f"{what}: {office.name} has in {table}\n{difference(found, rows)}")

    def merged(self, base, seen):
        return {table: merge(base and base[table], *(rows[table] for rows in seen))
                for table in TABLES}

    def open_rows(self, base):
        """(table, key) of what waits for a person."""
        seen = self.seen()
        return [(table, key) for table in TABLES if base
                for key in undecided(base[table], *(rows[table] for rows in seen))]

    def say(self, base):
        """The hub changes what waits for somebody: then its row is the one."""
        for table, key in self.open_rows(base):
            self.offices[0].change(table, number_of(key), self.stamp(), "'said'", deletes=False)


def difference(found, expected):
    lines = [f"{key}: found {found.get(key)}, expected {expected.get(key)}"
             for key in sorted({*found, *expected}) if found.get(key) != expected.get(key)]
    return "\n".join(lines[:10])


def sync_killed(history, turns, between):
    """Killed at a random point, again and again; then to its end. How often it was killed."""
    killed = 0
    for _ in range(turns):
        point = history.rng.randint(1, POINTS_MAX * len(history.offices) // 2)
        done = history.bench.expect((0, KILLED), *SYNC, env=kill_at(point))
        killed += done.code == KILLED
        if done.code == 0:
            return killed
        between()
    history.bench.expect(0, *SYNC)
    return killed


def histories(bench, members, rounds):
    history = History(bench, members=members)
    base = None
    seen = collections.Counter()
    for turn in range(rounds * bench.stage.rounds):
        history.act(history.rng.randint(0, 15 * members))
        history.say(base)
        expected = history.merged(base, history.seen())
        bench.expect(0, *SYNC)
        history.check_equal(expected, f"round {turn}")
        check("No changes" in bench.expect(0, "plan", "-o", f"plan{turn}").out,
              "merging what is merged finds something")
        seen["changed"] += expected != base
        base = expected
    check(seen["changed"] > rounds // 2, f"rounds: {seen}")
    return f"{seen['changed']} rounds with changes"


def killed_histories(bench, members, rounds):
    history = History(bench, members=members)
    base, killed = None, 0
    for turn in range(rounds * bench.stage.rounds):
        history.act(history.rng.randint(5, 15 * members))
        history.say(base)
        expected = history.merged(base, history.seen())
        killed += sync_killed(history, 4, lambda: None)
        history.check_equal(expected, f"round {turn}")
        base = expected
    check(killed >= rounds, f"killed {killed} times")
    return f"killed {killed} times"


def killed_among_users(bench, members, rounds):
    history = History(bench, members=members)
    bench.expect(0, *SYNC)
    base, killed = history.offices[0].all_rows(), 0
    for turn in range(rounds * bench.stage.rounds):
        history.act(history.rng.randint(5, 15 * members), parity=0)
        history.say(base)
        before = history.seen()

        def users():
            # Of more than two, none but the hub could say what becomes of a deleted row.
            history.act(3 * members, parity=1, deletes=members == 2)
        killed += sync_killed(history, 4, users)
        merged = history.merged(base, before)
        final = history.offices[0].all_rows()
        for table in TABLES:
            even = {key: row for key, row in final[table].items() if number_of(key) % 2 == 0}
            expected = {key: row for key, row in merged[table].items() if number_of(key) % 2 == 0}
            check(even == expected, f"round {turn}, {table}\n{difference(even, expected)}")
            for office in history.offices[1:]:
                check(final[table] == office.rows(table), f"round {turn}: {office.name} differs")
        base = final
    check(killed >= rounds, f"killed {killed} times")
    return f"killed {killed} times"


def two_way_histories(bench):
    """Both change rows, sync makes of them what the model says."""
    return histories(bench, 2, ROUNDS)


def two_way_killed_histories(bench):
    """The same, where each sync is killed at random points before one comes to its end."""
    return killed_histories(bench, 2, ROUNDS)


def two_way_killed_among_users(bench):
    """The same, while users change other rows between two of the killed runs."""
    return killed_among_users(bench, 2, ROUNDS)


def two_way_group_histories(bench):
    """Three, four or five offices."""
    return histories(bench, bench.random.randint(3, 5), GROUP_ROUNDS)


def two_way_group_killed_histories(bench):
    return killed_histories(bench, bench.random.randint(3, 5), GROUP_ROUNDS)


def two_way_group_killed_among_users(bench):
    return killed_among_users(bench, bench.random.randint(3, 4), GROUP_ROUNDS)


def number_of(key):
    return key[0] if len(key) == 1 else int(key[1][1:])


TESTS = (two_way_histories, two_way_killed_histories, two_way_killed_among_users,
         two_way_group_histories, two_way_group_killed_histories,
         two_way_group_killed_among_users)
