"""The disk is full: no half plan, and no write that the state does not know of."""

import resource
import subprocess

from bench import check

import shop

# Runs a command in a mount namespace of its own; the mounts end with it.
SMALL_DISK = ("unshare", "--mount", "--propagation", "private")
NO_ROOM = ("No space left", "File too large", "disk is full", "disk I/O error")


def file_limit(size):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def big_plan(bench):
    bench.load("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200)) ENGINE=InnoDB; INSERT INTO t"
               " SELECT i, REPEAT('v', 100) FROM seq.n WHERE i < 300",
               target="UPDATE t SET v = REPEAT('w', 120) WHERE id MOD 2 = 0")
    bench.manifest(pair="chunk_rows = 20\n")


def check_message(done, what):
    check(any(text in done.err for text in NO_ROOM) and "error:" in done.err,
          f"{what}: the message says nothing of the disk\n{done}")


def plan_over_file_size(bench):
    """A file of a plan may not grow: the plan fails and leaves nothing."""
    big_plan(bench)
    bench.plan("whole")
    sizes = sorted(path.stat().st_size for path in (bench.directory / "whole").rglob("*")
                   if path.is_file())
    failed = 0
    for size in {size - 1 for size in sizes if size > 1000} | {4096}:
        # Without restore_signals SIGXFSZ stays ignored, as under a shell's trap '' XFSZ.
        done = bench.run("plan", "-o", "plan", preexec_fn=file_limit(size), restore_signals=False)
        if done.code == 0:
            continue
        failed += 1
        check(done.code == 1, f"expected exit 1\n{done}")
        check_message(done, f"files up to {size} bytes")
        bench.check_no_plan("plan", done)
    check(failed >= 3, f"only {failed} plans failed")
    bench.plan()


def in_small_disk(bench, size, script):
    """Runs a shell script with a disk of so many KiB at ./disk."""
    (bench.directory / "disk").mkdir(exist_ok=True)
    whole = f"mount -t tmpfs -o size={size}k,mode=700 tmpfs disk || exit 99\n{script}"
    done = subprocess.run([*SMALL_DISK, *(() if is_root() else ("--map-root-user",)), "sh", "-c",
                           whole, "sh", bench.stage.rowplan], cwd=bench.directory, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120)
    check(done.returncode != 99, f"no small disk: {done.stderr}")
    return done


def is_root():
    return subprocess.run(["id", "-u"], stdout=subprocess.PIPE, check=True).stdout == b"0\n"


def plan_on_full_disk(bench):
    """Wherever in a plan the disk is full, there is no plan.json, and nothing else is left."""
    big_plan(bench)
    script = """
"$1" plan -o disk/plan >out.txt 2>err.txt; code=$?
find disk -mindepth 1 | head -20
exit $code"""
    failed = 0
    for size in range(8, 400, 8 if bench.stage.rounds > 1 else 20):
        done = in_small_disk(bench, size, script)
        error = (bench.directory / "err.txt").read_text()
        if done.returncode == 0:
            check("disk/plan/plan.json" in done.stdout, f"{size} KiB: exit 0 without a plan")
            break
        failed += 1
        check(done.returncode == 1, f"{size} KiB: exit {done.returncode}\n{error}")
        check(any(text in error for text in NO_ROOM), f"{size} KiB: {error}")
        check(done.stdout == "", f"{size} KiB: a failed plan left\n{done.stdout}")
    check(failed >= 3, f"only {failed} plans failed")
    return f"{failed} sizes"


def state_on_full_disk(bench):
    """apply without room for its state: it stops, and the next one with room ends well."""
    shop.load(bench)
    bench.manifest(pair=shop.MANY_UNITS, state="disk/state.db")
    bench.plan()
    bench.remember_start()
    script = """
"$1" apply plan >out.txt 2>err.txt; echo $?
mount -o remount,size=20m disk
"$1" apply plan >>out.txt 2>>err.txt; echo $?
"$1" state show --json | tr -d ' \\n'
rm -rf disk/*"""
    failed = 0
    for size in range(4, 1000, 20 if bench.stage.rounds > 1 else 44):
        done = in_small_disk(bench, size, script)
        error = (bench.directory / "err.txt").read_text()
        first, second, state = done.stdout.split("\n", 2)
        check(second == "0", f"{size} KiB: exits {first}, {second}\n{error}{done.stderr}")
        check('"unsettled_units":[]' in state, f"{size} KiB: unsettled units in {state}")
        bench.check_converged(f"{size} KiB")
        bench.reset_target()
        if first == "0":
            break
        failed += 1
        check(first in ("1", "14", "75"), f"{size} KiB: exit {first}\n{error}")
        check("error:" in error, f"{size} KiB: no message\n{error}")
    check(failed >= 2, f"only {failed} applies failed")
    return f"{failed} sizes"


TESTS = (plan_over_file_size, plan_on_full_disk, state_on_full_disk)
