"""sync into faults: killed, cut off, and with a state that cannot be used."""

from bench import check

import disk_tests
import incremental_tests
import relay
import shop
from sync_tests import KILLED, SYNC, check_in_sync, document, kill_at, numbers

POINTS = ("plan keep", "plan kept", "plan removed", "commit", "committed", "locked", "unlock",
          "state commit", "state committed")


def sync_killed(bench):
    """Killed at its points, a plain sync goes on and ends well, and leaves nothing behind."""
    shop.load(bench, shop.FEW_UNITS)
    bench.remember_start()
    killed = 0
    long = bench.stage.rounds > 1
    for point in [f"{name}:{nth}" for name in POINTS for nth in ((1, 2, 3) if long else (1,))]:
        bench.new_state()
        killed += kill_and_go_on(bench, point)
    point = 1
    while True:
        bench.new_state()
        if not kill_and_go_on(bench, point):
            break
        killed += 1
        point += 1 if long else bench.random.randrange(10, 25)
    check(point > 60, f"only {point} points were passed")
    return f"{killed} syncs killed"


def kill_and_go_on(bench, point):
    done = bench.expect((0, KILLED), *SYNC, env=kill_at(point))
    went_on = bench.expect(0, *SYNC)
    check_in_sync(bench, f"killed at {point}\n{went_on}")
    bench.reset_target()
    return done.code == KILLED


def sync_killed_again_and_again(bench):
    """Killed while it goes on, too."""
    shop.load(bench)
    bench.remember_start()
    killed = 0
    for turn in range(3 * bench.stage.rounds):
        bench.new_state()
        for _ in range(4):
            point = bench.random.randrange(1, 250)
            killed += bench.expect((0, KILLED), *SYNC, env=kill_at(point)).code == KILLED
        bench.expect(0, *SYNC)
        check_in_sync(bench, f"turn {turn}")
        bench.reset_target()
    return f"{killed} syncs killed"


def sync_over_bad_link(bench):
    """A link that is cut once is tried again; one that stays away is 75; a wrong password 12."""
    shop.load(bench)
    bench.remember_start()
    path = bench.directory / "cut.sock"
    cuts = [("source", relay.reads_rows, 1), ("target", relay.commits, 2),
            ("target", relay.any_command, bench.random.randrange(20, 120)),
            ("source", relay.any_command, bench.random.randrange(20, 120))]
    for role, match, nth in cuts:
        bench.new_state()
        fault = relay.Fault(match, nth, "before")
        with relay.Relay(bench.servers[role].socket, path, fault):
            bench.manifest(pair=shop.MANY_UNITS, **{role: path})
            done = bench.expect(0, *SYNC, "-v")
            check(fault.fired, f"{role}: the link was not cut")
            check_in_sync(bench, f"{role} cut at {match.__name__} {nth}\n{done}")
        bench.reset_target()
    fault = relay.Fault(relay.commits, 2, "before", refuse_after=True)
    with relay.Relay(bench.servers["target"].socket, path, fault):
        bench.new_state()
        bench.manifest(pair=shop.MANY_UNITS, target=path)
        done = bench.expect(75, *SYNC)
        check("trying again" in done.err and "attempts failed" in done.err, f"{done}")
    bench.expect(75, *SYNC, "--max-duration", "1s")  # the socket is gone
    bench.manifest(pair=shop.MANY_UNITS)
    bench.expect(0, *SYNC)
    check_in_sync(bench, "the link is back")
    bench.manifest(server="user = \"nobody_at_all\"\n")
    done = bench.expect(12, *SYNC)
    check("trying again" not in done.err, f"a refused user was tried again\n{done}")


def sync_bad_state(bench):
    """A state file that is damaged, newer, another job's, not to be written: its code, no write."""
    numbers(bench)
    bench.manifest()
    bench.expect(0, *SYNC)
    bench.execute("source", "UPDATE t SET v = 5")
    before = bench.dump_all("target")
    state = bench.directory / "state.db"
    whole = state.read_bytes()

    def refused(code, what):
        done = bench.expect(code, *SYNC)
        check("error:" in done.err and "state" in done.err, f"{what}: no clear error\n{done}")
        bench.check_dumps("target", before, what)
    bad = {"cut off": whole[:len(whole) // 2], "no database": b"x" * 5000,
           "newer": whole[:60] + (99).to_bytes(4, "big") + whole[64:]}
    for what, content in bad.items():
        state.write_bytes(content)
        refused(14, what)
        check(state.read_bytes() == content, f"{what}: the file was changed")
    state.write_bytes(whole)
    manifest = bench.directory / "rowplan.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace('name = "fault"', 'name = "other"'))
    refused(14, "another job's")
    manifest.write_text(text.replace("state.db", "nowhere/state.db"))
    refused(14, "no directory")
    manifest.write_text(text)
    bench.expect(0, *SYNC)
    check_in_sync(bench, "with the state as it was")


def sync_with_older_state(bench):
    """A state from a backup, or from a job of the same name: more is compared, nothing is lost."""
    incremental_tests.load(bench)
    bench.expect(0, *SYNC)
    state = bench.directory / "state.db"
    old = state.read_bytes()
    before = incremental_tests.stored(bench)
    for turn in range(3):
        bench.execute("source", f"UPDATE t SET v = 'turn {turn}' WHERE id = {10 + turn}")
        bench.expect(0, *SYNC)
    bench.execute("target", "UPDATE t SET v = 'lost' WHERE id = 10")
    bench.new_state()
    state.write_bytes(old)
    check(incremental_tests.stored(bench) == before, "not the old state")
    settled = incremental_tests.server_time(bench)
    while max(incremental_tests.stored(bench).values()) <= settled:
        bench.expect(0, *SYNC)
    bench.check_converged("with an older state")
    # Its watermarks are those of another target.
    other = bench.stage.servers.start(bench.stage.target.vendor)
    mine, bench.servers["target"] = bench.servers["target"], other
    try:
        other.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost;"
                      f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4")
        other.execute(incremental_tests.SCHEMA, database=bench.db)
        bench.manifest(pair=incremental_tests.INCREMENTAL)
        told = document(bench, 0)
        found = [finding["code"] for plan in told["plans"] for finding in plan["findings"]]
        check("incremental_target_restored" in found, f"nothing is said of it: {found}")
        bench.check_converged("with another target's state")
    finally:
        bench.servers["target"] = mine
        other.kill()


def sync_on_full_disk(bench):
    """Without room for state and plans it stops; with room the next one ends well."""
    shop.load(bench)
    bench.manifest(pair=shop.MANY_UNITS, state="disk/state.db")
    bench.remember_start()
    script = """
"$1" sync --auto-approve >out.txt 2>err.txt; echo $?
mount -o remount,size=20m disk
"$1" sync --auto-approve >>out.txt 2>>err.txt; echo $?
"$1" state show --json | tr -d ' \\n'
ls -A disk/state.db.plans | grep '^[.]'
rm -rf disk/*"""
    codes = []
    for size in range(4, 1000, 20 if bench.stage.rounds > 1 else 60):
        done = disk_tests.in_small_disk(bench, size, script)
        error = (bench.directory / "err.txt").read_text()
        first, second, state = done.stdout.split("\n", 2)
        check(second == "0", f"{size} KiB: exits {first}, {second}\n{error}{done.stderr}")
        check('"unsettled_units":[]' in state, f"{size} KiB: unsettled units in {state}")
        check(state.endswith("}"), f"{size} KiB: left among the plans: {state}")
        bench.check_converged(f"{size} KiB")
        bench.reset_target()
        codes.append(first)
        if first == "0":
            break
        check(first in ("1", "14", "75"), f"{size} KiB: exit {first}\n{error}")
        check("error:" in error, f"{size} KiB: no message\n{error}")
    check(len(codes) >= 3 and codes[-1] == "0", f"exits {codes}")
    return f"exits {' '.join(codes)}"


def sync_on_read_only_disk(bench):
    """A state that cannot be written: an error before any write to a server."""
    shop.load(bench)
    bench.manifest(pair=shop.MANY_UNITS, state="disk/state.db")
    before = bench.dump_all("target")
    script = """
"$1" state show >out.txt 2>err.txt
mount -o remount,ro disk
"$1" sync --auto-approve >>out.txt 2>>err.txt; echo $?
rm -rf disk/*"""
    done = disk_tests.in_small_disk(bench, 4000, script)
    error = (bench.directory / "err.txt").read_text()
    check(done.stdout.strip() in ("1", "14"), f"exit {done.stdout}\n{error}")
    check("error:" in error and "state.db" in error, f"no clear message\n{error}")
    bench.check_dumps("target", before, "on a read-only disk")


TESTS = (sync_killed, sync_killed_again_and_again, sync_over_bad_link, sync_bad_state,
         sync_with_older_state, sync_on_full_disk, sync_on_read_only_disk)
