"""apply ends by kill -9 at any moment: the next apply finishes it."""

import signal

from bench import check

import shop

POINTS = ("statement", "statement done", "journal intend", "journal intended", "commit",
          "committed", "journal settled")
POINTS_MIN = 30  # the plan below has more; fewer would mean that points are not passed any more
KILLED = -signal.SIGKILL


def kill_at(point):
    return {"ROWPLAN_TEST_KILL_AT": str(point)}


def check_finishes(bench, what):
    """A plain apply now ends well, with the source's rows and nothing unsettled."""
    bench.expect(0, "apply", "plan")
    bench.check_converged(what)
    check(not bench.unsettled(), f"{what}: the state has unsettled units")


def every_kill_point(bench):
    """Killed at its n-th point for every n, a further apply ends with the same rows."""
    shop.load(bench, shop.FEW_UNITS if bench.stage.rounds == 1 else shop.MANY_UNITS)
    plan = bench.plan()
    check(len(plan["units"]) >= 3, f"the plan has {len(plan['units'])} units")
    bench.remember_start()
    for name in POINTS:
        bench.new_state()
        bench.expect(KILLED, "apply", "plan", env=kill_at(f"{name}:2"))
        check_finishes(bench, f"killed at '{name}:2'")
        bench.reset_target()
    point = 1
    while True:
        bench.new_state()
        done = bench.expect((0, KILLED), "apply", "plan", env=kill_at(point))
        check_finishes(bench, f"killed at {point}")
        if done.code == 0:
            break
        bench.reset_target()
        point += 1
    bench.expect(0, "check")
    check(point > POINTS_MIN, f"only {point - 1} kill points were passed")
    return f"{point - 1} points"


def killed_again_and_again(bench):
    """Killed, and killed while finishing, and so on; with --verify rows too."""
    shop.load(bench)
    bench.plan()
    bench.remember_start()
    for turn in range(8 * bench.stage.rounds):
        bench.new_state()
        verify = ("--verify", "rows") if turn % 2 else ()
        for _ in range(4):
            point = bench.random.randrange(1, 40)
            bench.expect((0, KILLED), "apply", "plan", *verify, env=kill_at(point))
        bench.expect(0, "apply", "plan", *verify)
        check_finishes(bench, f"turn {turn}")
        bench.reset_target()


TESTS = (every_kill_point, killed_again_and_again)
