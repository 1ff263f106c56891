"""Small tables: what they cost is counted by the servers, and what they hold is seen all the same
where the servers take a large table for a small one."""

from bench import check
from read_tests import content

FEW, MANY = 5, 45
ROWS = 60_000
COUNTED = ("Questions", "Com_select", "Com_stmt_prepare", "Com_stmt_execute", "Com_begin",
           "Com_rollback")
EXACT = "id INT PRIMARY KEY, v VARCHAR(20), d DATETIME(3), n DECIMAL(10,2), e ENUM('a', 'b')"
ROWS_OF_EXACT = "(1, 'one', '2026-01-02 03:04:05.678', 1.50, 'a'), (2, '', NULL, -1, NULL)"
# Table by table: columns, rows, and what one costs each server where both sides are equal.
KINDS = (
    ("exact as text", EXACT, ROWS_OF_EXACT, {"Com_select": 1}),
    ("with a DOUBLE", "id INT PRIMARY KEY, f DOUBLE", "(1, 0.1), (2, NULL)",
     {"Com_stmt_prepare": 1, "Com_stmt_execute": 1}),
    ("sorted by bytes", "k VARCHAR(20) PRIMARY KEY, v INT", "('a', 1), ('B', 2)",
     {"Com_select": 1}),
    ("without a key", "a INT, b VARCHAR(20)", "(1, 'x'), (1, 'x'), (2, NULL)",
     {"Com_select": 1}),
)


def counters(bench, role):
    names = ", ".join(f"'{name}'" for name in COUNTED)
    rows = bench.execute(role, f"SHOW GLOBAL STATUS WHERE Variable_name IN ({names})")
    return {name: int(value) for name, value in rows}


def cost_of_check(bench, tables):
    """What a check of these tables adds to each server's counters."""
    bench.manifest(pair="threads = 1", tables=tables)
    before = {role: counters(bench, role) for role in bench.servers}
    bench.expect(0, "check")
    return {role: {name: value - before[role][name]
                   for name, value in counters(bench, role).items()} for role in bench.servers}


def small_tables_in_one_trip(bench):
    """A small table costs each server one statement; two trips where its text is not exact; never a
    transaction."""
    schema = ""
    for kind, (_, columns, rows, _) in enumerate(KINDS):
        for number in range(MANY):
            table = f"k{kind}_{number}"
            schema += f"CREATE TABLE {table} ({columns}) ENGINE=InnoDB;" \
                      f"INSERT INTO {table} VALUES {rows};"
    bench.load(schema)
    told = []
    for kind, (name, _, _, expected) in enumerate(KINDS):
        all_of = [f'"{bench.db}.k{kind}_{number}"' for number in range(MANY)]
        few = cost_of_check(bench, ", ".join(all_of[:FEW]))
        many = cost_of_check(bench, ", ".join(all_of))
        for role in bench.servers:
            each = {counter: (many[role][counter] - few[role][counter]) / (MANY - FEW)
                    for counter in COUNTED}
            questions = each.pop("Questions")
            # What is executed is counted as a SELECT, too.
            each["Com_select"] -= each["Com_stmt_execute"]
            trips = {counter: count for counter, count in each.items() if count}
            check(trips == expected, f"{name}, {role}: one table costs {trips}")
            # A session that ends may be counted a moment later.
            check(round(questions, 1) == 1, f"{name}, {role}: {questions} questions a table")
        told.append(f"{name} {sum(expected.values())}")
    return "trips a table and server: " + ", ".join(told)


def large_table_taken_for_small(bench):
    """The servers take a table for empty. Its plan is the same, also by snapshots of an age."""
    schema = """
CREATE TABLE t (id INT PRIMARY KEY, v INT NOT NULL, w VARCHAR(20)) ENGINE=InnoDB
  STATS_PERSISTENT=1 STATS_AUTO_RECALC=0;
ANALYZE TABLE t;
INSERT INTO t SELECT a.i * 6 + b.i, 0, CONCAT('row ', a.i) FROM seq.n a, seq.n b
  WHERE b.i < 6 AND a.i < 10000;
"""
    damage = "UPDATE t SET v = -1 WHERE id MOD 4001 = 7; DELETE FROM t WHERE id < 3;" \
             "INSERT INTO t VALUES (-1, 1, 'extra'), (70000, 1, 'extra')"
    bench.load(schema, target=damage)
    pair = "threads = 1\nchunk_rows = 50\n"
    bench.manifest(pair=pair)
    before = counters(bench, "source")
    taken = bench.plan("taken")
    unrested = counters(bench, "source")
    bench.manifest(pair=pair + '[pair.p.throttle]\nmax_snapshot_age = "1ms"\n')
    bench.plan("rested")
    rested = counters(bench, "source")
    bench.execute("source", "ANALYZE TABLE t")
    bench.manifest(pair=pair)
    bench.plan("known")
    check(taken["summary"]["update"] > 0 and taken["summary"]["rows_compared"] == ROWS,
          f"{taken['summary']}")
    for other in ("rested", "known"):
        check(content(bench, "taken") == content(bench, other), f"another plan: {other}")
    once = unrested["Com_begin"] - before["Com_begin"]
    often = rested["Com_begin"] - unrested["Com_begin"]
    check(often >= once + 10, f"{once} snapshots, with an age limit {often}")
    return f"{once} snapshots, with an age limit {often}"


TESTS = (small_tables_in_one_trip, large_table_taken_for_small)
