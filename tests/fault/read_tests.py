"""The source fails while its rows are read: no plan, least of all one that deletes rows."""

import itertools
import signal
import time

import pymysql

from bench import Worker, check
from relay import Fault, Relay, any_command, connects, reads_rows

import shop

FAILED = (1, 12, 75)
BIG_ROWS = 300_000
BIG_SCHEMA = """
CREATE TABLE big (id INT PRIMARY KEY, v INT NOT NULL, t VARCHAR(20)) ENGINE=InnoDB;
INSERT INTO big SELECT a.i * 30 + b.i, b.i, CONCAT('row ', a.i) FROM seq.n a, seq.n b
  WHERE b.i < 30 AND a.i < 10000;
ANALYZE TABLE big;
"""
BIG_DAMAGE = "UPDATE big SET v = -1 WHERE id MOD 40009 = 7; DELETE FROM big WHERE id = 299;" \
             "INSERT INTO big VALUES (300001, 1, 'extra')"


def content(bench, directory):
    """What a plan says, without what varies between runs."""
    plan = bench.read_plan(directory)
    for name in ("run", "manifest_sha256"):
        del plan[name]
    return plan


def judge_plan(bench, done, reference, directory):
    """Failed without a plan, or made just the plan that it makes undisturbed. Did it fail?"""
    if done.code == 0:
        check(content(bench, directory) == reference,
              f"exit 0, but the plan is not the one of the same data:\n{done}")
        return False
    check(done.code in FAILED, f"expected exit {FAILED}\n{done}")
    bench.check_no_plan(directory, done)
    return True


def load_big(bench, pair=""):
    bench.load(BIG_SCHEMA, target=BIG_DAMAGE)
    bench.manifest(pair=pair)
    began = time.monotonic()
    bench.plan("reference")
    return content(bench, "reference"), time.monotonic() - began


def plan_while(bench, number, work):
    """Plans while work(stop, running) is done beside it."""
    directory = f"plan{number}"
    running = bench.start("plan", "-o", directory)
    worker = Worker(lambda stop: work(stop, running))
    done = running.wait()
    worker.finish()
    return done, directory


def kill_sessions(server, command, stop):
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT ID FROM information_schema.PROCESSLIST"
                           " WHERE USER = 'rowplan'")
            for (number,) in cursor.fetchall():
                if stop.is_set():
                    return
                try:
                    cursor.execute(f"{command} {number}")
                except pymysql.MySQLError:
                    pass  # it is gone already
    finally:
        connection.close()


def source_sessions_killed(bench):
    """KILL and KILL QUERY on the source, and on the target, at moments over all of a plan."""
    return sessions_killed(bench, 7, *load_big(bench))


def sessions_of_ranges_killed(bench):
    """The same while several threads read the table by ranges."""
    reference, seconds = load_big(bench, "chunk_rows = 10\n")
    done = bench.expect(0, "plan", "-o", "ranges", "--log-level", "info")
    check("big: read in " in done.err, f"the table is not read by ranges\n{done}")
    # Who is between two ranges at that moment comes again.
    return sessions_killed(bench, 4, reference, seconds, at_least=0.2)


def sessions_killed(bench, turns, reference, seconds, at_least=1 / 3):
    failed = 0
    turns *= bench.stage.rounds
    cases = list(itertools.product(("KILL", "KILL QUERY"), ("source", "target"), range(turns)))
    for number, (command, role, turn) in enumerate(cases):
        delay = seconds * (turn + bench.random.random()) / turns
        server = bench.servers[role]

        def work(stop, running, delay=delay, command=command, server=server):
            stop.wait(delay)
            while not running.ended() and not stop.is_set():
                kill_sessions(server, command, stop)
                if bench.random.random() < 0.5:
                    return  # once; else until it ends
        done, directory = plan_while(bench, number, work)
        failed += judge_plan(bench, done, reference, directory)
    check(failed >= at_least * len(cases), f"only {failed} of {len(cases)} plans met the fault")
    return f"{failed} of {len(cases)} plans failed"


def source_server_killed(bench):
    """The source's server ends by kill -9 in the middle of a read, and comes back."""
    own = bench.stage.servers.start(bench.stage.source.vendor)
    own.execute("CREATE USER 'rowplan'@'localhost'; GRANT ALL ON *.* TO 'rowplan'@'localhost'")
    bench.servers["source"] = own
    reference, seconds = load_big(bench)
    failed = 0
    turns = 3 * bench.stage.rounds
    for number in range(turns):
        delay = seconds * (0.3 + 0.5 * (number + bench.random.random()) / turns)

        def work(stop, _, delay=delay):
            stop.wait(delay)
            own.kill(signal.SIGKILL)
        done, directory = plan_while(bench, number, work)
        own.start()  # not by the worker: a server ends with the thread that started it
        failed += judge_plan(bench, done, reference, directory)
    own.kill()
    check(failed > 0, "no plan met the fault")
    return f"{failed} of {turns} plans failed"


class Cuts:
    """Plans through a relay that cuts the source's, or the target's, connection."""

    def __init__(self, bench, pair):
        shop.load(bench, pair)
        # Rows larger than a packet's header, so that cuts fall everywhere in them.
        for role in ("source", "target"):
            bench.execute(role, "INSERT INTO plain SELECT i, i, REPEAT('x', i MOD 300) FROM seq.n"
                                " WHERE i BETWEEN 1000 AND 2000")
        self.bench = bench
        bench.plan("reference")
        self.reference = content(bench, "reference")
        self.runs = self.failed = 0

    def plan(self, role, fault, read_timeout="60s"):
        bench = self.bench
        self.runs += 1
        directory = f"plan{self.runs}"
        path = bench.directory / "relay.sock"
        with Relay(bench.servers[role].socket, path, fault) as relay:
            bench.manifest(pair=shop.FEW_UNITS, **{role: str(path)},
                           server=f'user = "rowplan"\nread_timeout = "{read_timeout}"\n')
            done = bench.run("plan", "-o", directory)
        if fault is not None and fault.fired:
            self.failed += judge_plan(bench, done, self.reference, directory)
        else:
            check(done.code == 0, f"nothing went wrong, but:\n{done}")
            check(content(bench, directory)["tables"] == self.reference["tables"],
                  "another plan through a relay")
        return relay


def connection_cut_in_rows(bench):
    """A read of rows breaks off after k bytes of its answer: in headers, in rows, between them."""
    cuts = Cuts(bench, shop.FEW_UNITS)
    lengths = [0, 1, 3, 4, 5, 9, 40, 77, 150, 260] + \
        [bench.random.randrange(1000) for _ in range(6)] + \
        [bench.random.randrange(1000, 150_000) for _ in range(8 * bench.stage.rounds)]
    for nth, length in itertools.product((1, 3, 6), lengths):
        role = "source" if bench.random.random() < 0.7 else "target"
        cuts.plan(role, Fault(reads_rows, nth, "reply", length))
    check(cuts.failed * 3 >= cuts.runs, f"only {cuts.failed} of {cuts.runs} plans met the fault")
    return f"{cuts.failed} of {cuts.runs} plans failed"


def connection_cut_anywhere(bench):
    """The n-th command of a plan, whatever it is, gets no answer, or only the begin of one."""
    cuts = Cuts(bench, shop.FEW_UNITS)
    commands = cuts.plan("source", None).commands
    check(commands > 20, f"a plan has {commands} commands on the source")
    step = max(1, 3 - bench.stage.rounds)
    for nth in range(1, commands + 1, step):
        kind, length = bench.random.choice(
            (("before", 0), ("reply", 0), ("reply", 6), ("reply", 60), ("reply", 200)))
        cuts.plan("source", Fault(any_command, nth, kind, length))
    for length in (0, 3, 30, 80):
        cuts.plan("source", Fault(connects, 1, "reply", length))
    check(cuts.failed * 2 >= cuts.runs, f"only {cuts.failed} of {cuts.runs} plans met the fault")
    return f"{cuts.failed} of {cuts.runs} plans failed"


def equal_tables_cut(bench):
    """A check of equal tables says "equal" or fails: never that they differ, nor the other way."""
    shop.load(bench)
    bench.manifest()
    path = bench.directory / "relay.sock"
    failed = 0
    cases = [(role, options, nth) for role in ("source", "target")
             for options in ((), ("--fast",)) for nth in (1, 2, 3, 4)] * bench.stage.rounds
    for truth in (2, 0):
        if truth == 0:
            bench.plan()
            bench.expect(0, "apply", "plan")
        for role, options, nth in cases:
            fault = Fault(reads_rows, nth, "reply", bench.random.randrange(0, 700))
            with Relay(bench.servers[role].socket, path, fault):
                bench.manifest(**{role: str(path)})
                done = bench.expect((truth, *FAILED), "check", *options)
            failed += done.code != truth
        bench.manifest()
    check(failed >= len(cases), f"only {failed} of {2 * len(cases)} checks met the fault")
    return f"{failed} of {2 * len(cases)} checks failed"


def silent_source(bench):
    """A source that answers no more is given up after read_timeout."""
    cuts = Cuts(bench, shop.FEW_UNITS)
    # Every table's answer is longer than that, whichever a thread reads first.
    for nth, length in ((1, 0), (1, 300), (2, 100), (4, 100)):
        cuts.plan("source", Fault(reads_rows, nth, "stall", length), read_timeout="1s")
    check(cuts.failed == cuts.runs, f"only {cuts.failed} of {cuts.runs} plans failed")


TESTS = (source_sessions_killed, sessions_of_ranges_killed, source_server_killed,
         connection_cut_in_rows, connection_cut_anywhere, equal_tables_cut, silent_source)
