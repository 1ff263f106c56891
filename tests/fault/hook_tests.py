"""Hooks: their order, what they are told, what their failures mean; and that they always end."""

import json
import os
import signal
import stat
import time

from bench import check

import shop
from lock_tests import LONG_WAIT, Blocker
from sync_tests import SYNC, go_on, stop_at, wait_stopped

ERROR, STALE, LOCKED, LIMIT, TEMPORARY = 1, 10, 11, 13, 75
SUCCESS = ("job-before", "pair-before", "pair-on_success", "pair-after", "job-on_success",
           "job-after")
FAILURE = tuple(name.replace("success", "failure") for name in SUCCESS)

# Notes its name, its standard input and its environment, and ends as the file of its name says.
RECORDER = """#!/usr/bin/python3
import json, os, sys
name = sys.argv[1]
text = sys.stdin.read()
with open("calls", "a", encoding="utf-8") as calls:
    calls.write(json.dumps({"name": name, "report": json.loads(text), "raw": text,
                            "secret": os.environ.get("HOOK_SECRET")}) + "\\n")
print("said by " + name)
print("complained by " + name, file=sys.stderr)
if os.path.exists("end-" + name):
    with open("end-" + name, encoding="utf-8") as end:
        sys.exit(int(end.read()))
"""
PHASES = ("before", "on_conflict", "on_success", "on_failure", "after")


def hooks(section, own):
    lines = "".join(f'{phase} = ["./recorder", "{own}-{phase}"]\n' for phase in PHASES)
    return f"[{section}]\n{lines}\n"


def load(bench):
    shop.load(bench)
    path = bench.directory / "recorder"
    path.write_text(RECORDER, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    with_hooks(bench)
    plan = bench.plan()
    check(not calls(bench), "plan called hooks")
    bench.remember_start()
    return plan


def with_hooks(bench, lines="", **options):
    # A manifest's own keys stand above all tables, and a pair's tables behind its keys.
    bench.manifest(top=hooks("hooks", "job"), **options,
                   pair=shop.MANY_UNITS + hooks("pair.p.hooks", "pair") + lines)


def calls(bench):
    """What was called since the last time."""
    path = bench.directory / "calls"
    if not path.exists():
        return []
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.unlink()
    return found


def check_order(found, *names):
    check([call["name"] for call in found] == list(names),
          f"called were {[call['name'] for call in found]}, expected {list(names)}")


def ends(bench, name, code):
    (bench.directory / f"end-{name}").write_text(str(code), encoding="utf-8")


def hooks_of_a_success(bench):
    """Order, reports and environment of a run that succeeds."""
    plan = load(bench)
    done = bench.expect(0, "apply", "plan", "--json", env={"HOOK_SECRET": "hidden"})
    told = json.loads(done.out)
    check(told["hooks_failed"] == [], f"hooks failed: {told['hooks_failed']}")
    found = calls(bench)
    check_order(found, "job-before", "pair-before", "pair-on_success", "pair-after",
                "job-on_success", "job-after")
    for call in found:
        report = call["report"]
        own, _, phase = call["name"].partition("-")
        check(report["verb"] == "apply" and report["phase"] == phase, f"report {report}")
        check(report["pair"] == (None if own == "job" else "p"), f"report {report}")
        check(report["pairs"] == ["p"] and report["manifest"]["name"] == "fault", f"{report}")
        check(report["plan_id"] == plan["run"]["plan_id"], f"report {report}")
        check(report["digest"] == told["digest"], f"report {report}")
        check(report["summary"]["update"] == plan["summary"]["update"], f"report {report}")
        check(call["secret"] == "hidden", "a variable of no server is missing")
        ended = phase != "before"
        check((report["exit_code"] == 0) == ended and bool(report["finished_at"]) == ended,
              f"report {report}")
        if ended:
            check(report["units"] == told["units"] and report["rows"] == told["rows"], f"{report}")
    bench.check_converged("with hooks")
    bench.expect(0, "apply", "plan", "--dry-run")
    check(not calls(bench), "a dry run called hooks")


def hooks_see_no_password(bench):
    """Neither in a hook's environment, nor in its report."""
    shop.load(bench)
    for role in bench.servers:
        bench.servers[role].execute(
            "CREATE USER IF NOT EXISTS secretive@localhost IDENTIFIED BY 'pa55-word';"
            "GRANT ALL ON *.* TO secretive@localhost")
    path = bench.directory / "recorder"
    path.write_text(RECORDER, encoding="utf-8")
    path.chmod(0o700)
    bench.manifest(top=hooks("hooks", "job"),
                   server='user = "secretive"\npassword_env = "HOOK_SECRET"\n')
    secret = {"HOOK_SECRET": "pa55-word"}
    bench.plan(env=secret)
    bench.expect(0, "apply", "plan", env=secret)
    found = calls(bench)
    check(len(found) == 3, f"{len(found)} calls")
    for call in found:
        check(call["secret"] is None, "the password is in a hook's environment")
        check("pa55" not in call["raw"], "the password is in a report")


def hook_before_fails(bench):
    """Nothing is read or written; what was begun is ended."""
    load(bench)
    before = bench.dump_all("target")
    for name, code in (("job-before", 3), ("pair-before", 75)):
        ends(bench, name, code)
        # Servers that are not there would be noticed by whoever asks them.
        expected = TEMPORARY if code == 75 else ERROR
        done = bench.expect(expected, "apply", "plan")
        check("hook before" in done.err and f"complained by {name}" in done.err, f"{done}")
        rest = ["job-on_failure", "job-after"]
        if name == "pair-before":
            rest = ["pair-before", "pair-on_failure", "pair-after", *rest]
        found = calls(bench)
        check_order(found, "job-before", *rest)
        check(found[-1]["report"]["exit_code"] == expected, f"{found[-1]}")
        os.unlink(bench.directory / f"end-{name}")
    bench.check_dumps("target", before, "before failed")
    bench.manifest(top='[hooks]\nbefore = ["./no-such-file"]\nafter = ["./recorder", "x"]\n')
    done = bench.expect(ERROR, "apply", "plan")
    check("cannot be started" in done.err and not calls(bench), f"{done}")
    bench.check_dumps("target", before, "before cannot be started")


def hooks_fail_later(bench):
    """What fails after the run is told, and is 1 instead of 0; the rows stay."""
    load(bench)
    for name in ("pair-on_success", "job-after"):
        bench.new_state()
        ends(bench, name, 4)
        done = bench.expect(ERROR, "apply", "plan")
        check(f"said by {name}" in done.err and "exit code 4" in done.err, f"{done}")
        check_order(calls(bench), "job-before", "pair-before", "pair-on_success", "pair-after",
                    "job-on_success", "job-after")
        bench.check_converged(f"{name} failed")
        bench.reset_target()
        os.unlink(bench.directory / f"end-{name}")
    # A code that says more stays.
    ends(bench, "job-after", 4)
    bench.execute("target", "UPDATE plain SET v = 'other' WHERE id IN (1, 2, 3)")
    done = bench.expect(STALE, "apply", "plan")
    check("hook after" in done.err, f"{done}")
    found = calls(bench)
    check([call["name"] for call in found][-4:] == ["pair-on_failure", "pair-after",
                                                    "job-on_failure", "job-after"], f"{found}")
    check(found[-1]["report"]["exit_code"] == STALE and found[-1]["report"]["problems"],
          f"{found[-1]}")


def hooks_are_bounded(bench):
    """A hook that does not end is killed, with what it started; what it leaves running is not
    waited for."""
    load(bench)
    marker = f"{bench.directory}/alive"
    script = f"trap '' TERM; (trap '' TERM; while :; do date >> {marker}; sleep 0.1; done) & wait"
    bench.manifest(top=f'[hooks]\ntimeout = "1s"\nbefore = ["sh", "-c", "{script}"]\n')
    done = bench.expect(ERROR, "apply", "plan")
    check("did not end within 1 s" in done.err, f"{done}")
    size = os.path.getsize(marker)
    time.sleep(0.5)
    check(os.path.getsize(marker) == size, "what the hook started is still alive")
    bench.manifest(top='[hooks]\nbefore = ["sh", "-c", "sleep 600 & echo $! > left"]\n')
    bench.expect(0, "apply", "plan")
    os.kill(int((bench.directory / "left").read_text(encoding="utf-8")), signal.SIGKILL)
    bench.check_converged("a hook that leaves something running")


def hooks_and_signals(bench):
    """After a signal, what before began is ended; a run that is locked out calls no hook."""
    load(bench)
    with_hooks(bench, server=LONG_WAIT)
    blocker = Blocker(bench)
    running = blocker.start_apply()
    check_order(calls(bench), "job-before", "pair-before")
    bench.expect(LOCKED, "apply", "plan")
    check(not calls(bench), "a run that is locked out called hooks")
    running.process.send_signal(signal.SIGTERM)
    blocker.release()
    done = running.wait()
    check(done.code == 143, f"{done}")
    found = calls(bench)
    check_order(found, "pair-on_failure", "pair-after", "job-on_failure", "job-after")
    check(found[0]["report"]["exit_code"] == 143 and found[0]["report"]["interrupted"], f"{found}")


def hooks_around_sync(bench):
    """Once a run, however many plans it makes; on_failure is told which failure it was."""
    load(bench)
    running = bench.start(*SYNC, "--json", env=stop_at("plan kept:1"))
    check(wait_stopped(bench, running, "the plan is made"), "it ended")
    check_order(calls(bench), "job-before", "pair-before")
    bench.execute("source", "UPDATE plain SET v = 'later' WHERE id IN (3, 20, 63)")
    go_on(running)
    done = running.wait()
    told = json.loads(done.out)
    check(done.code == 0 and len(told["plans"]) > 1, f"{done}")
    found = calls(bench)
    check_order(found, *SUCCESS[2:])
    check(found[-1]["report"]["plan_id"] == told["plans"][-1]["plan_id"], f"{found[-1]}")
    check(found[-1]["report"]["rows"] == told["rows"], f"{found[-1]}")
    bench.check_converged("with hooks")
    bench.reset_target()
    with_hooks(bench, "[pair.p.limits]\nmax_changes = 1\n")
    check_failure(bench, bench.expect(LIMIT, *SYNC), FAILURE)
    with_hooks(bench, '[pair.p.throttle]\npanic_file = "panic"\n')
    (bench.directory / "panic").touch()
    check_failure(bench, bench.expect(TEMPORARY, *SYNC), FAILURE)
    with_hooks(bench)
    check_failure(bench, stale_sync(bench), FAILURE)
    with_hooks(bench)
    bench.expect(0, *SYNC)
    check_order(calls(bench), *SUCCESS)
    bench.check_converged("the last sync")


def stale_sync(bench):
    """Each of its plans is outdated when it is made."""
    bench.expect(0, *SYNC)
    calls(bench)
    bench.execute("target", "UPDATE plain SET v = 'wrong' WHERE id = 20")
    running = bench.start(*SYNC, env=stop_at("plan kept:0"))
    turn = 0
    while wait_stopped(bench, running, "a plan is made"):
        turn += 1
        bench.execute("source", f"UPDATE plain SET v = 'turn {turn}' WHERE id = 20")
        go_on(running)
    done = running.wait()
    check(done.code == STALE, f"{done}")
    return done


def check_failure(bench, done, names):
    found = calls(bench)
    check_order(found, *names)
    for call in found[2:]:
        check(call["report"]["exit_code"] == done.code, f"{call}\n{done}")


TESTS = (hooks_around_sync, hooks_of_a_success, hooks_see_no_password, hook_before_fails,
         hooks_fail_later, hooks_are_bounded, hooks_and_signals)
