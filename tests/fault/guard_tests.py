"""What guards the rows while apply is in the middle of a unit, and what it checks before COMMIT."""

import signal

import pymysql

from bench import check

import shop

STALE, FAILED, REFUSED = 10, 1, 13
KILLED = -signal.SIGKILL
LOCK_WAIT = 1205
SHORT_WAIT = 'user = "rowplan"\nlock_wait = "1s"\n'
SCHEMA = """
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB;
INSERT INTO t SELECT 10 * i, 'right' FROM seq.n WHERE i BETWEEN 1 AND 40;
"""
DAMAGE = "UPDATE t SET v = 'wrong' WHERE id = 200; DELETE FROM t WHERE id = 210;"


def is_stopped(running):
    with open(f"/proc/{running.process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def stopped_apply(bench, point, *options):
    """An apply that stands still at this point."""
    running = bench.start("apply", "plan", *options, env={"ROWPLAN_TEST_STOP_AT": point})
    bench.wait_for(lambda: running.ended() or is_stopped(running), f"apply stops at {point}")
    check(not running.ended(), f"apply did not stop at {point}")
    return running


def others_wait(bench):
    """Between judging and COMMIT nobody changes a row of the chunk, nor puts one into it."""
    writes = ("UPDATE t SET v = 'other' WHERE id = 200", "DELETE FROM t WHERE id = 190",
              "INSERT INTO t VALUES (195, 'other')", "INSERT INTO t VALUES (215, 'other')")
    bench.load(SCHEMA, target=DAMAGE)
    bench.manifest(pair="chunk_rows = 1000000\n")
    bench.plan()
    for point in ("statement:1", "commit:1"):
        running = stopped_apply(bench, point)
        connection = bench.servers["target"].connect(
            database=bench.db, init_command="SET innodb_lock_wait_timeout = 1")
        with connection.cursor() as cursor:
            for write in writes:
                try:
                    cursor.execute(write)
                    found = "done"
                except pymysql.err.OperationalError as error:
                    found = error.args[0]
                check(found == LOCK_WAIT, f"apply is at {point}, and another's '{write}': {found}")
        connection.close()
        running.process.send_signal(signal.SIGCONT)
        done = running.wait()
        check(done.code == 0, f"expected exit 0\n{done}")
        bench.check_converged(point)
        bench.execute("target", DAMAGE)
        bench.new_state()


def lock_wait_while_writing(bench):
    """A unit whose second statement waits in vain for a lock is rolled back as a whole."""
    bench.load("CREATE TABLE parent (id INT PRIMARY KEY) ENGINE=InnoDB;"
               "CREATE TABLE t (id INT PRIMARY KEY, p INT NOT NULL,"
               " FOREIGN KEY (p) REFERENCES parent (id)) ENGINE=InnoDB;"
               "INSERT INTO parent VALUES (1), (2);",
               source="INSERT INTO t VALUES (5, 1), (20, 2)",
               target="INSERT INTO t VALUES (5, 1), (10, 1)")
    bench.manifest(pair="chunk_rows = 1000000\n", server=SHORT_WAIT)
    bench.plan()
    before = bench.dump_all("target")
    connection = bench.servers["target"].connect(database=bench.db, autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM parent WHERE id = 2 FOR UPDATE")
    done = bench.run("apply", "plan")
    bench.check_dumps("target", before, "the unit's second statement failed")
    check(done.code == 75, f"expected exit 75\n{done}")
    connection.rollback()
    connection.close()
    bench.expect(0, "apply", "plan")
    bench.check_converged("the lock is free")


def values_rewritten(bench):
    """A trigger that rowplan cannot see changes what is written: nothing of the unit stays."""
    bench.load(SCHEMA, target=DAMAGE + "CREATE TRIGGER z BEFORE UPDATE ON t FOR EACH ROW"
                                       " SET NEW.v = CONCAT(NEW.v, '!')")
    for server in bench.servers.values():
        server.execute("DROP USER IF EXISTS 'blind'@'localhost';"
                       "CREATE USER 'blind'@'localhost';"
                       "GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES"
                       f" ON `{bench.db}`.* TO 'blind'@'localhost'")
    bench.manifest(pair='assume = ["no_triggers", "not_a_replica", "no_foreign_children"]\n',
                   server='user = "blind"\n')
    if bench.stage.target.vendor == "mariadb":
        bench.plan(codes=REFUSED)
        return "this vendor shows triggers to everybody"
    bench.plan()
    before = bench.dump_all("target")
    for options in ((), ("--verify", "rows")):
        bench.expect(FAILED, "apply", "plan", *options)
        bench.check_dumps("target", before, "a trigger rewrote a value")
    return ""


def unit_unsettled(bench):
    """Killed before COMMIT, the state does not say that the unit is in."""
    shop.load(bench)
    bench.plan()
    bench.expect(KILLED, "apply", "plan", env={"ROWPLAN_TEST_KILL_AT": "commit:1"})
    check(len(bench.unsettled()) == 1, f"unsettled is {bench.unsettled()}")
    bench.expect(0, "apply", "plan")
    check(not bench.unsettled(), "a unit stays unsettled")


def another_server(bench):
    """Another server with the same rows is not the one that was planned."""
    bench.load(SCHEMA, target=DAMAGE)
    bench.manifest()
    bench.plan()
    other = bench.stage.servers.start(bench.stage.target.vendor)
    try:
        other.execute("CREATE USER 'rowplan'@'localhost';"
                      "GRANT ALL ON *.* TO 'rowplan'@'localhost';"
                      f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4")
        other.execute(SCHEMA + DAMAGE, database=bench.db)
        bench.manifest(target=other.socket)
        bench.expect(STALE, "apply", "plan")
        rows = other.execute("SELECT v FROM t WHERE id = 200", database=bench.db)
        check(rows[0][0] == "wrong", "another server was written")
    finally:
        other.kill()


TESTS = (others_wait, lock_wait_while_writing, values_rewritten, unit_unsettled, another_server)
