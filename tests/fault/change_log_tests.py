"""An application's own change log: who changed a row, force deletes, what hooks are told."""

import json
import pathlib
import stat

from bench import check

import two_way_conflict_tests as conflicts
from sync_tests import SYNC

UNRESOLVED, LIMIT, NO_ACCESS, MANIFEST_WRONG = 15, 13, 12, 78
MANIFEST = """manifest_version = 1
name = "logs"
[state]
path = "state.db"
{hooks}
[server.east]
socket = "{east}"
user = "{user}"
[server.west]
socket = "{west}"
user = "{user}"
[pair.offices]
source = "east"
target = "west"
tables = [{tables}]
direction = "two-way"
{rules}
[pair.offices.limits]
max_deletes = "100%"
[pair.offices.audit]
{audit}
"""
AUDIT = """table = "log"
key_column = "record"
user_column = "who"
time_column = "at"
site_column = "site"
type_column = "what"
"""
LOG = """CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, tab VARCHAR(64), record VARCHAR(64),
                           who VARCHAR(200), what VARCHAR(30), site VARCHAR(20), at DATETIME,
                           KEY (record)) CHARACTER SET utf8mb4;"""
HOSTILE = "Ann\n\"O'Hara\"\\ \x1b[31m\t<b>`|`</b> \u202e é"
RECORDER = """#!/usr/bin/python3
import sys
with open("told-" + sys.argv[1], "w", encoding="utf-8") as told:
    told.write(sys.stdin.read())
"""


def manifest(bench, rules="", audit=AUDIT, tables=("t",), user="rowplan", hooks=""):
    (bench.directory / "rowplan.toml").write_text(MANIFEST.format(
        rules=rules, audit=audit, user=user, hooks=hooks,
        tables=", ".join(f'"{bench.db}.{table}"' for table in tables),
        east=bench.servers["source"].socket, west=bench.servers["target"].socket),
        encoding="utf-8")


def begin(bench, rules="", **options):
    bench.load(conflicts.TABLE + ";" + LOG)
    manifest(bench, rules, **options)
    bench.expect(0, *SYNC)


def literal(text):
    return "NULL" if text is None else f"_utf8mb4 x'{text.encode().hex()}'"


def log(bench, role, record, what, who="ann", at="2026-01-02 03:04:05", tab="t", site="main"):
    bench.execute(role, "INSERT INTO log (tab, record, who, what, site, at) VALUES "
                        f"({literal(tab)}, '{record}', {literal(who)}, {literal(what)},"
                        f" {literal(site)}, '{at}')")


def conflict_lines(bench, directory, table="t"):
    return {",".join(line["key"]): line for line in conflicts.lines(bench, directory, table)
            if line["op"] == "conflict"}


def entry(who="ann", what="update", at="2026-01-02 03:04:05", site="main"):
    return {"user": who, "time": at, "type": what, "site": site}


def log_tells_who(bench):
    """The newest entry of each member that changed the row, in the plan and what shows it."""
    begin(bench)
    conflicts.change(bench, 1, "name = 'e'", "name = 'w'")
    conflicts.change(bench, 2, "name = 'e'", None)
    conflicts.change(bench, 3, "name = 'e'", "name = 'w'")
    conflicts.change(bench, 4, "name = 'e'", "n = 0")
    log(bench, "source", 1, "new", who="older", at="2025-01-01")
    log(bench, "source", 1, "update", who=HOSTILE)
    log(bench, "source", 1, "delete", who="of another row", tab="u", at="2024-01-01")
    log(bench, "target", 1, "update", who="ben", site=None)
    log(bench, "target", 2, "delete", who=None, site="west")
    log(bench, "source", 11, "update", who="of row 11")
    log(bench, "source", 4, "update")
    plan_text = bench.expect(0, "plan", "-o", "plan")
    check(bench.read_plan("plan")["summary"]["unresolved"] == 3, f"{plan_text}")
    found = conflict_lines(bench, "plan")
    check(sorted(found) == ["1", "2", "3"], f"{found}")
    check(found["1"]["audit"] == {"east": entry(HOSTILE), "west": entry("ben", site=None)},
          f"{found['1']}")
    check(found["2"]["audit"] == {"east": None, "west": entry(None, "delete", site="west")},
          f"{found['2']}")
    check(found["3"]["audit"] == {"east": None, "west": None}, f"{found['3']}")
    shown_everywhere(bench)
    bench.expect(0, "resolve", "plan", "-o", "plan2", "--take", "west")
    kept = conflict_lines(bench, "plan2")
    check(all(kept[key]["audit"] == found[key]["audit"] for key in found), f"{kept}")
    bench.expect(0, "apply", "plan2")
    east, west = conflicts.rows(bench)
    check(east == west and 2 not in east and east[1][0] == "w", f"{east} {west}")
    check(len(bench.execute("source", "SELECT * FROM log")) == 5, "the log was written")


def shown_everywhere(bench):
    for form in ("text", "markdown", "html", "json"):
        text = bench.expect(0, "show", "plan", "--format", form).out
        check("Hara" in text and "ben" in text, f"{form}: {text}")
        check("\x1b" not in text and "\u202e" not in text or form == "json", f"{form}: {text!r}")
        check("<b>`" not in text or form in ("json", "text", "markdown"), f"{form}: {text}")
        if form != "json":
            check("Ann\n" not in text, f"{form}: a user's name began a line: {text}")
    text = bench.expect(0, "show", "plan").out
    check('(by "ben" at "2026-01-02 03:04:05" as "update")' in text, text)


def force_delete_wins(bench):
    """Where the row is gone, whatever the rule; the loser's row is kept for undo."""
    begin(bench, 'conflict = "east"')
    for number in (1, 2, 4, 5, 6):
        conflicts.change(bench, number, "name = 'loser'", None)
    conflicts.change(bench, 3, "name = 'e'", "name = 'w'")
    conflicts.change(bench, 7, None, "name = 'late'")
    log(bench, "target", 1, "Force Delete")
    log(bench, "target", 2, "delete")
    log(bench, "target", 3, "force delete")
    log(bench, "target", 4, "new", at="2026-01-02 03:04:06")
    log(bench, "target", 4, "force delete")
    log(bench, "source", 5, "force delete")  # by who still has it
    log(bench, "target", 6, "update")
    log(bench, "target", 6, "force_delete")  # of the same second, and later
    log(bench, "source", 7, "FORCE_DELETE")
    bench.expect(0, "plan", "-o", "plan")
    found = conflict_lines(bench, "plan")
    decided = {key: (line["resolution"] or {}).get("by") for key, line in found.items()}
    check(decided == {"1": "force delete", "2": "member", "3": "member", "4": "member",
                      "5": "member", "6": "force delete", "7": "force delete"}, f"{decided}")
    check(found["1"]["resolution"]["take"] == "west" and found["1"]["reason"] == "force delete",
          f"{found['1']}")
    done = bench.expect(0, "apply", "plan", "--json")
    east, west = conflicts.rows(bench)
    check(east == west, f"{east} and {west}")
    check({number: row[0] for number, row in east.items()} ==
          {2: "loser", 3: "e", 4: "loser", 5: "loser", 8: "was"}, f"{east}")
    undo = pathlib.Path(bench.directory, json.loads(done.out)["undo"]).read_text(encoding="utf-8")
    for number, name, server in ((1, "loser", "east"), (7, "late", "west"), (3, "w", "west")):
        check(kept(undo, server, number) == name, f"{number} of {server} is not kept: {undo}")
    bench.expect(0, *SYNC)
    check(sorted(conflicts.rows(bench)[0]) == [2, 3, 4, 5, 8], "something came back")


def kept(undo, server, number):
    """The name that the row had, of what apply overwrote there."""
    at = None
    for line in map(json.loads, undo.splitlines()):
        if "table" in line:
            at = line
        elif at and at["server"] == server and line.get("key") == [str(number)]:
            return line["before"][at["columns"].index("name")]
    return None


def force_delete_alone(bench):
    """A sync carries it through, also where the log is a view, ordered by time alone."""
    begin(bench, 'conflict = "skip"')
    for role in bench.servers:
        bench.execute(role, "CREATE VIEW deeds AS SELECT record, at, what FROM log WHERE tab = 't'")
    audit = (f'table = "{bench.db}.deeds"\nkey_column = "record"\ntime_column = "at"\n'
             'type_column = "what"\n')
    manifest(bench, 'conflict = "skip"', audit=audit)
    conflicts.change(bench, 1, "name = 'e'", None)
    conflicts.change(bench, 2, "name = 'e'", None)
    conflicts.change(bench, 3, "name = 'e'", None)
    manifest(bench, audit=audit)
    log(bench, "target", 1, "delete", at="2026-01-01")
    bench.expect(0, "plan", "-o", "before")
    check(conflict_lines(bench, "before")["1"]["reason"] == "manual", "a plain delete won")
    bench.expect(UNRESOLVED, "apply", "before")
    manifest(bench, 'conflict = "skip"', audit=audit)
    log(bench, "target", 1, "force delete")
    log(bench, "target", 2, "force delete", tab="u")
    log(bench, "target", 3, "force delete")
    log(bench, "target", 3, "update")  # of the same second: nothing tells which came last
    bench.expect(0, *SYNC)
    east, west = conflicts.rows(bench)
    check(1 not in east and 2 in east and 3 in east and 2 not in west, f"{east} {west}")


def log_of_several_tables(bench):
    """Which table an entry is of must be told; keys of several columns stand with commas."""
    schema = (conflicts.TABLE + ";" + LOG +
              "CREATE TABLE u (a INT, b VARCHAR(20) COLLATE utf8mb4_bin, n INT,"
              " PRIMARY KEY (a, b));"
              "INSERT INTO u VALUES (1, 'x', 0), (1, 'X', 0), (2, 'a,b', 0)")
    bench.load(schema)
    tables = ("t", "u")
    manifest(bench, tables=tables)
    bench.expect(0, *SYNC)
    conflicts.change(bench, 1, "name = 'e'", None)
    for role, value in (("source", 1), ("target", 2)):
        bench.execute(role, f"UPDATE u SET n = {value}")
    log(bench, "target", 1, "force delete")
    log(bench, "source", "1,x", "update", who="of x", tab=f"{bench.db}.u")
    log(bench, "source", "1,X", "update", who="of X", tab="u")
    log(bench, "source", "2,a,b", "update", who="of which?", tab="u")
    log(bench, "target", "1,x", "update", who="elsewhere", tab="t")
    bench.expect(0, "plan", "-o", "plan")
    codes = [finding["code"] for finding in bench.read_plan("plan")["findings"]]
    check("audit_ambiguous" in codes, f"{codes}")
    check("audit" not in conflict_lines(bench, "plan")["1"], "an entry of any table was taken")
    bench.expect(0, "plan", "-o", "alone", "--only", f"offices/{bench.db}.t")
    check("audit" not in conflict_lines(bench, "alone")["1"], "a selection made it another's")
    manifest(bench, tables=tables, audit=AUDIT + 'table_column = "tab"\n')
    bench.expect(0, "plan", "-o", "plan2")
    check(conflict_lines(bench, "plan2")["1"]["reason"] == "force delete", "t")
    told = {key: (line["audit"]["east"], line["audit"]["west"])
            for key, line in conflict_lines(bench, "plan2", "u").items()}
    check(told == {"1,x": (entry("of x"), None), "1,X": (entry("of X"), None),
                   "2,a,b": (None, None)}, f"{told}")


def log_of_many_conflicts(bench):
    """Asked in batches, each is told its own; and nothing else of the plan is another."""
    bench.load(conflicts.TABLE + ";" + LOG)
    for role in bench.servers:
        bench.execute(role, "INSERT INTO t SELECT i + 100, 'was', 0, '2026-01-01' FROM seq.n "
                            "WHERE i BETWEEN 1 AND 3000")
    manifest(bench)
    bench.expect(0, *SYNC)
    bench.execute("source", "UPDATE t SET name = 'e' WHERE id % 3 = 0")
    bench.execute("target", "UPDATE t SET name = 'w' WHERE id % 3 = 0 OR id % 7 = 0")
    bench.execute("target", "INSERT INTO log (record, who, what, at) SELECT id, CONCAT('u', id), "
                            "'update', '2026-02-02' FROM t WHERE name = 'w'")
    bench.expect(0, "plan", "-o", "plan")
    found = conflict_lines(bench, "plan")
    check(len(found) > 1000, f"{len(found)}")
    check(all(line["audit"]["west"]["user"] == f"u{key}" and line["audit"]["east"] is None
              for key, line in found.items()), "another's entry")
    path = bench.directory / "rowplan.toml"
    path.write_text(path.read_text(encoding="utf-8").partition("[pair.offices.audit]")[0],
                    encoding="utf-8")
    bench.expect(0, "plan", "-o", "without")
    plain = conflicts.lines(bench, "without")
    told = conflicts.lines(bench, "plan")
    for line in told:
        line.pop("audit", None)
    check(told == plain, "the changes differ by more than who made them")
    tables = [bench.read_plan(name)["tables"][0]["chunks"] for name in ("plan", "without")]
    check(tables[0] == tables[1], "the chunks differ")


def log_of_held_rows(bench):
    """Who wrote rows that cannot stand beside each other."""
    bench.load("CREATE TABLE u (id INT PRIMARY KEY, mail VARCHAR(30) NOT NULL, UNIQUE (mail));"
               + LOG)
    manifest(bench, 'conflict = "east"', tables=("u",))
    bench.expect(0, *SYNC)
    bench.execute("source", "INSERT INTO u VALUES (1, 'a@x')")
    bench.execute("target", "INSERT INTO u VALUES (2, 'a@x')")
    log(bench, "source", 1, "new")
    log(bench, "target", 2, "new", who="ben")
    log(bench, "target", 1, "delete", who="long ago")
    bench.expect(0, "plan", "-o", "plan")
    found = {key: (line["kind"], line["audit"])
             for key, line in conflict_lines(bench, "plan", "u").items()}
    check(found == {"1": ("unique", {"east": entry(what="new"), "west": None}),
                    "2": ("unique", {"east": None, "west": entry("ben", "new")})}, f"{found}")


def log_without_rights(bench):
    """A log that cannot be read is no log without entries."""
    begin(bench)
    conflicts.change(bench, 1, "name = 'e'", "name = 'w'")
    monitor = {"mariadb": "REPLICA MONITOR", "mysql": "REPLICATION CLIENT"}
    for role, server in bench.servers.items():
        server.execute("DROP USER IF EXISTS nolog@localhost; CREATE USER nolog@localhost;"
                       f"GRANT PROCESS, {monitor[server.vendor]} ON *.* TO nolog@localhost;"
                       f"GRANT ALL ON `{bench.db}`.`t` TO nolog@localhost")
        if role == "source":
            server.execute(f"GRANT SELECT ON `{bench.db}`.`log` TO nolog@localhost")
    manifest(bench, user="nolog")
    done = bench.expect(NO_ACCESS, "plan", "-o", "plan")
    check(f"GRANT SELECT ON `{bench.db}`.`log` TO" in done.err and "'west'" in done.err, f"{done}")
    bench.servers["target"].execute(f"GRANT SELECT ON `{bench.db}`.`log` TO nolog@localhost")
    bench.expect(0, "plan", "-o", "plan")
    for server in bench.servers.values():
        server.execute("DROP USER nolog@localhost")


def log_that_is_not_there(bench):
    """A table or a column that `audit` names and a member has not."""
    begin(bench)
    for number, (audit, code) in enumerate((
            (AUDIT.replace('"log"', '"lag"'), "audit_missing"),
            (AUDIT.replace('"who"', '"whom"'), "audit_column_missing"))):
        manifest(bench, audit=audit)
        bench.expect(LIMIT, "plan", "-o", f"plan{number}")
        found = bench.read_plan(f"plan{number}")["findings"]
        check([(each["code"], each["severity"]) for each in found] == [(code, "error")] * 2 and
              found[0]["hint"], f"{found}")
        bench.expect(LIMIT, "apply", f"plan{number}")
    manifest(bench, audit='table = "log"\n')
    done = bench.expect(MANIFEST_WRONG, "validate")
    check('has no "key_column"' in done.err + done.out, f"{done}")


def with_recorder(bench, rules):
    path = bench.directory / "recorder"
    path.write_text(RECORDER, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    manifest(bench, rules, hooks='[hooks]\non_conflict = ["./recorder", "job"]\n'
             'on_success = ["./recorder", "success"]\n'
             '[pair.offices.hooks]\non_conflict = ["./recorder", "pair"]\n')


def told(bench, name):
    return json.loads((bench.directory / f"told-{name}").read_text(encoding="utf-8"))


def hook_is_told_of_conflicts(bench):
    """Key, rows, who won and why, who changed it: so that both parties can be told."""
    begin(bench)
    with_recorder(bench, conflicts.NEWEST)
    conflicts.change(bench, 1, "name = 'e', stamp = '2026-03-03'",
                     "name = 'it''s <w>', stamp = '2026-03-02'")
    conflicts.change(bench, 2, "name = 'e'", None)
    conflicts.change(bench, 3, None, "name = 'w'")
    log(bench, "target", 1, "update", who=HOSTILE)
    log(bench, "target", 2, "force delete", who="ben")
    bench.expect(UNRESOLVED, *SYNC)
    for name in ("job", "pair"):
        report = told(bench, name)
        check(report["phase"] == "on_conflict" and report["conflicts"] is True, f"{report}")
        found = {each["key"][0]: each for each in report["conflict_report"]["conflicts"]}
        check(sorted(found) == ["1", "2", "3"], f"{found}")
        check(report["conflict_report"]["left_out"] == 0, f"{report}")
        check(found["1"]["address"] == f"offices/{bench.db}.t", f"{found}")
        check(found["1"]["resolution"] == {"take": "east", "by": "newest"}, f"{found}")
        check(found["1"]["rows"]["west"]["name"] == "it's <w>", f"{found}")
        check(found["1"]["audit"]["west"]["user"] == HOSTILE, f"{found}")
        check(found["2"]["rows"]["west"] is None and found["2"]["reason"] == "force delete",
              f"{found}")
        check(found["3"]["resolution"] is None, f"{found}")
        plans = report["conflict_report"]["plans"]
        check(len(plans) == 1 and plans[0]["digest"] == report["digest"] and
              pathlib.Path(plans[0]["directory"], "plan.json").exists(), f"{plans}")
    directory = told(bench, "job")["conflict_report"]["plans"][0]["directory"]
    bench.expect(0, "resolve", directory, "-o", "decided", "--take", "skip")
    bench.expect(0, "apply", "decided")
    report = told(bench, "job")
    check(report["verb"] == "apply" and report["exit_code"] == 0, f"{report}")
    found = {each["key"][0]: each for each in report["conflict_report"]["conflicts"]}
    check(found["3"]["resolution"] == {"take": "skip", "by": "resolve"}, f"{found}")
    check("conflict_report" not in told(bench, "success"), "rows for who did not ask")


def hook_is_told_not_too_much(bench):
    """What is too much is left out, and that is told."""
    begin(bench)
    with_recorder(bench, 'conflict = "skip"')
    for role in bench.servers:
        bench.execute(role, f"INSERT INTO t SELECT i + 100, '{role}', 0, NULL FROM seq.n "
                            "WHERE i BETWEEN 1 AND 1100")
    bench.expect(0, *SYNC)
    report = told(bench, "job")["conflict_report"]
    check((len(report["conflicts"]), report["left_out"]) == (1000, 100),
          f"{len(report['conflicts'])} {report['left_out']}")


TESTS = (log_tells_who, force_delete_wins, force_delete_alone, log_of_several_tables,
         log_of_many_conflicts, log_of_held_rows, log_without_rights, log_that_is_not_there,
         hook_is_told_of_conflicts, hook_is_told_not_too_much)
