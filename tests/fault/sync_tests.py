"""sync: plan and apply in one, locked out, limited, out of time, and among writers."""

import json
import os
import signal
import time

from bench import Worker, check

import shop

SYNC = ("sync", "--auto-approve")
KILLED = -signal.SIGKILL


def stop_at(point):
    return {"ROWPLAN_TEST_STOP_AT": point}


def kill_at(point):
    return {"ROWPLAN_TEST_KILL_AT": str(point)}


def plans(bench, state="state.db"):
    """Ids of the plans that are kept; nothing else may be left there."""
    root = bench.directory / f"{state}.plans"
    names = sorted(path.name for path in root.iterdir()) if root.exists() else []
    check(all(len(name) == 26 for name in names), f"left among the plans: {names}")
    return names


def document(bench, codes, *args, **options):
    """A sync's one JSON document."""
    done = bench.expect(codes, *SYNC, "--json", *args, **options)
    told = json.loads(done.out)
    check(told["exit_code"] == done.code, f"another exit code is told\n{done}")
    return told


def wait_stopped(bench, running, what):
    """Until the process stands still at its point. False: it ended before."""
    path = f"/proc/{running.process.pid}/stat"

    def stands():
        if running.ended():
            return True
        with open(path, encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "T"
    bench.wait_for(stands, what)
    return not running.ended()


def go_on(running):
    os.kill(running.process.pid, signal.SIGCONT)


def check_in_sync(bench, what):
    bench.check_converged(what)
    check(not bench.unsettled(), f"{what}: the state has unsettled units")
    plans(bench)


def sync_twice(bench):
    """The first run changes, the second finds nothing, and keeps no plan."""
    shop.load(bench)
    check(bench.expect(64, "sync").out == "", "without --auto-approve something is printed")
    check(not (bench.directory / "state.db").exists(), "a refused sync made a state file")
    first = document(bench, 0)
    check(first["in_sync"] and first["rows"]["inserted"] > 0, f"the first: {first}")
    check_in_sync(bench, "after one sync")
    kept = plans(bench)
    check(kept == [first["plans"][0]["plan_id"]], f"kept: {kept}")
    root = bench.directory / "state.db.plans"
    modes = {path.stat().st_mode & 0o777 for path in (root, root / kept[0])}
    check(modes == {0o700}, f"modes {modes}")
    bench.expect(0, "show", str(root / kept[0]))
    second = bench.expect(0, *SYNC)
    check("no change" in second.out and second.out.count("\n") == 1, f"not one line\n{second}")
    check(bench.expect(0, *SYNC, "-q").out == "", "-q prints where all is well")
    check(plans(bench) == kept, "a plan without a change is kept")
    bench.expect(64, *SYNC, "--only", "q")
    bench.execute("source", "INSERT INTO tag VALUES (70, NULL, 'new'); DELETE FROM log LIMIT 1")
    told = document(bench, 0, "--only", f"p/{bench.db}.tag")
    check(told["rows"] == {"inserted": 1, "updated": 0, "deleted": 0, "superseded": 0},
          f"not only tag: {told}")
    bench.expect(0, *SYNC)
    check_in_sync(bench, "after a part and the whole")
    runs = json.loads(bench.expect(0, "state", "show", "--json").out)["runs"]
    told = [(run["verb"], run["exit_code"]) for run in runs]
    check(told == [("sync", 0)] * 2 + [("sync", 64)] + [("sync", 0)] * 3, f"runs: {told}")
    check(runs[-1]["plan_id"] == kept[0], f"the run tells of no plan: {runs[-1]}")
    status = json.loads(bench.expect(0, "status", "--json").out)["pairs"][0]
    check(status["last_success_at"] and status["last_full_compare_at"], f"status: {status}")


def sync_among_syncs(bench):
    """A lock that is held: 11, or a wait; one that a killed run left is taken over."""
    shop.load(bench)
    first = bench.start(*SYNC, env=stop_at("locked:1"))
    check(wait_stopped(bench, first, "the first sync has the lock"), "it ended")
    refused = bench.expect(11, *SYNC)
    check(f"pid {first.process.pid}" in refused.err, f"who holds it?\n{refused}")
    bench.expect(11, *SYNC, "--lock-wait", "300ms")
    second = bench.start(*SYNC, "--lock-wait", "10m")
    bench.wait_for(lambda: "waiting" in second.err_path.read_text(), "the second waits")
    go_on(first)
    for running in (first, second):
        done = running.wait()
        check(done.code == 0, f"{done}")
    check_in_sync(bench, "after two syncs")
    bench.expect(KILLED, *SYNC, env=kill_at("plan kept:1"))
    done = bench.expect(0, *SYNC)
    check("took over the lock that sync" in done.err, f"nothing is said of the lock\n{done}")
    check_in_sync(bench, "after a killed sync")


def sync_stopped_waiting(bench):
    """A signal ends the wait for a lock."""
    shop.load(bench)
    first = bench.start(*SYNC, env=stop_at("locked:1"))
    check(wait_stopped(bench, first, "the first sync has the lock"), "it ended")
    second = bench.start(*SYNC, "--lock-wait", "10m")
    bench.wait_for(lambda: "waiting" in second.err_path.read_text(), "the second waits")
    second.process.send_signal(signal.SIGTERM)
    done = second.wait()
    check(done.code == 143, f"{done}")
    go_on(first)
    check(first.wait().code == 0, "the first sync failed")
    check_in_sync(bench, "after the first")


def numbers(bench, rows=400):
    """A table of its own values, without a row on the target."""
    bench.load("CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE=InnoDB;",
               source=f"INSERT INTO t SELECT i, 0 FROM seq.n WHERE i < {rows}")


def sync_over_limit(bench):
    """13, nothing written, and the plan is left to look at; with another limit it is done."""
    shop.load(bench)
    before = bench.dump_all("target")
    bench.manifest(pair="[pair.p.limits]\nmax_changes = 3\n")
    told = document(bench, 13)
    path = told["plans"][0]["directory"]
    check(path in told["error"]["message"], f"where is the plan? {told['error']}")
    check("max_changes" in told["error"]["message"], f"which limit? {told['error']}")
    bench.check_dumps("target", before, "over the limit")
    bench.expect(0, "show", path)
    bench.expect(13, "apply", path)
    bench.manifest()
    bench.plan("reviewed")
    digest = (bench.directory / "reviewed" / "plan.sha256").read_text().split()[0]
    bench.expect(0, "apply", "reviewed", "--expect-digest", digest)
    check(document(bench, 0)["plans"][0]["summary"]["insert"] == 0, "something was left to do")
    check(len(plans(bench)) == 1, "the limited plan is gone")
    check_in_sync(bench, "after the limit was raised")


def sync_approval(bench):
    """policy.approve: sync stops, apply needs the digest."""
    numbers(bench)
    bench.manifest(top="[policy]\napprove = \"always\"\n")
    told = document(bench, 13)
    plan = told["plans"][0]
    check(plan["digest"] in told["error"]["hint"], f"how is it applied? {told['error']}")
    check(bench.dump("target", "t").total() == 0, "something was written")
    bench.expect(16, "apply", plan["directory"])
    check(bench.dump("target", "t").total() == 0, "something was written")
    bench.expect(0, "apply", plan["directory"], "--expect-digest", plan["digest"])
    bench.expect(0, *SYNC)  # nothing to do, nothing to approve
    check_in_sync(bench, "after the approval")
    bench.manifest(top="[policy]\napprove = \"on_warning\"\n")
    bench.execute("source", "UPDATE t SET v = 1 WHERE id = 7")
    bench.expect(0, *SYNC)
    check_in_sync(bench, "without a warning")
    bench.execute("target", "ALTER TABLE t ADD COLUMN own INT NULL")  # finding column_extra
    bench.execute("source", "UPDATE t SET v = 2 WHERE id = 7")
    told = document(bench, 13)["plans"][0]
    check([finding["severity"] for finding in told["findings"]] == ["warning"], f"{told}")
    bench.expect(16, "apply", told["directory"])
    bench.expect(0, "apply", told["directory"], "--expect-digest", told["digest"])


def sync_verifies(bench):
    """policy.verify_after: what is written behind its back is found."""
    numbers(bench)
    bench.manifest(top="[policy]\nverify_after = true\n")
    check(document(bench, 0)["verified"]["equal"], "not verified")
    bench.execute("source", "UPDATE t SET v = 1 WHERE id = 7")
    running = bench.start(*SYNC, "--json", env=stop_at("committed:1"))
    check(wait_stopped(bench, running, "the unit is committed"), "it ended")
    bench.execute("target", "UPDATE t SET v = 3 WHERE id = 8")
    go_on(running)
    done = running.wait()
    told = json.loads(done.out)
    check(done.code == 1 and not told["verified"]["equal"], f"{done}")
    status = json.loads(bench.expect(0, "state", "show", "--json").out)["runs"][0]
    check(status["exit_code"] == 1, f"the run is told as {status}")
    bench.execute("source", "UPDATE t SET v = 4 WHERE id = 9")
    bench.plan()
    check("equal" in bench.expect(0, "apply", "plan").out, "apply says nothing of it")


def sync_out_of_time(bench):
    """--max-duration: no unit is begun after it; the next run goes on."""
    shop.load(bench)
    for seconds in (4, 16, 64):
        started = time.monotonic()
        running = bench.start(*SYNC, "--json", "--max-duration", f"{seconds}s",
                              env=stop_at("committed:1"))
        if wait_stopped(bench, running, "the first unit is in"):
            break  # else the machine is slow: more time, for it to get there
    # Its own clock began a little later.
    time.sleep(max(0, seconds + 3 - (time.monotonic() - started)))
    go_on(running)
    done = running.wait()
    told = json.loads(done.out)
    check(done.code == 75 and told["out_of_time"], f"{done}")
    check(told["plans"][0]["units"]["not_tried"] > 0, f"all units were tried\n{done}")
    check(told["plans"][0]["units"]["applied"] == 1, f"not one unit\n{done}")
    check((bench.directory / told["plans"][0]["directory"]).exists(), f"the plan is gone\n{done}")
    bench.expect(75, *SYNC, "--max-duration", "0s")
    bench.expect(0, *SYNC)
    check_in_sync(bench, "after the next run")


def sync_stale(bench):
    """What is stale is planned again on the spot; with a writer that never rests, up to a bound."""
    numbers(bench)
    bench.manifest(pair="chunk_rows = 10\n")
    running = bench.start(*SYNC, "--json", env=stop_at("plan kept:1"))
    check(wait_stopped(bench, running, "the plan is made"), "it ended")
    bench.execute("source", "UPDATE t SET v = 1 WHERE id IN (7, 300)")
    go_on(running)
    done = running.wait()
    told = json.loads(done.out)
    check(done.code == 0 and len(told["plans"]) == 2, f"{done}")
    check_in_sync(bench, "planned again")
    status = json.loads(bench.expect(0, "status", "--json").out)["pairs"][0]
    check(status["last_full_compare_at"], "no full comparison is remembered")

    def write(stop):
        connection = bench.servers["source"].connect(database=bench.db)
        try:
            while not stop.is_set():
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE t SET v = v + 1 WHERE id = 4")
                connection.commit()
        finally:
            connection.close()
    writer = Worker(write)
    codes = [bench.expect((0, 3, 10), *SYNC).code for _ in range(2)]
    writer.finish()
    bench.expect(0, *SYNC)
    check_in_sync(bench, "after the writer")
    return f"beside the writer: {codes}"


def sync_keeps_plans(bench):
    """The newest plans are kept, and what is no plan is left alone."""
    numbers(bench)
    bench.manifest(top="[output]\nkeep = 2\n")
    made = []
    for turn in range(4):
        bench.execute("source", f"UPDATE t SET v = {turn + 1} WHERE id = {turn}")
        made += [plan["plan_id"] for plan in document(bench, 0)["plans"]]
        check(plans(bench) == made[-2:], f"kept {plans(bench)} of {made}")
    own = bench.directory / "state.db.plans" / "own notes"
    own.mkdir()
    bench.execute("source", "UPDATE t SET v = 9 WHERE id = 9")
    bench.expect(0, *SYNC)
    check(own.exists(), "a directory that is no plan was removed")


TESTS = (sync_twice, sync_among_syncs, sync_stopped_waiting, sync_over_limit, sync_approval,
         sync_verifies, sync_out_of_time, sync_stale, sync_keeps_plans)
