"""Soft deletes: a row that the source marks as deleted is deleted on the target, by its window too,
and comes back when the mark goes."""

import json
import random
import time

from bench import Worker, check
from incremental_tests import (INCREMENTAL, NOT_APPLYABLE, STALE, codes, mark, server_time, stored,
                               sync)
from servers import run_script

SCHEMA = """
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), region INT NOT NULL DEFAULT 7,
  deleted_at DATETIME(6) NULL,
  changed TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  KEY (changed)) ENGINE=InnoDB;
INSERT INTO t (id, v) SELECT i, CONCAT('v', i) FROM seq.n WHERE i BETWEEN 1 AND 60;
"""
SOFT = 'deletes = { soft = "deleted_at" }\n'
LIVE = "SELECT * FROM t WHERE deleted_at IS NULL ORDER BY id"


def load(bench, pair="", incremental=INCREMENTAL):
    bench.load(SCHEMA)
    bench.manifest(pair=SOFT + pair + incremental)


def change(bench, sql):
    """On the source; a plan whose window holds it."""
    bench.execute("source", sql)
    return plan_of_now(bench)


def plan_of_now(bench, code=0):
    settled = server_time(bench)
    while True:
        plan = bench.plan(codes=(0, code))
        if mark(plan)["to"] > settled:
            break
        time.sleep(0.05)
    check(not mark(plan)["full"], "a full comparison")
    return plan


def ops(bench, plan):
    return sorted((item["op"], item["key"][0]) for item in bench.changes(plan))


def check_live(bench, what):
    """The target holds the rows that live on the source, and no others."""
    source, target = bench.execute("source", LIVE), bench.execute("target", LIVE)
    check(list(source) == list(target), f"{what}:\n{source}\n{target}")
    left = bench.execute("target", "SELECT id FROM t WHERE deleted_at IS NOT NULL")
    check(not left, f"{what}: {left}")


def soft_delete_window(bench):
    """A window deletes what is marked, brings back what no longer is, and nothing else."""
    load(bench)
    bench.execute("source", "UPDATE t SET deleted_at = NOW(6) WHERE id IN (1, 60)")
    first = bench.plan()
    deleted = [key for op, key in ops(bench, first) if op == "delete"]
    check(mark(first)["full"] and deleted == ["1", "60"], f"{deleted}")
    bench.expect(0, "apply", "plan")
    check_live(bench, "the first run")
    plan = change(bench, "UPDATE t SET deleted_at = NOW(6) WHERE id IN (3, 30);"
                         "UPDATE t SET v = 'gone', deleted_at = NOW(6) WHERE id = 31;"
                         "INSERT INTO t (id, v, deleted_at) VALUES (100, 'born dead', NOW(6));"
                         "UPDATE t SET deleted_at = NULL WHERE id = 1;"
                         "DELETE FROM t WHERE id = 7; UPDATE t SET v = 'new' WHERE id = 8")
    check(ops(bench, plan) == [("delete", "3"), ("delete", "30"), ("delete", "31"), ("insert", "1"),
                               ("update", "8")], f"{ops(bench, plan)}")
    bench.expect(0, "apply", "plan")
    bench.expect(0, "apply", "plan")
    check(list(stored(bench).values()) == [mark(plan)["to"]], "the watermark did not move")
    rows = bench.execute("target", "SELECT id FROM t WHERE id IN (1, 3, 7, 30, 31, 100)")
    check(list(rows) == [(1,), (7,)], f"{rows}")
    bench.expect(2, "check")  # row 7: deleted rows that leave no mark are found by it
    bench.expect(0, "plan", "-o", "plan", "--overwrite", "--full")
    full = bench.read_plan()
    check(mark(full)["full"] and ops(bench, full) == [("delete", "7")], f"{ops(bench, full)}")
    bench.expect(0, "apply", "plan")
    check_live(bench, "after --full")
    bench.expect(0, "check")


def soft_delete_superseded(bench):
    """Rows whose mark comes or goes between plan and apply are left to the next window."""
    load(bench)
    sync(bench)
    for verify in ("chunks", "rows"):
        change(bench, "UPDATE t SET deleted_at = NOW(6) WHERE id IN (4, 5);"
                      "UPDATE t SET v = CONCAT(v, '+') WHERE id IN (14, 15);"
                      "INSERT INTO t (id, v) SELECT 900 + COUNT(*), 'new' FROM t")
        bench.execute("source", "UPDATE t SET deleted_at = NULL WHERE id = 5;"
                                "UPDATE t SET deleted_at = NOW(6) WHERE id IN (15) OR id >= 900")
        done = bench.expect(0, "apply", "plan", "--json", "--verify", verify)
        rows = json.loads(done.out)["rows"]
        check(rows["superseded"] == 3, f"{verify}: {done}")
        there = [row[0] for row in bench.execute(
            "target", "SELECT id FROM t WHERE id IN (4, 5, 15) OR id >= 900 ORDER BY id")]
        check(there == [5, 15], f"{verify}: {there}")
        plan_of_now(bench)
        bench.expect(0, "apply", "plan")
        check_live(bench, verify)
        change(bench, "UPDATE t SET deleted_at = NULL WHERE id < 900")
        bench.expect(0, "apply", "plan")
        check_live(bench, f"{verify}: all back")


def soft_delete_stale(bench):
    """A mark that goes without a new time, and a target's row that changed: nothing is deleted."""
    load(bench)
    sync(bench)
    moved = stored(bench)
    change(bench, "UPDATE t SET deleted_at = NOW(6) WHERE id = 9")
    bench.execute("source", "UPDATE t SET deleted_at = NULL, changed = changed WHERE id = 9")
    bench.expect(STALE, "apply", "plan")
    bench.execute("source", "UPDATE t SET deleted_at = NOW(6), changed = changed WHERE id = 9")
    bench.execute("target", "UPDATE t SET v = 'mine' WHERE id = 9")
    bench.expect(STALE, "apply", "plan")
    check(stored(bench) == moved, "a stale apply moved the watermark")
    check(len(bench.execute("target", "SELECT 1 FROM t WHERE id = 9")) == 1, "row 9 is gone")
    plan_of_now(bench)
    bench.expect(0, "apply", "plan")
    check_live(bench, "planned again")


def soft_delete_limits(bench):
    """Deletes by a window count to max_deletes, and a plan belongs to the manifest that made it."""
    load(bench, "limits = { max_deletes = 2 }\n")
    sync(bench)
    bench.execute("source", "UPDATE t SET deleted_at = NOW(6) WHERE id IN (4, 5, 6)")
    plan = plan_of_now(bench, NOT_APPLYABLE)
    check("max_deletes" in codes(plan) and plan["summary"]["delete"] == 3, f"{codes(plan)}")
    bench.expect(NOT_APPLYABLE, "apply", "plan")
    load_count = len(bench.execute("target", "SELECT id FROM t"))
    check(load_count == 60, f"{load_count} rows are left")
    bench.manifest(pair=SOFT + INCREMENTAL)
    bench.plan()
    bench.manifest(pair=INCREMENTAL)
    done = bench.run("apply", "plan")
    check(done.code != 0 and len(bench.execute("target", "SELECT id FROM t")) == 60,
          f"applied with another manifest\n{done}")
    bench.manifest(pair=SOFT + INCREMENTAL)
    bench.expect(0, "apply", "plan")
    check_live(bench, "with the limit raised")


def soft_delete_filter(bench):
    """In a window: marked rows go whatever filter_moved says, rows outside on the target stay."""
    load(bench, 'where = "region = 7 OR region = 77"\n')
    sync(bench)
    bench.execute("target", "UPDATE t SET region = 8 WHERE id = 5")
    plan = change(bench, "UPDATE t SET deleted_at = NOW(6) WHERE id IN (3, 5);"
                         "UPDATE t SET deleted_at = NOW(6), region = 8 WHERE id = 4")
    check(ops(bench, plan) == [("delete", "3"), ("delete", "4")], f"{ops(bench, plan)}")
    bench.expect(0, "apply", "plan")
    rows = bench.execute("target", "SELECT id FROM t WHERE id IN (3, 4, 5)")
    check(list(rows) == [(5,)], f"{rows}")
    bench.execute("source", "UPDATE t SET region = 8 WHERE id = 6")
    plan = plan_of_now(bench, NOT_APPLYABLE)
    check("filter_moved" in codes(plan), f"{codes(plan)}")


def write_marks(bench, seed, stop):
    """Marks rows, takes marks away and changes rows, in transactions that stay open for a while."""
    chance = random.Random(seed)
    connection = bench.servers["source"].connect(database=bench.db)
    run_script(connection, "SET innodb_lock_wait_timeout = 2")
    while not stop.is_set():
        key = 4 * chance.randrange(15) + seed  # its own rows: no deadlocks
        mark_it = chance.choice(("NOW(6)", "NULL", "deleted_at"))
        run_script(connection, "START TRANSACTION")
        run_script(connection, f"UPDATE t SET v = '{chance.random()}', deleted_at = {mark_it}"
                               f" WHERE id = {key + 1}")
        if chance.random() < 0.1:
            time.sleep(chance.random() * 0.3)
        run_script(connection, chance.choice(("COMMIT", "COMMIT", "ROLLBACK")))
        time.sleep(chance.random() * 0.02)
    connection.close()


def soft_delete_campaign(bench):
    """Marks come and go while windows are applied: in the end the target holds what lives."""
    load(bench, incremental=INCREMENTAL.replace('overlap = "0s"', 'overlap = "2s"'))
    sync(bench)
    writers = [Worker(lambda stop, seed=turn: write_marks(bench, seed, stop))
               for turn in range(4)]
    deleted = 0
    for _ in range(15 * bench.stage.rounds):
        plan = bench.plan()
        deleted += plan["summary"]["delete"]
        bench.expect((0, 3), "apply", "--on-stale", "skip", "plan")
    for writer in writers:
        writer.finish()
    plan_of_now(bench)
    bench.expect((0, 3), "apply", "--on-stale", "skip", "plan")
    plan_of_now(bench)
    bench.expect(0, "apply", "plan")
    check_live(bench, "in the end")
    check(deleted > 0, "no window deleted anything")
    return f"{deleted} deletes planned"


TESTS = [soft_delete_window, soft_delete_superseded, soft_delete_stale, soft_delete_limits,
         soft_delete_filter, soft_delete_campaign]
