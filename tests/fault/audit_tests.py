"""output.audit_table: a row for each table of a run, in the table of examples/audit_table.sql."""

import json
import pathlib

from bench import check

import incremental_tests
import privilege_tests
import shop
from lock_tests import Blocker
from sync_tests import SYNC

FAILED, PARTIAL, STALE, NO_ACCESS, TEMPORARY, BAD_MANIFEST = 1, 3, 10, 12, 75, 78
DDL = pathlib.Path(__file__).resolve().parents[2] / "examples" / "audit_table.sql"


def make_table(bench):
    bench.servers["target"].execute(f"CREATE DATABASE `{bench.db}_start`")
    sql = "\n".join(line for line in DDL.read_text(encoding="utf-8").splitlines()
                    if not line.startswith("--"))
    bench.servers["target"].execute(sql, database=f"{bench.db}_start")


def load(bench, **options):
    shop.load(bench)
    bench.manifest(top=f'[output]\naudit_table = "{bench.db}_start.rowplan_audit"',
                   pair=shop.MANY_UNITS, **options)


def audit(bench, columns, where="TRUE"):
    return bench.servers["target"].execute(
        f"SELECT {columns} FROM rowplan_audit WHERE {where} ORDER BY id",
        database=f"{bench.db}_start")


def states(bench):
    """What the view says: {table without its database: (state, last status)}"""
    rows = bench.servers["target"].execute(
        "SELECT table_name, state, last_status FROM rowplan_audit_status",
        database=f"{bench.db}_start")
    return {name.partition(".")[2]: (state, last) for name, state, last in rows}


def audit_rows(bench):
    """A row a table with what was done to it; the view tells normal, late, failed."""
    make_table(bench)
    load(bench)
    plan = bench.plan()
    bench.expect(0, "apply", "plan", "--dry-run")
    check(not audit(bench, "id"), "a dry run wrote audit rows")
    done = json.loads(bench.expect(0, "apply", "plan", "--json").out)
    bench.check_converged("with an audit table")
    check(not done["audit_problems"], f"{done}")
    rows = audit(bench, "table_name, affected_rows, inserted, updated, deleted, status, plan_id,"
                        " plan_digest, verb, pair, error_message, start_time <= end_time,"
                        " ABS(TIMESTAMPDIFF(HOUR, end_time, UTC_TIMESTAMP())) < 1")
    planned = {table["members"]["target"]: table["ops"] for table in plan["tables"]}
    check(len(rows) == len(planned), f"{len(rows)} rows for {len(planned)} tables")
    for name, total, inserted, updated, deleted, *rest in rows:
        ops = planned[name]
        check((inserted, updated, deleted) == (ops["insert"], ops["update"], ops["delete"]),
              f"{name}: {inserted}, {updated}, {deleted} and not {ops}")
        check(total == inserted + updated + deleted, f"{name}: {total}")
        check(rest == ["success", plan["run"]["plan_id"], done["digest"], "apply", "p", None, 1, 1],
              f"{name}: {rest}")
    check(set(states(bench).values()) == {("normal", "success")}, f"{states(bench)}")
    bench.servers["target"].execute(
        "UPDATE rowplan_audit SET end_time = end_time - INTERVAL 25 HOUR"
        " WHERE table_name LIKE '%.plain'", database=f"{bench.db}_start")
    check(states(bench)["plain"] == ("late", "success"), f"{states(bench)}")
    check(states(bench)["tag"] == ("normal", "success"), f"{states(bench)}")


def audit_of_runs_that_fail(bench):
    """Tables that are stale, in part, failed: each says which, and why."""
    make_table(bench)
    load(bench, server='user = "rowplan"\nlock_wait = "1s"\n')
    bench.plan()
    bench.execute("target", "UPDATE plain SET v = 'later' WHERE id = 20;"
                            "UPDATE log SET line = 'later'")
    bench.expect(PARTIAL, "apply", "plan", "--on-stale", "skip")
    check(states(bench)["plain"] == ("failed", "partial"), f"{states(bench)}")
    check(states(bench)["log"] == ("failed", "stale"), f"{states(bench)}")
    check(states(bench)["tag"] == ("normal", "success"), f"{states(bench)}")
    for message, in audit(bench, "error_message", "status <> 'success'"):
        check(message and bench.db in message, f"the message is {message!r}")
    bench.execute("target", "UPDATE customer SET name = 'wrong' WHERE id = 2")
    bench.plan()
    blocker = Blocker(bench)
    bench.expect(TEMPORARY, "apply", "plan")
    blocker.release()
    check(states(bench)["customer"][1] == "failed", f"{states(bench)}")
    bench.expect(0, "apply", "plan")
    bench.check_converged("after failures")
    check(set(states(bench).values()) == {("normal", "success")}, f"{states(bench)}")


def audit_table_unfit(bench):
    """Told before anything is written: no table, column or privilege; a table that is synced."""
    load(bench)
    bench.plan()
    before = bench.dump_all("target")
    done = bench.expect(BAD_MANIFEST, "apply", "plan")
    check("there is no audit table" in done.err, f"{done}")
    make_table(bench)
    bench.servers["target"].execute("ALTER TABLE rowplan_audit DROP COLUMN host",
                                    database=f"{bench.db}_start")
    done = bench.expect(BAD_MANIFEST, "apply", "plan")
    check("has no column 'host'" in done.err, f"{done}")
    bench.servers["target"].execute("ALTER TABLE rowplan_audit ADD COLUMN host VARCHAR(255)",
                                    database=f"{bench.db}_start")
    bench.check_dumps("target", before, "an audit table that is unfit")
    for name in ("nodots", f"{bench.db}.plain", f"{bench.db}.PLAIN"):
        bench.manifest("synced.toml", top=f'[output]\naudit_table = "{name}"')
        bench.expect(BAD_MANIFEST, "-f", "synced.toml", "plan", "-o", "synced")
    seeing, writing = privilege_tests.grants_of(bench)
    privilege_tests.make_user(bench, "source", seeing["source"])
    privilege_tests.make_user(bench, "target", seeing["target"] + writing)
    bench.manifest(top=f'[output]\naudit_table = "{bench.db}_start.rowplan_audit"',
                   pair=shop.MANY_UNITS, server=privilege_tests.LOGIN)
    bench.plan()
    done = bench.expect(NO_ACCESS, "apply", "plan")
    check("INSERT on " in done.err and "rowplan_audit" in done.err, f"{done}")
    bench.check_dumps("target", before, "no privilege on the audit table")
    grants = privilege_tests.documented(bench, "Target: apply with an audit table, in addition")
    privilege_tests.make_user(bench, "target", seeing["target"] + writing + [
        grant.replace("`ops`", f"`{bench.db}_start`") for grant in grants])
    bench.expect(0, "apply", "plan")
    bench.check_converged("the documented grants")
    check(set(states(bench).values()) == {("normal", "success")}, f"{states(bench)}")


def audit_not_written(bench):
    """Rows that are in stay in: exit 1 tells of the audit rows alone."""
    make_table(bench)
    load(bench)
    bench.plan()
    bench.servers["target"].execute(
        "CREATE TRIGGER no BEFORE INSERT ON rowplan_audit FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not today'", database=f"{bench.db}_start")
    done = bench.expect(FAILED, "apply", "plan")
    check("not today" in done.err, f"no warning\n{done}")
    bench.check_converged("without audit rows")
    pair = json.loads(bench.expect(0, "status", "--json").out)["pairs"][0]
    check(pair["last_success_at"] is not None, "the rows are in, and it is no success")
    check(pair["last_run"]["exit_code"] == FAILED, f"{pair['last_run']}")
    check(not bench.unsettled(), "units are not settled")
    document = json.loads(bench.expect(FAILED, "apply", "plan", "--json").out)
    check(document["units"]["already_done"] == document["units"]["total"], f"{document}")
    check(len(document["audit_problems"]) == 1, f"{document}")
    bench.execute("target", "UPDATE plain SET v = 'later' WHERE id = 20")
    bench.expect(STALE, "apply", "plan")  # what the rows say comes first


def audit_of_syncs(bench):
    """A row a table and round, with the run's id and where its watermark went."""
    make_table(bench)
    bench.load(incremental_tests.SCHEMA)
    bench.manifest(top=f'[output]\naudit_table = "{bench.db}_start.rowplan_audit"',
                   pair=incremental_tests.INCREMENTAL)
    first = json.loads(bench.expect(0, *SYNC, "--json").out)
    marks = incremental_tests.stored(bench)
    bench.execute("source", "UPDATE t SET v = 'new' WHERE id = 5")
    second = json.loads(bench.expect(0, *SYNC, "--json").out)
    now = incremental_tests.stored(bench)
    rows = audit(bench, "run_id, verb, watermark_from, watermark_to, status")
    (mark,), (later,) = marks.values(), now.values()
    check(list(rows) == [(first["run_id"], "sync", None, mark, "success"),
                         (second["run_id"], "sync", mark, later, "success")], f"{rows}")
    runs = json.loads(bench.expect(0, "state", "show", "--json").out)["runs"]
    check([run["run_id"] for run in runs] == [second["run_id"], first["run_id"]], f"{runs}")


TESTS = (audit_of_syncs, audit_rows, audit_of_runs_that_fail, audit_table_unfit, audit_not_written)
