"""Others write to the tables while rows are compared and written."""

import collections
import time

import pymysql

from bench import Worker, check
from servers import run_script

ROWS = 10_000
PAIR = "max_unit_rows = 1000\n"
PAIR_DELAY_S = 0.003  # from a write on the source to the same on the target, as replication has it
SCHEMA = """
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), n INT NOT NULL) ENGINE=InnoDB;
INSERT INTO t SELECT i, CONCAT('v', i), 0 FROM seq.n WHERE i BETWEEN 1 AND 10000;
"""

KEYLESS_SCHEMA = """
CREATE TABLE log (n INT, ratio FLOAT, KEY (n)) ENGINE=InnoDB;
INSERT INTO log SELECT i MOD 50, 0.1 FROM seq.n WHERE i BETWEEN 1 AND 5000;
"""


class Replay:
    """Writes the same to the source and, a moment later, to the target."""

    def __init__(self, bench, delay_s):
        self.bench = bench
        self.delay_s = delay_s
        self.random = bench.random
        self.touched = set()
        self.writes = 0
        self.worker = Worker(self.work)

    def statement(self):
        number = self.random.randrange(1, ROWS + 200)
        self.touched.add(number)
        kind = self.random.random()
        if kind < 0.15:
            return f"DELETE FROM t WHERE id = {number}"
        if kind < 0.4:
            return (f"INSERT INTO t VALUES ({number}, 'new', {self.writes}) ON DUPLICATE KEY"
                    f" UPDATE n = {self.writes}")
        return f"UPDATE t SET v = 'w{self.writes}', n = n + 1 WHERE id = {number}"

    def work(self, stop):
        connections = [self.bench.servers[role].connect(database=self.bench.db)
                       for role in ("source", "target")]
        while not stop.is_set():
            sql = "; ".join(self.statement() for _ in range(self.random.randrange(1, 6)))
            for connection in connections:
                run_script(connection, f"START TRANSACTION; {sql}; COMMIT")
                stop.wait(self.delay_s * self.random.uniform(0.5, 1))
            self.writes += 1


def plans_of_busy_tables(bench):
    """Rows in flight between source and target come to rest: later plans do not name them, and a
    plan that did undoes nothing."""
    bench.load(SCHEMA)
    seen = []
    for turn in range(3 * bench.stage.rounds):
        # Every third turn rows are in flight for so long that plans must see them.
        slow = turn % 3 == 2
        bench.manifest(pair=PAIR + ("recheck = 0\n" if slow else ""))
        replay = Replay(bench, 0.2 if slow else PAIR_DELAY_S)
        bench.wait_for(lambda: replay.writes > 2 or replay.worker.failure, "the first writes")
        for number in range(3):
            plan = bench.plan(f"busy{number}")
            touched = set(replay.touched)
            changes = bench.changes(plan, f"busy{number}")
            strange = [change for change in changes if int(change["key"][0]) not in touched]
            check(not strange, f"changes of rows that nobody touched: {strange[:5]}")
            seen.append(len(changes))
        # Rows are in flight for most of the time now: some plan must see them.
        for _ in range(50 if slow else 0):
            if sum(seen) > 0:
                break
            seen.append(len(bench.changes(bench.plan("busy2"), "busy2")))
        replay.worker.finish()
        changes = bench.changes(bench.plan())
        check(not changes, f"turn {turn}: the servers are equal, but the plan says {changes[:5]}")
        bench.check_converged("the writer itself")
        for number in range(3):
            bench.expect((0, 3, 10), "apply", f"busy{number}", "--on-stale", "skip",
                         *(("--verify", "rows") if number == 2 else ()))
            bench.check_converged("a plan of rows in flight, applied when they had arrived")
    check(sum(seen) > 0, "no plan saw a row in flight")
    return f"changes in flight: {' '.join(map(str, seen))}"


class ReplayOfCopies(Replay):
    """The same for a table without a key: copies of few rows come and go."""

    def statement(self):
        number = self.random.randrange(50)
        if self.random.random() < 0.5:
            return f"DELETE FROM log WHERE n = {number} LIMIT 2"
        return f"INSERT INTO log VALUES ({number}, 0.1), ({number}, 0.1)"


def plans_of_busy_copies(bench):
    """Copies in flight are no lasting difference, and a plan that names some undoes nothing."""
    bench.load(KEYLESS_SCHEMA)
    seen = 0
    for slow in (False, True):
        bench.manifest(pair=PAIR + ("recheck = 0\n" if slow else ""))
        replay = ReplayOfCopies(bench, 0.2 if slow else PAIR_DELAY_S)
        bench.wait_for(lambda: replay.writes > 2 or replay.worker.failure, "the first writes")
        for number in range(4):
            seen += len(bench.changes(bench.plan(f"copies{number}"), f"copies{number}"))
        # Rows are in flight for most of the time now: some plan must see them.
        for _ in range(50 if slow else 0):
            if seen:
                break
            seen += len(bench.changes(bench.plan("copies3"), "copies3"))
        replay.worker.finish()
        changes = bench.changes(bench.plan())
        check(not changes, f"the servers are equal, but the plan says {changes[:5]}")
        for number in range(4):
            bench.expect((0, 3, 10), "apply", f"copies{number}", "--on-stale", "skip")
            bench.check_converged("a plan of copies in flight, applied when they had arrived")
    check(seen > 0, "no plan saw a row in flight")
    return f"{seen} changes in flight"


def planned_ranges(plan):
    ranges = [(chunk["low"], chunk["high"]) for chunk in plan["tables"][0]["chunks"]]
    return [(int(low[0]) if low else -1, int(high[0]) if high else 1 << 30)
            for low, high in ranges]


class OtherWriter:
    """Writes to the target alone, and remembers what was acknowledged."""

    def __init__(self, bench, rows):
        self.bench = bench
        self.rows = rows
        self.written = {}
        self.lost = collections.Counter()
        self.worker = Worker(self.work)

    def work(self, stop):
        connection = self.bench.servers["target"].connect(
            database=self.bench.db, init_command="SET innodb_lock_wait_timeout = 1")
        number = 0
        with connection.cursor() as cursor:
            while not stop.is_set():
                row = self.bench.random.choice(self.rows)
                number += 1
                try:
                    if cursor.execute(
                            f"UPDATE t SET v = 'foreign {number}' WHERE id = {row}") == 1:
                        self.written[row] = f"foreign {number}"
                except pymysql.err.OperationalError as error:
                    self.lost[error.args[0]] += 1  # not acknowledged
                time.sleep(0.001)

    def finish(self):
        self.worker.finish()
        check(len(self.written) > 10, f"only {len(self.written)} rows were written")
        now = dict(self.bench.execute("target", "SELECT id, v FROM t"))
        for row, value in self.written.items():
            check(now.get(row) == value,
                  f"row {row}: acknowledged was {value!r}, now it is {now.get(row)!r}")


def writer_beside_apply(bench):
    """What others write during apply survives: in other chunks without hindering, in ours too."""
    bench.load(SCHEMA, target="UPDATE t SET n = 1 WHERE id BETWEEN 3000 AND 7000 AND id MOD 40 = 0;"
                              "DELETE FROM t WHERE id BETWEEN 3000 AND 7000 AND id MOD 41 = 1;"
                              "INSERT INTO t SELECT 20000 + i, 'extra', 0 FROM seq.n WHERE i < 50")
    bench.manifest(pair="chunk_rows = 30\nmax_unit_rows = 1000\n")
    bench.remember_start()
    plan = bench.plan()
    units = len(plan["units"])
    check(units > 30, f"the plan has {units} units")
    ranges = planned_ranges(plan)
    outside = [row for row in range(1, ROWS)
               if not any(low < row <= high for low, high in ranges)]
    inside = [*range(3000, 7001), *range(20000, 20050)]  # rows that apply deletes, too
    codes = collections.Counter()
    for turn in range(4 * bench.stage.rounds):
        bench.new_state()
        writer = OtherWriter(bench, outside if turn % 2 == 0 else inside)
        bench.wait_for(lambda: len(writer.written) > 5 or writer.worker.failure, "the writer")
        done = bench.run("apply", "plan", "--on-stale", "skip",
                         *(("--verify", "rows") if turn % 4 >= 2 else ()))
        writer.finish()
        codes[done.code] += 1
        if turn % 2 == 0:
            check(done.code == 0, f"a writer elsewhere hindered apply\n{done}")
        else:
            check(done.code in (0, 3, 10, 75), f"a writer in planned chunks\n{done}")
        bench.reset_target()
    return f"exit codes {dict(codes)}"


TESTS = (plans_of_busy_tables, plans_of_busy_copies, writer_beside_apply)
