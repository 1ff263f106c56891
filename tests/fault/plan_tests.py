"""Plans say the same of the same data, and a damaged one is not taken."""

import hashlib
import json
import shutil
import time

from bench import check, sample

import shop

NOT_TAKEN, NOT_APPLYABLE = 16, 13
STEP = 37
HEAD_BYTES = 1024
# A plan whose digests are right again may do what it says, or be refused for any good reason.
JUDGED = (0, 1, 3, 10, 13, 15, 16)


def files_of(root):
    return {str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*")) if path.is_file()}


def content_of(root):
    """The files of a plan, and the lines of its plan.json but for what varies between runs."""
    files = files_of(root)
    document = json.loads(files.pop("plan.json"))
    check(document["summary"]["update"] > 0, "the plan is empty")
    del files["plan.sha256"], document["run"], document["manifest_sha256"]
    return files, json.dumps(document, indent=1).splitlines()


def check_same_plans(plans):
    """Plans as content_of() tells of them, by name."""
    first, *others = plans
    for other in others:
        for name, data in plans[first][0].items():
            check(plans[other][0].get(name) == data, f"{name} differs: {first!r}, {other!r}")
        check(set(plans[other][0]) == set(plans[first][0]), f"other files: {first!r}, {other!r}")
        for one, two in zip(plans[first][1], plans[other][1], strict=True):
            check(one == two, f"plan.json differs: {first!r}, {other!r}:\n{one}\n{two}")


def same_plans(bench):
    """Whatever the threads and the rechecks, plans of the same data differ in "run" alone."""
    shop.load(bench)
    plans = {}
    for number, extra in enumerate((
            "threads = 1\n", "threads = 4\n", "threads = 4\nrecheck = 0\n", "recheck = 1\n",
            "threads = 2\nrecheck = 9\n", "threads = 64\n")):
        bench.manifest(pair=shop.MANY_UNITS + extra)
        bench.plan(f"plan{number}")
        plans[extra] = content_of(bench.directory / f"plan{number}")
    check_same_plans(plans)


RANGES = """
CREATE TABLE narrow (id INT PRIMARY KEY, v INT NOT NULL, u INT NOT NULL, UNIQUE KEY (u))
  ENGINE=InnoDB;
INSERT INTO narrow SELECT a.i * 10 + b.i - 40000, b.i, a.i * 10 + b.i FROM seq.n a, seq.n b
  WHERE b.i < 10 AND a.i < 9000;
CREATE TABLE wide_key (n BIGINT UNSIGNED, part VARBINARY(20), v VARCHAR(30),
  PRIMARY KEY (n, part)) ENGINE=InnoDB;
INSERT INTO wide_key SELECT 18446744073709551615 - a.i * 1000003, CONCAT('part ', b.i), b.i
  FROM seq.n a, seq.n b WHERE b.i < 12 AND a.i < 6000;
ANALYZE TABLE narrow, wide_key;
"""
RANGES_DAMAGE = """
UPDATE narrow SET v = -1 WHERE id MOD 4001 = 3 OR id BETWEEN 100 AND 180;
DELETE FROM narrow WHERE id MOD 7001 = 5 OR id = -40000;
UPDATE narrow SET u = -u - 1 WHERE id IN (-39990, 30000);
UPDATE narrow SET u = IF(id = 30000, 10, 70000) WHERE id IN (-39990, 30000);
INSERT INTO narrow VALUES (-2000000000, 1, -7), (2000000000, 1, -8);
DELETE FROM wide_key WHERE n MOD 1009 = 3; UPDATE wide_key SET v = 'x' WHERE part = 'part 7'
  AND n MOD 31 = 1;
INSERT INTO wide_key VALUES (0, '', 'first'), (18446744073709551615, 'zz', 'last');
"""


def plan_by_ranges(bench, code):
    """By one thread and by several: plan1, plan4, plan64."""
    plans = {}
    for threads in (1, 4, 64):
        bench.manifest(pair=f"threads = {threads}\nchunk_rows = 5\n")
        name = f"plan{threads}"
        done = bench.expect(code, "plan", "-o", name, "--overwrite", "--log-level", "info")
        for table in ("narrow", "wide_key"):
            told = f"{table}: read in " in done.err
            check(told == (threads > 1), f"{threads} threads: {table} by ranges: {told}\n{done}")
        plans[threads] = content_of(bench.directory / name)
    check_same_plans(plans)


def plans_by_ranges(bench):
    """Several threads read a large table by ranges: the plan is that of one; apply carries it out.
    """
    bench.load(RANGES, target=RANGES_DAMAGE)
    plan_by_ranges(bench, 0)
    for server in ("source", "target"):
        bench.execute(server, "CREATE USER few@localhost WITH MAX_USER_CONNECTIONS 5;"
                              "GRANT ALL ON *.* TO few@localhost")
    bench.manifest(pair="chunk_rows = 5\nthreads = 8\n", server='user = "few"\n')
    only = ("--only", f"p/{bench.db}.narrow")
    done = bench.expect(0, "plan", "-o", "few", "--log-level", "info", *only)
    check("one reader less" in done.err, f"as many sessions as ever\n{done}")
    bench.manifest(pair="chunk_rows = 5\n")
    bench.expect(0, "plan", "-o", "many", *only)
    check_same_plans({name: content_of(bench.directory / name) for name in ("few", "many")})
    for server in ("source", "target"):
        bench.execute(server, "DROP USER few@localhost")
    bench.manifest(pair="chunk_rows = 5\n")
    bench.expect(2, "check")
    bench.expect(2, "check", "--fast")
    bench.expect(0, "apply", "plan64")
    bench.check_converged("ranges")
    bench.expect(0, "check")
    bench.expect(0, "check", "--fast")
    # Rows all over the table that the target cannot hold: the findings are the same, too.
    bench.execute("source", "ALTER TABLE narrow MODIFY v INT;"
                            "UPDATE narrow SET v = NULL WHERE id MOD 1000 = 1")
    plan_by_ranges(bench, NOT_APPLYABLE)


def small_plan(bench):
    bench.load("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20)) ENGINE=InnoDB; INSERT INTO t"
               " SELECT i, CONCAT('value ', i) FROM seq.n WHERE i < 60",
               target="DELETE FROM t WHERE id = 7; UPDATE t SET v = 'wrong' WHERE id = 30;"
                      "INSERT INTO t VALUES (100, 'extra')")
    bench.manifest()
    bench.plan()
    return bench.directory / "plan", bench.dump_all("target")


def offsets(name, size):
    head = range(min(size, HEAD_BYTES)) if name == "plan.json" else ()
    return sorted(set(head) | set(range(0, size, STEP)))


def flipped_bytes(bench):
    """Any byte of any file of a plan, changed: show and apply end with 16."""
    root, before = small_plan(bench)
    flips = 0
    for name, data in files_of(root).items():
        for offset in offsets(name, len(data)):
            changed = bytearray(data)
            changed[offset] ^= 1 << (offset % 8)
            (root / name).write_bytes(changed)
            # Both check a plan by the same means: each takes its turn, at the first bytes both.
            verbs = ("show", "apply") if offset < 2 * STEP else (("show", "apply")[flips % 2],)
            for verb in verbs:
                done = bench.run(verb, "plan")
                check(done.code == NOT_TAKEN,
                      f"byte {offset} of {name} changed, expected exit {NOT_TAKEN}\n{done}")
            flips += 1
        (root / name).write_bytes(data)
    bench.check_dumps("target", before, "damaged plans")
    bench.expect(0, "apply", "plan")
    bench.check_converged("the plan as it was")
    return f"{flips} flips"


def redo_digests(root, name):
    """Makes the digests fit again, as an editor of plans would."""
    data = (root / name).read_bytes()
    text = (root / "plan.json").read_text(encoding="utf-8", errors="surrogateescape")
    if name != "plan.json":
        for file in json.loads(text)["files"]:
            if file["path"] == name:
                text = text.replace(file["sha256"], hashlib.sha256(data).hexdigest())
        (root / "plan.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    digest = hashlib.sha256((root / "plan.json").read_bytes()).hexdigest()
    (root / "plan.sha256").write_text(f"{digest}  plan.json\n", encoding="ascii")
    return digest


def check_halfway(before, source, after, what):
    """Every row is either as it was, or as on the source."""
    check(not after - before - source, f"{what}\nwrote rows that the source does not have:"
                                       f"{sample(after - before - source)}")
    lost = (before & source) - after
    check(not lost, f"{what}\nremoved rows that the source has:{sample(lost)}")


def edited_plans(bench):
    """A changed byte, and digests that fit it: no crash, and wrong rows are kept out."""
    root, before = small_plan(bench)
    reviewed = hashlib.sha256((root / "plan.json").read_bytes()).hexdigest()
    files = files_of(root)
    bench.remember_start()
    applied = 0
    turns = 80 * bench.stage.rounds
    for turn in range(turns):
        name = bench.random.choice(
            ["plan.json", "plan.json", *(name for name in files if name.startswith("changes/"))])
        changed = bytearray(files[name])
        offset = bench.random.randrange(len(changed))
        changed[offset] ^= 1 << bench.random.randrange(7)
        (root / name).write_bytes(changed)
        digest = redo_digests(root, name)
        check(digest != reviewed, "an edited plan has the digest of the reviewed one")
        if turn % 4 == 0:
            bench.expect(NOT_TAKEN, "apply", "plan", "--expect-digest", reviewed)
        done = bench.run("apply", "plan")
        what = f"byte {offset} of {name} became {changed[offset]:#x}\n{done}"
        check(done.code in JUDGED, f"{what}\nexpected exit {JUDGED}")
        after = bench.dump_all("target")
        if after != before:
            applied += 1
            for table in before:
                check_halfway(before[table], bench.dump("source", table), after[table], what)
            if done.code == 0:
                bench.check_converged(what)
            bench.reset_target()
        for path, data in files.items():
            (root / path).write_bytes(data)
    return f"{applied} of {turns} applied all the same, rightly"


def not_as_reviewed(bench):
    """A file more, a file less, another digest, an expired plan: 16, and no write."""
    root, before = small_plan(bench)
    digest = hashlib.sha256((root / "plan.json").read_bytes()).hexdigest()
    for wrong in ("0" * 64, digest[:-1], digest[:8], "", digest.upper() + "x"):
        bench.expect(NOT_TAKEN, "apply", "plan", "--expect-digest", wrong)
    for extra in ("extra.txt", "changes/p/x.y.ndjson", "sql/other.sql", ".hidden",
                  "changes/.t.tmp"):
        (root / extra).write_text("", encoding="ascii")
        for verb in ("show", "apply"):
            bench.expect(NOT_TAKEN, verb, "plan")
        (root / extra).unlink()
    (root / "link").symlink_to("plan.json")
    bench.expect(NOT_TAKEN, "apply", "plan")
    (root / "link").unlink()
    for name, data in files_of(root).items():
        (root / name).unlink()
        for verb in ("show", "apply"):
            bench.expect(NOT_TAKEN, verb, "plan")
        (root / name).write_bytes(data[:-1])
        bench.expect(NOT_TAKEN, "apply", "plan")
        (root / name).write_bytes(data)
    bench.manifest(top='[policy]\nplan_ttl = "1s"\n')
    bench.plan("brief")
    shutil.copytree(root, bench.directory / "copy")
    time.sleep(1.1)
    bench.expect(NOT_TAKEN, "apply", "brief")
    bench.check_dumps("target", before, "plans that were not taken")
    bench.expect(0, "apply", "copy", "--expect-digest", digest)
    bench.check_converged("a copy of the plan")


TESTS = (same_plans, plans_by_ranges, flipped_bytes, edited_plans, not_as_reviewed)
