"""Readings that rest: snapshots of an age, and what is planned across several of them."""

from bench import Worker, check
from read_tests import content
from servers import run_script

AGE = '[pair.p.throttle]\nmax_snapshot_age = "{}"\n'
ROWS = 60_000
SCHEMA = """
CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL, w VARCHAR(20)) ENGINE=InnoDB;
INSERT INTO t SELECT a.i * 6 + b.i, 0, CONCAT('row ', a.i) FROM seq.n a, seq.n b
  WHERE b.i < 6 AND a.i < 10000;
ANALYZE TABLE t;
"""
# In equal chunks, in chunks that differ, and at both ends; some chunks have no row any more.
DAMAGE = """
UPDATE t SET v = -1 WHERE id MOD 4001 = 7 OR id BETWEEN 20000 AND 24000;
DELETE FROM t WHERE id IN (0, 59999) OR id BETWEEN 40000 AND 41000;
INSERT INTO t VALUES (-1, 1, 'extra'), (60007, 1, 'extra');
"""


def transactions(bench):
    """How many were begun so far, on each server."""
    return [int(bench.execute(role, "SHOW GLOBAL STATUS LIKE 'Com_begin'")[0][1])
            for role in bench.servers]


def plan_counted(bench, directory, pair):
    """A plan's content, how many snapshots each server gave for it, and the log."""
    bench.manifest(pair=pair)
    before = transactions(bench)
    done = bench.expect(0, "plan", "-o", directory, "--log-level", "info")
    after = transactions(bench)
    return content(bench, directory), [b - a for a, b in zip(before, after)], done.err


def snapshots_of_an_age(bench):
    """A table is read in one snapshot after the other, and its plan is the same byte by byte: by
    one thread, by ranges, by checksums, with a filter, and where there is no second look."""
    bench.load(SCHEMA, target=DAMAGE)
    told = []
    for number, (name, pair) in enumerate((
            ("one reader", "threads = 1\nchunk_rows = 50\n"),
            ("ranges", "threads = 4\nchunk_rows = 10\n"),
            ("checksums", 'method = "checksum"\nchunk_rows = 2\n'),
            ("a filter", 'where = "id < 50000"\nchunk_rows = 50\n'),
            ("no second look", "recheck = 0\nthreads = 1\nchunk_rows = 50\n"))):
        young, few, log = plan_counted(bench, f"whole{number}", pair)
        check(("t: read in " in log) == (name == "ranges"), f"{name}: ranges or none\n{log}")
        rested, many, _ = plan_counted(bench, f"rested{number}", pair + AGE.format("1ms"))
        check(young == rested, f"{name}: another plan: {young['summary']}, {rested['summary']}")
        check(young["summary"]["update"] > 0 and young["complete"], f"{young['summary']}")
        for whole, parts in zip(few, many):
            check(parts >= whole + 10, f"{name}: {whole} snapshots, with an age limit {parts}")
        told.append(f"{name} {few} {many}")
    return "; ".join(told)


def rests_while_written(bench):
    """Rows change while a plan goes from snapshot to snapshot. What it says of the target is so,
    and what it plans for a row becomes the source's row, or is stale."""
    bench.load(SCHEMA, target=DAMAGE)
    bench.remember_start()
    target = rows_of(bench, "target")
    told = []
    for turn, threads in enumerate((1, 4) * bench.stage.rounds):
        bench.manifest(pair=f"threads = {threads}\nchunk_rows = 10\nmax_unit_rows = 100000\n"
                            'limits = { max_deletes = "100%" }\n' + AGE.format("1ms"))
        writer = Worker(lambda stop: write(bench, stop))
        plan = bench.plan(f"plan{turn}")
        writer.finish()
        source = rows_of(bench, "source")
        changes = bench.changes(plan, f"plan{turn}")
        for change in changes:
            check_before(change, target)
        bench.expect((0, 3), "apply", f"plan{turn}", "--on-stale", "skip")
        applied = stale = 0
        after = rows_of(bench, "target")
        for change in changes:
            key = int(change["key"][0])
            if after.get(key) == source.get(key):
                applied += 1
            else:
                check(after.get(key) == target.get(key), f"neither applied nor left: {change}")
                stale += 1
        planned = {int(change["key"][0]) for change in changes}
        for key in after.keys() | target.keys():
            check(key in planned or after.get(key) == target.get(key), f"not planned: {key}")
        check(applied > 0, f"of {len(changes)} changes none was applied")
        bench.plan("rest")
        bench.expect(0, "apply", "rest")
        bench.check_converged("what was stale is planned again")
        bench.reset_target()
        told.append(f"{applied} applied, {stale} stale")
    check(any(" 0 stale" not in text for text in told), "the writer met no plan")
    return "; ".join(told)


def rows_of(bench, role):
    return {row[0]: tuple(row[1:]) for row in bench.execute(role, "SELECT id, v, w FROM t")}


def check_before(change, rows):
    """The target, to which nobody writes, had just what the change says."""
    row = rows.get(int(change["key"][0]))
    check((row is None) == (change["op"] == "insert"), f"{change}, but the target has {row}")
    if change["op"] == "update":
        for name, value in change["before"].items():
            check(str(row[("v", "w").index(name)]) == value, f"{change}, but {row}")


def write(bench, stop):
    """Rows change, come and go, and move to another key."""
    connection = bench.servers["source"].connect(database=bench.db)
    try:
        for count in range(1, 1_000_000):
            if stop.is_set():
                return
            key, other = bench.random.sample(range(-10, ROWS + 10), 2)
            run_script(connection, "START TRANSACTION;" + bench.random.choice((
                f"UPDATE t SET v = {count} WHERE id = {key}",
                f"UPDATE t SET v = {count} WHERE id BETWEEN {key} AND {key + 30}",
                f"DELETE FROM t WHERE id = {key}",
                f"DELETE FROM t WHERE id = {key}; INSERT INTO t VALUES ({key}, {count}, 'new')",
                f"DELETE FROM t WHERE id = {other};"
                f"UPDATE t SET id = {other} WHERE id = {key}")) + "; COMMIT")
            stop.wait(0.02)  # else rows change faster than a slow machine can look at them
    finally:
        connection.close()


TESTS = (snapshots_of_an_age, rests_while_written)
