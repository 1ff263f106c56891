"""Incremental two-way syncs: what changed on either member since the last sync is merged, and
little else is read. What must come out is told by a merge of plain dictionaries."""

import collections
import json
import sqlite3
import time

from bench import check
from servers import run_script

from sync_tests import KILLED, SYNC, kill_at
from two_way_conflict_tests import begin
from two_way_history_tests import History, POINTS_MAX, TABLES, difference, merge
from two_way_tests import state_rows
from two_way_tied_tests import (COLUMNS, POINTS_MAX as SYNC_POINTS_MAX, SCHEMA as TIED_SCHEMA,
                                RULES, Office, Users, is_whole, repair, rows as tied_rows)

STATE, CONFLICT, USAGE = 14, 15, 64
ROLE = {"east": "source", "west": "target"}
STAMP = "TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"
INCREMENTAL = """[pair.{pair}.incremental]
column = "changed"
settle = "0s"
overlap = "{overlap}"
"""
PAIR = """direction = "two-way"
conflict = { resolve = "newest", column = "changed" }
"""


def schema(rows):
    return f"""
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40), u INT, changed {STAMP}, KEY (changed),
  UNIQUE (u)) ENGINE=InnoDB;
INSERT INTO t (id, v, changed) SELECT 10000 * (a.i - 1) + b.i, CONCAT('v', b.i), '2026-01-01'
  FROM seq.n a, seq.n b
  WHERE a.i BETWEEN 1 AND 2 AND b.i BETWEEN 1 AND 10000 AND 10000 * (a.i - 1) + b.i <= {rows};
"""


def server_time(bench, role):
    """As a watermark has it."""
    return bench.execute(role, "SET time_zone = '+00:00'; SELECT CAST(NOW(6) AS CHAR)")[0][0]


def marks(plan):
    """The watermarks of the first table, by member."""
    return plan["tables"][0]["watermark"]


def is_full(plan):
    full = {mark["full"] for table in plan["tables"] for mark in table["watermark"].values()}
    check(len(full) == 1, f"windows of some members alone: {full}")
    return full.pop()


def plan_past(bench, *more, before=lambda: None):
    """A plan whose windows reach over all that is committed by now, whatever else ran there."""
    now = {member: server_time(bench, role) for member, role in ROLE.items()}
    for _ in range(100):
        before()
        bench.expect(0, "plan", "-o", "plan", "--overwrite", *more)
        plan = bench.read_plan("plan")
        if all(table["watermark"][member]["to"] >= now[member]
               for table in plan["tables"] for member in ROLE):
            return plan
        time.sleep(0.05)
    check(False, f"the windows never reach {now}: {marks(plan)}")
    return None


class Offices:
    """Two members of one table, the same after a first sync."""

    def __init__(self, bench, rows=60, pair=PAIR, overlap="0s"):
        self.bench = bench
        bench.load(schema(rows))
        text = 'manifest_version = 1\nname = "fault"\n[state]\npath = "state.db"\n'
        for member, role in ROLE.items():
            text += (f'[server.{member}]\nsocket = "{bench.servers[role].socket}"\n'
                     'user = "rowplan"\n')
        text += (f'[pair.p]\nsource = "east"\ntarget = "west"\ntables = ["{bench.db}.t"]\n{pair}\n'
                 + INCREMENTAL.format(pair="p", overlap=overlap))
        (bench.directory / "rowplan.toml").write_text(text, encoding="utf-8")
        first = self.sync()
        check(is_full(first), f"the first sync reads a window: {marks(first)}")
        check({mark["from"] for mark in marks(first).values()} == {None}, f"{marks(first)}")
        self.base = self.rows("east")

    def execute(self, member, sql):
        return self.bench.execute(ROLE[member], sql)

    def rows(self, member):
        return {row[0]: tuple(row[1:]) for row in self.execute(member, "SELECT * FROM t")}

    def seen(self):
        return self.rows("east"), self.rows("west")

    def sync(self, *more):
        plan = plan_past(self.bench, *more)
        self.bench.expect(0, "apply", "plan")
        return plan

    def check_equal(self, expected, what):
        for member in ROLE:
            found = self.rows(member)
            check(found == expected, f"{what}: {member}:\n{difference(found, expected)}")
        self.base = expected

    def stored(self):
        return {row[0].partition("@")[2]: row[1]
                for row in state_rows(self.bench, "SELECT address, value FROM watermarks")}


def rows_read(bench):
    """What both servers have read so far, by any way."""
    total = 0
    for role in ROLE.values():
        total += sum(int(row[1]) for row in
                     bench.execute(role, "SHOW GLOBAL STATUS LIKE 'Handler\\_read%'"))
    return total


def two_way_window_reads_little(bench):
    """Of 20,000 rows 100 change on two members: they are merged, and the others are not read."""
    offices = Offices(bench, 20000)
    reads = []

    def count():
        reads.append(rows_read(bench))
    plan_past(bench, before=count)
    nothing = rows_read(bench) - reads[-1]
    offices.execute("east", "UPDATE t SET v = 'east' WHERE id % 400 = 1;"
                            "INSERT INTO t (id, v) VALUES (30001, 'east')")
    offices.execute("west", "UPDATE t SET v = 'west' WHERE id % 400 = 7 OR id = 401;"
                            "INSERT INTO t (id, v) VALUES (30002, 'west')")
    expected = merge(offices.base, *offices.seen())
    plan = plan_past(bench, before=count)
    changes = rows_read(bench) - reads[-1]
    check(changes < nothing + 3000, f"{changes} rows were read, {nothing} where nothing changed")
    check(not is_full(plan), f"all rows were compared: {marks(plan)}")
    check({chunk["kind"] for chunk in plan["tables"][0]["chunks"]} == {"keys"}, "not keys chunks")
    check(plan["summary"]["update"] == 100 and plan["summary"]["insert"] == 2,
          f"{plan['summary']}")
    for verb in (("show", "plan"), ("apply", "--dry-run", "plan")):
        before_marks = offices.stored()
        bench.expect(0, *verb)
        check(offices.stored() == before_marks, f"{verb} moved a watermark")
    bench.expect(0, "apply", "plan")
    check(offices.stored() == {member: mark["to"] for member, mark in marks(plan).items()},
          f"the watermarks did not move: {offices.stored()}, {marks(plan)}")
    offices.check_equal(expected, "after the window")
    bench.expect(0, "check")
    again = offices.sync()
    check(not is_full(again) and not again["units"], "merged once more")
    return f"{changes - nothing} of 40,000 rows read for 102 changes"


def two_way_window_open_transaction(bench):
    """A row whose transaction is open while others commit, on either member, comes later."""
    offices = Offices(bench)
    for turn, (late, other) in enumerate((("east", "west"), ("west", "east")) * 2):
        expected = dict(offices.base)
        connection = bench.servers[ROLE[late]].connect(database=bench.db)
        try:
            run_script(connection, "START TRANSACTION;"
                                   f"UPDATE t SET v = 'late {turn}' WHERE id = 1")
            offices.execute(late, f"UPDATE t SET v = 'early {turn}' WHERE id = 2")
            offices.execute(other, f"UPDATE t SET v = 'other {turn}' WHERE id = 3")
            bench.expect(0, *SYNC)
            connection.commit()
        finally:
            connection.close()
        plan = offices.sync()
        check(not is_full(plan), f"turn {turn}: all rows were compared")
        east, west = offices.seen()
        check(east == west, f"turn {turn}: they differ")
        for key, text in ((1, f"late {turn}"), (2, f"early {turn}"), (3, f"other {turn}")):
            check(east[key][0] == text, f"turn {turn}: {key} is {east[key]}")
            expected[key] = east[key]
        offices.check_equal(expected, f"turn {turn}")


def two_way_window_deletes(bench):
    """Deletes come when all rows are compared, also of rows that a window shows; and only then."""
    offices = Offices(bench, overlap="1h")
    offices.execute("east", "UPDATE t SET v = 'new' WHERE id IN (5, 6, 7)")
    offices.sync()
    base = offices.rows("east")
    # 5 was changed within the overlap, 40 was not. 6: changed there, 7: changed and gone here too.
    offices.execute("west", "DELETE FROM t WHERE id IN (5, 7, 40)")
    offices.execute("east", "DELETE FROM t WHERE id IN (6, 7); UPDATE t SET v = 'e' WHERE id = 9")
    east, west = offices.seen()
    plan = offices.sync()
    check(not is_full(plan) and plan["summary"]["delete"] == 0, f"{plan['summary']}")
    east[9] = west[9] = offices.rows("east")[9]
    check(offices.seen() == (east, west), "a window deleted or brought back rows")
    plan = offices.sync("--full")
    check(is_full(plan) and plan["summary"]["delete"] == 3, f"{plan['summary']}")
    expected = {key: row for key, row in base.items() if key not in (5, 6, 7, 40)}
    expected[9] = east[9]
    offices.check_equal(expected, "after all rows were compared")
    # Never of a table that lost all rows.
    offices.execute("west", "TRUNCATE t")
    offices.execute("east", "UPDATE t SET v = 'more' WHERE id = 10")
    bench.expect(STATE, "plan", "-o", "plan", "--overwrite")


def two_way_window_unique_value_moved(bench):
    """A deleted row's unique value in a new row: no window shows the delete, so all are read."""
    offices = Offices(bench)
    offices.execute("east", "UPDATE t SET u = id WHERE id < 20")
    offices.sync()
    base = offices.rows("east")
    offices.execute("west", "DELETE FROM t WHERE id = 8;"
                            "INSERT INTO t (id, v, u) VALUES (99, 'n', 8)")
    plan = offices.sync()
    check(is_full(plan) and plan["summary"]["conflict"] == 0, f"{plan['summary']} {marks(plan)}")
    expected = {key: row for key, row in base.items() if key != 8}
    expected[99] = offices.rows("west")[99]
    offices.check_equal(expected, "the value moved")
    # Two new rows with one value wait for a person, and none of them is lost.
    for member, number in (("east", 201), ("west", 202)):
        offices.execute(member, f"INSERT INTO t (id, v, u) VALUES ({number}, 'x', 77)")
    before = offices.stored()
    plan = plan_past(bench)
    conflicts = [change for change in bench.changes(plan) if change["op"] == "conflict"]
    check({each["reason"] for each in conflicts} == {"unique"}, f"{conflicts}")
    bench.expect(CONFLICT, "apply", "plan")
    check(offices.stored() == before, "a plan that waits moved a watermark")


def two_way_window_conflicts(bench):
    """As where all rows are compared; one that is skipped is told of again."""
    offices = Offices(bench, pair='direction = "two-way"\n')
    for member in ROLE:
        offices.execute(member, f"UPDATE t SET v = '{member}' WHERE id IN (3, 4);"
                                f"INSERT INTO t (id, v) VALUES (100, '{member}')")
    offices.execute("east", "UPDATE t SET v = 'kept' WHERE id = 5;"
                            "UPDATE t SET v = 'e' WHERE id = 20")
    offices.execute("west", "DELETE FROM t WHERE id = 5")
    before = offices.stored()

    def conflicts(plan):
        return {change["key"][0]: change for change in bench.changes(plan)
                if change["op"] == "conflict"}
    plan = plan_past(bench)
    check(not is_full(plan), "all rows were compared")
    check(set(conflicts(plan)) == {"3", "4", "5", "100"}, f"{conflicts(plan)}")
    bench.expect(CONFLICT, "apply", "plan")
    check(offices.stored() == before, "a plan that waits moved a watermark")
    bench.expect(0, "resolve", "plan", "-o", "r1", "--take", "west", "--key", "3")
    bench.expect(0, "resolve", "r1", "-o", "r2", "--take", "east", "--key", "5")
    bench.expect(0, "resolve", "r2", "-o", "r3", "--take", "skip")
    bench.expect(0, "apply", "r3")
    east, west = offices.seen()
    check(east[3][0] == west[3][0] == "west" and west[5][0] == "kept" and west[20][0] == "e",
          f"{west}")
    check(east[4][0] != west[4][0] and east[100][0] != west[100][0], "skipped, and written")
    check(offices.stored() == before, "skipped conflicts are behind the watermarks now")
    plan = plan_past(bench)
    check(not is_full(plan) and set(conflicts(plan)) == {"4", "100"}, f"{conflicts(plan)}")
    bench.remove("r4")
    bench.expect(0, "resolve", "plan", "-o", "r4", "--take", "east")
    bench.expect(0, "apply", "r4")
    check(offices.rows("east") == offices.rows("west"), "decided, and they differ")
    check(offices.stored() != before, "the watermarks stay for nothing")
    check(not plan_past(bench)["units"], "a new plan has units")


def two_way_window_ignored_column(bench):
    """The column need not be compared: what rowplan writes gets a time of its own, and is equal."""
    offices = Offices(bench, pair='direction = "two-way"\nignore_columns = ["changed"]\n'
                                  'conflict = "east"\n')
    for turn in range(3):
        offices.execute("east", f"UPDATE t SET v = 'e{turn}' WHERE id IN (1, 2)")
        offices.execute("west", f"UPDATE t SET v = 'w{turn}' WHERE id IN (2, 3)")
        plan = offices.sync()
        check(not is_full(plan) and plan["summary"]["update"] == 3, f"{plan['summary']}")
        values = [{key: row[0] for key, row in rows.items()} for rows in offices.seen()]
        check(values[0] == values[1] and values[0][2] == f"e{turn}", f"turn {turn}")
    check(not offices.sync()["units"], "merged once more")


def two_way_window_state(bench):
    """Where windows do not tell all, all rows are compared; watermarks go with their baseline."""
    offices = Offices(bench)
    check(not is_full(offices.sync()), "all rows were compared")
    check(set(offices.stored()) == set(ROLE), f"{offices.stored()}")
    address = f"p/{bench.db}.t"
    bench.expect(USAGE, "state", "set-watermark", address, "2026-01-01 00:00:00")
    listed = json.loads(bench.expect(0, "state", "list", "--json").out)
    check([mark["address"] for mark in listed["pairs"][0]["watermarks"]]
          == [f"{address}@east", f"{address}@west"], f"{listed}")
    bench.expect(0, "status")
    # A member that was not part of the others' last sync: no window tells what it lacks.
    connection = sqlite3.connect(bench.directory / "state.db")
    connection.execute("UPDATE watermarks SET plan_id = 'OLD' WHERE address LIKE '%@west'")
    connection.commit()
    connection.close()
    check(is_full(offices.sync()), "a window of watermarks that are not of one sync")
    check(not is_full(offices.sync()), "all rows were compared")
    bench.expect(0, "state", "rebase", address)
    check(not offices.stored(), f"rebase left {offices.stored()}")
    plan = plan_past(bench)
    check(is_full(plan) and "baseline_missing" in {each["code"] for each in plan["findings"]},
          f"{plan['findings']}")


def two_way_window_killed(bench):
    """Killed at each point around the commits of two servers, then a user changes rows, then
    another window."""
    offices = Offices(bench)
    killed = 0
    for turn, point in enumerate(["commit:1", "committed:1", "commit:2", "committed:2",
                                  *(f"state committed:{nth}" for nth in range(1, 10))]):
        base = offices.rows("east")
        for member, number in (("east", 10), ("west", 11)):
            new = 1000 + 2 * turn + number
            offices.execute(member, f"UPDATE t SET v = '{member} {turn}'"
                                    f" WHERE id IN ({number}, 30);"
                                    f"INSERT INTO t (id, v) VALUES ({new}, 'n')")
        expected = merge(base, *offices.seen())
        plan_past(bench)
        killed += bench.expect((0, KILLED), "apply", "plan", env=kill_at(point)).code == KILLED
        # On rows that this plan carries from the one to the other, wherever they are by now.
        for member, number in (("west", 10), ("east", 20)):
            offices.execute(member, f"UPDATE t SET v = 'meanwhile {turn}' WHERE id = {number}")
            expected[number] = offices.rows(member)[number]
        plan = offices.sync()
        check(not is_full(plan), f"{point}: all rows were compared")
        offices.check_equal(expected, f"killed at {point}")
        check(not state_rows(bench, "SELECT * FROM baseline_intents"), f"{point}: intents are left")
    check(killed >= 6, f"killed {killed} times")
    return f"killed {killed} times"


# --- random histories ----------------------------------------------------------------------------


def merge_window(base, east, west):
    """The same after a window: all that a merge of all rows makes, but deletes. A row that is gone
    on both is none that changed, so it is remembered as one that was there."""
    merged = merge(base, east, west)
    left = [key for key in {*base, *east, *west} if key not in merged]
    base, east, west = (
        {**{key: rows[key] for key in left if key in rows},
         **merged} for rows in (base, east, west))
    return base, east, west


def histories(bench, killed_per_round, more=""):
    history = History(bench, more + INCREMENTAL.format(pair="offices", overlap="0s"))
    base, counts, killed = None, {True: 0, False: 0}, 0
    rounds = 12 * bench.stage.rounds
    for turn in range(rounds):
        history.act(history.rng.randint(3, 30))
        seen = history.seen()
        all_rows = base is None or turn == rounds - 1 or turn % 4 == 3
        expected = {}
        for table in TABLES:
            rows = seen[0][table], seen[1][table]
            if all_rows:
                expected[table] = (merge(base and base[table], *rows),) * 3
            else:
                expected[table] = merge_window(base[table], *rows)
        options = ("--full",) if all_rows else ()
        for _ in range(killed_per_round):
            plan_past(bench, *options)
            point = kill_at(history.rng.randint(1, POINTS_MAX))
            done = bench.expect((0, KILLED), "apply", "plan", env=point)
            killed += done.code == KILLED
            if done.code == 0:
                break
        plan = plan_past(bench, *options)
        check(is_full(plan) == all_rows, f"round {turn}: {marks(plan)}")
        bench.expect(0, "apply", "plan")
        counts[all_rows] += 1
        for number, office in enumerate(history.offices, 1):
            for table in TABLES:
                found, wanted = office.rows(table), expected[table][number]
                check(found == wanted, f"round {turn}, all {all_rows}: {office.name} has in"
                                       f" {table}\n{difference(found, wanted)}")
        base = {table: expected[table][0] for table in TABLES}
    check(counts[False] > rounds // 2, f"windows: {counts}")
    check(killed >= killed_per_round * 3, f"killed {killed} times")
    return f"{counts[False]} windows, {counts[True]} times all rows, killed {killed} times"


def two_way_window_histories(bench):
    """Both change rows; windows and comparisons of all rows make of them what the model says."""
    return histories(bench, 0)


def two_way_window_unseen_histories(bench):
    """The same, where the column of the windows is not compared, and rowplan's writes stamp it."""
    return histories(bench, 0, 'ignore_columns = ["changed"]\n')


def two_way_window_killed_histories(bench):
    """The same, with applies killed at random points."""
    return histories(bench, 3)


def make_incremental(bench):
    """From the next sync on, which compares all rows."""
    with open(bench.directory / "rowplan.toml", "a", encoding="utf-8") as manifest:
        manifest.write(INCREMENTAL.format(pair="offices", overlap="0s"))
    bench.expect(0, *SYNC)


def kept_plans(bench):
    """How many of the plans that sync made compared (all rows, windows)."""
    plans = [json.loads(path.read_bytes())
             for path in (bench.directory / "state.db.plans").glob("*/plan.json")]
    kinds = collections.Counter(all(mark["full"] for table in plan["tables"]
                                    for mark in (table["watermark"] or {}).values())
                                for plan in plans)
    return kinds[True], kinds[False]


def two_way_window_tied_histories(bench):
    """Rows that are tied by unique and foreign keys: a window, then all rows, come to what all rows
    alone would have come to."""
    begin(bench, RULES, TIED_SCHEMA + "".join(
        f"ALTER TABLE {table} ADD changed {STAMP}, ADD KEY (changed);" for table in COLUMNS))
    make_incremental(bench)
    users = Users(bench)
    base = tied_rows(bench, "source")
    codes, seen = collections.Counter(), collections.Counter()
    for turn in range(8 * bench.stage.rounds):
        users.act(bench.random.randint(5, 100))
        east, west = (tied_rows(bench, role) for role in ROLE.values())
        merged = {table: merge(base[table], east[table], west[table]) for table in COLUMNS}
        codes[bench.expect((0, CONFLICT), *SYNC).code] += 1
        touched, kinds = repair(bench, users, turn, "--full")
        check(is_whole(merged) or kinds, f"round {turn}: rows that break a key did not wait")
        check(not is_whole(merged) or not kinds,
              f"round {turn}: the merged rows keep to all keys, and wait: {kinds}")
        base = tied_rows(bench, "source")
        check(base == tied_rows(bench, "target"), f"round {turn}: the offices differ")
        for table in COLUMNS:
            found, expected = ({key: row for key, row in all_rows[table].items()
                                if key not in touched[table]} for all_rows in (base, merged))
            check(found == expected, f"round {turn}, {table}\n{difference(found, expected)}")
        seen.update(kinds)
    return f"windows by exit code: {dict(codes)}, conflicts: {dict(seen)}"


def two_way_window_among_writers(bench):
    """Each office keeps changing rows of its own while windows are synced, often killed: all that
    is committed arrives without a comparison of all rows, but deletes, which come with one."""
    begin(bench, RULES, f"CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), stamp DATETIME NULL,"
                 f" changed {STAMP}, KEY (changed));"
                 "INSERT INTO t (id, v) VALUES (1000, 'kept'), (1001, 'kept')")
    make_incremental(bench)
    offices = [Office(bench, role, range(first, 120, 2))
               for first, role in zip((1, 2), ROLE.values())]
    codes = collections.Counter()
    for _ in range(8 * bench.stage.rounds):
        killed = bench.random.random() < 0.4
        kill = kill_at(bench.random.randint(1, SYNC_POINTS_MAX)) if killed else {}
        codes[bench.expect((0, 3, 10, 75, KILLED), *SYNC, env=kill).code] += 1
    for office in offices:
        office.worker.finish()
    check(not is_full(plan_past(bench)), "all rows were compared")
    bench.expect(0, "apply", "plan")
    expected = {1000: "kept", 1001: "kept", **offices[0].rows, **offices[1].rows}
    for role in ROLE.values():
        found = {key: text for key, text in bench.execute(role, "SELECT id, v FROM t")
                 if key in expected}
        check(found == expected, f"{role}, runs {codes}\n{difference(found, expected)}")
    bench.expect(0, *SYNC, "--full")
    for role in ROLE.values():
        found = dict(bench.execute(role, "SELECT id, v FROM t"))
        check(found == expected, f"{role}, runs {codes}\n{difference(found, expected)}")
    full, windows = kept_plans(bench)
    check(codes[KILLED] > 0 and windows > full, f"{codes}, {full}, {windows}")
    return (f"runs by exit code: {dict(codes)}, writes: {[office.writes for office in offices]},"
            f" windows {windows}, all rows {full}")


TESTS = (two_way_window_reads_little, two_way_window_open_transaction, two_way_window_deletes,
         two_way_window_unique_value_moved, two_way_window_conflicts,
         two_way_window_ignored_column, two_way_window_state, two_way_window_killed,
         two_way_window_histories, two_way_window_unseen_histories,
         two_way_window_killed_histories, two_way_window_tied_histories,
         two_way_window_among_writers)
