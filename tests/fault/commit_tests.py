"""The target's connection is lost while apply writes, also when the answer to COMMIT is lost."""

import itertools
import threading

from bench import check
from relay import Fault, Relay, any_command, commits, connects, writes

import shop

LATER = (1, 12, 75)


class LostConnections:
    """Applies of one plan through a relay that breaks a connection to the target or the source."""

    def __init__(self, bench, pair, tables="", server=""):
        self.bench = bench
        self.options = {"pair": pair, "tables": tables, "server": server}
        shop.load(bench, pair)
        bench.manifest(**self.options)
        bench.plan()
        bench.remember_start()
        self.fired = self.again = 0

    def commits(self):
        """How many an undisturbed apply sends: units share them."""
        count = Fault(commits, 0, "before")
        self.apply("undisturbed", count, 0)
        check(count.seen >= 3, f"an apply has {count.seen} COMMITs")
        return count.seen

    def apply(self, what, fault, codes, role="target"):
        """The apply ends with one of the codes, and in the end the rows are the source's."""
        bench = self.bench
        bench.new_state()
        path = bench.directory / "relay.sock"
        with Relay(bench.servers[role].socket, path, fault) as relay:
            bench.manifest(**self.options, **{role: str(path)})
            done = bench.expect(codes, "apply", "plan")
        bench.manifest(**self.options)
        if fault is not None:
            self.fired += fault.fired
        if done.code == 0:
            bench.check_converged(f"{what}, exit 0")
        self.again += done.code != 0
        self.check_applied(what)
        return relay

    def apply_with_server_killed(self, server, nth, kind):
        """The target's server ends at the n-th statement: before it, or when it has it."""
        bench = self.bench
        bench.new_state()
        path = bench.directory / "relay.sock"
        reached, killed = threading.Event(), threading.Event()

        def strike():
            reached.set()
            killed.wait()
        with Relay(server.socket, path, Fault(writes, nth, kind, strike=strike)):
            bench.manifest(**self.options, target=str(path))
            running = bench.start("apply", "plan")
            bench.wait_for(lambda: reached.is_set() or running.ended(), f"statement {nth}")
            server.kill()
            killed.set()
            done = running.wait()
        server.start()  # not by the relay's thread: a server ends with the thread that started it
        bench.manifest(**self.options)
        check(reached.is_set(), f"statement {nth} was never sent")
        check(done.code in LATER, f"expected exit {LATER}\n{done}")
        self.again += 1
        self.check_applied(f"server killed at statement {nth} ({kind})")

    def check_applied(self, what):
        bench = self.bench
        bench.expect(0, "apply", "plan")
        bench.check_converged(what)
        check(not bench.unsettled(), f"{what}: the state has unsettled units")
        bench.reset_target()


def commit_reply_lost(bench):
    """COMMIT never arrives, or its answer does not: apply finds out what is true, and goes on."""
    lost = LostConnections(bench, shop.FEW_UNITS)
    sent = lost.commits()
    for nth, kind in itertools.product(range(1, sent + 1), ("before", "reply")):
        fault = Fault(commits, nth, kind)
        lost.apply(f"COMMIT {nth} lost ({kind})", fault, (0, 75))
        check(fault.fired, f"COMMIT {nth} was never sent")
    settled = 2 * sent - lost.again
    check(settled > 0, "no apply settled a lost COMMIT by itself")
    return f"{settled} of {2 * sent} settled at once"


def commit_reply_lost_for_good(bench):
    """The target is away after the lost COMMIT: that is no success; the next apply settles it."""
    lost = LostConnections(bench, shop.FEW_UNITS)
    for nth, kind in itertools.product((1, lost.commits()), ("before", "reply")):
        fault = Fault(commits, nth, kind, refuse_after=True)
        lost.apply(f"COMMIT {nth} lost ({kind}), target away", fault, LATER)
    check(lost.fired == 4, f"only {lost.fired} of 4 COMMITs were sent")


CUTS = (("before", 0), ("during", 0), ("reply", 0), ("reply", 5))


def connection_lost_at_every_command(bench):
    """Commands of an apply, and their replies, are lost or broken off, on target and source."""
    tables = ", ".join(f'"{bench.db}.{table}"' for table in ("customer", "orders", "log"))
    lost = LostConnections(bench, shop.FEW_UNITS, tables)
    # These have no part in it, and the end is judged over all tables.
    for table in ("tag", "plain"):
        bench.execute("target", f"SET foreign_key_checks = 0; DELETE FROM {table}")
        bench.execute("source", f"SET foreign_key_checks = 0; DELETE FROM {table}")
    bench.drop_start()
    bench.remember_start()
    cuts = {}
    for role in ("target", "source"):
        cuts[role], nth, fault = 0, 0, None
        while fault is None or fault.fired:
            # A short run cuts a third of them; which, the seed says.
            nth += 1 if bench.stage.rounds > 1 else bench.random.choice((2, 3, 4))
            kinds = CUTS if bench.stage.rounds > 1 else (CUTS[nth % len(CUTS)],)
            for kind, length in kinds:
                fault = Fault(any_command, nth, kind, length)
                lost.apply(f"command {nth} on the {role} lost ({kind} {length})", fault,
                           (0, *LATER), role)
                cuts[role] += fault.fired
        for kind, length in (("before", 0), ("reply", 0), ("reply", 40)):
            lost.apply(f"no connection to the {role}", Fault(connects, 1, kind, length), LATER,
                       role)
        check(nth > 20, f"an apply has {nth - 1} commands on the {role}")
    return (f"{cuts['target']} commands cut on the target, {cuts['source']} on the source,"
            f" {lost.again} applied again")


def silent_target(bench):
    """Commands that are swallowed, or whose answers are, are given up; late ones are waited for."""
    lost = LostConnections(bench, shop.FEW_UNITS,
                           server='user = "rowplan"\nread_timeout = "1s"\n')
    for match in (writes, commits):
        for kind in ("swallow", "stall"):
            fault = Fault(match, 2, kind)
            lost.apply(f"silence ({kind})", fault, (0, *LATER))
            check(fault.fired, "the statement was never sent")
        lost.apply("a delay", Fault(match, 2, "delay", delay_s=0.3), 0)


def target_server_killed(bench):
    """The target's server ends by kill -9 at a statement of an apply, and comes back."""
    own = bench.stage.servers.start(bench.stage.target.vendor,
                                    "--innodb-flush-log-at-trx-commit=2")
    own.execute("CREATE USER 'rowplan'@'localhost'; GRANT ALL ON *.* TO 'rowplan'@'localhost'")
    bench.servers["target"] = own
    lost = LostConnections(bench, shop.FEW_UNITS)
    count = Fault(writes, 0, "before")
    lost.apply("undisturbed", count, 0)
    statements = list(range(1, count.seen + 1))
    if bench.stage.rounds == 1:
        statements = sorted({1, 2, count.seen, *bench.random.sample(statements, 3)})
    for nth in statements:
        kind = bench.random.choice(("before", "reply"))
        lost.apply_with_server_killed(own, nth, kind)
    own.kill()
    return f"killed at {len(statements)} of {count.seen} statements, {lost.again} applied again"


TESTS = (commit_reply_lost, commit_reply_lost_for_good, connection_lost_at_every_command,
         silent_target, target_server_killed)
