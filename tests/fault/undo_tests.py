"""What apply overwrites is kept before it is overwritten; where it cannot be kept, nothing is."""

import json
import os
import stat

from bench import check

import shop

SCHEMA = """
CREATE TABLE t (id INT PRIMARY KEY, area INT NOT NULL, v VARCHAR(30), big LONGBLOB,
  cached_at VARCHAR(30) NOT NULL DEFAULT 'fresh', twice INT GENERATED ALWAYS AS (id * 2) STORED)
  ENGINE=InnoDB;
INSERT INTO t (id, area, v, big, cached_at) SELECT i, 1, CONCAT('v', i),
  REPEAT(CHAR(255 USING latin1), 100), 'source' FROM seq.n WHERE i BETWEEN 1 AND 5;
"""
DAMAGE = """
UPDATE t SET cached_at = CONCAT('kept ', id);
UPDATE t SET v = 'old' WHERE id = 2;
DELETE FROM t WHERE id = 3;
UPDATE t SET area = 2 WHERE id = 4;
INSERT INTO t (id, area, v, big, cached_at) VALUES (9, 1, NULL, 'x', 'kept 9');
"""
BIG = {"hex": "ff" * 100}


def files(bench):
    return sorted((bench.directory / "state.db.undo").glob("*"))


def whole_rows_are_kept(bench):
    """With columns that are not compared, values of any size, rows from outside the filter."""
    bench.load(SCHEMA, target=DAMAGE)
    bench.manifest(pair='ignore_columns = ["cached_at"]\nwhere = "area = 1"\n'
                        'filter_moved = "follow"\nlarge_bytes = 50\n')
    plan = bench.plan()
    bench.expect(0, "apply", "plan", "--dry-run")
    check(not files(bench), "a dry run keeps something")
    told = json.loads(bench.expect(0, "apply", "plan", "--json").out)
    (path,) = files(bench)
    check(os.path.samefile(bench.directory / told["undo"], path), f"told {told['undo']}")
    for file, mode in ((path, 0o600), (path.parent, 0o700)):
        check(stat.S_IMODE(file.stat().st_mode) == mode, f"{file} has mode {file.stat().st_mode:o}")
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    check(lines[0]["plan_id"] == plan["run"]["plan_id"] == path.name.partition(".")[0], "its plan")
    columns = ["id", "area", "v", "big", "cached_at"]
    check(all(line["columns"] == columns for line in lines if "table" in line), str(lines))
    kept = {line["key"][0]: (line["op"], line.get("before"), line.get("after"))
            for line in lines if "op" in line}
    expected = {
        "2": ("update", ["2", "1", "old", BIG, "kept 2"], ["2", "1", "v2", BIG, "kept 2"]),
        "3": ("insert", None, ["3", "1", "v3", BIG, "fresh"]),
        "4": ("update", ["4", "2", "v4", BIG, "kept 4"], ["4", "1", "v4", BIG, "kept 4"]),
        "9": ("delete", ["9", "1", None, {"hex": "78"}, "kept 9"], None)}
    for key, row in expected.items():
        want = [row, tuple(part and ["x" if cell == {"hex": "78"} else cell for cell in part]
                           if isinstance(part, list) else part for part in row)]
        check(kept.get(key) in want, f"row {key}: kept {kept.get(key)}, expected {row}")
    check(set(kept) == set(expected), f"kept {sorted(kept)}")
    told = json.loads(bench.expect(0, "apply", "plan", "--json").out)
    check(told["undo"] is None and files(bench) == [path], "kept where nothing was written")


def not_to_be_kept(bench):
    """Where the undo file cannot be written, nothing is committed, and it is no success."""
    shop.load(bench)
    bench.plan()
    before = bench.dump_all("target")
    kept = bench.directory / "state.db.undo"
    for make in (kept.touch, lambda: kept.symlink_to(bench.directory),
                 lambda: kept.symlink_to("nowhere")):
        make()
        done = bench.expect(1, "apply", "plan")
        check("state.db.undo" in done.err, f"the message names no file\n{done}")
        bench.check_dumps("target", before, "an apply that could keep nothing")
        kept.unlink()
        if (bench.directory / "state.db").exists():
            check(not bench.unsettled(), "the state has unsettled units")
    bench.expect(0, "apply", "plan")
    bench.check_converged("with room for undo")


def copies_are_kept(bench):
    """Of rows without a key: the row, and how many of it."""
    bench.load("CREATE TABLE t (a INT NULL, b VARCHAR(9)) ENGINE=InnoDB;"
               "INSERT INTO t VALUES (1, 'x'), (1, 'x'), (2, NULL)",
               target="DELETE FROM t WHERE a = 1 LIMIT 1;"
                      "INSERT INTO t VALUES (3, 'y'), (3, 'y'), (3, 'y'), (2, NULL)")
    bench.manifest()
    bench.plan()
    bench.expect(0, "apply", "plan")
    (path,) = files(bench)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = sorted((line["op"], line.get("before") or line["after"], line["count"])
                  for line in lines if "op" in line)
    check(kept == [("delete", ["2", None], 1), ("delete", ["3", "y"], 3),
                   ("insert", ["1", "x"], 1)], str(kept))
    check(all(line["key"] is None for line in lines if "op" in line), "a key is kept")


TESTS = (whole_rows_are_kept, copies_are_kept, not_to_be_kept)
