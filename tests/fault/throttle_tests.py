"""Throttles: what makes an apply wait, what stops it, and that a wait holds nothing."""

import json
import re
import signal
import time

import pymysql

from bench import Failure, Worker, check

import shop
from role_tests import free_port
from sync_tests import SYNC

TEMPORARY, MANIFEST = 75, 78


def throttled(bench, lines, **options):
    bench.manifest(pair=f"{shop.MANY_UNITS}[pair.p.throttle]\n{lines}\n", **options)


def load(bench, lines, **options):
    shop.load(bench)
    bench.plan()
    bench.remember_start()
    throttled(bench, lines, **options)


def log_of(running):
    return running.err_path.read_text(errors="replace")


def start_waiting(bench, reason, verb=("apply", "plan")):
    """A run that waits for this reason, and has written nothing."""
    before = bench.dump_all("target")
    running = bench.start(*verb, "--log-level", "info")
    bench.wait_for(lambda: running.ended() or f"waiting: {reason}" in log_of(running),
                   f"waiting: {reason}")
    if running.ended():
        raise Failure(f"it did not wait\n{running.wait()}")
    bench.check_dumps("target", before, "while it waits")
    return running


def transactions_held(bench):
    """The servers on which rowplan has a transaction open, with what it does."""
    time.sleep(0.2)  # InnoDB tells again what it told, to who asks again within 0.1 s
    return {role: rows for role in bench.servers if (rows := bench.execute(
        role, """SELECT p.ID, p.COMMAND, p.TIME, p.STATE, p.INFO
            FROM information_schema.INNODB_TRX t
            JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
            WHERE p.USER = 'rowplan'"""))}


def check_nothing_held(bench):
    """No transaction of rowplan is open on either server."""
    held = transactions_held(bench)
    check(not held, f"transactions are open while rowplan waits: {held}")


def check_goes_on(bench, running):
    done = running.wait()
    check(done.code == 0, f"expected exit 0\n{done}")
    check("goes on" in done.err, f"it does not say that it goes on\n{done}")
    bench.check_converged("after a wait")


def check_stops(bench, running, code):
    """It ends with the code, and a later run brings the rest."""
    done = running.wait()
    check(done.code == code, f"expected exit {code}\n{done}")
    bench.manifest(pair=shop.MANY_UNITS)
    bench.expect(0, "apply", "plan")
    bench.check_converged("the rest")
    bench.reset_target()
    return done


def pause_file(bench):
    """Waits while the file is there, with nothing held; the progress says why; a signal ends it."""
    load(bench, 'pause_file = "pause"')
    pause = bench.directory / "pause"
    pause.touch()
    running = start_waiting(bench, "the pause file pause is there")
    check_nothing_held(bench)
    pause.unlink()
    check_goes_on(bench, running)
    bench.reset_target()
    for which, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        bench.new_state()
        throttled(bench, 'pause_file = "pause"')
        pause.touch()
        running = start_waiting(bench, "the pause file pause is there")
        running.process.send_signal(which)
        check_stops(bench, running, code)


def pause_between_tables(bench):
    """A comparison waits too, and its plan is the same."""
    shop.load(bench)
    plan = bench.plan()
    throttled(bench, 'pause_file = "pause"')
    pause = bench.directory / "pause"
    pause.touch()
    for verb in (("plan", "-o", "other"), ("check",)):
        running = start_waiting(bench, "the pause file pause is there", verb)
        check_nothing_held(bench)
        pause.unlink()
        done = running.wait()
        check(done.code == (2 if verb == ("check",) else 0), f"after a wait\n{done}")
        pause.touch()
    check(bench.read_plan("other")["summary"] == plan["summary"], "another plan")
    running = start_waiting(bench, "the pause file pause is there", ("check",))
    running.process.send_signal(signal.SIGTERM)
    check(running.wait().code == 143, "a signal does not end the wait")


WIDE = """
CREATE TABLE wide (id INT PRIMARY KEY, v VARCHAR(400)) ENGINE=InnoDB;
INSERT INTO wide SELECT 1 + a.i + 10000 * b.i, REPEAT('x', 300)
  FROM seq.n AS b STRAIGHT_JOIN seq.n AS a WHERE a.i < 10000 AND b.i < 10;
"""
WIDE_ROWS = 100_000


def reads_wide(bench):
    """Is the source sending the table's rows?"""
    return any("FROM" in text and "`wide`" in text and "ORDER BY" in text
               for _, text in bench.sessions("source"))


def stop_inside(bench):
    """A plan that stands still while it reads the table, and long enough for a next look at what
    may make it wait."""
    for _ in range(20):
        running = bench.start("plan", "-o", "plan", "--overwrite", "--log-level", "info")
        bench.wait_for(lambda running=running: running.ended() or reads_wide(bench), "it reads")
        running.process.send_signal(signal.SIGSTOP)
        time.sleep(0.7)
        if not running.ended() and reads_wide(bench):
            return running
        running.process.send_signal(signal.SIGCONT)
        running.wait()
    raise Failure("it was never caught while it read")


def pause_inside_table(bench):
    """A table that is being read, by one thread or several, is let go of: while it waits no
    snapshot is open, and it goes on from where it was in newer ones."""
    bench.load(WIDE)
    pause = bench.directory / "pause"
    for threads in (1, 4):
        bench.manifest(pair=f"threads = {threads}\nchunk_rows = 10\n"
                            '[pair.p.throttle]\npause_file = "pause"\n')
        running = wait_inside(bench, pause)
        check(("wide: read in " in log_of(running)) == (threads > 1), f"{log_of(running)}")
        bench.execute("source", f"UPDATE wide SET v = 'new' WHERE id IN (1, {WIDE_ROWS})")
        pause.unlink()
        done = running.wait()
        check(done.code == 0 and "goes on" in done.err, f"after a wait\n{done}")
        plan = bench.read_plan()
        check(plan["summary"]["rows_compared"] == WIDE_ROWS, f"{plan['summary']}")
        keys = [change["key"][0] for change in bench.changes(plan)]
        # Of several threads one may have read the last row before.
        check(keys == [str(WIDE_ROWS)] or threads > 1 and set(keys) <= {"1", str(WIDE_ROWS)},
              f"not in newer snapshots from where it was: {keys}\n{done}")
        bench.execute("source", "UPDATE wide SET v = REPEAT('x', 300) WHERE v = 'new'")
        running = wait_inside(bench, pause)
        running.process.send_signal(signal.SIGTERM)
        check(running.wait().code == 143, "a signal does not end the wait")
        pause.unlink()


def wait_inside(bench, pause):
    """A plan that waits while it reads the table, and holds nothing."""
    running = stop_inside(bench)
    pause.touch()
    running.process.send_signal(signal.SIGCONT)
    bench.wait_for(lambda: running.ended() or "waiting: the pause file" in log_of(running),
                   "it waits")
    # A server that was sending rows takes a moment to see that nobody takes them.
    bench.wait_for(lambda: not transactions_held(bench), "nothing is held")
    check(not running.ended(), "it did not wait")
    return running


def panic_file(bench):
    """There before: nothing is written. Put there between units: what is committed stays."""
    load(bench, 'panic_file = "panic"')
    before = bench.dump_all("target")
    panic = bench.directory / "panic"
    panic.touch()
    done = bench.expect(TEMPORARY, "apply", "plan")
    check("panic" in done.err, f"the file is not named\n{done}")
    bench.check_dumps("target", before, "a panic file from the start")
    panic.unlink()
    # The first unit that is in the journal is committed; each is followed by a rest.
    throttled(bench, 'panic_file = "panic"\nnice_ratio = 20')
    running = bench.start("apply", "plan", "--log-level", "info")
    bench.wait_for(lambda: running.ended() or "nice_ratio: rests" in log_of(running), "a rest")
    check(not running.ended(), f"it ended without a rest\n{log_of(running)}")
    check_nothing_held(bench)
    panic.touch()
    done = check_stops(bench, running, TEMPORARY)
    applied, units = map(int, re.search(r"Applied (\d+) of (\d+) units", done.out).groups())
    check(0 < applied < units, f"{applied} of {units} units\n{done}")
    check("were not tried" in done.out or "was not tried" in done.out, f"the rest\n{done}")
    return f"stopped after {applied} of {units} units"


def now_of_day():
    """A span of the day that holds this moment."""
    hour = int(time.strftime("%H"))
    return f"{(hour + 23) % 24:02}:00-{(hour + 2) % 24:02}:00"


def check_status_waits(bench, phase, reason):
    """Another process sees what the run waits for."""
    def told():
        return json.loads(bench.expect(0, "status", "--json").out)["running"]
    bench.wait_for(lambda: (told() or {}).get("waiting", "").startswith(reason), "status: waiting")
    check(told()["phase"] == phase, f"{told()}")
    check(reason in bench.expect(0, "status").out, "the text does not say why")
    metrics = bench.expect(0, "status", "--format", "prometheus").out
    check(re.search(r"^rowplan_running_waiting\{.*\} 1$", metrics, re.M), metrics)


def sync_waits(bench):
    """sync waits while it plans and while it applies, and status says so; --max-duration and a
    signal end both waits; a panic file ends it at once."""
    shop.load(bench)
    bench.remember_start()
    pause = bench.directory / "pause"
    cases = (("comparing", "the pause file pause is there", 'pause_file = "pause"'),
             ("applying", "not between ", f'not_between = ["{now_of_day()}"]'))
    for phase, reason, lines in cases:
        throttled(bench, lines)
        pause.touch()
        running = start_waiting(bench, reason, SYNC)
        check_status_waits(bench, phase, reason)
        check_nothing_held(bench)
        running.process.send_signal(signal.SIGTERM)
        done = running.wait()
        check(done.code == 143, f"{phase}: a signal\n{done}")
        done = bench.expect(TEMPORARY, *SYNC, "--json", "--max-duration", "3s")
        check(json.loads(done.out)["out_of_time"], f"{phase}: the time is over\n{done}")
    throttled(bench, cases[0][2])
    running = start_waiting(bench, cases[0][1], SYNC)
    pause.unlink()
    check_goes_on(bench, running)
    check(not bench.unsettled(), "the state has unsettled units")
    bench.reset_target()
    before = bench.dump_all("target")
    throttled(bench, 'panic_file = "panic"')
    (bench.directory / "panic").touch()
    done = bench.expect(TEMPORARY, *SYNC)
    check("panic" in done.err and "trying again" not in done.err, f"it was tried again\n{done}")
    bench.check_dumps("target", before, "a panic file")
    # Put there while it rests between units: what is committed stays, and the next run goes on.
    (bench.directory / "panic").unlink()
    throttled(bench, 'panic_file = "panic"\nnice_ratio = 20')
    running = bench.start(*SYNC, "--log-level", "info")
    bench.wait_for(lambda: running.ended() or "nice_ratio: rests" in log_of(running), "a rest")
    (bench.directory / "panic").touch()
    done = running.wait()
    check(done.code == TEMPORARY and "trying again" not in done.err, f"a panic file\n{done}")
    (bench.directory / "panic").unlink()
    bench.expect(0, *SYNC)
    bench.check_converged("the next sync")


class Sleepers:
    """Connections that run something, so that Threads_running is high."""

    def __init__(self, bench, role, count):
        self.server = bench.servers[role]
        self.workers = [Worker(self.sleep) for _ in range(count)]
        bench.wait_for(lambda: len(self.asleep()) == count, "the sleepers")

    def sleep(self, stop):
        try:
            self.server.execute("SELECT SLEEP(600)")
        except pymysql.err.OperationalError:  # MariaDB's way of waking
            if not stop.is_set():
                raise

    def asleep(self):
        rows = self.server.execute("SHOW FULL PROCESSLIST")
        return [row[0] for row in rows if row[7] and row[7].startswith("SELECT SLEEP(600)")]

    def wake(self):
        for worker in self.workers:
            worker.stop.set()
        for number in self.asleep():
            self.server.execute(f"KILL QUERY {number}")
        for worker in self.workers:
            worker.finish()


def loads(bench):
    """max_load of either server waits, critical_load stops; a variable that is none is 78."""
    load(bench, 'max_load = "Threads_running=12"')
    for role in bench.servers:
        sleepers = Sleepers(bench, role, 12)
        try:
            running = start_waiting(bench, f"max_load: Threads_running of '{role}' is ")
            check_nothing_held(bench)
        finally:
            sleepers.wake()
        check_goes_on(bench, running)
        bench.reset_target()
        bench.new_state()
    before = bench.dump_all("target")
    throttled(bench, 'critical_load = "Threads_running=12"')
    sleepers = Sleepers(bench, "target", 12)
    try:
        for verb in (("apply", "plan"), ("plan", "-o", "other")):
            done = bench.expect(TEMPORARY, *verb)
            check("Threads_running of 'target'" in done.err, f"it does not say why\n{done}")
    finally:
        sleepers.wake()
    bench.check_dumps("target", before, "a critical load")
    throttled(bench, 'max_load = "Threads_runing=12"')
    done = bench.expect(MANIFEST, "apply", "plan")
    check("Threads_runing" in done.err, f"the variable is not named\n{done}")
    bench.check_dumps("target", before, "no such variable")
    throttled(bench, 'max_load = "threads_RUNNING=5000"')
    bench.expect(0, "apply", "plan")


def not_between(bench):
    """Within a span of the day, by this machine's local time, apply waits and plan does not."""
    load(bench, "")
    hour, span = int(time.strftime("%H")), now_of_day()
    throttled(bench, f'not_between = ["{span}"]')
    bench.expect(0, "plan", "-o", "other")
    running = start_waiting(bench, "not between ")
    check_nothing_held(bench)
    running.process.send_signal(signal.SIGTERM)
    check_stops(bench, running, 143)
    throttled(bench, f'not_between = ["{(hour + 6) % 24:02}:00-{(hour + 8) % 24:02}:00"]')
    done = bench.expect(0, "apply", "plan", "--log-level", "info")
    check("waiting" not in done.err, f"it waited outside of the span\n{done}")
    # Half a day east, the span is another one.
    bench.reset_target()
    bench.new_state()
    throttled(bench, f'not_between = ["{span}"]')
    done = bench.expect(0, "apply", "plan", "--log-level", "info", env={"TZ": "XXX-12"})
    check("waiting" not in done.err, f"it did not go by the local time\n{done}")


def as_replica(server, port):
    """Statements that make the server a replica of 127.0.0.1:port, and start and stop that."""
    if server.vendor == "mysql":
        return (f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {port},"
                " SOURCE_USER = 'repl', SOURCE_PASSWORD = 'secret', GET_SOURCE_PUBLIC_KEY = 1",
                "START REPLICA", "STOP REPLICA")
    return (f"CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port},"
            " MASTER_USER = 'repl', MASTER_PASSWORD = 'secret'",
            "START SLAVE", "STOP SLAVE")


def start_logging(bench, number):
    """A server with a binary log that is reached by TCP; and its port."""
    port = free_port()
    vendor = bench.stage.target.vendor
    binlog = ["--log-bin=binlog", "--binlog-format=ROW"]
    server = bench.stage.servers.start(
        vendor, f"--server-id={number}", *binlog, "--skip-networking=0", f"--port={port}",
        "--bind-address=127.0.0.1", "--report-host=127.0.0.1", f"--report-port={port}")
    server.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost;"
                   "CREATE USER rowplan@'127.0.0.1'; GRANT ALL ON *.* TO rowplan@'127.0.0.1';"
                   "CREATE USER repl@'%' IDENTIFIED BY 'secret';"
                   "GRANT REPLICATION SLAVE ON *.* TO repl@'%'")
    server.execute("RESET MASTER" if vendor == "mariadb" else "RESET BINARY LOGS AND GTIDS")
    return server, port


def replica_lag(bench):
    """A replica of the target that stands still makes apply wait, one that follows does not, named
    or found; a server that is no replica is 78."""
    shop.load(bench)
    target, port = start_logging(bench, 101)
    replica, _ = start_logging(bench, 102)
    change, start, stop = as_replica(replica, port)
    named = f'[server.replica]\nsocket = "{replica.socket}"\nuser = "rowplan"\n'
    by_name = 'max_lag = "60s"\nreplicas = ["replica"]'
    try:
        target.execute(f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4")
        target.execute(shop.SCHEMA + shop.DAMAGE, database=bench.db)
        bench.servers["target"] = target
        bench.manifest(pair=shop.MANY_UNITS)
        bench.plan()
        bench.remember_start()
        throttled(bench, by_name, top=named)
        bench.expect(MANIFEST, "apply", "plan")
        replica.execute(change)
        running = start_waiting(bench, "max_lag: replica 'replica' stands still")
        check_nothing_held(bench)
        replica.execute(start)
        check_goes_on(bench, running)
        bench.wait_for(lambda: replica.execute("SHOW DATABASES LIKE 'seq'"), "the replica")
        for lines, top in ((by_name, named), ('max_lag = "60s"', "")):
            bench.reset_target()
            bench.new_state()
            throttled(bench, lines, top=top)
            done = bench.expect(0, "apply", "plan", "--log-level", "info")
            check("waiting" not in done.err and "max_lag" not in done.err,
                  f"it waited for a replica that follows\n{done}")
            bench.check_converged("with a replica")
        replica.execute(stop)
    finally:
        bench.servers["target"] = bench.stage.target
        target.kill()
        replica.kill()


TESTS = (pause_file, pause_between_tables, pause_inside_table, sync_waits, panic_file, loads,
         not_between, replica_lag)
