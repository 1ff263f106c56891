"""Rows change between plan and apply: what is not as planned is left alone, whole units of it."""

from bench import check

STALE, PARTIAL = 10, 3
ROWS = 400
SCHEMA = """
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), u INT UNIQUE) ENGINE=InnoDB;
CREATE TABLE other (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB;
INSERT INTO t SELECT i, CONCAT('v', i), i FROM seq.n WHERE i BETWEEN 1 AND 400;
INSERT INTO other SELECT i, CONCAT('v', i) FROM seq.n WHERE i BETWEEN 1 AND 400;
"""
# Rows 10 and 390 exchange their u: their chunks are one unit.
DAMAGE = """
UPDATE t SET u = -id WHERE id IN (10, 390); UPDATE t SET u = 400 + u WHERE id IN (10, 390);
UPDATE t SET v = 'wrong' WHERE id IN (60, 61, 200); DELETE FROM t WHERE id IN (62, 300);
INSERT INTO t VALUES (401, 'extra', 401); UPDATE other SET v = 'wrong' WHERE id IN (50, 350);
"""
PAIR = "chunk_rows = 20\n"


class Plan:
    """A plan, and which unit each row is in."""

    def __init__(self, bench):
        self.bench = bench
        document = bench.plan()
        self.units = len(document["units"])
        self.changes = bench.changes(document)
        self.by_row = {(change["table"], int(change["key"][0])): change["unit"]
                       for change in self.changes}
        self.chunks = {table["address"].partition(".")[2]: table["chunks"]
                       for table in document["tables"]}

    def unit_of_range(self, table, number):
        """The unit of the chunk around a row, planned or not; None if no chunk is around it."""
        for chunk in self.chunks[table]:
            low = int(chunk["low"][0]) if chunk["low"] else None
            high = int(chunk["high"][0]) if chunk["high"] else None
            if (low is None or low < number) and (high is None or number <= high):
                return chunk["unit"]
        return None

    def rows_of(self, unit):
        return [row for row, of in self.by_row.items() if of == unit]

    def unplanned(self, table, inside):
        """A row that no change concerns, inside a chunk of the plan or outside of all."""
        for number in range(2, ROWS):
            is_inside = self.unit_of_range(table, number) is not None
            if (table, number) not in self.by_row and is_inside == inside:
                return number
        raise AssertionError("no such row")


def row(bench, role, table, number):
    return bench.execute(role, f"SELECT * FROM {table} WHERE id = {number}")


def write(bench, role, table, number):
    """Somebody else's write, to a row that may be missing or not."""
    if row(bench, role, table, number):
        bench.execute(role, f"UPDATE {table} SET v = 'foreign' WHERE id = {number}")
    elif table == "t":
        bench.execute(role, f"INSERT INTO t VALUES ({number}, 'foreign', 5000)")
    else:
        bench.execute(role, f"INSERT INTO {table} VALUES ({number}, 'foreign')")


def reload(bench):
    bench.new_state()
    for role in ("source", "target"):
        bench.execute(role, f"DROP TABLE IF EXISTS t, other; {SCHEMA}"
                            f"{DAMAGE if role == 'target' else ''}")
    return Plan(bench)


def check_only_others_applied(bench, plan, unit, before, what):
    """Rows of the stale unit are as they were before apply; all other planned rows are done."""
    for (table, number), of in plan.by_row.items():
        target = row(bench, "target", table, number)
        if of == unit:
            check(target == before[table, number],
                  f"{what}: {table} {number} of the stale unit was {before[table, number]}, is"
                  f" {target}")
        else:
            check(target == row(bench, "source", table, number),
                  f"{what}: {table} {number} of another unit was not applied: {target}")


def stale_unit(bench, role, table, number, options, codes):
    """A foreign write to this row makes its unit stale, and no other one."""
    plan = reload(bench)
    unit = plan.unit_of_range(table, number)
    what = f"{role} {table} {number} written, apply {' '.join(options)}"
    check(unit is not None, f"{what}: the row is in no unit")
    write(bench, role, table, number)
    before = {row_: row(bench, "target", *row_) for row_ in plan.by_row}
    written = row(bench, role, table, number)
    everything = bench.dump_all("target")
    bench.expect(codes, "apply", "plan", "--dry-run", *options)
    bench.check_dumps("target", everything, "dry run")
    done = bench.expect(codes, "apply", "plan", *options)
    for planned in plan.rows_of(unit):
        check(row(bench, "target", *planned) == before[planned],
              f"{what}: {planned} of the stale unit was written\n{done}")
    check(row(bench, role, table, number) == written, f"{what}: the foreign write is gone")
    if "skip" in options:
        check_only_others_applied(bench, plan, unit, before, what)


def stale_units(bench):
    """Foreign writes in planned chunks: 10, or 3 with --on-stale skip; the unit is untouched."""
    bench.load(SCHEMA, target=DAMAGE)
    bench.manifest(pair=PAIR)
    plan = Plan(bench)
    check(plan.units >= 6, f"the plan has {plan.units} units")
    check(plan.by_row["t", 10] == plan.by_row["t", 390], "exchanged values are not one unit")
    neighbour = plan.unplanned("t", inside=True)
    for role in ("source", "target"):
        for table, number in (("t", 10), ("t", 390), ("t", 61), ("t", 62), ("t", 401),
                              ("t", neighbour), ("other", 350)):
            stale_unit(bench, role, table, number, (), (STALE,))
            stale_unit(bench, role, table, number, ("--on-stale", "skip"), (PARTIAL,))


def verify_rows(bench):
    """--verify rows: neighbours of planned rows may change, and columns that are not planned."""
    bench.load(SCHEMA, target=DAMAGE)
    bench.manifest(pair=PAIR)
    skip = ("--verify", "rows", "--on-stale", "skip")
    for role in ("source", "target"):
        for number in (61, 62, 401):
            stale_unit(bench, role, "t", number, skip, (PARTIAL,))
        plan = reload(bench)
        neighbour = plan.unplanned("t", inside=True)
        for number in (neighbour, 10):  # of row 10 another column is planned
            write(bench, role, "t", number)
        bench.expect(0, "apply", "plan", "--verify", "rows")
        for number in (neighbour, 10):
            check(row(bench, role, "t", number)[0][1] == "foreign", "the foreign write is gone")
        for table, number in set(plan.by_row) - {("t", 10)}:
            check(row(bench, "target", table, number) == row(bench, "source", table, number),
                  f"{table} {number} was not applied")
        check(row(bench, "target", "t", 10)[0][2] == 10, "row 10 was not applied")


def change_elsewhere(bench):
    """A foreign write outside of all planned chunks hinders nothing and is kept."""
    bench.load(SCHEMA, target=DAMAGE)
    bench.manifest(pair=PAIR)
    for role in ("source", "target"):
        plan = reload(bench)
        numbers = {table: plan.unplanned(table, inside=False) for table in ("t", "other")}
        for table, number in numbers.items():
            write(bench, role, table, number)
        bench.expect(0, "apply", "plan")
        for table, number in numbers.items():
            check(row(bench, role, table, number)[0][1] == "foreign", "the foreign write is gone")
        for planned in plan.by_row:
            check(row(bench, "target", *planned) == row(bench, "source", *planned),
                  f"{planned} was not applied")


def job_changed(bench):
    """The schema, the job, or the server is not what was planned: exit 10, and no write."""
    bench.load(SCHEMA, target=DAMAGE)
    alters = ("ALTER TABLE t ADD COLUMN more INT", "ALTER TABLE t MODIFY v VARCHAR(21)",
              "ALTER TABLE t DROP INDEX u", "DROP TABLE other", "ALTER TABLE other RENAME gone",
              "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'x'")
    for sql in alters:
        bench.manifest(pair=PAIR)
        reload(bench)
        bench.execute("target", sql)
        before = bench.dump_all("target")
        bench.expect(STALE, "apply", "plan")
        bench.check_dumps("target", before, sql)
        bench.execute("target", "DROP TABLE IF EXISTS gone, t")
    reload(bench)
    before = bench.dump_all("target")
    for extra in ('where = "id > 5"\n', 'ignore_columns = ["v"]\n', 'deletes = "ignore"\n'):
        bench.manifest(pair=PAIR + extra)
        bench.expect(STALE, "apply", "plan")
    bench.manifest(pair=PAIR, source=bench.servers["target"].socket,
                   target=bench.servers["source"].socket)
    bench.expect(STALE, "apply", "plan")
    bench.check_dumps("target", before, "another job")


TESTS = (stale_units, verify_rows, change_elsewhere, job_changed)
