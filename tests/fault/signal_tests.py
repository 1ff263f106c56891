"""SIGINT and SIGTERM: a clean end, and the next run goes on."""

import itertools
import signal
import time

from bench import check

import read_tests
import shop
from lock_tests import LONG_WAIT, Blocker

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


def stopped_plan(bench):
    """A stopped plan leaves nothing."""
    reference, seconds = read_tests.load_big(bench)
    stopped = 0
    turns = 4 * bench.stage.rounds
    cases = list(itertools.product(CODES, range(turns)))
    for number, (which, turn) in enumerate(cases):
        directory = f"plan{number}"
        running = bench.start("plan", "-o", directory)
        bench.wait_for(lambda: running.ended() or bench.sessions("source"), "a session")
        time.sleep(seconds * (turn + bench.random.random()) / turns)
        running.process.send_signal(which)
        done = running.wait()
        if done.code == 0:  # it was done already
            check(read_tests.content(bench, directory) == reference, "exit 0, and another plan")
            continue
        stopped += 1
        check(done.code == CODES[which], f"expected exit {CODES[which]}\n{done}")
        bench.check_no_plan(directory, done)
    check(stopped * 2 >= len(cases), f"only {stopped} of {len(cases)} plans were stopped")
    bench.plan("after")
    return f"{stopped} of {len(cases)} plans stopped"


def stopped_check(bench):
    """A stopped check says neither "equal" nor "differs"."""
    read_tests.load_big(bench)
    for which, code in CODES.items():
        running = bench.start("check")
        bench.wait_for(lambda: running.ended() or bench.sessions("source"), "a session")
        running.process.send_signal(which)
        done = running.wait()
        check(done.code == code, f"expected exit {code}\n{done}")


def units_done(bench, before, changes):
    """Units whose rows are no longer as before; checks that no unit is half done."""
    now = {}
    for change in changes:
        table, key = change["table"], change["key"][0]
        row = bench.execute("target", f"SELECT * FROM `{table}` WHERE id = {key}")
        now.setdefault(change["unit"], set()).add(row == before[table, key])
    half = [unit for unit, states in now.items() if len(states) > 1]
    check(not half, f"units {half} are half done")
    return sum(states == {False} for states in now.values())


def stopped_apply(bench):
    """A stopped apply ends after the unit under way; the next one goes on."""
    shop.load(bench)
    bench.manifest(pair=shop.MANY_UNITS, server=LONG_WAIT)
    plan = bench.plan()
    changes = [change for change in bench.changes(plan) if change["key"]]
    before = {(change["table"], change["key"][0]): bench.execute(
        "target", f"SELECT * FROM `{change['table']}` WHERE id = {change['key'][0]}")
              for change in changes}
    bench.remember_start()
    for which, code in CODES.items():
        bench.new_state()
        blocker = Blocker(bench)
        running = blocker.start_apply()
        running.process.send_signal(which)
        time.sleep(0.1)
        check(not running.ended(), "the signal ended the unit under way")
        blocker.release()
        done = running.wait()
        check(done.code == code, f"expected exit {code}\n{done}")
        applied = units_done(bench, before, changes)
        check(applied == 1, f"{applied} units were applied instead of 1\n{done}")
        check(not bench.unsettled(), "the state has unsettled units")
        bench.expect(0, "apply", "plan")
        bench.check_converged("applied again")
        bench.reset_target()


def second_signal(bench):
    """The second signal ends apply at once, whatever it waits for; nothing of its unit stays."""
    shop.load(bench)
    bench.manifest(pair=shop.MANY_UNITS, server=LONG_WAIT)
    bench.plan()
    before = bench.dump_all("target")
    bench.remember_start()
    for which, code in CODES.items():
        bench.new_state()
        blocker = Blocker(bench)
        running = blocker.start_apply()
        running.process.send_signal(which)
        time.sleep(0.1)
        running.process.send_signal(which)
        done = running.wait(10)
        check(done.code == code, f"expected exit {code}\n{done}")
        blocker.release()
        bench.check_dumps("target", before, "stopped at once")
        bench.expect(0, "apply", "plan")
        bench.check_converged("applied again")
        bench.reset_target()


TESTS = (stopped_plan, stopped_check, stopped_apply, second_signal)
