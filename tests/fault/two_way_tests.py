"""A two-way plan is applied on two servers: killed between their commits, stale, locked out, cut
off. What must come out is told by a merge of plain dictionaries."""

import json
import sqlite3

from bench import check
from relay import Fault, Relay, commits

from sync_tests import KILLED, go_on, kill_at, stop_at, wait_stopped
from two_way_history_tests import merge

STALE, PARTIAL, STATE, CONFLICT = 10, 3, 14, 15
LATER = (1, 12, 75)
ROWS = 60
SCHEMA = f"""
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40), big MEDIUMTEXT, stamp DATETIME(6) NOT NULL)
  ENGINE=InnoDB;
INSERT INTO t SELECT i, CONCAT('v', i), NULL, '2026-01-01' FROM seq.n WHERE i BETWEEN 1 AND {ROWS};
"""
PAIR = """direction = "two-way"
chunk_rows = 8
large_bytes = 1000
conflict = { resolve = "newest", column = "stamp" }
"""
ROLE = {"east": "source", "west": "target"}


class Offices:
    """Two members of one table, the same after a first sync."""

    def __init__(self, bench, pair=PAIR):
        self.bench, self.pair = bench, pair
        self.clock = 0
        bench.load(SCHEMA)
        self.manifest()
        self.sync("the first sync")
        self.base = self.rows("east")

    def manifest(self, name="rowplan.toml", state="state.db", server="", **sockets):
        text = f'manifest_version = 1\nname = "fault"\n[state]\npath = "{state}"\n'
        for member, role in ROLE.items():
            socket = sockets.get(member) or self.bench.servers[role].socket
            text += f'[server.{member}]\nsocket = "{socket}"\nuser = "rowplan"\n{server}\n'
        text += (f'[pair.p]\nsource = "east"\ntarget = "west"\ntables = ["{self.bench.db}.t"]\n'
                 f'{self.pair}\n')
        (self.bench.directory / name).write_text(text, encoding="utf-8")

    def execute(self, member, sql):
        return self.bench.execute(ROLE[member], sql)

    def rows(self, member):
        return {row[0]: tuple(row[1:]) for row in self.execute(member, "SELECT * FROM t")}

    def seen(self):
        return self.rows("east"), self.rows("west")

    # --- what users do -----------------------------------------------------------------------

    def stamp(self):
        self.clock += 1
        return f"2026-02-01 00:00:00.{self.clock:06}"

    def update(self, member, number, text):
        self.execute(member, f"UPDATE t SET v = '{text}', stamp = '{self.stamp()}'"
                             f" WHERE id = {number}")

    def insert(self, member, number, text):
        self.execute(member, f"INSERT INTO t VALUES ({number}, '{text}', NULL, '{self.stamp()}')")

    def delete(self, member, number):
        self.execute(member, f"DELETE FROM t WHERE id = {number}")

    def work(self, turn):
        """Each member changes rows of its own, all over the table, and both change one."""
        for member, first in (("east", 1), ("west", 2)):
            for number in range(first, ROWS, 11):
                self.update(member, number, f"{member} {turn}")
            self.insert(member, 1000 + 2 * turn + first, f"new in {member}")
        self.update("west", 30, f"west {turn}")
        self.update("east", 30, f"east {turn}")
        self.delete("east", 6 + 11 * (turn % 4))
        self.delete("west", 7 + 11 * (turn % 4))

    def merged(self):
        return merge(self.base, *self.seen())

    # --- runs --------------------------------------------------------------------------------

    def plan(self, directory="plan", codes=0):
        self.bench.remove(directory)
        return self.bench.plan(directory, codes)

    def sync(self, what, expected=None):
        self.plan("again")
        self.bench.expect(0, "apply", "again")
        self.check_equal(expected if expected is not None else self.rows("east"), what)

    def check_equal(self, expected, what):
        for member in ROLE:
            found = self.rows(member)
            wrong = [f"{key}: found {found.get(key)}, expected {expected.get(key)}"
                     for key in sorted({*found, *expected}) if found.get(key) != expected.get(key)]
            check(not wrong, f"{what}: {member}:\n" + "\n".join(wrong[:8]))
        self.base = expected

    def check_settled(self, what):
        """A new plan has nothing to do, and nothing of killed runs counts any more."""
        check(not self.plan("none")["units"], f"{what}: a new plan has units")
        check(not state_rows(self.bench, "SELECT * FROM baseline_intents"),
              f"{what}: intents are left")


def state_rows(bench, sql):
    connection = sqlite3.connect(bench.directory / "state.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def killed_between_two_servers(bench):
    """Killed at each point around the commits, then a user changes rows, then another plan."""
    offices = Offices(bench)
    turn = killed = 0
    for name in ("commit", "committed", "state committed", "statement done"):
        nth, stride = 1, 1 if name.startswith("commit") else 4
        while True:
            turn += 1
            what = f"killed at {name} {nth}"
            offices.work(turn)
            expected = offices.merged()
            offices.plan()
            done = bench.expect((0, KILLED), "apply", "plan", env=kill_at(f"{name}:{nth}"))
            # Rows that this plan carries from the one to the other, wherever they are by now, and
            # others.
            for member, number in (("west", 12), ("east", 13), ("east", 30), ("west", 20)):
                offices.update(member, number, f"meanwhile {turn}")
                expected[number] = offices.rows(member)[number]
            offices.delete("west", 1000 + 2 * turn + 1)
            if 1000 + 2 * turn + 1 in offices.rows("east") and done.code == 0:
                expected.pop(1000 + 2 * turn + 1)
            elif done.code != 0:
                offices.execute("east", f"DELETE FROM t WHERE id = {1000 + 2 * turn + 1}")
                expected.pop(1000 + 2 * turn + 1)
            offices.sync(what, expected)
            offices.check_settled(what)
            if done.code == 0:
                break
            killed += 1
            nth += stride if bench.stage.rounds == 1 else 1
    check(killed > 15, f"only {killed} applies were killed")
    return f"{killed} applies killed"


def a_half_applied_plan_again(bench):
    """Killed between two servers' commits: the same plan goes on where it stands."""
    offices = Offices(bench)
    for nth in (1, 2, 3, 4):
        offices.work(nth)
        expected = offices.merged()
        offices.plan()
        bench.expect(KILLED, "apply", "plan", env=kill_at(f"committed:{nth}"))
        bench.expect(0, "apply", "plan", "--dry-run")
        bench.expect(0, "apply", "plan")
        offices.check_equal(expected, f"killed after COMMIT {nth}")
        bench.expect(0, "apply", "plan")
        check(not bench.unsettled(), f"killed after COMMIT {nth}: the state has unsettled units")
        offices.check_settled(f"killed after COMMIT {nth}")


def one_member_is_stale(bench):
    """A row that changes on either member makes its unit stale, on both, and no other unit."""
    offices = Offices(bench)
    for turn, (member, number) in enumerate((("east", 1), ("west", 1), ("east", 2), ("west", 13))):
        offices.work(turn)
        expected = offices.merged()
        plan = offices.plan()
        changes = {int(change["key"][0]): change for change in bench.changes(plan)}
        offices.update(member, number, "too late")
        expected[number] = offices.rows(member)[number]
        seen = offices.seen()
        bench.expect(PARTIAL, "apply", "plan", "--on-stale", "skip")
        for rows, before, name in zip(offices.seen(), seen, ROLE):
            for key, change in changes.items():
                if change["unit"] == changes[number]["unit"]:
                    check(rows.get(key) == before.get(key), f"{name}: row {key} was written")
                else:
                    check(rows.get(key) == expected.get(key), f"{name}: row {key} was not written")
        bench.expect(STALE, "apply", "plan")
        offices.sync(f"{member} {number} changed", expected)
        offices.check_settled(f"{member} {number} changed")


def rows_are_judged_alone(bench):
    """With --verify rows other rows of a chunk may change, those of the plan on no member."""
    offices = Offices(bench)
    offices.update("east", 1, "planned")
    offices.update("west", 2, "planned")
    offices.delete("west", 3)
    expected = offices.merged()
    offices.plan()
    for member in ROLE:
        offices.update(member, 4, "beside it")
        expected[4] = offices.rows(member)[4]
    bench.expect(STALE, "apply", "plan")
    bench.expect(0, "apply", "plan", "--verify", "rows")
    check(offices.rows("west")[1] == expected[1] and offices.rows("east")[2] == expected[2] and
          3 not in offices.rows("east"), "the planned rows")
    offices.sync("after --verify rows", expected)
    for turn, (member, number) in enumerate((("east", 1), ("west", 1), ("west", 2), ("east", 2))):
        offices.update("east", 1, f"again {turn}")
        offices.update("west", 2, f"again {turn}")
        offices.plan()
        offices.update(member, number, f"too late {turn}")
        seen = offices.seen()
        bench.expect(STALE, "apply", "plan", "--verify", "rows")
        check(offices.seen() == seen, f"{member} {number}: something was written")
        expected.update({1: offices.rows("east")[1], 2: offices.rows("west")[2],
                         number: offices.rows(member)[number]})
        offices.sync(f"{member} {number} changed", expected)


def a_write_that_is_refused(bench):
    """What one member refuses is rolled back on both, and not remembered as intended."""
    offices = Offices(bench)
    offices.execute("west", "ALTER TABLE t ADD CONSTRAINT no_x CHECK (v <> 'x')")
    offices.update("west", 2, "west")
    offices.update("east", 1, "x")
    offices.update("east", 50, "another unit")
    offices.plan()
    seen = offices.seen()
    bench.expect(1, "apply", "plan", "--on-stale", "skip")
    east, west = offices.seen()
    check(east == {**seen[0], 2: east[2]} and east[2] == seen[0][2], "east was written")
    check(west[1] == seen[1][1], "west was written")
    check(not state_rows(bench, "SELECT * FROM baseline_intents"), "intents are left")
    offices.update("west", 1, "something else")
    offices.update("east", 1, "v1")
    expected = {**seen[1], **offices.rows("east"), 2: west[2]}
    offices.sync("after it was refused", expected)
    offices.check_settled("after it was refused")


class Holder:
    """Holds a row of a member."""

    def __init__(self, offices, member, number):
        self.connection = offices.bench.servers[ROLE[member]].connect(
            database=offices.bench.db, autocommit=False)
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM t WHERE id = {number} FOR UPDATE")

    def release(self):
        self.connection.rollback()
        self.connection.close()


def locked_on_one_member(bench):
    """A row that is held is waited for, again and again, with nothing written on the other."""
    offices = Offices(bench)
    for turn, member in enumerate(ROLE):
        offices.manifest(server='lock_wait = "1s"')
        offices.work(turn)
        expected = offices.merged()
        offices.plan()
        seen = offices.seen()
        holder = Holder(offices, member, 1)
        done = bench.expect(75, "apply", "plan")
        check("trying again" in done.err, f"not tried again\n{done}")
        holder.release()
        check(offices.seen() == seen, "something was written")
        holder = Holder(offices, member, 1)
        running = bench.start("apply", "plan")
        bench.wait_for(lambda run=running: run.ended() or "trying again" in
                       run.err_path.read_text(errors="replace"), "a lock wait that times out")
        holder.release()
        done = running.wait()
        check(done.code == 0, f"expected exit 0\n{done}")
        offices.check_equal(expected, f"a row of {member} was held")
        offices.check_settled(f"a row of {member} was held")


def away_between_two_commits(bench):
    """A server is away from a COMMIT on, or its answer is lost for good: a new plan finishes."""
    offices = Offices(bench)
    turn = 0
    for member in ROLE:
        for kind in ("before", "reply"):
            for nth in (1, 2):
                turn += 1
                what = f"COMMIT {nth} on {member} lost ({kind}), server away"
                offices.work(turn)
                expected = offices.merged()
                offices.plan()
                path = bench.directory / "relay.sock"
                fault = Fault(commits, nth, kind, refuse_after=True)
                with Relay(bench.servers[ROLE[member]].socket, path, fault):
                    offices.manifest(**{member: str(path)})
                    bench.expect(LATER, "apply", "plan")
                offices.manifest()
                check(fault.fired, f"{what}: was never sent")
                offices.update("west", 12, f"meanwhile {turn}")
                expected[12] = offices.rows("west")[12]
                offices.sync(what, expected)
                offices.check_settled(what)


def commit_answers_lost(bench):
    """The answer to a COMMIT on either member is lost: apply finds out, and goes on."""
    offices = Offices(bench)
    turn = lost = 0
    for member in ROLE:
        for kind in ("before", "reply"):
            nth, fault = 0, None
            # Units share transactions: how many an apply has is its own affair.
            while fault is None or fault.fired:
                turn, nth = turn + 1, nth + 1
                what = f"COMMIT {nth} on {member} lost ({kind})"
                offices.work(turn)
                expected = offices.merged()
                planned = offices.plan()["summary"]
                path = bench.directory / "relay.sock"
                fault = Fault(commits, nth, kind)
                with Relay(bench.servers[ROLE[member]].socket, path, fault):
                    offices.manifest(**{member: str(path)})
                    told = json.loads(bench.expect(0, "apply", "plan", "--json").out)["rows"]
                offices.manifest()
                lost += fault.fired
                for done, op in (("inserted", "insert"), ("updated", "update"),
                                 ("deleted", "delete")):
                    check(told[done] == planned[op], f"{what}: told {told}, planned {planned}")
                offices.check_equal(expected, what)
                offices.check_settled(what)
            check(nth > 2, f"an apply has {nth - 1} COMMITs on {member}")
    return f"{lost} COMMITs lost"


def the_state_is_another(bench):
    """Without the baseline of the plan, or with another one, nothing is written."""
    offices = Offices(bench)
    offices.work(1)
    expected = offices.merged()
    offices.plan()
    seen = offices.seen()
    path = bench.directory / "state.db"
    kept = path.read_bytes()
    bench.new_state()
    for options in ((), ("--dry-run",)):
        bench.expect(STATE, "apply", "plan", *options)
        check(not path.exists(), "a state file was made")
    path.write_bytes(kept)
    bench.expect(0, "state", "rebase", "p")
    bench.expect(STATE, "apply", "plan")
    bench.expect(STATE, "apply", "plan", "--dry-run")
    check(offices.seen() == seen, "something was written")
    bench.new_state()
    path.write_bytes(kept)
    offices.plan("other")
    bench.expect(0, "apply", "other")
    offices.check_equal(expected, "the other plan")
    bench.expect(STALE, "apply", "plan")
    bench.expect(STALE, "apply", "plan", "--dry-run")
    bench.expect(0, "apply", "other")
    offices.check_settled("applied again")


def first_syncs(bench):
    """A baseline comes of a whole first sync alone; until then each sync is a union."""
    offices = Offices(bench)
    bench.new_state()
    offices.update("east", 1, "east")
    offices.insert("west", 500, "west")
    offices.update("west", 40, "west")
    offices.plan()
    expected = merge(None, *offices.seen())
    offices.update("west", 500, "too late")
    expected[500] = offices.rows("west")[500]
    bench.expect(PARTIAL, "apply", "plan", "--on-stale", "skip")
    check(not state_rows(bench, "SELECT * FROM baselines"), "half a baseline")
    again = offices.plan("again")
    codes = [finding["code"] for finding in again["findings"]]
    check("baseline_missing" in codes, f"findings: {codes}")
    bench.expect(STALE, "apply", "plan")
    bench.expect(0, "apply", "again")
    offices.check_equal(expected, "the first sync, in two")
    ((whole, rows),) = state_rows(bench, "SELECT whole, rows FROM baselines")
    check(whole == 1 and rows == len(expected), f"a baseline of {rows} rows")
    offices.check_settled("the first sync, in two")
    offices.delete("west", 500)
    expected.pop(500)
    offices.sync("a delete after the first sync", expected)
    known = {address for (address,) in state_rows(bench, "SELECT address FROM sync_positions")}
    check(known == {f"p/{bench.db}.t@{member}" for member in ROLE}, f"positions: {known}")


def conflicts_wait(bench):
    """Nothing is applied before all conflicts are decided; those that are skipped stay."""
    offices = Offices(bench, PAIR.replace('"newest", column = "stamp"', '"manual"'))
    offices.update("east", 5, "east")
    offices.update("west", 5, "west")
    offices.update("east", 20, "alone")
    offices.plan()
    seen = offices.seen()
    bench.expect(CONFLICT, "apply", "plan")
    check(offices.seen() == seen, "something was written")
    bench.expect(0, "resolve", "plan", "-o", "skipped", "--take", "skip")
    bench.expect(0, "apply", "skipped")
    east, west = offices.seen()
    check(east[5] == seen[0][5] and west[5] == seen[1][5], "a skipped row was written")
    check(west[20] == seen[0][20], "the other row was not")
    offices.plan()
    bench.expect(0, "resolve", "plan", "-o", "taken", "--take", "west")
    bench.expect(0, "apply", "taken")
    expected = {**east, 5: west[5]}
    offices.check_equal(expected, "west was taken")
    offices.check_settled("west was taken")


def large_values_go_both_ways(bench):
    """What stands in the plan as a hash is read again, from the member that has it."""
    offices = Offices(bench)
    for member, number, length in (("east", 1, 30_000), ("west", 2, 2_000_000), ("east", 3, 999)):
        offices.execute(member, f"UPDATE t SET big = REPEAT('{member} {number} ', {length} DIV 7),"
                                f" stamp = '{offices.stamp()}' WHERE id = {number}")
    offices.execute("west", "INSERT INTO t VALUES (700, 'new', REPEAT('w', 50000), '2026-02-02')")
    expected = offices.merged()
    plan = offices.plan()
    refs = json.dumps(bench.changes(plan)).count('"ref"')
    check(refs >= 3, f"{refs} references in the plan")
    bench.expect(0, "apply", "plan")
    offices.check_equal(expected, "large values")
    offices.execute("east", "UPDATE t SET big = REPEAT('e', 40000) WHERE id = 10")
    offices.delete("west", 2)
    offices.plan()
    seen = offices.seen()
    offices.execute("east", "UPDATE t SET big = REPEAT('f', 40000) WHERE id = 10")
    bench.expect(STALE, "apply", "plan", "--verify", "rows")
    check(offices.rows("west")[10] == seen[1][10], "row 10 was written")
    expected = offices.merged()
    offices.sync("large values again", expected)
    offices.check_settled("large values")


def both_are_kept_for_undo(bench):
    """What is overwritten is kept, with its server, also where an attempt wrote but one of them."""
    offices = Offices(bench)
    path = bench.directory / "relay.sock"
    for turn, kind in enumerate(("before", "reply")):
        offices.work(turn)
        before = dict(zip(ROLE, offices.seen()))
        expected = offices.merged()
        offices.plan()
        bench.remove("state.db.undo")
        with Relay(bench.servers["target"].socket, path, Fault(commits, 1, kind)):
            offices.manifest(west=str(path))
            bench.expect(0, "apply", "plan")
        offices.manifest()
        (file,) = (bench.directory / "state.db.undo").glob("*")
        kept, server, unit = {}, None, None
        units = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            line = json.loads(line)
            if "unit" in line and "sha256" not in line:
                unit = units[line["unit"]] = {}  # the last one counts
            elif "table" in line:
                server = line["server"]
            elif "op" in line:
                unit[server, int(line["key"][0])] = (line.get("before"), line.get("after"))
        for rows in units.values():
            kept.update(rows)
        written = {(member, number) for member in ROLE
                   for number in {*before[member], *expected}
                   if before[member].get(number) != expected.get(number)}
        check(set(kept) == written, f"kept {sorted(kept)}\nwritten {sorted(written)}")
        for (member, number), (was, now) in kept.items():
            for row, rows in ((was, before[member]), (now, expected)):
                value = row and row[1]
                check(value == (number in rows and rows[number][0] or None),
                      f"{member} {number}: kept {row}, there was {rows.get(number)}")
        offices.check_equal(expected, f"COMMIT lost ({kind})")


def two_runs_of_one_pair(bench):
    """Another state file, and a manifest that names the pair the other way round: locked out."""
    offices = Offices(bench)
    offices.manifest("other.toml", state="other.db")
    bench.expect(0, "-f", "other.toml", "plan", "-o", "first")
    bench.expect(0, "-f", "other.toml", "apply", "first")
    offices.work(1)
    expected = offices.merged()
    offices.plan()
    bench.expect(0, "-f", "other.toml", "plan", "-o", "other")
    running = bench.start("apply", "plan", env=stop_at("commit:2"))
    check(wait_stopped(bench, running, "its second COMMIT"), "it ended before")
    bench.expect(11, "-f", "other.toml", "apply", "other")
    go_on(running)
    done = running.wait()
    check(done.code == 0, f"expected exit 0\n{done}")
    offices.check_equal(expected, "while another was locked out")
    bench.expect((0, STALE), "-f", "other.toml", "apply", "other")
    offices.check_equal(expected, "the other one afterwards")


TESTS = (killed_between_two_servers, a_half_applied_plan_again, one_member_is_stale,
         rows_are_judged_alone, a_write_that_is_refused, locked_on_one_member,
         away_between_two_commits, commit_answers_lost, the_state_is_another, first_syncs,
         conflicts_wait, large_values_go_both_ways, both_are_kept_for_undo, two_runs_of_one_pair)
