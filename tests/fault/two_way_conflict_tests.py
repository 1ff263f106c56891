"""Conflicts of two-way pairs: who decides them, who does not, and what a person makes of them."""

import json

from bench import check

from sync_tests import SYNC

CONFLICT, STATE = 15, 14

MANIFEST = """manifest_version = 1
name = "conflicts"
[state]
path = "state.db"
[server.east]
socket = "{east}"
user = "rowplan"
[server.west]
socket = "{west}"
user = "rowplan"
[pair.offices]
source = "east"
target = "west"
tables = ["{db}.*"]
direction = "two-way"
{rules}
[pair.offices.limits]
max_deletes = "100%"
"""
NEWEST = 'conflict = { resolve = "newest", column = "stamp" }'
ROWS = ", ".join(f"({number}, 'was', 0, '2026-01-01')" for number in range(1, 9))
TABLE = ("CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(20), n INT, stamp DATETIME NULL);"
         f"INSERT INTO t VALUES {ROWS}")


def manifest(bench, rules):
    (bench.directory / "rowplan.toml").write_text(MANIFEST.format(
        db=bench.db, rules=rules, east=bench.servers["source"].socket,
        west=bench.servers["target"].socket), encoding="utf-8")


def begin(bench, rules, schema=TABLE):
    bench.load(schema)
    manifest(bench, rules)
    bench.expect(0, *SYNC)


def change(bench, number, east, west):
    """What each office makes of a row; None: it deletes it."""
    for role, sql in (("source", east), ("target", west)):
        bench.execute(role, f"UPDATE t SET {sql} WHERE id = {number}" if sql
                      else f"DELETE FROM t WHERE id = {number}")


def rows(bench, table="t"):
    """Of both: {id: the rest}."""
    return [{row[0]: row[1:] for row in bench.execute(role, f"SELECT * FROM {table}")}
            for role in ("source", "target")]


def lines(bench, directory, table="t"):
    path = bench.directory / directory / "changes" / "offices" / f"{bench.db}.{table}.ndjson"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def open_conflicts(bench, directory, table="t"):
    return {line["key"][0]: (line["kind"], line["reason"])
            for line in lines(bench, directory, table)
            if line["op"] == "conflict" and line["resolution"] is None}


def plan(bench, directory, unresolved):
    bench.expect(0, "plan", "-o", directory)
    summary = bench.read_plan(directory)["summary"]
    check(summary.get("unresolved", 0) == unresolved, f"{summary}")


def conflicts_by_time(bench):
    """The newest wins; one that time cannot tell waits, and nothing is written till then."""
    begin(bench, NEWEST + '\nthreshold = "10s"')
    west = "name = 'west', stamp = '2026-02-01'"
    change(bench, 1, "name = 'east', stamp = '2026-02-01 00:00:20'", west)
    change(bench, 2, "name = 'east', stamp = '2026-02-01 00:00:09'", west)
    change(bench, 3, "name = 'east', stamp = '2026-02-01'", west)
    change(bench, 4, "name = 'east', stamp = NULL", west)
    change(bench, 5, None, west)
    change(bench, 6, "name = 'both'", "name = 'both'")
    change(bench, 7, None, None)
    for role, name in (("source", "east"), ("target", "west")):
        bench.execute(role, f"INSERT INTO t VALUES (20, '{name}', 0, '2026-0{len(name) - 2}-02')")
    before = rows(bench)
    plan(bench, "plan", 5)
    found = open_conflicts(bench, "plan")
    check(found == {"2": ("update_update", "too_close"), "3": ("update_update", "equal"),
                    "4": ("update_update", "null"), "5": ("update_delete", "deleted"),
                    "20": ("insert_insert", "inserted")}, f"{found}")
    bench.expect(CONFLICT, "apply", "plan")
    bench.expect(CONFLICT, *SYNC)
    bench.expect(2, "check")
    check(rows(bench) == before, "something was written")
    bench.expect(0, "resolve", "plan", "-o", "plan2", "--take", "west", "--key", "5")
    bench.expect(0, "resolve", "plan2", "-o", "plan3", "--take", "newest")
    bench.expect(0, "resolve", "plan3", "-o", "plan4", "--take", "east", "--only", "offices")
    check(not open_conflicts(bench, "plan4"), "conflicts are left")
    bench.expect(0, "apply", "plan4")
    after = rows(bench)
    check(after[0] == after[1], f"they differ: {after}")
    names = {number: row[0] for number, row in after[0].items()}
    check(names == {1: "east", 2: "east", 3: "east", 4: "east", 5: "west", 6: "both", 8: "was",
                    20: "east"}, f"{names}")
    bench.expect(0, "check")
    done = bench.read_plan("plan4")["run"]["resolved"]
    check([each["take"] for each in done] == ["west", "newest", "east"], f"{done}")


def conflicts_skipped(bench):
    """What is skipped stays as it is on each, is told again, and may be decided later."""
    begin(bench, 'conflict = "skip"')
    change(bench, 1, "name = 'east'", "name = 'west'")
    change(bench, 2, "name = 'east'", "n = 0")
    bench.expect(0, *SYNC)
    after = rows(bench)
    check([side[1][0] for side in after] == ["east", "west"], f"{after}")
    check([side[2][0] for side in after] == ["east", "east"], f"{after}")
    bench.expect(2, "check")
    manifest(bench, 'conflict = "west"')
    bench.expect(0, *SYNC)
    check([side[1][0] for side in rows(bench)] == ["west", "west"], f"{rows(bench)}")


def conflicts_of_columns(bench):
    """Changes of different columns are merged; of one column they are a conflict."""
    begin(bench, 'merge = "columns"')
    change(bench, 1, "name = 'east'", "n = 7")
    change(bench, 2, "name = 'east', n = 1", "name = 'west', stamp = '2026-05-05'")
    plan(bench, "plan", 1)
    bench.expect(0, "resolve", "plan", "-o", "plan2", "--take", "west")
    bench.expect(0, "apply", "plan2")
    after = rows(bench)
    check(after[0] == after[1] and after[0][1][:2] == ("east", 7) and after[0][2][0] == "west",
          f"{after}")


def conflicts_of_keys(bench):
    """Merged rows that would break a unique or a foreign key wait; all others are carried."""
    begin(bench, 'conflict = "east"', """
        CREATE TABLE u (id INT PRIMARY KEY, mail VARCHAR(30) NOT NULL, UNIQUE (mail));
        CREATE TABLE parent (id INT PRIMARY KEY);
        CREATE TABLE child (id INT PRIMARY KEY, parent INT,
                            FOREIGN KEY (parent) REFERENCES parent (id));
        INSERT INTO parent VALUES (1), (2), (3);
        INSERT INTO child VALUES (1, 1), (2, 2)""")
    bench.execute("source", "INSERT INTO u VALUES (1, 'a@x'), (3, 'c@x')")
    bench.execute("target", "INSERT INTO u VALUES (2, 'a@x'), (4, 'd@x')")
    bench.execute("source", "DELETE FROM child WHERE id = 2")
    bench.execute("source", "DELETE FROM parent WHERE id IN (2, 3)")
    bench.execute("target", "INSERT INTO child VALUES (9, 2)")
    plan(bench, "plan", 4)
    found = {table: {key: kind for key, (kind, _) in open_conflicts(bench, "plan", table).items()}
             for table in ("u", "parent", "child")}
    check(found == {"u": {"1": "unique", "2": "unique"}, "parent": {"2": "reference"},
                    "child": {"9": "reference"}}, f"{found}")
    bench.expect(0, "resolve", "plan", "-o", "plan2", "--take", "skip")
    bench.expect(0, "apply", "plan2")
    check([sorted(side) for side in rows(bench, "u")] == [[1, 3, 4], [2, 3, 4]], "mails")
    check([sorted(side) for side in rows(bench, "parent")] == [[1], [1, 2]], "parents")
    check([sorted(side) for side in rows(bench, "child")] == [[1], [1, 9]], "children")
    # A person puts it right.
    bench.execute("target", "UPDATE u SET mail = 'b@x' WHERE id = 2")
    bench.execute("target", "DELETE FROM child WHERE id = 9")
    bench.expect(0, *SYNC)
    for table in ("u", "parent", "child"):
        east, west = rows(bench, table)
        check(east == west, f"{table}: {east} and {west}")
    check(sorted(rows(bench, "u")[0]) == [1, 2, 3, 4], f"{rows(bench, 'u')}")


def members_that_lost_rows(bench):
    """What is gone with a table or with the state, nobody deleted."""
    begin(bench, NEWEST)
    bench.execute("source", "DELETE FROM t")
    bench.expect(STATE, "plan", "-o", "plan")
    done = bench.expect(STATE, *SYNC)
    check("state rebase" in done.err, f"{done}")
    check(len(rows(bench)[1]) == 8, "rows were deleted")
    bench.expect(0, "state", "rebase", "offices")
    bench.expect(0, *SYNC)
    check(len(rows(bench)[0]) == 8, "they did not come back")
    bench.execute("source", "DELETE FROM t WHERE id = 1")
    bench.expect(0, "plan", "-o", "plan")
    bench.new_state()
    bench.expect(STATE, "apply", "plan")
    bench.expect(0, *SYNC)
    check(len(rows(bench)[0]) == 8, "without a baseline, nothing is deleted")


TESTS = (conflicts_by_time, conflicts_skipped, conflicts_of_columns, conflicts_of_keys,
         members_that_lost_rows)
