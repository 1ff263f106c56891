"""What a person and a scheduler are told: status, metrics, the state's verbs, the history."""

import json
import os
import pathlib
import re
import stat

from bench import check

import exposition
import shop
from incremental_tests import INCREMENTAL
from incremental_tests import load as load_incremental
from lock_tests import Blocker, make
from sync_tests import SYNC

OUTDATED, STALE, LOCKED, DIGEST, USAGE = 4, 10, 11, 16, 64
ALERTS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "schedule" / "alerts.yaml"
MARK = "2025-03-01 09:30:00.000000"


def load(bench, top="", pair=shop.MANY_UNITS):
    shop.load(bench)
    bench.manifest(top=top, pair=pair)
    bench.plan()


def status(bench, *options, codes=0):
    return json.loads(bench.expect(codes, "status", "--json", *options).out)


def one(samples, name, **labels):
    """The value of the one sample that has these labels."""
    found = [value for got, value in samples.get(name, []) if labels.items() <= got.items()]
    check(len(found) == 1, f"{name} {labels}: {len(found)} samples")
    return found[0]


def metrics_of(bench, name):
    path = bench.directory / name
    mode = stat.S_IMODE(path.stat().st_mode)
    check(mode == 0o644, f"{name} has mode {mode:o}")
    check(not list(bench.directory.glob(f"{name}.*")), f"{name}: something is left beside it")
    return exposition.parse(path.read_text(encoding="utf-8"))


def status_of_runs(bench):
    """status tells of the last success and of the last run, which may not be the same."""
    load(bench)
    bench.expect(OUTDATED, "status", "--max-age", "24h")
    check(status(bench)["pairs"][0]["last_run"] is None, "a run before the first")
    bench.execute("target", "UPDATE plain SET v = 'later' WHERE id = 20")
    stale = json.loads(bench.expect(STALE, "apply", "plan", "--json").out)
    pair = status(bench)["pairs"][0]
    check(pair["last_success_at"] is None, "a stale run is a success")
    check(pair["last_run"]["exit_code"] == STALE, f"the last run: {pair['last_run']}")
    check(pair["last_run"]["units"]["stale"] == stale["units"]["stale"] > 0, "stale units")
    check(pair["last_run"]["message"] == stale["problems"][0]["detail"], "the message")
    plan = bench.plan()
    bench.expect(0, "apply", "plan")
    pair = status(bench, "--max-age", "1h")["pairs"][0]
    check(pair["last_plan_id"] == plan["run"]["plan_id"], "not the last plan")
    check(pair["last_full_compare_at"] == pair["last_success_at"], "not a full compare")
    check(pair["rows"]["updated"] == plan["summary"]["update"], f"rows: {pair['rows']}")
    check(pair["rows"] == pair["last_run"]["rows"], f"rows of the run: {pair}")
    samples = exposition.parse(bench.expect(0, "status", "--format", "prometheus").out)
    check(one(samples, "rowplan_last_run_exit_code", pair="p") == 0, "the exit code")
    check(one(samples, "rowplan_rows", op="delete") == plan["summary"]["delete"], "deletes")
    check(one(samples, "rowplan_last_success_timestamp_seconds", job_name="fault") > 0, "success")
    runs = json.loads(bench.expect(0, "state", "show", "--json", "p").out)["runs"]
    check([run["exit_code"] for run in runs] == [0, STALE], f"the history: {runs}")
    runs = json.loads(bench.expect(0, "state", "show", "--limit", "1", "--json").out)["runs"]
    check([run["exit_code"] for run in runs] == [0], f"--limit 1: {runs}")
    for text in (bench.expect(0, "status").out, bench.expect(0, "state", "show", "p").out):
        check("last success" in text, text)


def status_of_a_run_at_work(bench):
    """While a run waits status says what it is doing; once it is killed, it says no more."""
    make(bench)
    blocker = Blocker(bench)
    running = blocker.start_apply()
    bench.wait_for(lambda: (status(bench)["running"] or {}).get("table"), "progress is published")
    told = status(bench)
    check(told["lock"]["alive"] and told["lock"]["verb"] == "apply", f"lock: {told['lock']}")
    check(told["running"]["pid"] == running.process.pid, f"running: {told['running']}")
    check(told["running"]["phase"] == "applying", f"running: {told['running']}")
    check(told["running"]["table"].startswith(f"p/{bench.db}."), f"running: {told['running']}")
    units = len(bench.read_plan()["units"])
    check(told["running"]["units"] == units > told["running"]["units_done"], f"{told['running']}")
    text = bench.expect(0, "status").out
    check(f"of {units} units" in text, text)
    samples = exposition.parse(bench.expect(0, "status", "--format", "prometheus").out)
    check(one(samples, "rowplan_lock_held") == 1, "the lock")
    check(one(samples, "rowplan_running_units") == units, "the units")
    for verb in (("rebase", "p"), ("release", "p"), ("prune",)):
        bench.expect(LOCKED, "state", *verb)
    for hostile in ("", "{", "[" * 60000, '{"pid": %d, "units": "x"}' % running.process.pid):
        (bench.directory / "state.db.progress.json").write_text(hostile)
        bench.expect(0, "status")
    running.process.kill()
    running.wait()
    (bench.directory / "state.db.progress.json").write_text(
        json.dumps(dict(told["running"], pid=running.process.pid)))
    check(status(bench)["running"] is None, "a killed run is shown as running")
    check(not status(bench)["lock"]["alive"], "a killed run holds the lock")
    blocker.release()
    bench.expect(0, "apply", "plan")
    check(not list(bench.directory.glob("state.db.progress*")), "progress is left over")


def metrics_textfile(bench):
    """Written after every run, whatever it came to; not to be written changes nothing."""
    load(bench, top='[output]\nmetrics_textfile = "rowplan.prom"')
    bench.expect(DIGEST, "apply", "plan", "--expect-digest", "0" * 64)
    samples = metrics_of(bench, "rowplan.prom")
    check(one(samples, "rowplan_run_exit_code", verb="apply") == DIGEST, "the exit code")
    check(one(samples, "rowplan_last_success_timestamp_seconds", pair="p") == 0, "a success")
    (bench.directory / "rowplan.prom").unlink()
    bench.expect(0, "apply", "plan", "--dry-run")
    check(not (bench.directory / "rowplan.prom").exists(), "a dry run wrote metrics")
    plan = bench.read_plan()
    previous = os.umask(0o077)
    bench.expect(0, "apply", "plan", "--metrics-textfile", "other.prom")
    os.umask(previous)
    check(not (bench.directory / "rowplan.prom").exists(), "the option did not win")
    samples = metrics_of(bench, "other.prom")
    check(one(samples, "rowplan_run_exit_code") == 0, "the exit code")
    check(one(samples, "rowplan_rows", pair="p", op="insert") == plan["summary"]["insert"], "rows")
    check(one(samples, "rowplan_lock_held") == 0, "the lock of a run that is over")
    done = bench.expect(0, "apply", "plan", "--metrics-textfile", "nowhere/x.prom")
    check("metrics were not written" in done.err, f"no warning\n{done}")
    (bench.directory / "state.db").write_bytes(b"not a database at all" * 300)
    bench.expect(14, "apply", "plan", "--metrics-textfile", "other.prom")
    samples = metrics_of(bench, "other.prom")
    check(one(samples, "rowplan_run_exit_code") == 14, "the exit code")
    check("rowplan_lock_held" not in samples, "of a state that cannot be read")


def metrics_of_sync(bench):
    """A sync writes them whatever it came to; what the shipped alerts ask for is among them."""
    load_incremental(bench)
    bench.expect(0, *SYNC, "--metrics-textfile", "sync.prom")
    samples = metrics_of(bench, "sync.prom")
    check(one(samples, "rowplan_run_exit_code", verb="sync") == 0, "the exit code")
    check(one(samples, "rowplan_watermark_timestamp_seconds", pair="p") > 0, "the watermark")
    check(one(samples, "rowplan_lock_held") == 0, "the lock of a run that is over")
    (bench.directory / "panic").touch()
    bench.manifest(top='[output]\nmetrics_textfile = "own.prom"',
                   pair=INCREMENTAL + '[pair.p.throttle]\npanic_file = "panic"\n')
    bench.expect(75, *SYNC)
    samples = metrics_of(bench, "own.prom")
    check(one(samples, "rowplan_run_exit_code", verb="sync") == 75, "the exit code")
    check(one(samples, "rowplan_last_run_exit_code", pair="p") == 75, "of the last run")
    rules = [line.partition("expr:")[2] for line in ALERTS.read_text(encoding="utf-8").splitlines()]
    used = set(re.findall(r"\browplan_\w+", " ".join(rules)))
    check(len(used) >= 4, f"the rules use {used}")
    printed = exposition.parse(bench.expect(0, "status", "--format", "prometheus").out)
    check(used <= set(printed) & set(samples), f"not told: {used - set(printed) & set(samples)}")


def state_verbs(bench):
    """set-watermark, rebase, release and prune do what they say, and leave a trace."""
    load(bench)
    address = f"p/{bench.db}.plain"
    done = bench.expect(USAGE, "state", "set-watermark", address, MARK)
    check("is not incremental" in done.err, f"{done}")
    check(not list(bench.directory.glob("state.db*")), "a state file was made")
    # The same job, of which one table is incremental by what only a run would look at.
    bench.manifest("marks.toml", pair=f'[pair.p.table."{bench.db}.plain".incremental]\n'
                                      'column = "changed"\n')
    for wrong in (("set-watermark", address, "yesterday"), ("set-watermark", "p", MARK),
                  ("set-watermark", address, "2199-01-01 00:00:00"),
                  ("set-watermark", address, "9999-12-31 23:59:59"), ("rebase", "q"),
                  ("set-watermark", "p/other.t", MARK), ("rebase", "p/x"), ("show", "q"),
                  ("release", "q")):
        done = bench.expect(USAGE, "-f", "marks.toml", "state", *wrong)
    check("unknown address 'q'" in done.err, f"{done}")
    for verb in (("rebase", "p"), ("prune",), ("list",), ("show", "p")):
        told = json.loads(bench.expect(0, "state", *verb, "--json").out)
        check(told["state_exists"] is False, f"state {verb}: {told}")
    check(not list(bench.directory.glob("state.db*")), "a state file was made")
    told = json.loads(bench.expect(0, "-f", "marks.toml", "state", "set-watermark", address, MARK,
                                   "--json").out)
    check(told["before"] is None and told["value"] == MARK, f"{told}")
    bench.expect(0, "apply", "plan")
    pair = status(bench)["pairs"][0]
    mark, = pair["watermarks"]
    check(mark["address"] == address and mark["value"] == MARK, f"{mark}")
    check(mark["lag_s"] > 0 and mark["plan_id"] is None, f"{mark}")
    check(pair["last_run"]["verb"] == "apply", "a person's act is told as a run")
    check("set by a person" in bench.expect(0, "state", "list").out, "by whom")
    told = json.loads(bench.expect(0, "state", "release", "p", "--json").out)
    check(told["released"] is False, f"{told}")
    told = json.loads(bench.expect(0, "state", "rebase", "p", "--json").out)
    check(told["forgotten"] == [{"address": address, "value": MARK}], f"{told}")
    check(told["full_compare_forgotten"], f"{told}")
    pair = status(bench)["pairs"][0]
    check(not pair["watermarks"] and pair["last_full_compare_at"] is None, f"{pair}")
    check(pair["last_success_at"] is not None, "the success is forgotten")
    check("nothing to forget" in bench.expect(0, "state", "rebase", "p").out, "again")
    runs = json.loads(bench.expect(0, "state", "show", address, "--json").out)["runs"]
    verbs = [run["verb"] for run in runs]
    check(verbs == ["state rebase", "apply", "state set-watermark"], f"{verbs}")
    check(MARK in runs[0]["message"] and address in runs[0]["message"], f"{runs[0]}")
    prune(bench)


def prune(bench):
    undo = lambda: list((bench.directory / "state.db.undo").iterdir())
    check(undo(), "nothing is kept for undo")
    told = json.loads(bench.expect(0, "state", "prune", "--json").out)
    check((told["runs"], told["undo_files"]) == (0, 0), f"younger than 30 days: {told}")
    told = json.loads(bench.expect(0, "state", "prune", "--older-than", "1ms", "--json").out)
    check((told["runs"], told["undo_files"]) == (2, 1), f"{told}")
    check(not undo(), "an undo file is left")
    check(status(bench)["pairs"][0]["last_run"] is not None, "the last run is forgotten")
    check(re.search("0 runs, 0 undo files", bench.expect(0, "state", "prune").out), "text")


TESTS = (status_of_runs, status_of_a_run_at_work, metrics_textfile, metrics_of_sync, state_verbs)
