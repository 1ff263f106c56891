"""Two runs at once: one writes, the other is told that it is locked out."""

import signal

from bench import Failure, check

import shop

LOCKED = 11
LONG_WAIT = 'user = "rowplan"\nlock_wait = "60s"\n'


class Blocker:
    """Holds a row of the target, so that an apply waits within its first unit."""

    def __init__(self, bench):
        self.bench = bench
        self.connection = bench.servers["target"].connect(database=bench.db, autocommit=False)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT * FROM customer WHERE id = 2 FOR UPDATE")

    def start_apply(self, *options):
        running = self.bench.start("apply", "plan", *options)
        self.bench.wait_for(
            lambda: running.ended() or any("FOR UPDATE" in (text or "").upper() for _, text in
                                           self.bench.sessions("target")), "apply waits for a row")
        if running.ended():
            raise Failure(f"apply did not wait:\n{running.wait()}")
        return running

    def release(self):
        self.connection.rollback()
        self.connection.close()


def make(bench):
    shop.load(bench)
    bench.manifest(pair=shop.MANY_UNITS, server=LONG_WAIT)
    bench.manifest("other.toml", pair=shop.MANY_UNITS, server=LONG_WAIT, state="other.db")
    bench.plan()
    bench.remember_start()


def two_applies(bench):
    """With one state file or with two, the second apply of the same tables ends with 11."""
    make(bench)
    before = bench.dump_all("target")
    for turn in range(bench.stage.rounds):
        bench.new_state()
        blocker = Blocker(bench)
        first = blocker.start_apply()
        for manifest in ("rowplan.toml", "other.toml"):
            bench.expect(LOCKED, "-f", manifest, "apply", "plan")
        for verb in (("plan", "-o", f"more{turn}"), ("status",), ("show", "plan")):
            bench.expect(0, *verb)  # these take no lock
        bench.check_dumps("target", before, "while the first waits")
        check(not first.ended(), "the first apply ended while a row was held")
        blocker.release()
        done = first.wait()
        check(done.code == 0, f"expected exit 0\n{done}")
        bench.check_converged("the first apply")
        bench.expect(0, "-f", "other.toml", "apply", "plan")
        bench.reset_target()


def locks_of_a_killed_run(bench):
    """A killed apply leaves no lock behind that anybody has to clear."""
    make(bench)
    blocker = Blocker(bench)
    first = blocker.start_apply()
    first.process.kill()
    check(first.wait().code == -signal.SIGKILL, "the apply was not killed")
    blocker.release()
    bench.expect(0, "apply", "plan")
    bench.check_converged("after a killed apply")


def table_lock_lost(bench):
    """Whoever loses its lock of the tables commits no more."""
    make(bench)
    blocker = Blocker(bench)
    before = bench.dump_all("target")
    first = blocker.start_apply()
    idle = [number for number, text in bench.sessions("target") if (text or "").startswith("Sleep")]
    check(idle, "no session holds the tables' locks")
    for number in idle:
        bench.servers["target"].execute(f"KILL {number}")
    blocker.release()
    done = first.wait()
    check(done.code in (11, 75), f"expected exit 11 or 75\n{done}")
    bench.check_dumps("target", before, "without its lock")
    bench.expect(0, "apply", "plan")
    bench.check_converged("applied again")


TESTS = (two_applies, locks_of_a_killed_run, table_lock_lost)
