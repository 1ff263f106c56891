"""A unit in steps: killed between and within steps, it goes on where it stopped."""

import signal

from bench import check
from sync_tests import go_on, stop_at, wait_stopped
from throttle_tests import TEMPORARY, check_nothing_held

KILLED = -signal.SIGKILL
PAIR = 'chunk_rows = 5\nmax_unit_rows = 6\nsplit_units = true\nlimits = { max_deletes = "100%" }\n'
SCHEMA = """
CREATE TABLE parent (id INT PRIMARY KEY, code INT NOT NULL UNIQUE) ENGINE=InnoDB;
CREATE TABLE child (id INT PRIMARY KEY, parent_id INT NOT NULL,
  FOREIGN KEY (parent_id) REFERENCES parent (id)) ENGINE=InnoDB;
CREATE TABLE loose (x INT, y VARCHAR(20)) ENGINE=InnoDB;
INSERT INTO parent SELECT i, i FROM seq.n WHERE i BETWEEN 1 AND 20;
INSERT INTO loose SELECT i DIV 4, 'copy' FROM seq.n WHERE i BETWEEN 1 AND 40;
"""
SOURCE = """
UPDATE parent SET code = code + 1 ORDER BY id DESC;
INSERT INTO parent SELECT i + 100, i + 100 FROM seq.n WHERE i BETWEEN 1 AND 8;
INSERT INTO child SELECT i, i + 100 FROM seq.n WHERE i BETWEEN 1 AND 8;
INSERT INTO loose VALUES (3, 'copy'), (3, 'copy'), (NULL, NULL);
"""
TARGET = """
INSERT INTO parent SELECT i + 200, i + 100 FROM seq.n WHERE i BETWEEN 1 AND 8;
INSERT INTO child SELECT i + 500, i + 200 FROM seq.n WHERE i BETWEEN 1 AND 8;
INSERT INTO loose VALUES (5, 'copy'), (NULL, NULL), (NULL, NULL);
"""


def load(bench):
    bench.load(SCHEMA, source=SOURCE, target=TARGET)
    bench.manifest(pair=PAIR)
    plan = bench.plan()
    steps = [unit["steps"] for unit in plan["units"] if "steps" in unit]
    check(len(steps) == 1 and steps[0] >= 6, f"the plan's units have {steps} steps")
    bench.remember_start()
    return steps[0]


def steps_go_on(bench):
    """Killed around every COMMIT, a unit in steps is finished by a plain apply; and the unit of a
    table without a key that comes after it."""
    steps = load(bench)
    for point, units in (("commit", 1), ("committed", 1), ("state committed", 0)):
        for n in range(1, steps + 1 + units):
            bench.new_state()
            bench.expect(KILLED, "apply", "plan", env={"ROWPLAN_TEST_KILL_AT": f"{point}:{n}"})
            check(point != "committed" or n == steps or bench.unsettled(),
                  f"killed at {point}:{n}: the unit is not done, but nothing says so")
            bench.expect(0, "apply", "plan", "--dry-run")
            bench.expect(0, "apply", "plan")
            bench.check_converged(f"killed at {point}:{n}")
            check(not bench.unsettled(), f"killed at {point}:{n}: the state has unsettled units")
            bench.expect(0, "apply", "plan")
            bench.reset_target()
    return f"{3 * steps + 2} points, {steps} steps"


def steps_are_judged(bench):
    """What another writer changed between two steps makes the rest of the unit stale."""
    load(bench)
    for sql in ("UPDATE parent SET code = 999 WHERE id = 20",
                "INSERT INTO parent VALUES (150, 555)", "DELETE FROM parent WHERE id = 208"):
        bench.new_state()
        bench.expect(KILLED, "apply", "plan", env={"ROWPLAN_TEST_KILL_AT": "committed:2"})
        bench.execute("target", sql)
        before = bench.dump_all("target")
        bench.expect(10, "apply", "plan")
        bench.check_dumps("target", before, sql)
        bench.plan("again")
        bench.expect(0, "apply", "again")
        bench.check_converged(sql)
        bench.reset_target()


def steps_need_their_limit(bench):
    """A stricter max_unit_rows at apply is a limit; a larger one changes nothing."""
    load(bench)
    bench.manifest(pair=PAIR.replace("max_unit_rows = 6", "max_unit_rows = 5"))
    bench.expect(13, "apply", "plan")
    bench.manifest(pair=PAIR.replace("max_unit_rows = 6", "max_unit_rows = 600"))
    bench.expect(0, "apply", "plan")
    bench.check_converged("applied with a larger limit")


def steps_wait(bench):
    """A throttle holds between two steps, with no transaction open; what stops the run stops it
    there, and the next one goes on at that step."""
    load(bench)
    before = bench.dump_all("target")
    files = 'pause_file = "pause"\npanic_file = "panic"\n'
    bench.manifest(pair=f"{PAIR}[pair.p.throttle]\n{files}")
    for name, code in (("pause", 0), ("panic", TEMPORARY)):
        bench.new_state()
        running = bench.start("apply", "plan", "--log-level", "info", env=stop_at("committed:1"))
        check(wait_stopped(bench, running, "the first step is in"), "it ended")
        path = bench.directory / name
        path.touch()
        go_on(running)
        if name == "pause":
            bench.wait_for(lambda running=running: running.ended() or
                           "waiting: the pause file" in running.err_path.read_text(), "it waits")
            check(not running.ended(), "it did not wait")
            check_nothing_held(bench)
            check(bench.dump_all("target") != before, "nothing of the unit is written")
            path.unlink()
        done = running.wait()
        check(done.code == code, f"{name}\n{done}")
        if code:
            check(bench.unsettled(), f"the unit is done\n{done}")
            path.unlink()
            bench.expect(0, "apply", "plan")
        bench.check_converged(name)
        check(not bench.unsettled(), "the state has unsettled units")
        bench.reset_target()


TESTS = (steps_go_on, steps_are_judged, steps_need_their_limit, steps_wait)
