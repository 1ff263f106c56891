"""The target's connection is lost while apply writes, also when the answer to COMMIT is lost."""

import itertools
import signal
import time

from bench import check
from relay import Fault, Relay, any_command, commits

import shop

LATER = (1, 12, 75)


class LostConnections:
    """Applies of one plan through a relay that breaks a connection to the target or the source."""

    def __init__(self, bench, pair):
        self.bench = bench
        self.pair = pair
        shop.load(bench, pair)
        self.units = len(bench.plan()["units"])
        bench.remember_start()
        self.fired = self.again = 0

    def apply(self, what, fault, codes, role="target"):
        """The apply ends with one of the codes, and in the end the rows are the source's."""
        bench = self.bench
        bench.new_state()
        path = bench.directory / "relay.sock"
        with Relay(bench.servers[role].socket, path, fault) as relay:
            bench.manifest(pair=self.pair, **{role: str(path)})
            done = bench.expect(codes, "apply", "plan")
        bench.manifest(pair=self.pair)
        if fault is not None:
            self.fired += fault.fired
        if done.code == 0:
            bench.check_converged(f"{what}, exit 0")
        self.again += done.code != 0
        bench.expect(0, "apply", "plan")
        bench.check_converged(what)
        check(not bench.unsettled(), f"{what}: the state has unsettled units")
        bench.reset_target()
        return relay


def commit_reply_lost(bench):
    """COMMIT never arrives, or its answer does not: apply finds out what is true, and goes on."""
    lost = LostConnections(bench, shop.FEW_UNITS)
    for nth, kind in itertools.product(range(1, lost.units + 1), ("before", "reply")):
        fault = Fault(commits, nth, kind)
        lost.apply(f"COMMIT {nth} lost ({kind})", fault, (0, 75))
        check(fault.fired, f"COMMIT {nth} was never sent")
    settled = 2 * lost.units - lost.again
    check(settled > 0, "no apply settled a lost COMMIT by itself")
    return f"{settled} of {2 * lost.units} settled at once"


def commit_reply_lost_for_good(bench):
    """The target is away after the lost COMMIT: that is no success; the next apply settles it."""
    lost = LostConnections(bench, shop.FEW_UNITS)
    for nth, kind in itertools.product((1, lost.units), ("before", "reply")):
        fault = Fault(commits, nth, kind, refuse_after=True)
        lost.apply(f"COMMIT {nth} lost ({kind}), target away", fault, LATER)
    check(lost.fired == 4, f"only {lost.fired} of 4 COMMITs were sent")


def connection_lost_at_any_command(bench):
    """The n-th command of an apply is lost, or its answer is, on the target and on the source."""
    lost = LostConnections(bench, shop.FEW_UNITS)
    turns = 0
    for role in ("target", "source"):
        commands = lost.apply("undisturbed", None, 0, role).commands
        check(commands > 20, f"an apply has {commands} commands on the {role}")
        step = max(1, 16 - 3 * bench.stage.rounds)
        for nth in range(1 + bench.random.randrange(step), commands + 1, step):
            kind, length = bench.random.choice((("before", 0), ("reply", 0), ("reply", 5)))
            fault = Fault(any_command, nth, kind, length)
            lost.apply(f"command {nth} on the {role} lost ({kind})", fault, (0, *LATER), role)
            turns += 1
    check(lost.fired * 2 > turns, f"only {lost.fired} of {turns} commands were lost")
    return f"{lost.again} of {turns} applied again"


def target_server_killed(bench):
    """The target's server ends by kill -9 within an apply, and comes back."""
    own = bench.stage.servers.start(bench.stage.target.vendor,
                                    "--innodb-flush-log-at-trx-commit=2")
    own.execute("CREATE USER 'rowplan'@'localhost'; GRANT ALL ON *.* TO 'rowplan'@'localhost'")
    bench.servers["target"] = own
    shop.load(bench)
    bench.plan()
    start = bench.dump_all("target")
    failed = 0
    for turn in range(2 * bench.stage.rounds):
        running = bench.start("apply", "plan")
        # When the first unit is in, or a few units later.
        bench.wait_for(lambda: running.ended() or bench.dump_all("target") != start,
                       "the first unit")

        time.sleep(0.05 * turn)
        own.kill(signal.SIGKILL)
        done = running.wait()
        own.start()
        check(done.code in (0, *LATER), f"expected exit {(0, *LATER)}\n{done}")
        failed += done.code != 0
        bench.expect(0, "apply", "plan")
        bench.check_converged(f"turn {turn}")
        check(not bench.unsettled(), "the state has unsettled units")
        bench.new_state()
        bench.execute("target", "SET foreign_key_checks = 0;"
                                " DROP TABLE tag, orders, customer, plain, log;"
                                f" SET foreign_key_checks = 1; {shop.SCHEMA}{shop.DAMAGE}")
    own.kill()
    return f"{failed} applied again"


TESTS = (commit_reply_lost, commit_reply_lost_for_good, connection_lost_at_any_command,
         target_server_killed)
