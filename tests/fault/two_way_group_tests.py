"""Two-way groups: a hub and two spokes merge what each has changed, in one plan and one apply."""

import contextlib
import json
import signal

from bench import USER, check
from servers import run_script
from topology import Topology

from sync_tests import KILLED, SYNC, go_on, kill_at, stop_at, wait_stopped
from two_way_tests import state_rows

DIFFERS, STALE, NO_SIGHT, NOT_APPLYABLE, STATE, CONFLICT = 2, 10, 12, 13, 14, 15
USAGE, LATER, BAD_MANIFEST = 64, 75, 78
MEMBERS = ("hub", "near", "far")
ROWS = 60
SCHEMA = f"""
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40), n INT, stamp DATETIME(6) NOT NULL) ENGINE=InnoDB;
INSERT INTO t SELECT i, CONCAT('v', i), 0, '2026-01-01' FROM seq.n WHERE i BETWEEN 1 AND {ROWS};
CREATE TABLE note (id INT PRIMARY KEY, line VARCHAR(40)) ENGINE=InnoDB;
INSERT INTO note VALUES (1, 'one'), (2, 'two'), (3, 'three');
"""
NEWEST = """chunk_rows = 8
conflict = { resolve = "newest", column = "stamp" }
[group.g.table."%s.note"]
conflict = "hub"
"""
PLAIN = "chunk_rows = 8\n"


class Group:
    """Three members, the last a server of its own."""

    def __init__(self, bench, rules=PLAIN, schema=SCHEMA, replicas=None):
        """`replicas`: the spokes, where the last gets what the other one has."""
        self.bench, self.clock = bench, 0
        bench.servers = {"hub": bench.stage.source, **(replicas or self.spokes())}
        for member in MEMBERS[:-1] if replicas else MEMBERS:
            bench.servers[member].execute(f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4")
            self.script(member, schema)
        self.manifest(rules)

    def spokes(self):
        stage = self.bench.stage
        far = stage.servers.start(stage.target.vendor)
        far.execute(f"CREATE USER '{USER}'@'localhost'; GRANT ALL ON *.* TO '{USER}'@'localhost'")
        return {"near": stage.target, "far": far}

    def manifest(self, rules=PLAIN, before="", servers=None):
        """`rules`: of the group, and what follows it; `servers`: further lines, by name."""
        text = 'manifest_version = 1\nname = "fault"\n[state]\npath = "state.db"\n'
        for member in MEMBERS:
            text += (f'\n[server.{member}]\nsocket = "{self.bench.servers[member].socket}"\n'
                     f'user = "{USER}"\n{(servers or {}).get(member, "")}\n')
        text += (f'\n{before}\n[group.g]\nhub = "hub"\nspokes = ["near", "far"]\n'
                 f'direction = "two-way"\ntables = ["{self.bench.db}.*"]\n{rules}\n')
        (self.bench.directory / "rowplan.toml").write_text(text, encoding="utf-8")

    def script(self, member, sql):
        with contextlib.closing(
                self.bench.servers[member].connect(database=self.bench.db)) as connection:
            run_script(connection, sql)

    def execute(self, member, sql):
        return self.bench.execute(member, sql)

    def rows(self, member, table="t"):
        return {row[0]: tuple(row[1:])
                for row in self.execute(member, f"SELECT * FROM {table}")}

    def seen(self, table="t"):
        return [self.rows(member, table) for member in MEMBERS]

    def update(self, member, number, text):
        self.clock += 1
        self.execute(member, f"UPDATE t SET v = '{text}', stamp = "
                             f"'2026-02-01 00:00:00.{self.clock:06}' WHERE id = {number}")

    def insert(self, member, number, text):
        self.clock += 1
        self.execute(member, f"INSERT INTO t VALUES ({number}, '{text}', 0,"
                             f" '2026-02-01 00:00:00.{self.clock:06}')")

    def delete(self, member, number):
        self.execute(member, f"DELETE FROM t WHERE id = {number}")

    def check_equal(self, what, table="t"):
        hub, near, far = self.seen(table)
        check(hub == near, f"{what}: hub and near differ: {difference(hub, near)}")
        check(hub == far, f"{what}: hub and far differ: {difference(hub, far)}")
        return hub


def difference(one, other):
    return [(key, one.get(key), other.get(key)) for key in sorted({*one, *other})
            if one.get(key) != other.get(key)][:8]


def values(rows):
    return {number: row[0] for number, row in rows.items()}


def codes_of(document):
    return {finding["code"] for finding in document["findings"]}


def told(bench, codes, *args):
    return json.loads(bench.expect(codes, *args, "--json").out)


def change_all(group):
    """Each member has something that the others shall get."""
    for number, member in enumerate(MEMBERS):
        group.update(member, 2 + number, member)
        group.update(member, 20 + number, member)
        group.insert(member, 100 + number, f"new on {member}")
        group.delete(member, 40 + number)
    for member in MEMBERS:
        group.update(member, 30, member)
    group.update("near", 31, "both")
    group.execute("far", "UPDATE t a JOIN (SELECT 31 AS id) b ON a.id = b.id SET v = 'both',"
                         f" stamp = '2026-02-01 00:00:00.{group.clock:06}'")
    group.delete("near", 32)
    group.delete("far", 32)


def check_changes(rows, what):
    found = values(rows)
    for number, member in enumerate(MEMBERS):
        check(found[2 + number] == found[20 + number] == member, f"{what}: {member}'s updates")
        check(found[100 + number] == f"new on {member}", f"{what}: {member}'s new row")
        check(40 + number not in found, f"{what}: what {member} deleted is there")
    check(found[30] == "far" and found[31] == "both" and 32 not in found, f"{what}: {found}")
    check(len(found) == ROWS + 3 - 4, f"{what}: {len(found)} rows")


def two_way_group_merges(bench):
    """All members converge in one plan, whose one entry of a table has all of them."""
    group = Group(bench, NEWEST % bench.db)
    first = bench.plan("first")
    check(codes_of(first) == {"baseline_missing"}, f"findings {first['findings']}")
    bench.expect(0, "apply", "first")
    change_all(group)
    group.execute("far", "DELETE FROM note WHERE id = 3")
    before = group.seen()
    bench.expect(DIFFERS, "check")
    plan, again = bench.plan(), bench.plan("again")
    check(group.seen() == before, "a plan has written")
    check(plan.pop("run") and again.pop("run"), "no run")
    check(plan == again, "two plans of the same data differ")
    tables = {table["address"]: table for table in plan["tables"]}
    check(set(tables) == {f"g/{bench.db}.t", f"g/{bench.db}.note"}, f"tables {set(tables)}")
    table = tables[f"g/{bench.db}.t"]
    check(set(table["members"]) == set(table["on"]) == set(MEMBERS), f"members {table['members']}")
    check((table["source"], table["target"], table["spokes"]) == ("hub", "near", ["near", "far"]),
          f"order {table['source']} {table['target']} {table['spokes']}")
    for chunk in table["chunks"]:
        check(set(chunk["before"]) == set(chunk["after"]) == set(MEMBERS), f"chunk {chunk}")
        check(len(set(chunk["after"].values())) == 1, f"they do not converge: {chunk}")
    check({server: (each["insert"], each["delete"]) for server, each in table["on"].items()} ==
          {"hub": (2, 3), "near": (2, 2), "far": (2, 2)}, f"on {table['on']}")
    for form in ("text", "markdown", "html", "json", "sql"):
        bench.expect(0, "show", "plan", "--format", form)
    check("hub <-> near, far" in bench.expect(0, "show", "plan").out, "who?")
    bench.expect(0, "apply", "plan", "--dry-run")
    check(group.seen() == before, "a dry run has written")
    done = told(bench, 0, "apply", "plan")
    check(done["units"]["applied"] == len(plan["units"]), f"units {done['units']}")
    check_changes(group.check_equal("after the apply"), "after the apply")
    check(sorted(group.check_equal("after the apply", "note")) == [1, 2], "notes")
    bench.expect(0, "apply", "plan")
    bench.expect(0, "check")
    check(bench.plan("empty")["units"] == [], "merging what is merged finds something")
    check("hub, near and far hold the same rows." in
          bench.expect(0, "plan", "-o", "no").out, "no verdict")
    check_status(bench)


def check_status(bench):
    pairs = json.loads(bench.expect(0, "status", "--json", "--max-age", "1h").out)["pairs"]
    check([(pair["pair"], pair["source"], pair["spokes"]) for pair in pairs] ==
          [("g", "hub", ["near", "far"])], f"status {pairs}")
    check(pairs[0]["last_success_at"], f"status {pairs}")
    check("g (hub <-> near, far)" in bench.expect(0, "status").out, "no text")
    document = told(bench, 0, "validate", "--connect")
    check(all(len(table["spokes"]) == 2 for table in document["tables"]), f"{document['tables']}")
    check(document["groups"][0]["direction"] == "two-way" and not document["pairs"],
          f"{document['groups']}")


def lines(bench, directory):
    path = bench.directory / directory / "changes" / "g" / f"{bench.db}.t.ndjson"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def open_conflicts(bench, directory):
    return {int(line["key"][0]): line for line in lines(bench, directory)
            if line["op"] == "conflict" and line["resolution"] is None}


def two_way_group_conflicts(bench):
    """What three disagree on waits; a person takes one member's row, the newest, or none."""
    group = Group(bench, PLAIN + f'[group.g.table."{bench.db}.t"]\nthreshold = "1h"\n'
                         'conflict = { resolve = "newest", column = "stamp" }\n')
    bench.expect(0, *SYNC)
    for number in (5, 6, 7, 8):
        for member in MEMBERS:
            group.update(member, number, member)
    group.delete("near", 8)
    group.update("hub", 9, "hub")
    group.update("far", 9, "far")
    group.delete("near", 10)
    group.update("far", 10, "far")
    group.update("near", 50, "near alone")
    before = group.seen()
    bench.expect(0, "plan", "-o", "plan")
    found = open_conflicts(bench, "plan")
    check(set(found) == {5, 6, 7, 8, 9, 10}, f"open {set(found)}")
    check(found[8]["did"] == {"hub": "changed", "near": "deleted", "far": "changed"},
          f"did {found[8]['did']}")
    check(found[9]["did"]["near"] == "unchanged", f"did {found[9]['did']}")
    bench.expect(CONFLICT, "apply", "plan")
    bench.expect(CONFLICT, *SYNC)
    check(group.seen() == before, "something was written")
    bench.expect(USAGE, "resolve", "plan", "-o", "p", "--take", "nobody")
    for step, (take, *more) in enumerate((
            ("near", "--key", "5"), ("hub", "--only", f"g/{bench.db}.t", "--key", "6"),
            ("skip", "--key", "7"), ("near", "--key", "8"), ("newest",), ("far",))):
        source = f"plan{step}" if step else "plan"
        bench.expect(0, "resolve", source, "-o", f"plan{step + 1}", "--take", take, *more)
    check(not open_conflicts(bench, "plan6"), "conflicts are left")
    bench.expect(0, "apply", "plan6")
    hub, near, far = (values(rows) for rows in group.seen())
    check([side[7] for side in (hub, near, far)] == list(MEMBERS), "what was skipped changed")
    for side in (hub, near, far):
        side.pop(7)
    check(hub == near == far, f"{difference(hub, near)} {difference(hub, far)}")
    check((hub[5], hub[6], 8 in hub, hub[9], hub[10], hub[50]) ==
          ("near", "hub", False, "far", "far", "near alone"), f"{hub}")
    bench.expect(0, "plan", "-o", "next")
    check(set(open_conflicts(bench, "next")) == {7}, "the skipped one is not told again")


def two_way_group_limits(bench):
    """Limits hold for each member by itself, and name it."""
    group = Group(bench)
    bench.expect(0, *SYNC)
    for number in range(1, 31):
        group.delete("far", number)
    group.manifest(PLAIN + "limits = { max_deletes = 10 }\n")
    plan = bench.plan(codes=NOT_APPLYABLE)
    messages = [finding["message"] for finding in plan["findings"]]
    check(sorted(message.split(" on ")[-1].split(",")[0] for message in messages) ==
          ["hub", "near"], f"{messages}")
    bench.expect(NOT_APPLYABLE, "apply", "plan")
    check([len(rows) for rows in group.seen()] == [ROWS, ROWS, ROWS - 30], "rows are gone")
    group.manifest(PLAIN + 'limits = { max_deletes = "50%" }\n')
    bench.expect(0, *SYNC)
    check(len(group.check_equal("over the limit")) == ROWS - 30, "they are not gone")


def two_way_group_selected(bench):
    """The group is one unit: by its name, or one of its tables; no spoke by itself."""
    group = Group(bench)
    for only, count in (("g", 2), (f"g/{bench.db}.note", 1)):
        bench.remove("part")
        bench.expect(0, "plan", "-o", "part", "--only", only)
        check(len(bench.read_plan("part")["tables"]) == count, f"--only {only}")
    for unknown in ("g@far", f"g@far/{bench.db}.t", "h"):
        bench.expect(USAGE, "plan", "-o", "none", "--only", unknown)
    bench.expect(0, *SYNC)
    kept = [address for address, in state_rows(bench, "SELECT address FROM baselines ORDER BY 1")]
    check(kept == [f"g/{bench.db}.note", f"g/{bench.db}.t"], f"baselines of {kept}")
    group.delete("far", 1)
    bench.expect(0, "state", "rebase", f"g/{bench.db}.t")
    bench.expect(0, *SYNC)
    check(len(group.check_equal("after a rebase")) == ROWS, "a delete without a baseline")
    for other in (f'[pair.p]\nsource = "near"\ntarget = "far"\ntables = ["{bench.db}.t"]\n',
                  f'[pair.p]\nsource = "far"\ntarget = "hub"\ntables = ["{bench.db}.t"]\n'):
        group.manifest(before=other)
        done = bench.expect(BAD_MANIFEST, "plan", "-o", "none")
        check("both write" in done.err, f"{done}")
    group.manifest(PLAIN + "require_baseline = true\n")
    bench.expect(0, *SYNC)
    bench.expect(0, "state", "rebase", "g")
    done = bench.expect(STATE, "plan", "-o", "none")
    check("require_baseline" in done.err, f"{done}")


def two_way_group_killed_between_commits(bench):
    """Killed between two of three COMMITs, then users change rows: the next run finishes it."""
    group = Group(bench, NEWEST % bench.db)
    bench.expect(0, *SYNC)
    for turn, nth in enumerate((1, 2, 4, 5)):
        group.update("near", 3, f"near {turn}")
        group.update("hub", 50, f"hub {turn}")
        group.insert("far", 200 + turn, "new")
        group.delete("near", 11 + turn)
        for member in MEMBERS:
            group.update(member, 30, f"{member} {turn}")
        bench.remove("plan")
        bench.plan()
        bench.expect(KILLED, "apply", "plan", env=kill_at(f"committed:{nth}"))
        expected = values(group.rows("hub"))
        expected.update({3: f"near {turn}", 30: f"far {turn}", 50: f"hub {turn}",
                         200 + turn: "new"})
        expected.pop(11 + turn, None)
        if turn % 2 == 0:
            bench.expect(0, "apply", "plan")
        else:
            group.update("far", 3, f"later {turn}")
            group.update("near", 20, f"later {turn}")
            expected.update({3: f"later {turn}", 20: f"later {turn}"})
            bench.expect(0, *SYNC)
        found = values(group.check_equal(f"killed after COMMIT {nth}"))
        check(found == expected, f"killed after COMMIT {nth}: {difference(found, expected)}")
        check(not state_rows(bench, "SELECT * FROM baseline_intents"), "intents are left")
        check(bench.plan("none")["units"] == [], f"killed after COMMIT {nth}: there is more to do")


def two_way_group_member_gone(bench):
    """A member that is away before or amid an apply: nothing that is half done is called done."""
    group = Group(bench, NEWEST % bench.db)
    bench.expect(0, *SYNC)
    far = bench.servers["far"]
    change_all(group)
    bench.plan()
    before = group.seen()[:2]
    far.kill(signal.SIGTERM)
    bench.expect(NO_SIGHT, "plan", "-o", "none")
    bench.expect(NO_SIGHT, "check")
    bench.expect(NO_SIGHT, "apply", "plan")
    bench.expect(LATER, *SYNC)
    check([group.rows("hub"), group.rows("near")] == before, "others were written")
    far.start()
    running = bench.start("apply", "plan", env=stop_at("committed:1"))
    check(wait_stopped(bench, running, "the first COMMIT"), "it never came to a COMMIT")
    far.kill(signal.SIGKILL)
    go_on(running)
    done = running.wait()
    check(done.code in (1, NO_SIGHT, LATER), f"half an apply ends well\n{done}")
    status = json.loads(bench.expect(0, "status", "--json").out)["pairs"][0]
    check(status["last_run"]["exit_code"] == done.code, f"status {status}")
    far.start()
    bench.expect(0, "apply", "plan")
    check_changes(group.check_equal("when it is back"), "when it is back")
    check(bench.plan("none")["units"] == [], "there is more to do")


def two_way_group_unlike_tables(bench):
    """Tables that cannot be merged are told, with the members that they are of."""
    group = Group(bench, 'ignore_columns = ["more"]\n', SCHEMA + """
        CREATE TABLE typed (id INT PRIMARY KEY, v INT);
        CREATE TABLE keyed (a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b));
        CREATE TABLE triggered (id INT PRIMARY KEY);
        CREATE TABLE short (id INT PRIMARY KEY, v VARCHAR(20))""")
    group.execute("far", "ALTER TABLE typed MODIFY v VARCHAR(20);"
                         "ALTER TABLE keyed DROP PRIMARY KEY, ADD PRIMARY KEY (a);"
                         "CREATE TRIGGER tr BEFORE INSERT ON triggered FOR EACH ROW SET @x = 1;"
                         "ALTER TABLE short MODIFY v VARCHAR(10);"
                         "CREATE TABLE lone (id INT PRIMARY KEY);"
                         "ALTER TABLE note ADD more INT, ADD CONSTRAINT c UNIQUE (line)")
    plan = bench.plan(codes=NOT_APPLYABLE)
    found = {}
    for finding in plan["findings"]:
        if finding["severity"] == "error":
            found.setdefault(finding["address"].rpartition(".")[2], set()).add(
                (finding["code"], "far" in finding["message"]))
    check(found["typed"] == {("column_type_differs", True)}, f"{found}")
    check(("two_way_trigger", True) in found["triggered"], f"{found}")
    check(("column_lossy", True) in found["short"], f"{found}")
    check(found["lone"] == {("table_missing", False)} and
          sum(finding["code"] == "table_missing" for finding in plan["findings"]) == 2, f"{found}")
    check(found["keyed"] and all(named for _, named in found["keyed"]), f"{found}")
    check("t" not in found and "note" not in found, f"{found}")
    for table in ("typed", "keyed", "triggered", "short", "lone"):
        group.execute("far", f"DROP TABLE {table}")
        if table != "lone":
            for member in ("hub", "near"):
                group.execute(member, f"DROP TABLE {table}")
    bench.expect(0, *SYNC)
    bench.expect(0, "plan", "-o", "changed")
    group.update("near", 1, "near")
    bench.remove("changed")
    bench.expect(0, "plan", "-o", "changed")
    group.execute("far", "ALTER TABLE t ADD later INT")
    bench.expect(STALE, "apply", "changed")


def two_way_group_hooks(bench):
    """Called once for the group, and for each of its servers."""
    group = Group(bench)
    calls = bench.directory / "calls"

    def hooks(name):
        return "".join(f'{when} = ["sh", "-c", "cat > /dev/null; echo {name} {when} >> {calls}"]\n'
                       for when in ("before", "after", "on_success"))
    group.manifest(PLAIN + f"[group.g.hooks]\n{hooks('g')}",
                   servers={member: f"[server.{member}.hooks]\n{hooks(member)}"
                            for member in MEMBERS})
    bench.expect(0, *SYNC)
    found = sorted(calls.read_text(encoding="utf-8").split("\n"))[1:]
    check(found == sorted(f"{name} {when}" for name in ("g", *MEMBERS)
                          for when in ("before", "after", "on_success")), f"{found}")


def two_way_group_spokes_that_replicate(bench):
    """What goes from one spoke to another by replication, too, would get there twice."""
    topology = Topology(bench.stage.servers, bench.stage.target.vendor)
    topology.star("near", "far")
    Group(bench, replicas=topology.members)
    topology.wait()
    plan = bench.plan(codes=NOT_APPLYABLE)
    told_of = [finding["message"] for finding in plan["findings"]
               if finding["code"] == "members_replicate_each_other"]
    check(len(told_of) == 1 and "'near'" in told_of[0] and "'far'" in told_of[0],
          f"{plan['findings']}")
    bench.expect(NOT_APPLYABLE, "apply", "plan")


TESTS = (two_way_group_merges, two_way_group_conflicts, two_way_group_limits,
         two_way_group_selected, two_way_group_killed_between_commits, two_way_group_member_gone,
         two_way_group_unlike_tables, two_way_group_hooks, two_way_group_spokes_that_replicate)
