"""apply and plan end by kill -9 at any moment: a plain rerun ends well."""

import json
import signal

from bench import check

import shop

POINTS = ("statement", "statement done", "state commit", "state committed", "sync", "synced",
          "write", "written", "commit", "committed", "unlock")
POINTS_MIN = 60  # the plans below have more; fewer would mean that points are not passed any more
KILLED = -signal.SIGKILL
NO_PLAN = 16


def kill_at(point):
    return {"ROWPLAN_TEST_KILL_AT": str(point)}


def check_finishes(bench, what):
    """A plain apply now ends well, with the source's rows and nothing unsettled."""
    bench.expect(0, "apply", "plan")
    bench.check_converged(what)
    check(not bench.unsettled(), f"{what}: the state has unsettled units")


def stride(bench):
    """A short run takes every point on one vendor, and every third on the slower one."""
    return 3 if bench.stage.rounds == 1 and bench.stage.target.vendor == "mysql" else 1


def every_kill_point(bench):
    """Killed at its n-th point for every n, a further apply ends with the same rows."""
    shop.load(bench, shop.FEW_UNITS if bench.stage.rounds == 1 else shop.MANY_UNITS)
    plan = bench.plan()
    check(len(plan["units"]) >= 3, f"the plan has {len(plan['units'])} units")
    bench.remember_start()
    for name in POINTS:
        bench.new_state()
        nth = 1 if name == "unlock" else 2
        bench.expect(KILLED, "apply", "plan", env=kill_at(f"{name}:{nth}"))
        check_finishes(bench, f"killed at '{name}:{nth}'")
        bench.reset_target()
    point, killed = 1, 0
    while True:
        bench.new_state()
        done = bench.expect((0, KILLED), "apply", "plan", env=kill_at(point))
        check_finishes(bench, f"killed at {point}")
        if done.code == 0:
            break
        bench.reset_target()
        point += stride(bench)
        killed += 1
    bench.expect(0, "check")
    check(point > POINTS_MIN, f"only {point - 1} kill points were passed")
    return f"{killed} points killed"


def killed_again_and_again(bench):
    """Killed, and killed while finishing, and so on; with --verify rows too."""
    shop.load(bench)
    bench.plan()
    bench.remember_start()
    killed = 0
    for turn in range(8 * bench.stage.rounds):
        bench.new_state()
        verify = ("--verify", "rows") if turn % 2 else ()
        for _ in range(4):
            point = bench.random.randrange(1, 120)
            done = bench.expect((0, KILLED), "apply", "plan", *verify, env=kill_at(point))
            killed += done.code == KILLED
        bench.expect(0, "apply", "plan", *verify)
        check_finishes(bench, f"turn {turn}")
        bench.reset_target()
    return f"{killed} applies killed"


def content(bench, directory="plan"):
    """All that a plan says, without what varies between runs."""
    plan = bench.read_plan(directory)
    del plan["run"]
    return plan


def judge_killed_plan(bench, reference, options, what):
    """No plan, which apply and show refuse, or the whole plan; a plain rerun makes it."""
    root = bench.directory / "plan"
    complete = (root / "plan.json").exists()
    if complete:
        check(content(bench) == reference, f"{what}: another plan")
        bench.expect(0, "show", "plan")
        options = ("--overwrite",)
    elif root.exists():
        for verb in ("show", "apply"):
            done = bench.expect(NO_PLAN, verb, "plan")
            check("plan.json" in done.err, f"{what}: the message names no plan.json\n{done}")
    bench.expect(0, "plan", "-o", "plan", *options)
    check(content(bench) == reference, f"{what}: another plan by the rerun")
    left = [path.name for path in root.rglob(".*")]
    check(not left, f"{what}: {left} are left over")
    return complete


def plans_killed_everywhere(bench, options, prepare):
    """Kills `plan` at its n-th point for every n. (points, of them with a complete plan)"""
    shop.load(bench, shop.FEW_UNITS)
    before = bench.dump_all("target")
    reference = bench.plan("plan") and content(bench)
    point = complete = killed = 0
    while True:
        point += 1 if point == 0 else stride(bench)
        prepare(point)
        done = bench.expect((0, KILLED), "plan", "-o", "plan", *options, env=kill_at(point))
        what = f"plan {' '.join(options)} killed at {point}"
        complete += judge_killed_plan(bench, reference, (), what)
        if done.code == 0:
            break
        killed += 1
    check(point > POINTS_MIN / 2, f"only {point - 1} kill points were passed")
    bench.check_dumps("target", before, "plans write nothing")
    bench.expect(0, "apply", "plan")
    bench.check_converged("the last plan")
    return killed, complete - 1


def killed_plans(bench):
    """A plan that is killed anywhere leaves no half plan, and nothing to clear away."""
    def prepare(_):
        bench.remove("plan")
    points, complete = plans_killed_everywhere(bench, (), prepare)
    return f"{points} points killed, {complete} of them with a complete plan"


def killed_overwrites(bench):
    """A plan that is to replace another: killed anywhere, there is one of them or none."""
    points, complete = plans_killed_everywhere(bench, ("--overwrite",), lambda point: None)
    return f"{points} points killed, {complete} of them with a complete plan"


def undo_files(bench):
    return sorted((bench.directory / "state.db.undo").glob("*.ndjson"))


def kept_rows(path, columns_of):
    """By unit, then table and key: (before, after), of records that are whole; the last counts."""
    units, rows, table = {}, {}, None
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            break
        if "table" in record:
            table = record["name"]
            columns_of[table] = record["columns"]
        elif "op" in record:
            rows[table, json.dumps(record["key"])] = (record.get("before"), record.get("after"))
        elif "end" in record:
            units[record["end"]] = rows
        if "unit" in record:
            rows = {}
    return units


def table_rows(bench, table, columns):
    """The target's rows as an undo file shows them, by key (the first column, a number)."""
    shown = []
    for column in columns:
        shown.append(f"IF(`{column}` IS NULL, NULL, IF('{column}' = 'b',"
                     f" CONCAT('x', LOWER(HEX(`{column}`))), CAST(`{column}` AS CHAR)))")
    rows = bench.execute("target", f"SELECT {', '.join(shown)} FROM {table}")
    return {json.dumps([row[0]]): list(row) for row in rows}


def as_shown(row):
    """Bytes are hex or, where they are text, text: both as `table_rows` has them."""
    return row and [value if not isinstance(value, dict) else "x" + value["hex"] for value in row]


def everything_is_kept(bench):
    """Of each row that an apply changed, killed or not, its undo files hold what was there."""
    shop.load(bench, shop.FEW_UNITS)
    bench.plan()
    bench.remember_start()
    # Rows of `log` have no key by which to find them again (undo_tests look at such).
    tables = [table for table in bench.tables("target") if table != "log"]
    columns = {}
    bench.expect(0, "apply", "plan")
    kept_rows(undo_files(bench)[0], columns)
    names = {name.partition(".")[2]: name for name in columns}
    check(set(names) == {*tables, "log"}, f"rows of {sorted(names)} are kept, not of {tables}")
    bench.reset_target()
    start = {table: table_rows(bench, table, columns[names[table]]) for table in tables}
    killed = 0
    for point in range(20, 20 + 60 * 2, 4 if bench.stage.rounds == 1 else 1):
        bench.new_state()
        killed += bench.expect((0, KILLED), "apply", "plan", env=kill_at(point)).code != 0
        # What is there now is the start with the after of some units put in.
        now = {table: table_rows(bench, table, columns[names[table]]) for table in tables}
        kept = {}
        for path in undo_files(bench):
            for rows in kept_rows(path, columns).values():
                kept.update(rows)
        for table in tables:
            check_kept(start[table], now[table], kept, names[table], f"killed at {point}")
        bench.expect(0, "apply", "plan")
        bench.reset_target()
    return f"{killed} applies killed"


def check_kept(start, now, kept, table, what):
    for key in {*start, *now}:
        before, after = start.get(key), now.get(key)
        if before == after:
            continue
        check((table, key) in kept, f"{what}: {table} {key} changed, but is not kept")
        for is_there, row in ((before, kept[table, key][0]), (after, kept[table, key][1])):
            row = as_shown(row)
            if row and is_there:  # bytes that are text too are shown as text
                row = [text if want is None or not str(want).startswith("x") or text == want
                       else "x" + text.encode().hex() for want, text in zip(is_there, row)]
            check(row == is_there, f"{what}: {table} {key}: kept {row}, there was {is_there}")


TESTS = (every_kill_point, killed_again_and_again, killed_plans, killed_overwrites,
         everything_is_kept)
