"""direction = "via-source": a replica is repaired by writes to its source, which stays as it is.

Each test has real replication of its own. In the end of every story each applier runs without
error, each replica equals its source, the source's rows are what they were but for what a test's
own writer wrote, and no server has a transaction of its own.
"""

import contextlib
import json
import signal
import time

from bench import Worker, check
from topology import Topology, dump_table, run_unlogged, tables_of

import throttle_tests

DB = "shop"
KILLED = -signal.SIGKILL
DIFFER, NO_ACCESS, NOT_APPLYABLE, STALE, BAD_MANIFEST = 2, 12, 13, 10, 78

SCHEMA = f"""
CREATE DATABASE {DB} CHARACTER SET utf8mb4;
CREATE TABLE {DB}.customers (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(60) NOT NULL UNIQUE,
  name VARCHAR(40) CHARACTER SET latin1, tax_no INT UNIQUE,
  seen TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3));
CREATE TABLE {DB}.orders (id BIGINT PRIMARY KEY, customer INT NOT NULL, note TEXT,
  amount DECIMAL(20,4), CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id));
CREATE TABLE {DB}.codes (code VARCHAR(20) PRIMARY KEY, meaning VARCHAR(40));
CREATE TABLE {DB}.quiet (id INT PRIMARY KEY, v INT);
"""
ROWS = f"""
INSERT INTO {DB}.customers (id, email, name, tax_no, seen)
  SELECT i, CONCAT('c', i, '@example.org'), CONCAT('N', CHAR(0xE4 USING latin1), i), i + 5000,
         '2026-01-01 00:00:00.123' FROM seq.n WHERE i BETWEEN 1 AND 400;
INSERT INTO {DB}.orders SELECT i, 1 + i % 400, CONCAT('note ', i), i / 7 FROM seq.n
  WHERE i BETWEEN 1 AND 1200;
INSERT INTO {DB}.codes SELECT CONCAT('Code-', i), i FROM seq.n WHERE i BETWEEN 1 AND 50;
INSERT INTO {DB}.quiet SELECT i, i FROM seq.n WHERE i BETWEEN 1 AND 100;
"""
# Customers without their orders, orders whose customers stay, extra rows that hold the unique
# values of missing ones, stale rows, one of them with another's unique value.
DAMAGE = f"""
DELETE FROM {DB}.orders WHERE customer IN (7, 8);
DELETE FROM {DB}.customers WHERE id IN (7, 8);
DELETE FROM {DB}.orders WHERE id BETWEEN 500 AND 505;
INSERT INTO {DB}.customers (id, email, name, tax_no, seen) VALUES
  (9001, 'c7@example.org', 'thief', 5008, NULL), (9002, 'extra@example.org', 'extra', NULL, NULL);
INSERT INTO {DB}.orders VALUES (90001, 9002, 'an extra order', 1);
UPDATE {DB}.customers SET name = 'stale', seen = '2020-01-01' WHERE id IN (20, 21);
UPDATE {DB}.customers SET tax_no = NULL, seen = seen WHERE id = 30;
UPDATE {DB}.customers SET tax_no = 5030, seen = seen WHERE id = 31;
UPDATE {DB}.orders SET note = NULL, amount = -1 WHERE id = 600;
UPDATE {DB}.codes SET code = 'CODE-3' WHERE code = 'Code-3';
DELETE FROM {DB}.codes WHERE code = 'code-4';
"""
DAMAGED = {"customers": (2, 4, 2), "orders": (6 + 6, 1, 1), "codes": (1, 1, 0)}


class Story:
    """Servers, a manifest over them, and what is true in the end."""

    def __init__(self, bench, vendor, gtid=True, binlog_format="ROW"):
        self.bench = bench
        self.topology = Topology(bench.stage.servers, vendor, gtid=gtid,
                                 binlog_format=binlog_format)
        self.remembered = {}

    def star(self, *names, **options):
        made = self.topology.star(*names, **options)
        self.fill(made[0])
        return made

    def fill(self, top, schema=SCHEMA, rows=ROWS):
        # What a server comes with is not replicated, and statements would not find it.
        top.execute("SET SESSION binlog_format = 'ROW';" + schema + rows)
        self.topology.wait()

    def manifest(self, source, target, pair="", tables=f'"{DB}.*"', more="", user="rowplan",
                 named=True):
        text = 'manifest_version = 1\nname = "via"\n[state]\npath = "state.db"\n'
        for name, server in self.topology.members.items():
            access = "read-write" if server is source else "read-only"
            text += (f'\n[server.{name}]\nsocket = "{server.socket}"\nuser = "{user}"\n'
                     f'access = "{access}"\n')
        text += f'\n[pair.p]\ndirection = "via-source"\ntarget = "{target.name}"\n'
        if named:
            text += f'source = "{source.name}"\n'
        text += f'tables = [{tables}]\n{pair}\n{more}\n'
        (self.bench.directory / "rowplan.toml").write_text(text, encoding="utf-8")

    def dump(self, server):
        return {table: dump_table(self.bench.stage.row_dump, server, DB, table)
                for table in tables_of(server, DB)}

    def remember(self, source):
        self.remembered[source.name] = self.dump(source)

    def check_sound(self):
        self.topology.check_sound(self.bench.stage.row_dump, DB)
        for name, rows in self.remembered.items():
            check(self.dump(self.topology.members[name]) == rows, f"rows of {name} have changed")

    def close(self):
        for server in self.topology.members.values():
            server.kill()


@contextlib.contextmanager
def story(bench, gtid=True, binlog_format="ROW"):
    made = Story(bench, bench.stage.target.vendor, gtid, binlog_format)
    try:
        yield made
    finally:
        made.close()


def codes_of(document):
    return {finding["code"] for finding in document["findings"] if finding["severity"] == "error"}


def check_plan(plan, source, replica):
    """Only the replica changes; the source has one hash before and after."""
    check(plan["applyable"], f"{plan['findings']}")
    for table in plan["tables"]:
        check(set(table["members"]) == {source, replica}, f"members {table['members']}")
        for chunk in table["chunks"]:
            check(chunk["before"][source] == chunk["after"][source], "the source is to change")
            check(chunk["before"][replica] != chunk["after"][replica], "the replica is not")


def check_changes(bench, plan, replica, wanted):
    found = {}
    for change in bench.changes(plan):
        check(change["on"] == replica, f"a change on {change['on']}")
        table = change["table"]
        ops = found.setdefault(table, {"insert": 0, "update": 0, "delete": 0})
        ops[change["op"]] += 1
    found = {table: tuple(ops.values()) for table, ops in found.items()}
    check(found == wanted, f"planned {found}, wanted {wanted}")


def repair_drift(tale, source, replica, *options):
    """From damage to the end of the story. Options: of apply."""
    bench = tale.bench
    tale.remember(source)
    run_unlogged(replica, DAMAGE)
    plan = bench.plan()
    check_plan(plan, source.name, replica.name)
    check_changes(bench, plan, replica.name, DAMAGED)
    bench.expect(DIFFER, "check")
    bench.expect(0, "apply", "plan", "--dry-run")
    bench.expect(DIFFER, "check")
    bench.expect(0, "apply", "plan", *options)
    tale.check_sound()
    bench.expect(0, "check")
    done = json.loads(bench.expect(0, "apply", "plan", *options, "--json").out)
    check(done["units"]["applied"] == 0, f"applied twice: {done}")
    tale.check_sound()
    return plan


def via_gtid(bench):
    """Missing, extra and stale rows, with unique and foreign keys around: row format, GTID."""
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        tale.manifest(source, replica)
        plan = repair_drift(tale, source, replica)
        check(any(chunk.get("states") for table in plan["tables"] for chunk in table["chunks"]),
              "no unit deletes first")
        deletes = source.execute(f"SELECT COUNT(*) FROM {DB}.customers WHERE id > 9000")[0][0]
        check(deletes == 0, "a row of the replica came to the source")


def via_mixed_format(bench):
    """The same in mixed format; MariaDB by file and position. The source is found by asking."""
    mariadb = bench.stage.target.vendor == "mariadb"
    with story(bench, gtid=not mariadb, binlog_format="MIXED") as tale:
        source, replica = tale.star("source", "replica")
        tale.manifest(source, replica, named=False)
        repair_drift(tale, source, replica)
        as_sql(tale, source, replica)


def as_sql(tale, source, replica):
    """The view of a plan does the same."""
    run_unlogged(replica, f"DELETE FROM {DB}.quiet WHERE id < 5; INSERT INTO {DB}.quiet VALUES"
                          f" (500, 1); UPDATE {DB}.quiet SET v = -1 WHERE id = 50")
    tale.bench.plan()
    path = tale.bench.directory / "plan" / "sql" / f"{source.name}.sql"
    source.execute(path.read_text(encoding="ascii"))
    tale.check_sound()


KINDS = {
    "i": ("BIGINT UNSIGNED", "18446744073709551615"), "b": ("BIT(17)", "b'10000000000000001'"),
    "y": ("YEAR", "0"), "d": ("DECIMAL(65,30)", "-12345678901234567890.123456789"),
    "f": ("FLOAT", "1.1e-7"), "g": ("DOUBLE", "-7.189e-9"), "dt": ("DATE", "'0000-00-00'"),
    "at": ("DATETIME(6)", "'2026-02-30 10:11:12.000001'"), "ts": ("TIMESTAMP(6) NULL",
                                                                "'2026-03-29 01:30:00.5'"),
    "t": ("TIME(3)", "'-838:59:58.999'"), "c": ("CHAR(5) CHARACTER SET latin1",
                                              "_latin1 x'e9203f'"),
    "v": ("VARCHAR(40) CHARACTER SET utf16", "_utf8mb4 x'F09F9880275C'"),
    "tx": ("LONGTEXT", "REPEAT(_utf8mb4 x'C3A9', 70000)"), "bi": ("BINARY(4)", "x'00ff27'"),
    "vb": ("VARBINARY(40)", "x'5c27220a000d'"), "bl": ("LONGBLOB", "REPEAT(x'00ff', 100000)"),
    "e": ("ENUM('a','b')", "'b'"), "s": ("SET('x','y','z')", "'x,z'"),
    "j": ("JSON", "'{\"k\": [1, 2.5, null, \"\\u00e9\"]}'"),
    "p": ("POINT", "ST_GeomFromText('POINT(1.5 -2)')"),
}
OWN_KINDS = {"mariadb": {"u": ("UUID", "'123e4567-e89b-12d3-a456-426655440000'"),
                         "n": ("INET6", "'2001:db8::1'")},
             "mysql": {"ve": ("VECTOR(3)", "TO_VECTOR('[1,2.5,-3]')")}}


def via_types(bench):
    """Values of all types come through statements as they are; also an ENUM's empty value."""
    vendor = bench.stage.target.vendor
    kinds = {**KINDS, **OWN_KINDS[vendor]}
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in kinds.items())
    names = ", ".join(kinds)
    values = ", ".join(value for _, value in kinds.values())
    nulls = ", ".join(f"{name} = NULL" for name in kinds)
    with story(bench, binlog_format="MIXED") as tale:
        source, replica = tale.topology.star("source", "replica")
        tale.fill(source, f"CREATE DATABASE {DB}; CREATE TABLE {DB}.kinds (id VARCHAR(20) CHARACTER"
                          f" SET latin1 PRIMARY KEY, {columns}, twice INT AS (LENGTH(vb) * 2))"
                          " ENGINE=InnoDB;",
                  "SET sql_mode = 'ALLOW_INVALID_DATES';"
                  f"INSERT INTO {DB}.kinds (id, {names}) VALUES ('one', {values}),"
                  f" (_latin1 x'7477e9', {values}); INSERT INTO {DB}.kinds (id, e) VALUES"
                  " ('three', 'none of them'), ('four', NULL)")
        tale.remember(source)
        run_unlogged(replica, f"DELETE FROM {DB}.kinds WHERE id IN ('one', 'three');"
                              f"UPDATE {DB}.kinds SET {nulls} WHERE id LIKE 'tw%'")
        tale.manifest(source, replica)
        plan = bench.plan()
        check_changes(bench, plan, replica.name, {"kinds": (2, 1, 0)})
        bench.expect(0, "apply", "plan")
        tale.check_sound()


def via_lagging(bench):
    """A replica that lags by seconds under a steady writer: lag is never taken for drift."""
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        tale.manifest(source, replica)
        run_unlogged(replica, DAMAGE)
        tale.topology.delay(replica, 2)

        def write(stop):
            connection = source.connect(database=DB, autocommit=True)
            with contextlib.closing(connection), connection.cursor() as cursor:
                number = 0
                while not stop.is_set():
                    number += 1
                    cursor.execute(f"UPDATE customers SET name = 'w{number}' WHERE id ="
                                   f" {100 + number % 60}")
                    cursor.execute(f"INSERT INTO orders VALUES ({100000 + number}, 5, 'new', 1)")
                    cursor.execute("UPDATE quiet SET v = v + 1 WHERE id = 1")
                    if number % 3 == 0:
                        cursor.execute(f"DELETE FROM orders WHERE id = {100000 + number - 2}")
                    time.sleep(0.02)

        writer = Worker(write)
        try:
            plan = bench.plan()
            check_plan(plan, source.name, replica.name)
            check_changes(bench, plan, replica.name, DAMAGED)
            bench.expect(0, "apply", "plan")
            bench.expect(0, "check")
        finally:
            writer.finish()
        tale.check_sound()


def via_stopped_applier(bench):
    """A replica that does not replicate is refused: by plan, and by apply of an older plan."""
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        tale.manifest(source, replica)
        tale.remember(source)
        run_unlogged(replica, DAMAGE)
        bench.plan("older")
        logged = source.execute("SELECT COUNT(*) FROM information_schema.TABLES")
        tale.topology.stop_applier(replica)
        before = tale.dump(replica)
        check("applier_stopped" in codes_of(bench.plan(codes=NOT_APPLYABLE)), "no finding")
        bench.expect(NOT_APPLYABLE, "apply", "plan")
        bench.expect(STALE, "apply", "older")
        check(tale.dump(replica) == before and logged, "something was written")
        tale.topology.start_applier(replica)
        bench.expect(0, "apply", "older")
        tale.check_sound()


def via_two_replicas(bench):
    """To repair one of two replicas leaves the other as it is, and goes no faster than that."""
    with story(bench) as tale:
        source, replica, other = tale.star("source", "replica", "other")
        tale.manifest(source, replica, pair='throttle.max_lag = "1s"')
        repair_drift(tale, source, replica, "--verify", "rows")
        run_unlogged(replica, DAMAGE)
        tale.topology.stop_applier(other)
        bench.plan()
        running = throttle_tests.start_waiting(
            bench, f"max_lag: replica '127.0.0.1:{other.port}' stands still")
        check(not running.ended(), "it did not wait")
        bench.expect(DIFFER, "check")
        tale.topology.start_applier(other)
        done = running.wait()
        check(done.code == 0, f"{done}")
        tale.check_sound()


def via_chain(bench):
    """In a chain, statements from the top do not come down as they are: each way is refused."""
    with story(bench) as tale:
        top, middle, leaf = tale.topology.chain("top", "middle", "leaf")
        tale.fill(top)
        tale.remember(top)
        for source, target, code in ((top, leaf, "via_source_other_source"),
                                     (top, middle, "via_source_target_has_replicas"),
                                     (middle, leaf, "source_is_replica")):
            tale.manifest(source, target)
            found = codes_of(bench.plan(codes=NOT_APPLYABLE))
            check(code in found, f"{source.name} to {target.name}: {found}")
            bench.expect(NOT_APPLYABLE, "apply", "plan")
        tale.check_sound()


def via_schema_change(bench):
    """An online schema change on the replica: its triggers did not fire for what replication wrote
    meanwhile, so that the copy lost it."""
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        replica.execute(
            "SET SESSION sql_log_bin = 0;"
            f"CREATE TABLE {DB}.new_quiet LIKE {DB}.quiet;"
            f"ALTER TABLE {DB}.new_quiet ADD COLUMN added INT NOT NULL DEFAULT 5, MODIFY v BIGINT;"
            f"CREATE TRIGGER {DB}.ins AFTER INSERT ON {DB}.quiet FOR EACH ROW"
            f"  REPLACE INTO {DB}.new_quiet (id, v) VALUES (NEW.id, NEW.v);"
            f"CREATE TRIGGER {DB}.upd AFTER UPDATE ON {DB}.quiet FOR EACH ROW"
            f"  REPLACE INTO {DB}.new_quiet (id, v) VALUES (NEW.id, NEW.v);"
            f"CREATE TRIGGER {DB}.del AFTER DELETE ON {DB}.quiet FOR EACH ROW"
            f"  DELETE FROM {DB}.new_quiet WHERE id = OLD.id;"
            f"INSERT INTO {DB}.new_quiet (id, v) SELECT id, v FROM {DB}.quiet WHERE id <= 60")
        source.execute(f"UPDATE {DB}.quiet SET v = v + 1000 WHERE id <= 20;"
                       f"DELETE FROM {DB}.quiet WHERE id BETWEEN 30 AND 34;"
                       f"INSERT INTO {DB}.quiet VALUES (1, 1) ON DUPLICATE KEY UPDATE v = 2;"
                       f"DELETE FROM {DB}.quiet WHERE id = 59; INSERT INTO {DB}.quiet VALUES"
                       " (59, 590), (0, 0), (-1, -1)")
        tale.topology.wait()
        replica.execute(
            "SET SESSION sql_log_bin = 0;"
            f"INSERT INTO {DB}.new_quiet (id, v) SELECT id, v FROM {DB}.quiet WHERE id > 60;"
            f"RENAME TABLE {DB}.quiet TO {DB}.old_quiet, {DB}.new_quiet TO {DB}.quiet;"
            f"DROP TABLE {DB}.old_quiet")
        tale.remember(source)
        tale.manifest(source, replica,
                      more=f'[pair.p.table."{DB}.quiet"]\nignore_columns = ["added"]')
        plan = bench.plan()
        check_changes(bench, plan, replica.name, {"quiet": (2, 21, 5)})
        bench.expect(0, "apply", "plan")
        bench.expect(0, "check")
        check(replica.execute(f"SELECT COUNT(*) FROM {DB}.quiet WHERE added <> 5") == ((0,),),
              "what is not compared has changed")
        rows = f"SELECT id, v FROM {DB}.quiet ORDER BY id"
        check(source.execute(rows) == replica.execute(rows), "the copy is not what the source has")
        tale.topology.wait()
        tale.topology.check_healthy()
        tale.topology.check_no_errant()
        check(tale.dump(source) == tale.remembered["source"], "the source's rows have changed")


def via_killed(bench):
    """kill -9 in the midst of an apply: a plain rerun finishes."""
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        tale.manifest(source, replica)
        tale.remember(source)
        for point in ("statement:2", "statement done:5", "commit:1", "committed:1", "commit:2",
                      "committed:2", "committed:3", "state commit:9", "synced:4"):
            run_unlogged(replica, DAMAGE)
            bench.new_state()
            bench.plan()
            bench.expect((KILLED, 0), "apply", "plan", env={"ROWPLAN_TEST_KILL_AT": point})
            bench.expect(0, "apply", "plan")
            check(not bench.unsettled(), f"killed at {point}: the state has unsettled units")
            tale.check_sound()


def via_refusals(bench):
    """What statements could not repair, or would harm, is told before anything is written."""
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        tale.manifest(source, replica)
        bench.expect(0, "validate", "--connect")
        both = {
            "via_source_trigger": f"CREATE TRIGGER {DB}.t1 AFTER UPDATE ON {DB}.quiet FOR EACH ROW"
                                  " SET @x = 1",
            "via_source_cascade": f"CREATE TABLE {DB}.child (id INT PRIMARY KEY, q INT,"
                                  f" FOREIGN KEY (q) REFERENCES {DB}.quiet (id)"
                                  " ON DELETE CASCADE)",
            "via_source_no_key": f"CREATE TABLE {DB}.bare (v INT)",
        }
        undo = {"via_source_trigger": f"DROP TRIGGER {DB}.t1",
                "via_source_cascade": f"DROP TABLE {DB}.child",
                "via_source_no_key": f"DROP TABLE {DB}.bare"}
        for code, sql in both.items():
            source.execute(sql)
            tale.topology.wait()
            found = codes_of(bench.plan(codes=NOT_APPLYABLE))
            check(code in found, f"no {code} but {found}")
            source.execute(undo[code])
            tale.topology.wait()
        replica_alone(tale, replica)
        filtered(tale, replica)
        run_unlogged(replica, f"CREATE TRIGGER {DB}.t2 BEFORE DELETE ON {DB}.quiet FOR EACH ROW"
                              " SET @x = 1")
        found = codes_of(bench.plan(codes=NOT_APPLYABLE))
        check("via_source_trigger" in found, f"of the replica: {found}")
        run_unlogged(replica, f"DROP TRIGGER {DB}.t2")
        exchanged_values(tale, replica)
        later_changes(tale, source, replica)
        tale.check_sound()


def replica_alone(tale, replica):
    """What the replica's table alone asks of its rows could make it refuse a statement."""
    table = f"ALTER TABLE {DB}.quiet "
    for code, change, undo in (
            ("via_source_check", "ADD CONSTRAINT c1 CHECK (v <> 77777)", "DROP CONSTRAINT c1"),
            ("via_source_required_column", "ADD COLUMN must INT NOT NULL", "DROP COLUMN must"),
            ("via_source_key_type", "MODIFY id BIGINT", "MODIFY id INT")):
        run_unlogged(replica, table + change)
        found = codes_of(tale.bench.plan(codes=NOT_APPLYABLE))
        check(code in found, f"no {code} but {found}")
        run_unlogged(replica, table + undo)


def filtered(tale, replica):
    """What the replica does not take, as a table or as a statement."""
    topology = tale.topology
    mysql = topology.vendor == "mysql"
    ignore = ("CHANGE REPLICATION FILTER REPLICATE_IGNORE_TABLE = ({0})" if mysql else
              "SET GLOBAL replicate_ignore_table = '{0}'")
    cases = [("via_source_filtered", ignore.format(f"{DB}.quiet"), ignore.format(""))]
    if mysql:
        rows = "CHANGE REPLICATION SOURCE TO REQUIRE_ROW_FORMAT = "
        cases.append(("via_source_rows_only", rows + "1", rows + "0"))
    for code, change, undo in cases:
        for sql in (change, undo):
            topology.stop(replica)
            replica.execute(sql)
            topology.start(replica)
            topology.wait()
            if sql is change:
                found = codes_of(tale.bench.plan(codes=NOT_APPLYABLE))
                check(code in found, f"no {code} but {found}")


def exchanged_values(tale, replica):
    """Two stale rows that exchange a unique value: no statement may park it."""
    swap = (f"UPDATE {DB}.customers SET tax_no = 1, seen = seen WHERE id = 40;"
            f"UPDATE {DB}.customers SET tax_no = {{0}}, seen = seen WHERE id = 41;"
            f"UPDATE {DB}.customers SET tax_no = {{1}}, seen = seen WHERE id = 40")
    run_unlogged(replica, swap.format(5040, 5041))
    found = codes_of(tale.bench.plan(codes=NOT_APPLYABLE))
    check(found == {"via_source_unorderable"}, f"{found}")
    run_unlogged(replica, swap.format(5041, 5040))


def later_changes(tale, source, replica):
    """What the source, or the replica, became after the plan is stale; nothing is written."""
    bench = tale.bench
    run_unlogged(replica, f"UPDATE {DB}.quiet SET v = -5 WHERE id = 8")
    bench.plan()
    source.execute(f"SET SESSION binlog_format = 'STATEMENT';"
                   f"UPDATE {DB}.quiet SET v = v + 1 WHERE id = 8")
    tale.topology.wait()
    bench.expect(STALE, "apply", "plan")
    bench.plan()
    run_unlogged(replica, f"UPDATE {DB}.quiet SET v = -6 WHERE id = 8")
    bench.expect(STALE, "apply", "plan")
    bench.expect(0, "sync", "--auto-approve")


def via_rights(bench):
    """Who may not set binlog_format is told beforehand; reading on the replica is enough."""
    mysql = bench.stage.target.vendor == "mysql"
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        monitor = "REPLICATION CLIENT" if mysql else "REPLICA MONITOR, BINLOG MONITOR"
        log_rights = "SESSION_VARIABLES_ADMIN" if mysql else "BINLOG ADMIN"
        for server in (source, replica):
            sql = (f"CREATE USER small@localhost; GRANT PROCESS, {monitor} ON *.* TO"
                   f" small@localhost; GRANT SELECT, TRIGGER ON {DB}.* TO small@localhost;")
            if mysql:
                sql += ("GRANT SELECT ON performance_schema.replication_applier_configuration"
                        " TO small@localhost;")
            run_unlogged(server, sql)
        run_unlogged(source, f"GRANT INSERT, UPDATE, DELETE ON {DB}.* TO small@localhost")
        run_unlogged(replica, DAMAGE)
        tale.manifest(source, replica, user="small")
        tale.remember(source)
        bench.plan()
        done = bench.expect(NO_ACCESS, "apply", "plan")
        check(log_rights in done.err, f"{done}")
        told = json.loads(bench.expect(0, "validate", "--connect", "--json").out)
        check("write_privileges_missing" in {f["code"] for f in told["findings"]}, f"{told}")
        run_unlogged(source, f"GRANT {log_rights} ON *.* TO small@localhost")
        bench.expect(0, "apply", "plan")
        tale.check_sound()


def via_unknown_source(bench):
    """A source that is left out, and is no server of the manifest: what to add is told."""
    with story(bench) as tale:
        source, replica = tale.star("source", "replica")
        tale.topology.members.pop("source")
        tale.manifest(source, replica, named=False)
        tale.topology.members["source"] = source
        done = bench.expect(BAD_MANIFEST, "plan", "-o", "plan")
        check(f"port = {source.port}" in done.err, f"{done}")


TESTS = (via_gtid, via_mixed_format, via_types, via_lagging, via_stopped_applier,
         via_two_replicas, via_chain, via_schema_change, via_killed, via_refusals, via_rights,
         via_unknown_source)
