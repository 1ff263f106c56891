"""Tombstones: rows whose keys the source writes down as deleted are deleted on the target, by their
window too, and no such key is lost."""

import json
import random
import re
import time

import pymysql

from bench import Worker, check
from incremental_tests import (FSP, INCREMENTAL, NO_SIGHT, NOT_APPLYABLE, STALE, codes, mark,
                               server_time, stored, sync, sync_until_equal)
from servers import run_script
from soft_delete_tests import ops, plan_of_now

WRONG_MANIFEST = 78
STAMP = FSP.partition(" ON UPDATE")[0]
SCHEMA = f"""
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), changed {FSP}, KEY (changed)) ENGINE=InnoDB;
INSERT INTO t (id, v) SELECT i, CONCAT('v', i) FROM seq.n WHERE i BETWEEN 1 AND 60;
"""
GONE = f"""
CREATE TABLE gone (id INT NOT NULL, changed {STAMP}, KEY (changed)) ENGINE=InnoDB;
"""
BURY = """
CREATE TRIGGER bury AFTER DELETE ON t FOR EACH ROW
  IF @by_hand IS NULL THEN INSERT INTO gone (id) VALUES (OLD.id); END IF;
"""


def tombstones(bench):
    return f'deletes = {{ tombstones = "{bench.db}.gone" }}\n'


def load(bench, schema=SCHEMA, gone=GONE + BURY, pair=""):
    bench.load(schema, source=gone)
    bench.manifest(tables=f'"{bench.db}.t"', pair=tombstones(bench) + pair + INCREMENTAL)


def change(bench, sql):
    """On the source; a plan whose window holds it."""
    bench.execute("source", sql)
    return plan_of_now(bench)


def check_equal(bench, what, table="t"):
    source, target = bench.dump("source", table), bench.dump("target", table)
    check(source == target, f"{what}:\n{source - target}\n{target - source}")


def tombstone_window(bench):
    """A window deletes what was deleted; a row that came back is none, nor is one without."""
    load(bench)
    bench.execute("source", "DELETE FROM t WHERE id = 60")
    sync(bench)
    check_equal(bench, "the first run compares all rows")
    plan = change(bench, "DELETE FROM t WHERE id IN (1, 3, 59);"
                         "INSERT INTO t (id, v) VALUES (3, 'again'), (100, 'short');"
                         "DELETE FROM t WHERE id = 100; UPDATE t SET v = 'new' WHERE id = 8;"
                         "INSERT INTO gone (id) VALUES (5), (1), (999)")
    wanted = [("delete", "1"), ("delete", "59"), ("update", "3"), ("update", "8")]
    check(ops(bench, plan) == wanted, f"{ops(bench, plan)}")
    keys = [int(item["key"][0]) for item in bench.changes(plan)]
    check(keys == sorted(keys), f"not in the order of the keys: {keys}")
    check({chunk["kind"] for chunk in plan["tables"][0]["chunks"]} == {"keys"}, "not keys chunks")
    bench.expect(0, "apply", "plan")
    bench.expect(0, "apply", "plan")
    check(list(stored(bench).values()) == [mark(plan)["to"]], "the watermark did not move")
    check_equal(bench, "after the window")
    plan = change(bench, "DROP TRIGGER bury; DELETE FROM t WHERE id = 7;" + BURY)
    check(plan["summary"]["delete"] == 0, f"{ops(bench, plan)}")
    bench.expect(0, "apply", "plan")
    bench.expect(2, "check")
    bench.expect(0, "plan", "-o", "plan", "--overwrite", "--full")
    check(ops(bench, bench.read_plan()) == [("delete", "7")], "a full comparison finds it")
    bench.expect(0, "apply", "plan")
    plan = change(bench, "DELETE FROM t WHERE id = 9")
    check(ops(bench, plan) == [("delete", "9")], f"tombstones alone: {ops(bench, plan)}")
    bench.expect(0, "apply", "plan")
    check_equal(bench, "in the end")


def tombstone_late(bench):
    """Of transactions that are open while others commit, in whichever order they write."""
    load(bench)
    sync(bench)
    connection = bench.servers["source"].connect(database=bench.db)
    scripts = ("DELETE FROM t WHERE id = {}",
               "SET @by_hand = 1; INSERT INTO gone (id) VALUES ({0}); DO SLEEP(0.1);"
               "DELETE FROM t WHERE id = {0}",
               "SET @by_hand = 1; DELETE FROM t WHERE id = {0}; DO SLEEP(0.1);"
               "INSERT INTO gone (id) VALUES ({0})")
    for turn, script in enumerate(scripts, start=1):
        run_script(connection, "START TRANSACTION;" + script.format(turn))
        bench.execute("source", f"UPDATE t SET v = 'early {turn}' WHERE id = 50;"
                                f"DELETE FROM t WHERE id = {20 + turn}")
        sync(bench)
        rows = bench.execute("target", f"SELECT id FROM t WHERE id = {turn}")
        check(len(rows) == 1, f"turn {turn}: deleted before it was committed")
        connection.commit()
        sync_until_equal_t(bench, f"turn {turn}")
    connection.close()


def sync_until_equal_t(bench, what):
    sync_until_equal(bench, what)
    check_equal(bench, what)


def tombstone_judged(bench):
    """By apply like any delete: back by then is superseded, another row on the target is stale."""
    load(bench)
    sync(bench)
    for verify in ("chunks", "rows"):
        change(bench, "DELETE FROM t WHERE id IN (4, 5)")
        bench.execute("source", "INSERT INTO t (id, v) VALUES (5, 'back')")
        done = bench.expect(0, "apply", "plan", "--json", "--verify", verify)
        rows = json.loads(done.out)["rows"]
        check((rows["superseded"], rows["deleted"]) == (1, 1), f"{verify}: {done}")
        there = bench.execute("target", "SELECT id FROM t WHERE id IN (4, 5)")
        check(list(there) == [(5,)], f"{verify}: {there}")
        bench.execute("source", "INSERT INTO t (id, v) VALUES (4, 'back')")
        sync_until_equal_t(bench, verify)
    moved = stored(bench)
    change(bench, "DELETE FROM t WHERE id = 9")
    bench.execute("target", "UPDATE t SET v = 'mine' WHERE id = 9")
    bench.expect(STALE, "apply", "plan")
    check(stored(bench) == moved, "a stale apply moved the watermark")
    plan_of_now(bench)
    bench.expect(0, "apply", "plan")
    check_equal(bench, "planned again")


def tombstone_limits(bench):
    """max_deletes counts them; a plan belongs to the manifest that made it."""
    load(bench, pair="limits = { max_deletes = 2 }\n")
    sync(bench)
    bench.execute("source", "DELETE FROM t WHERE id IN (4, 5, 6)")
    plan = plan_of_now(bench, NOT_APPLYABLE)
    check("max_deletes" in codes(plan) and plan["summary"]["delete"] == 3, f"{codes(plan)}")
    bench.expect(NOT_APPLYABLE, "apply", "plan")
    path = bench.directory / "rowplan.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("max_deletes = 2", "max_deletes = 3"), encoding="utf-8")
    plan_of_now(bench)
    path.write_text(re.sub("deletes = .* tombstones.*", "", path.read_text(encoding="utf-8")),
                    encoding="utf-8")
    done = bench.run("apply", "plan")
    check(done.code == STALE and len(bench.execute("target", "SELECT id FROM t")) == 60,
          f"applied with another manifest\n{done}")


def tombstone_many(bench):
    """More than are held at a time, each key several times."""
    load(bench, gone=GONE)
    bench.execute("source", "INSERT INTO t (id, v) SELECT 1000 + i, 'many' FROM seq.n")
    sync(bench)
    path = bench.directory / "rowplan.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(
        "[pair.p.incremental]", '[pair.p.limits]\nmax_deletes = "100%"\n[pair.p.incremental]'),
        encoding="utf-8")
    plan = change(bench, "DELETE FROM t WHERE id > 1000 AND MOD(id, 3) = 0;"
                         "UPDATE t SET v = 'new' WHERE MOD(id, 500) = 1;"
                         + 3 * "INSERT INTO gone (id) SELECT 1000 + i FROM seq.n;"
                         + "INSERT INTO gone (id) SELECT i FROM seq.n WHERE i > 100")
    gone = len(bench.execute("target", "SELECT id FROM t WHERE id > 1000 AND MOD(id, 3) = 0"))
    check(plan["summary"]["delete"] == gone, f"{plan['summary']}, not {gone}")
    keys = [int(item["key"][0]) for item in bench.changes(plan)]
    check(keys == sorted(set(keys)), "keys twice, or not in order")
    bench.expect(0, "apply", "plan")
    check_equal(bench, "after many")


def tombstone_shared(bench):
    """One table of tombstones for several: a key is of a deleted row where there is none."""
    other = SCHEMA + SCHEMA.replace("TABLE t", "TABLE u").replace("INTO t", "INTO u")
    bench.load(other, source=GONE.replace("id INT NOT NULL", "id INT, who TEXT") + BURY
               + BURY.replace("bury", "bury_u").replace("ON t", "ON u"))
    bench.manifest(pair=tombstones(bench) + INCREMENTAL)
    done = bench.expect(WRONG_MANIFEST, "plan", "-o", "plan")
    check(f'"!{bench.db}.gone"' in done.err, f"{done}")
    bench.manifest(tables=f'"{bench.db}.*", "!{bench.db}.gone"', pair=tombstones(bench)
                   + f'rename = {{ "{bench.db}.u" = "{bench.db}.w" }}\n' + INCREMENTAL)
    bench.execute("target", "RENAME TABLE u TO w")
    sync(bench)
    plan = change(bench, "DELETE FROM t WHERE id IN (3, 4); DELETE FROM u WHERE id IN (4, 5);"
                         "INSERT INTO gone (id) VALUES (NULL)")
    found = sorted((item["table"], item["op"], item["key"][0]) for item in bench.changes(plan))
    check([item[1:] for item in found] == [("delete", "3"), ("delete", "4"), ("delete", "4"),
                                           ("delete", "5")], f"{found}")
    bench.expect(0, "apply", "plan")
    check_equal(bench, "the one")
    left = [row[0] for row in bench.execute("target", "SELECT id FROM w WHERE id < 8 ORDER BY id")]
    check(left == [1, 2, 3, 6, 7], f"the other: {left}")
    bench.execute("target", GONE)
    bench.manifest(tables=f'"{bench.db}.t", "{bench.db}.gone"', pair=tombstones(bench)
                   + INCREMENTAL)
    bench.execute("source", "DELETE FROM gone WHERE id IS NULL; ALTER TABLE gone DROP COLUMN who,"
                            "ADD COLUMN n INT PRIMARY KEY AUTO_INCREMENT FIRST, MODIFY id INT")
    bench.execute("target", "ALTER TABLE gone ADD COLUMN n INT PRIMARY KEY FIRST, MODIFY id INT")
    sync(bench)
    check_equal(bench, "tombstones that are synced by name", "gone")


def tombstone_text_keys(bench):
    """Keys that only the servers can compare, of two columns; written down in another case."""
    schema = f"""
CREATE TABLE t (a VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, b DECIMAL(9,2),
  v VARCHAR(30), changed {FSP}, PRIMARY KEY (a, b), KEY (changed)) ENGINE=InnoDB;
INSERT INTO t (a, b, v) SELECT CONCAT('key ', i), i / 4, 'v' FROM seq.n WHERE i BETWEEN 1 AND 60;
"""
    gone = GONE.replace("id INT NOT NULL", "a VARCHAR(20) CHARACTER SET utf8mb4 COLLATE"
                        " utf8mb4_general_ci NOT NULL, b DECIMAL(9,2) NOT NULL")
    load(bench, schema, gone)
    sync(bench)
    plan = change(bench, "DELETE FROM t WHERE a IN ('key 4', 'key 5', 'key 6', 'key 7');"
                         "INSERT INTO t (a, b, v) VALUES ('KEY 6', 1.5, 'other case');"
                         "INSERT INTO gone (a, b) VALUES ('key 4', 1), ('KEY 5', 1.25),"
                         "('Key 6', 1.5), ('key 7', 1.5), ('key 8', 2)")
    found = ops(bench, plan)
    check([op for op, _ in found] == ["delete", "delete", "update"], f"{found}")
    bench.expect(0, "apply", "plan")
    rows = bench.execute("target", "SELECT a FROM t WHERE b BETWEEN 1 AND 2 ORDER BY b")
    check([row[0] for row in rows] == ["KEY 6", "key 7", "key 8"], f"{rows}")


def tombstone_filter(bench):
    """A row that is outside the filter on the target stays; one that left it is no tombstone's."""
    load(bench, SCHEMA.replace("v VARCHAR(30)", "v VARCHAR(30), region INT NOT NULL DEFAULT 7"),
         pair='where = "region = 7"\nfilter_moved = "follow"\n')
    sync(bench)
    bench.execute("target", "UPDATE t SET region = 8 WHERE id = 5")
    plan = change(bench, "UPDATE t SET region = 8 WHERE id IN (3, 4);"
                         "DELETE FROM t WHERE id IN (4, 5, 6)")
    check(ops(bench, plan) == [("delete", "3"), ("delete", "4"), ("delete", "6")],
          f"{ops(bench, plan)}")
    bench.expect(0, "apply", "plan")
    rows = bench.execute("target", "SELECT id FROM t WHERE id < 8 ORDER BY id")
    check([row[0] for row in rows] == [1, 2, 5, 7], f"{rows}")


def tombstone_findings(bench):
    """Where deletes could be lost the plan is not applyable, and says why."""
    cases = (
        ("", "tombstones_missing", NOT_APPLYABLE),
        ("CREATE VIEW gone AS SELECT id, changed FROM t", "tombstones_missing", NOT_APPLYABLE),
        (GONE.replace("id INT", "no INT"), "tombstones_key", NOT_APPLYABLE),
        (GONE.replace("id INT", "id BIGINT"), "tombstones_key", NOT_APPLYABLE),
        (GONE.replace("changed TIME", "at TIME").replace("(changed)", "(at)"), "tombstones_time",
         NOT_APPLYABLE),
        (GONE.replace("TIMESTAMP(6) NOT NULL", "TIMESTAMP(6) NULL"), "tombstones_time",
         NOT_APPLYABLE),
        (GONE.replace("(6)", ""), "tombstones_time", NOT_APPLYABLE),
        (GONE.replace("TIMESTAMP(6) NOT", "DATETIME(6) NOT"), "tombstones_time", NOT_APPLYABLE),
        (GONE.replace("KEY (changed)", "KEY (id, changed)"), "tombstones_no_index", NOT_APPLYABLE),
        (GONE.replace(STAMP, "TIMESTAMP(6) NOT NULL DEFAULT '2020-01-01'"),
         "tombstones_not_stamped", 0),
        (GONE, None, 0),
    )
    for gone, code, exit_code in cases:
        bench.drop()
        bench.new_state()
        load(bench, gone=gone)
        found = codes(bench.plan(codes=exit_code))
        check(code in found if code else not found, f"{code}: {found}\n{gone}")
    back = f'[pair.back]\nsource = "target"\ntarget = "source"\ntables = ["{bench.db}.gone"]\n'
    load_back(bench, back)
    check("incremental_chain" in codes(bench.plan(codes=NOT_APPLYABLE)), "no chain")


def load_back(bench, back):
    bench.execute("target", GONE)
    bench.manifest(tables=f'"{bench.db}.t"', pair=tombstones(bench) + INCREMENTAL + back)
    path = bench.directory / "rowplan.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("read-only", "read-write"),
                    encoding="utf-8")


def tombstone_sight(bench):
    """Who may not read them is refused."""
    load(bench)
    source = bench.servers["source"]
    replica = "REPLICATION CLIENT" if source.vendor == "mysql" else "REPLICA MONITOR"
    source.execute("CREATE USER deathless@localhost;"
                   f"GRANT SELECT ON `{bench.db}`.t TO deathless@localhost;"
                   f"GRANT PROCESS, {replica} ON *.* TO deathless@localhost")
    try:
        path = bench.directory / "rowplan.toml"
        path.write_text(path.read_text(encoding="utf-8").replace(
            'user = "rowplan"', 'user = "deathless"', 1), encoding="utf-8")
        done = bench.expect(NO_SIGHT, "plan", "-o", "plan")
        check(f"GRANT SELECT ON `{bench.db}`.`gone`" in done.err, f"{done}")
        source.execute(f"GRANT SELECT ON `{bench.db}`.gone TO deathless@localhost")
        bench.plan()
    finally:
        source.execute("DROP USER deathless@localhost")


def tombstone_restored_target(bench):
    """A target from a backup has rows whose tombstones are long behind the watermark."""
    vendor = bench.stage.target.vendor
    target = bench.stage.servers.start(vendor, "--log-bin=bin", "--server-id=77")
    target.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost")
    before, bench.servers["target"] = bench.servers["target"], target
    try:
        load(bench)
        sync(bench)
        change(bench, "DELETE FROM t WHERE id IN (3, 4)")
        bench.expect(0, "apply", "plan")
        check(not mark(sync(bench))["full"], "an untouched target")
        reset = "RESET BINARY LOGS AND GTIDS" if vendor == "mysql" else "RESET MASTER"
        bench.execute("target", reset + "; SET sql_log_bin = 0;"
                                        "INSERT INTO t (id, v) VALUES (3, 'v3'), (4, 'v4')")
        plan = sync(bench)
        check("incremental_target_restored" in codes(plan) and mark(plan)["full"], f"{codes(plan)}")
        check_equal(bench, "after the restore")
    finally:
        bench.servers["target"] = before
        target.kill()


def write_and_delete(bench, seed, stop, counts):
    """Inserts, updates and deletes rows of its own, in transactions that stay open for a while."""
    chance = random.Random(seed)
    connection = bench.servers["source"].connect(database=bench.db)
    run_script(connection, f"SET innodb_lock_wait_timeout = 2, @by_hand = {('NULL', 1)[seed % 2]}")
    while not stop.is_set():
        key = 4 * chance.randrange(40) + seed
        delete = [f"DELETE FROM t WHERE id = {key}"]
        if seed % 2:  # without the trigger
            delete.insert(chance.randrange(2), f"INSERT INTO gone (id) VALUES ({key})")
        write = f"INSERT INTO t (id, v) VALUES ({key}, '{chance.random()}')" \
                f" ON DUPLICATE KEY UPDATE v = '{chance.random()}'"
        kind = chance.choice(("delete", "write", "both"))
        try:
            run_script(connection, "START TRANSACTION")
            for sql in {"delete": delete, "write": [write], "both": delete + [write]}[kind]:
                run_script(connection, sql)
                if chance.random() < 0.1:
                    time.sleep(chance.random() * 0.4)
            run_script(connection, chance.choice(("COMMIT", "COMMIT", "ROLLBACK")))
            counts[kind] = counts.get(kind, 0) + 1
        except pymysql.err.OperationalError:  # a deadlock of gaps
            connection.rollback()
        time.sleep(chance.random() * 0.02)
    connection.close()


def tombstone_campaign(bench):
    """Rows come and go while windows are applied: in the end the tables are equal, by windows."""
    load(bench, pair="limits = { max_deletes = 1000000 }\n")
    sync(bench)
    counts = {}
    writers = [Worker(lambda stop, seed=turn: write_and_delete(bench, seed, stop, counts))
               for turn in range(4)]
    deleted = 0
    for _ in range(15 * bench.stage.rounds):
        plan = bench.plan()
        check(not mark(plan)["full"], "a full comparison")
        deleted += plan["summary"]["delete"]
        bench.expect((0, 3, STALE), "apply", "--on-stale", "skip", "plan")
    for writer in writers:
        writer.finish()
    plan_of_now(bench)
    bench.expect(0, "apply", "plan")
    check_equal(bench, "in the end")
    check(deleted > 0, "no window deleted anything")
    return f"{deleted} deletes planned, {counts}"


TESTS = [tombstone_window, tombstone_late, tombstone_judged, tombstone_limits, tombstone_many,
         tombstone_shared, tombstone_text_keys, tombstone_filter, tombstone_findings,
         tombstone_sight, tombstone_restored_target, tombstone_campaign]
