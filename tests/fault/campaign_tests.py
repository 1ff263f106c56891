"""Campaigns: many writers on the source, runs that are killed again and again, not one row lost.

The writers change single rows and batches, leave transactions open, roll some back, and have
statements that wait behind another one's metadata lock; the target's rows are changed, too, while
a plan waits to be applied. They draw from the seed alone; how their work falls between the runs is
the machine's."""

import collections
import json
import random
import time

import pymysql

from bench import Worker, check, sample
from incremental_tests import INCREMENTAL, SCHEMA, STALE, start_in_zone, stored
from incremental_tests import sync as plan_and_apply
from servers import run_script
from sync_tests import KILLED, SYNC, go_on, kill_at, stop_at, wait_stopped

AT_MOST_S = 60
PARTIAL = 3
ROWS = 300
TURNS = 14
SECONDS = 10  # at least: marks of whole seconds must have the time to go on
# What a killed run must not be taken for, and what would compare all rows meanwhile.
NOT_FOUND = {"incremental_target_restored", "incremental_source_changed", "incremental_clock_back",
             "incremental_held_back"}
TABLES = SCHEMA + """
CREATE TABLE d (id INT PRIMARY KEY, v VARCHAR(30), changed DATETIME NOT NULL
  DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, KEY (changed)) ENGINE=InnoDB;
INSERT INTO d (id, v) SELECT i, CONCAT('v', i) FROM seq.n WHERE i BETWEEN 1 AND 60;
"""
WITH_DELETES = '[pair.p.limits]\nmax_deletes = "100%"\n'


def statement(chance):
    """One change of one table."""
    table, key, value = chance.choice("td"), chance.randrange(ROWS), f"{chance.getrandbits(60):x}"
    kind = chance.random()
    if kind < 0.08:
        return f"DELETE FROM {table} WHERE id = {key}"
    if kind < 0.2:
        return (f"UPDATE {table} SET v = CONCAT('{value}', id)"
                f" WHERE id BETWEEN {key} AND {key + chance.randrange(40)}")
    if kind < 0.3:
        rows = ", ".join(f"({key + i}, '{value}{i}')" for i in range(chance.randrange(2, 30)))
        return (f"INSERT INTO {table} (id, v) VALUES {rows}"
                " ON DUPLICATE KEY UPDATE v = CONCAT('again ', VALUES(v))")
    if kind < 0.65:
        # Written once: a later change of the row does not make good for its loss.
        key = chance.randrange(ROWS * 2, 2**31)
        return f"INSERT INTO {table} (id, v) VALUES ({key}, '{value}')"
    return (f"INSERT INTO {table} (id, v) VALUES ({key}, '{value}')"
            f" ON DUPLICATE KEY UPDATE v = '{value}'")


def single_rows(chance, connection, stop):
    """Statements that are transactions."""
    run_script(connection, statement(chance))
    stop.wait(chance.random() * 0.02)


def short_transactions(chance, connection, stop):
    """Several statements at once."""
    run_script(connection, "START TRANSACTION")
    for _ in range(chance.randrange(2, 20)):
        run_script(connection, statement(chance))
    run_script(connection, chance.choice(("COMMIT", "COMMIT", "COMMIT", "ROLLBACK")))
    stop.wait(chance.random() * 0.1)


def open_transactions(chance, connection, stop):
    """Transactions of up to some seconds: what they wrote has a time from long before."""
    run_script(connection, "START TRANSACTION")
    for _ in range(chance.randrange(1, 5)):
        run_script(connection, statement(chance))
        stop.wait(chance.random())
    run_script(connection, chance.choice(("COMMIT", "COMMIT", "ROLLBACK")))
    stop.wait(chance.random() * 0.5)


ACTS = (single_rows, single_rows, short_transactions, short_transactions, open_transactions,
        open_transactions, open_transactions)


class Writers:
    """Connections that change the source until they are told to stop."""

    def __init__(self, bench, zone, server=None, acts=ACTS):
        self.bench = bench
        self.zone = zone
        self.server = server or bench.servers["source"]
        self.changes = collections.Counter()
        self.workers = [Worker(lambda stop, act=act, seed=bench.random.getrandbits(32):
                               self.write(act, seed, stop)) for act in acts]
        self.workers.append(Worker(lambda stop, seed=bench.random.getrandbits(32):
                                   self.wait_behind_alter(seed, stop)))

    def connect(self):
        connection = self.server.connect(database=self.bench.db)
        run_script(connection, f"SET time_zone = '{self.zone}', innodb_lock_wait_timeout = 1")
        return connection

    def write(self, act, seed, stop):
        chance = random.Random(seed)
        connection = self.connect()
        while not stop.is_set():
            try:
                act(chance, connection, stop)
                self.changes[act.__name__] += 1
            except pymysql.err.OperationalError:  # a deadlock, a lock that was waited for in vain
                connection.rollback()
        connection.rollback()
        connection.close()

    def wait_behind_alter(self, seed, stop):
        """An ALTER waits for a reader, an INSERT behind it: no transaction shows when it began."""
        chance = random.Random(seed)
        number = 0
        while not stop.is_set():
            number += 1
            holder, writer = self.connect(), self.connect()
            # What only reads holds no mark back: the statements that wait must.
            run_script(holder, "START TRANSACTION READ ONLY; SELECT * FROM gate")
            alter = Worker(lambda _, column=f"c{number % 50}_{number}": self.server.execute(
                f"ALTER TABLE gate ADD COLUMN {column} INT", database=self.bench.db))
            self.bench.wait_for(lambda: self.waiting() == 1 or alter.failure, "the ALTER waits")
            sql = (f"INSERT INTO {chance.choice('td')} (id, v) SELECT {-number}, 'waited' FROM gate"
                   " WHERE id = 1")
            behind = Worker(lambda _: self.try_once(writer, sql))
            self.bench.wait_for(lambda: self.waiting() == 2 or behind.failure, "the INSERT waits")
            stop.wait(0.1 + chance.random())
            holder.rollback()
            holder.close()
            behind.finish()
            alter.finish()
            writer.close()
            stop.wait(chance.random())

    def try_once(self, connection, sql):
        try:
            run_script(connection, sql)
            self.changes["behind an ALTER"] += 1
        except pymysql.err.OperationalError:
            connection.rollback()

    def waiting(self):
        rows = self.server.execute(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST"
            f" WHERE STATE LIKE '%metadata lock%' AND DB = '{self.bench.db}'")
        return rows[0][0]

    def finish(self):
        for worker in self.workers:
            worker.stop.set()
        for worker in self.workers:
            worker.finish()


def one_run(bench):
    """A sync, perhaps killed: after a random time, or at a random point of its work."""
    chance = bench.random.random()
    if chance < 0.3:
        running = bench.start(*SYNC, "--json", env=kill_at(bench.random.randrange(1, 60)))
    else:
        running = bench.start(*SYNC, "--json")
        if chance < 0.55:
            time.sleep(bench.random.random() * 0.6)
            running.process.kill()
    done = running.wait()
    check(done.code in (0, PARTIAL, STALE, KILLED), f"{done}")
    if done.code == KILLED:
        wait_gone(bench)
    else:
        plans_of(done)
    return done.code


def plans_of(done):
    """What a run tells of its plans, of which none compared all rows for a wrong reason."""
    told = json.loads(done.out)["plans"]
    found = {finding["code"] for plan in told for finding in plan["findings"]}
    check(not found & NOT_FOUND, f"findings {found}\n{done}")
    return told


def edited_run(bench):
    """A sync that finds a row which it is about to write changed on the target meanwhile: its exit
    code, and how often it planned again."""
    running = bench.start(*SYNC, "--json", env=stop_at("plan kept:0"))
    edited = False
    while wait_stopped(bench, running, "a plan is made"):
        edited = edited or edit_planned(bench)
        go_on(running)
    done = running.wait()
    check(done.code in (0, PARTIAL, STALE), f"{done}")
    again = len(plans_of(done)) - 1
    check(again > 0 or not edited, f"what was stale was not planned again\n{done}")
    return done.code, again


def edit_planned(bench):
    """On the target, a row of the newest plan. False: it changes none."""
    # What a killed run was about to remove goes at the end of this one.
    kept = (path.name for path in (bench.directory / "state.db.plans").iterdir())
    directory = f"state.db.plans/{max(name for name in kept if not name.startswith('.'))}"
    changes = bench.changes(bench.read_plan(directory), directory)
    if not changes:
        return False
    change = bench.random.choice(changes)
    bench.execute("target", f"INSERT INTO {change['table']} (id, v) VALUES ({change['key'][0]},"
                            " 'edited') ON DUPLICATE KEY UPDATE v = CONCAT('edited ', RAND())")
    return True


def wait_gone(bench):
    """Its locks end when the servers see that a killed run is gone."""
    for role in bench.servers:
        bench.wait_for(lambda role=role: not bench.sessions(role), "the killed run's sessions")


def last_full(bench):
    return json.loads(bench.expect(0, "status", "--json").out)["pairs"][0]["last_full_compare_at"]


def wait_settled(bench):
    """The last stamp is behind `settle` and the second that is cut off."""
    source = bench.servers["source"]
    later = source.execute("SELECT NOW(6) + INTERVAL 2500000 MICROSECOND")[0][0]
    bench.wait_for(lambda: source.execute("SELECT NOW(6)")[0][0] > later, "the stamps settle")


def check_nothing_missing(bench, what):
    """Each row of the source is on the target as it is; deleted ones may be there still."""
    for table in "td":
        missing = bench.dump("source", table) - bench.dump("target", table)
        check(not missing,
              f"{what}: {missing.total()} rows of {table} are lost:{sample(missing)}")


def check_advanced(seen):
    """What watermarks were, run by run: they only go on, and do."""
    for address in seen[0]:
        values = [marks[address] for marks in seen]
        check(values == sorted(values), f"the watermark of {address} went back: {values}")
        check(len(set(values)) > 2, f"the watermark of {address} did not go on: {values}")


def load_tables(bench, zone):
    bench.load(f"SET time_zone = '{zone}';" + TABLES,
               source="CREATE TABLE gate (id INT PRIMARY KEY); INSERT INTO gate VALUES (1);")
    settle = INCREMENTAL.replace('settle = "0s"', 'settle = "1s"')
    bench.manifest(tables=f'"{bench.db}.t", "{bench.db}.d"',
                   pair=f'{settle}time_zone = "{zone}"\n{WITH_DELETES}')


def campaign(bench, zone):
    vendor = bench.stage.target.vendor
    bench.servers = {"source": start_in_zone(bench, zone),
                     "target": bench.stage.servers.start(vendor, "--log-bin=bin", "--server-id=91")}
    bench.servers["target"].execute(
        "CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost")
    try:
        load_tables(bench, zone)
        return run_campaign(bench, zone)
    finally:
        for server in bench.servers.values():
            server.kill()
        bench.servers = {"source": bench.stage.source, "target": bench.stage.target}


def run_campaign(bench, zone):
    bench.expect(0, *SYNC)
    full = last_full(bench)
    seen = [stored(bench)]
    codes = collections.Counter()
    replanned = 0
    writers = Writers(bench, zone)
    try:
        end = time.monotonic() + SECONDS * bench.stage.rounds
        # Not each run has a row to edit: it goes on until one had.
        while (codes.total() < TURNS * bench.stage.rounds or time.monotonic() < end
               or (not replanned and time.monotonic() < end + AT_MOST_S)):
            code, again = edited_run(bench) if codes.total() % 4 == 3 else (one_run(bench), 0)
            codes[code] += 1
            replanned += again
            seen.append(stored(bench))
    finally:
        writers.finish()
    check_advanced(seen)
    check(len(writers.changes) == 4, f"a kind of writer did nothing: {writers.changes}")
    check(codes[KILLED] and codes[0], f"exits {codes}")
    check(replanned, "nothing was stale and planned again")
    wait_settled(bench)
    done = bench.expect(0, *SYNC)
    check_nothing_missing(bench, f"after one more sync\n{done}")
    check(last_full(bench) == full, "all rows were compared meanwhile")
    bench.expect(0, *SYNC, "--full")
    for table in "td":
        check(bench.dump("source", table) == bench.dump("target", table), f"{table} after --full")
    check(not bench.unsettled(), "the state has unsettled units")
    moved = len({marks[f"p/{bench.db}.t"] for marks in seen})
    return (f"seed {bench.stage.seed}, exits {dict(codes)}, {moved} watermarks,"
            f" {replanned} times planned again, {dict(writers.changes)}")


def campaign_east(bench):
    """Servers in time zones east of Greenwich."""
    return campaign(bench, "+05:45")


def campaign_west(bench):
    """And west of it."""
    return campaign(bench, "-03:00")


def campaign_plans(bench):
    """The same with plan and apply, of which the plan is the older the longer apply waits."""
    load_tables(bench, "+00:00")
    plan_and_apply(bench)
    first = stored(bench)
    writers = Writers(bench, "+00:00")
    codes = collections.Counter()
    try:
        for _ in range(TURNS * bench.stage.rounds):
            plan = bench.plan()
            check(not any(table["watermark"]["full"] for table in plan["tables"]), "full")
            running = bench.start("apply", "--on-stale", "skip", "plan")
            if bench.random.random() < 0.4:
                time.sleep(bench.random.random() * 0.3)
                running.process.kill()
            done = running.wait()
            check(done.code in (0, PARTIAL, STALE, KILLED), f"{done}")
            codes[done.code] += 1
            if done.code == KILLED:
                wait_gone(bench)
    finally:
        writers.finish()
    moved = stored(bench)
    check(all(moved[address] > first[address] for address in first),
          f"a watermark did not move while rows were written: {first} {moved}")
    wait_settled(bench)
    plan_and_apply(bench)
    check_nothing_missing(bench, "after one more plan")
    return f"seed {bench.stage.seed}, exits {dict(codes)}"


TESTS = (campaign_east, campaign_west, campaign_plans)
