"""Incremental syncs: no row is lost, whatever is under way on the source, and watermarks move only
with the rows."""

import json
import os
import time

import pymysql

from bench import Worker, check
from servers import run_script

STALE, NOT_APPLYABLE, NO_SIGHT = 10, 13, 12
ZONES = {"+05:45": "<+0545>-05:45", "-03:00": "<-03>03:00"}  # as POSIX writes them
FSP = "TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"
SCHEMA = f"""
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), changed {FSP}, KEY (changed)) ENGINE=InnoDB;
INSERT INTO t (id, v) SELECT i, CONCAT('v', i) FROM seq.n WHERE i BETWEEN 1 AND 60;
"""
INCREMENTAL = '[pair.p.incremental]\ncolumn = "changed"\nsettle = "0s"\noverlap = "0s"\n'


def load(bench, schema=SCHEMA, incremental=INCREMENTAL, pair=""):
    bench.load(schema)
    bench.manifest(pair=pair + incremental)


def mark(plan, table=0):
    return plan["tables"][table]["watermark"]


def sync(bench, **options):
    """A plan, applied; what it was."""
    plan = bench.plan(**options)
    bench.expect(0, "apply", "plan")
    return plan


def sync_until_equal(bench, what):
    """Everything on the source has been committed: it arrives without a full comparison."""
    for _ in range(40):
        plan = sync(bench)
        check(not mark(plan)["full"], f"{what}: a full comparison")
        tables = [table["address"].partition(".")[2] for table in plan["tables"]]
        if all(bench.dump("source", table) == bench.dump("target", table) for table in tables):
            return
        time.sleep(0.1)
    bench.check_converged(what)


def stored(bench):
    """Watermarks by address."""
    listed = json.loads(bench.expect(0, "state", "list", "--json").out)
    return {mark["address"]: mark["value"] for pair in listed["pairs"]
            for mark in pair["watermarks"]}


def codes(plan):
    return {finding["code"] for finding in plan["findings"]}


def server_time(bench, role="source"):
    """As a watermark has it."""
    rows = bench.execute(role, "SET time_zone = '+00:00'; SELECT CAST(NOW(6) AS CHAR)")
    return rows[0][0]


def incremental_only_changes(bench):
    """First all rows, then what changed; deletes wait for --full; watermarks move with apply."""
    load(bench)
    bench.execute("target", "DELETE FROM t WHERE id < 9; UPDATE t SET v = 'old' WHERE id > 50")
    first = bench.plan()
    check(mark(first)["from"] is None and mark(first)["full"], f"first: {mark(first)}")
    check(not (bench.directory / "state.db").exists(), "a plan made a state file")
    bench.expect(0, "apply", "plan")
    check(list(stored(bench).values()) == [mark(first)["to"]], "apply did not move the watermark")
    bench.execute("source", "UPDATE t SET v = 'new' WHERE id IN (3, 30);"
                            "INSERT INTO t (id, v) VALUES (100, 'new'); DELETE FROM t WHERE id = 7")
    for _ in range(50):
        second = bench.plan()
        check(mark(second)["from"] == mark(first)["to"], f"second: {mark(second)}")
        check(mark(second)["to"] >= mark(first)["to"], f"the watermark goes back: {mark(second)}")
        if second["summary"]["update"] == 2:
            break
    check(not mark(second)["full"], "all rows were compared again")
    ops = [(change["op"], change["key"]) for change in bench.changes(second)]
    check(sorted(ops) == [("insert", ["100"]), ("update", ["3"]), ("update", ["30"])], f"{ops}")
    check({chunk["kind"] for chunk in second["tables"][0]["chunks"]} == {"keys"}, "not keys chunks")
    before = stored(bench)
    bench.expect((0, 2), "check")
    bench.expect(0, "show", "plan")
    bench.expect(0, "apply", "--dry-run", "plan")
    check(stored(bench) == before, "plan, check, show or a dry run moved the watermark")
    bench.expect(0, "apply", "plan")
    bench.expect(0, "apply", "plan")
    check(list(stored(bench).values()) == [mark(second)["to"]], "the watermark did not move")
    full = bench.plan("full", 0)
    check(not mark(full)["full"] and full["summary"]["delete"] == 0, "an unasked delete")
    bench.expect(0, "plan", "-o", "full", "--overwrite", "--full")
    full = bench.read_plan("full")
    check(mark(full)["full"] and full["summary"]["delete"] == 1, f"{full['summary']}")
    bench.expect(0, "apply", "full")
    bench.check_converged("after --full")


def incremental_no_state(bench):
    """Another machine's state file: a first plan sets its watermark, a later one moves nothing."""
    load(bench)
    sync(bench)
    bench.execute("source", "UPDATE t SET v = 'new' WHERE id = 5")
    time.sleep(0.01)
    bench.plan("later")
    bench.new_state()
    bench.expect(0, "apply", "later")
    check(not stored(bench), "a watermark out of nothing")
    bench.check_converged("applied without its state")
    first = bench.plan("first")
    bench.expect(0, "apply", "first")
    bench.execute("source", "UPDATE t SET v = 'newer' WHERE id = 5")
    sync_until_equal(bench, "after the state was made anew")
    moved = stored(bench)
    done = bench.expect(0, "apply", "--on-stale", "skip", "first")
    check(stored(bench) == moved and moved != {"p/x": mark(first)["to"]},
          f"an old plan moved the watermark back\n{done}")


def incremental_open_transactions(bench):
    """Rows of a transaction that is open while others commit are in a later window."""
    load(bench)
    sync(bench)
    connection = bench.servers["source"].connect(database=bench.db)
    for turn in range(3):
        before = server_time(bench)
        run_script(connection, f"START TRANSACTION; UPDATE t SET v = 'late {turn}' WHERE id = 1;"
                               f"INSERT INTO t (id, v) VALUES ({1000 + turn}, 'late')")
        after = server_time(bench)
        bench.execute("source", f"UPDATE t SET v = 'early {turn}' WHERE id = 2")
        plan = sync(bench)
        check(before[:19] <= mark(plan)["to"] <= after or mark(plan)["to"] == mark(plan)["from"],
              f"began between {before} and {after}: {mark(plan)}")
        connection.commit()
        sync_until_equal(bench, f"turn {turn}")
    connection.close()


def incremental_metadata_lock(bench):
    """A statement that waits behind an ALTER has its time from before, and no transaction yet."""
    load(bench, SCHEMA + "CREATE TABLE gate (id INT PRIMARY KEY, v INT) ENGINE=InnoDB;"
                         "INSERT INTO gate VALUES (1, 1);")
    bench.manifest(tables=f'"{bench.db}.t"', pair=INCREMENTAL)
    sync(bench)
    holder = bench.servers["source"].connect(database=bench.db)
    # What only reads does not count: but for the statements nothing would hold the mark back.
    run_script(holder, "START TRANSACTION READ ONLY; SELECT * FROM gate")
    alter = Worker(lambda _: bench.execute("source", "ALTER TABLE gate ADD COLUMN w INT"))

    def waiting(count):
        return len(bench.servers["source"].execute(
            "SELECT ID FROM information_schema.PROCESSLIST"
            " WHERE STATE LIKE '%metadata lock%'")) == count

    bench.wait_for(lambda: waiting(1), "the ALTER waits")
    writer = Worker(lambda _: bench.execute(
        "source", "UPDATE t JOIN gate ON gate.id = 1 SET t.v = 'waited' WHERE t.id = 9"))
    bench.wait_for(lambda: waiting(2), "the UPDATE waits")
    began = server_time(bench)
    time.sleep(0.05)
    bench.execute("source", "UPDATE t SET v = 'meanwhile' WHERE id = 10")
    plan = sync(bench)
    check(mark(plan)["to"] <= began, f"it waited from before {began}: {mark(plan)}")
    holder.rollback()
    holder.close()
    alter.finish()
    writer.finish()
    sync_until_equal(bench, "after the ALTER")


def start_in_zone(bench, zone):
    """A server like the source, whose own clock and default are of this zone."""
    own = os.environ.get("TZ")
    os.environ["TZ"] = ZONES[zone]
    try:
        server = bench.stage.servers.start(bench.stage.source.vendor,
                                           f"--default-time-zone={zone}")
    finally:
        os.environ.pop("TZ")
        if own is not None:
            os.environ["TZ"] = own
    server.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost")
    return server


def incremental_time_zones(bench):
    """Servers whose own zones are east and west: what is open there is seen when it began."""
    schema = SCHEMA + ("CREATE TABLE d (id INT PRIMARY KEY, v VARCHAR(30), changed DATETIME"
                       " NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,"
                       " KEY (changed));"
                       "INSERT INTO d (id, v) SELECT i, 'v' FROM seq.n WHERE i BETWEEN 1 AND 9;")
    for zone in ZONES:
        server = start_in_zone(bench, zone)
        before, bench.servers["source"] = bench.servers["source"], server
        try:
            bench.drop()
            bench.new_state()
            set_zone = f"SET time_zone = '{zone}';"
            bench.load(set_zone + schema)
            bench.manifest(pair=INCREMENTAL + f'time_zone = "{zone}"\n')
            sync(bench)
            began = server_time(bench)
            connection = server.connect(database=bench.db)
            run_script(connection,
                       f"{set_zone} START TRANSACTION; UPDATE t SET v = 'late' WHERE id = 1;"
                       "UPDATE d SET v = 'late' WHERE id = 1")
            after = server_time(bench)
            plan = sync(bench)
            for each in plan["tables"]:
                low, high = began[:19], after
                to, origin = each["watermark"]["to"], each["watermark"]["from"]
                check(low <= to <= high or to == origin,
                      f"{zone}: {low} {high} {each['watermark']}")
            connection.commit()
            connection.close()
            bench.execute("source", f"{set_zone} UPDATE d SET v = 'more' WHERE id = 2")
            sync_until_equal(bench, zone)
        finally:
            bench.servers["source"] = before
            server.kill()


def incremental_superseded(bench):
    """Planned rows that change again are left to the next window; a row that is gone is stale."""
    load(bench)
    sync(bench)
    bench.execute("source", "UPDATE t SET v = 'first' WHERE id IN (4, 5, 6);"
                            "INSERT INTO t (id, v) VALUES (101, 'new'), (102, 'new')")
    settled = server_time(bench)
    while True:
        plan = bench.plan()
        if mark(plan)["to"] > settled:
            break
    bench.execute("source", "UPDATE t SET v = 'second' WHERE id IN (5, 101)")
    done = bench.expect(0, "apply", "plan", "--json")
    report = json.loads(done.out)
    check(report["rows"]["superseded"] == 2 and report["rows"]["updated"] == 2, f"{done}")
    check(list(stored(bench).values()) == [mark(plan)["to"]], f"the watermark stays\n{done}")
    rows = bench.execute("target",
                         "SELECT id, v FROM t WHERE id IN (4, 5, 6, 101, 102) ORDER BY id")
    check(list(rows) == [(4, "first"), (5, "v5"), (6, "first"), (102, "new")], f"{rows}")
    sync_until_equal(bench, "the next window")
    bench.execute("source", "UPDATE t SET v = 'third' WHERE id IN (8, 9)")
    settled = server_time(bench)
    while mark(bench.plan())["to"] <= settled:
        pass
    bench.execute("source", "DELETE FROM t WHERE id = 8")
    before = stored(bench), bench.dump_all("target")
    bench.expect(STALE, "apply", "plan")
    check((stored(bench), bench.dump_all("target")) == before, "a stale apply moved something")


def incremental_superseded_full(bench):
    """The same after a full comparison, whose chunks are ranges; by --verify rows too."""
    load(bench)
    sync(bench)
    bench.new_state()
    bench.execute("target", "UPDATE t SET v = 'old' WHERE id > 40;"
                            "DELETE FROM t WHERE id IN (3, 4);"
                            "INSERT INTO t (id, v) VALUES (200, 'extra'), (201, 'extra')")
    for verify, again in (("chunks", (41, 3)), ("rows", (42, 4))):
        plan = bench.plan("full")
        check(mark(plan)["full"], f"{mark(plan)}")
        bench.execute("source", "UPDATE t SET v = 'again'"
                                f" WHERE id IN ({again[0]}, {again[1]}, 20);"
                                f"INSERT INTO t (id, v) VALUES ({159 + again[0]}, 'again')")
        wanted = bench.dump("source", "t")
        done = bench.expect(0, "apply", "full", "--json", "--verify", verify)
        check(json.loads(done.out)["rows"]["superseded"] == 3, f"{verify}: {done}")
        check(list(stored(bench).values()) == [mark(plan)["to"]], f"{verify}: {stored(bench)}")
        sync_until_equal(bench, verify)
        check(bench.dump("source", "t") == wanted, "the source was written")
        bench.new_state()
        bench.execute("target", "UPDATE t SET v = 'old' WHERE id > 40;"
                                "DELETE FROM t WHERE id < 9 OR id = 201;"
                                "INSERT INTO t (id, v) VALUES (201, 'extra')")


def incremental_superseded_ties(bench):
    """What another row of the unit may need is not left out: the unit is stale, nothing is lost."""
    load(bench, SCHEMA.replace("v VARCHAR(30)", "v VARCHAR(30) UNIQUE"))
    sync(bench)
    bench.execute("source", "UPDATE t SET v = 'x' WHERE id = 1; UPDATE t SET v = 'v1' WHERE id = 2")
    settled = server_time(bench)
    while mark(bench.plan())["to"] <= settled:
        pass
    before = stored(bench)
    bench.execute("source", "UPDATE t SET v = 'y' WHERE id = 1")
    bench.expect(STALE, "apply", "plan")
    check(stored(bench) == before, "a stale apply moved the watermark")
    sync_until_equal(bench, "planned again")


def incremental_restored_target(bench):
    """A target that lost what it was given is compared in full."""
    vendor = bench.stage.target.vendor
    target = bench.stage.servers.start(vendor, "--log-bin=bin", "--server-id=77")
    target.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost")
    before, bench.servers["target"] = bench.servers["target"], target
    try:
        load(bench)
        sync(bench)
        check(not mark(sync(bench))["full"], "an untouched target")
        new = vendor == "mysql"
        bench.execute("target", ("RESET BINARY LOGS AND GTIDS" if new else "RESET MASTER")
                      + "; SET sql_log_bin = 0; DELETE FROM t WHERE id < 20")
        plan = sync(bench)
        check("incremental_target_restored" in codes(plan) and mark(plan)["full"], f"{codes(plan)}")
        bench.check_converged("after the restore")
        check(not mark(bench.plan())["full"], "full twice")
    finally:
        bench.servers["target"] = before
        target.kill()


def incremental_filter(bench):
    """Rows that leave the filter, or come into it, are seen."""
    schema = SCHEMA.replace("v VARCHAR(30)", "v VARCHAR(30), region INT NOT NULL DEFAULT 7")
    for moved in ("follow", "refuse"):
        bench.drop()
        bench.new_state()
        load(bench, schema, pair=f'where = "region = 7"\nfilter_moved = "{moved}"\n')
        bench.execute("source", "UPDATE t SET region = 8 WHERE id > 50")
        bench.execute("target", "DELETE FROM t WHERE id > 50")
        sync(bench)
        bench.execute("source", "UPDATE t SET region = 8 WHERE id = 3;"
                                "UPDATE t SET region = 7 WHERE id = 55")
        settled = server_time(bench)
        while True:
            plan = bench.plan(codes=0 if moved == "follow" else (0, NOT_APPLYABLE))
            if mark(plan)["to"] > settled:
                break
        ops = sorted((change["op"], change["key"][0]) for change in bench.changes(plan))
        check(ops == [("delete", "3"), ("insert", "55")], f"{moved}: {ops}")
        if moved == "refuse":
            check("filter_moved" in codes(plan), f"{codes(plan)}")
            continue
        bench.expect(0, "apply", "plan")
        rows = bench.execute("target", "SELECT id FROM t WHERE id IN (3, 55)")
        check(list(rows) == [(55,)], f"{rows}")


def incremental_collation(bench):
    """Keys that only the servers can compare: another case is the same row, found by its window."""
    schema = SCHEMA.replace("id INT PRIMARY KEY", "id VARCHAR(20) CHARACTER SET utf8mb4 COLLATE"
                            " utf8mb4_general_ci PRIMARY KEY").replace("SELECT i,",
                                                                       "SELECT CONCAT('key ', i),")
    load(bench, schema)
    sync(bench)
    bench.execute("source", "UPDATE t SET id = 'KEY 5' WHERE id = 'key 5';"
                            "UPDATE t SET v = 'new' WHERE id IN ('key 6', 'key 60');"
                            "INSERT INTO t (id, v) VALUES ('Key 100', 'new')")
    settled = server_time(bench)
    while True:
        plan = bench.plan()
        if mark(plan)["to"] > settled:
            break
    check((plan["summary"]["insert"], plan["summary"]["update"]) == (1, 3), f"{plan['summary']}")
    bench.expect(0, "apply", "plan")
    bench.check_converged("keys of another case")


def incremental_initial(bench):
    """Rows before `initial` are outside on both; one that is changed comes in as an update."""
    load(bench, incremental=INCREMENTAL + 'initial = "2021-01-01"\n')
    bench.execute("source", "UPDATE t SET changed = '2020-05-05', v = 'old' WHERE id < 10")
    bench.execute("target", "UPDATE t SET changed = '2020-06-06' WHERE id < 10;"
                            "DELETE FROM t WHERE id = 30")
    plan = sync(bench)
    check(mark(plan)["full"] and plan["summary"]["insert"] == 1, f"{plan['summary']}")
    rows = bench.execute("target", "SELECT COUNT(*) FROM t WHERE v = 'old'")
    check(rows[0][0] == 0, "a row before initial was written")
    bench.execute("source", "UPDATE t SET v = 'new' WHERE id = 5")
    for _ in range(50):
        plan = sync(bench)
        if plan["summary"]["update"]:
            break
    rows = bench.execute("target", "SELECT id FROM t WHERE v = 'new'")
    check(list(rows) == [(5,)], f"{rows}")


def incremental_findings(bench):
    """Where rows could be lost the plan is not applyable, and says why."""
    cases = (
        ("changed TIMESTAMP NULL, KEY (changed)", "incremental_null", NOT_APPLYABLE),
        ("changed TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, KEY (changed)",
         "incremental_not_updating", 0),
        (f"changed {FSP}", "incremental_no_index", NOT_APPLYABLE),
        ("changed DATE NOT NULL, KEY (changed)", "incremental_column_type", NOT_APPLYABLE),
        ("changed INT NOT NULL, KEY (changed)", "incremental_column_type", NOT_APPLYABLE),
        (f"changed {FSP.replace('TIMESTAMP(6) NOT', 'DATETIME(6) NOT', 1)}, KEY (changed)",
         "incremental_time_zone", NOT_APPLYABLE),
        ("other INT NOT NULL", "incremental_column_missing", NOT_APPLYABLE),
    )
    for column, code, exit_code in cases:
        bench.drop()
        bench.new_state()
        values = "(1, NULL)" if "NULL," in column.replace("NOT NULL", "") else "(1, DEFAULT)"
        schema = f"CREATE TABLE t (id INT PRIMARY KEY, {column}) ENGINE=InnoDB;"
        bench.load(schema + (f"INSERT INTO t VALUES {values}" if exit_code == 0 or "null" in code
                             else ""))
        bench.manifest(pair=INCREMENTAL)
        plan = bench.plan(codes=exit_code)
        check(code in codes(plan), f"{column}: {codes(plan)}")
    bench.drop()
    bench.load(SCHEMA)
    text = INCREMENTAL + (f'[pair.back]\nsource = "target"\ntarget = "source"\n'
                          f'tables = ["{bench.db}.t"]\n')
    bench.manifest(pair=text)
    path = bench.directory / "rowplan.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("read-only", "read-write"),
                    encoding="utf-8")
    check("incremental_chain" in codes(bench.plan(codes=NOT_APPLYABLE)), "no chain")
    done = bench.run("plan", "-o", "only", "--only", "p")
    check(done.code == NOT_APPLYABLE, f"a chain by --only\n{done}")


def incremental_sight(bench):
    """Who cannot see open transactions is refused."""
    load(bench)
    source = bench.servers["source"]
    replica = "REPLICATION CLIENT" if source.vendor == "mysql" else "REPLICA MONITOR"
    source.execute("CREATE USER sightless@localhost; GRANT SELECT ON *.* TO sightless@localhost;"
                   f"GRANT {replica} ON *.* TO sightless@localhost")
    try:
        path = bench.directory / "rowplan.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(
            'user = "rowplan"', 'user = "sightless"', 1), encoding="utf-8")
        done = bench.expect(NO_SIGHT, "plan", "-o", "plan")
        check("PROCESS" in done.err, f"{done}")
        source.execute("GRANT PROCESS ON *.* TO sightless@localhost")
        bench.plan()
    finally:
        source.execute("DROP USER sightless@localhost")


def incremental_held_back(bench):
    """What holds the watermark back for long is named."""
    load(bench)
    source = bench.servers["source"]
    sync(bench)
    connection = source.connect(database=bench.db)
    run_script(connection, "SET timestamp = UNIX_TIMESTAMP() - 7200")

    def sleep(_):
        try:
            run_script(connection, "DO SLEEP(600)")
        except pymysql.err.OperationalError:  # killed
            pass

    writer = Worker(sleep)
    running = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'"
    bench.wait_for(lambda: source.execute(running), "the statement")
    number = source.execute(running)[0][0]
    plan = bench.plan()
    source.execute(f"KILL {number}")
    writer.finish()
    # MariaDB counts a statement's time by another clock than the session's.
    if source.vendor == "mysql":
        check("incremental_held_back" in codes(plan), f"{plan['findings']}")
        check(str(number) in str(plan["findings"]), f"{plan['findings']}")
    check(mark(plan)["to"] >= mark(plan)["from"], f"{mark(plan)}")


def incremental_replica(bench):
    """A source that is a replica whose position nobody knows is refused."""
    vendor = bench.stage.source.vendor
    source = bench.stage.servers.start(vendor, "--server-id=78")
    source.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost")
    before, bench.servers["source"] = bench.servers["source"], source
    try:
        load(bench)
        source.execute(
            "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_USER='x', SOURCE_PORT=1"
            if vendor == "mysql" else
            "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='x', MASTER_PORT=1")
        plan = bench.plan(codes=NOT_APPLYABLE)
        check("incremental_source_position" in codes(plan), f"{codes(plan)}")
        check(mark(plan) is None, f"{mark(plan)}")
    finally:
        bench.servers["source"] = before
        source.kill()


def rows_read(bench):
    """On each server, by its own counters, which know nothing of rowplan; MariaDB's, of which the
    one for InnoDB alone is gone, count rows of its own tables too."""
    read = {}
    for role, server in bench.servers.items():
        handler = server.execute("SHOW GLOBAL STATUS LIKE 'Handler_read%'")
        innodb = server.execute("SHOW GLOBAL STATUS LIKE 'Innodb_rows_read'")
        read[role] = int(innodb[0][1]) if innodb else sum(int(value) for _, value in handler)
    return read


def load_many(bench, rows):
    """Of old rows so many, the same on both."""
    load(bench)
    for role in bench.servers:
        bench.execute(role, "INSERT INTO t (id, v, changed) SELECT 1000 + a.i + 10000 * (b.i - 1),"
                            " 'many', '2026-01-01' FROM seq.n AS b STRAIGHT_JOIN seq.n AS a"
                            f" WHERE b.i <= {rows // 10_000}; ANALYZE TABLE t")


def incremental_reads(bench):
    """Work in proportion to what changed, not to what there is: see ROWPLAN_TEST_ROWS."""
    load_many(bench, max(10_000, int(os.environ.get("ROWPLAN_TEST_ROWS", "10000"))))
    sync(bench)
    bench.execute("source", "UPDATE t SET v = 'changed' WHERE id BETWEEN 3001 AND 4000")
    settled = server_time(bench)
    while mark(bench.plan())["to"] <= settled:
        pass
    before = rows_read(bench)
    plan = bench.plan()
    planned = rows_read(bench)
    check(plan["summary"]["update"] == 1000, f"{plan['summary']}")
    read = {role: planned[role] - before[role] for role in before}
    check(sum(read.values()) <= 2200, f"rows read for 1000 that changed: {read}")
    bench.expect(0, "apply", "plan")
    applied = {role: count - planned[role] for role, count in rows_read(bench).items()}
    rows = bench.execute("target", "SELECT COUNT(*) FROM t WHERE v = 'changed'")
    check(rows[0][0] == 1000, f"{rows[0][0]} rows are there")
    total = bench.execute("source", "SELECT COUNT(*) FROM t")[0][0]
    check(applied["source"] + applied["target"] < 10_000, f"apply read {applied}")
    return (f"of {total} rows plan read {read['source']} + {read['target']},"
            f" apply {applied['source']} + {applied['target']}")


TESTS = [incremental_only_changes, incremental_no_state,
         incremental_open_transactions, incremental_metadata_lock, incremental_time_zones,
         incremental_superseded, incremental_superseded_full, incremental_superseded_ties,
         incremental_restored_target, incremental_filter, incremental_collation,
         incremental_initial, incremental_findings, incremental_sight, incremental_held_back,
         incremental_replica, incremental_reads]
