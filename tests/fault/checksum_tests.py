"""Comparing by checksums: how little travels, and that it says what the rows say."""

import json

from bench import check
from relay import Relay

ROWS = 100_000
DIFFERING = 100
EQUAL_SHARE = 0.002  # of the table's bytes, both servers together
SCATTERED_SHARE = 0.03
BASE_BYTES = 40_000  # connecting, schemas, privileges: whatever the table's size
# Narrow rows of about 73 bytes, with keys that leave gaps.
LOAD = ("CREATE TABLE t (id INT PRIMARY KEY, a BIGINT NOT NULL, v VARCHAR(60) NOT NULL)"
        " ENGINE=InnoDB; INSERT INTO t SELECT x.i * 3000 + y.i * 3, x.i * 7919 + y.i,"
        " CONCAT('row ', x.i, '/', y.i, ' ', REPEAT('x', 40)) FROM seq.n x JOIN seq.n y"
        f" WHERE x.i < {ROWS // 1000} AND y.i < 1000")
SCATTER = (f"UPDATE t SET v = REVERSE(v) WHERE id % {3 * ROWS // DIFFERING * 2} = 0;"
           f"DELETE FROM t WHERE id % {3 * ROWS // DIFFERING * 4} = 3;"
           "INSERT INTO t SELECT id + 1, a, 'extra' FROM t"
           f" WHERE id % {3 * ROWS // DIFFERING * 4} = 6")


def table_bytes(bench):
    return bench.execute("source", "SELECT SUM(4 + 8 + LENGTH(v) + 1) FROM t")[0][0]


def travelled(bench, directory, method):
    """Bytes between rowplan and both servers, while it plans."""
    relays = {role: Relay(bench.servers[role].socket, bench.directory / f"{role}.sock")
              for role in ("source", "target")}
    try:
        bench.manifest(pair=f'method = "{method}"\ncompress = false\n',
                       **{role: relay.path for role, relay in relays.items()})
        plan = bench.plan(directory)
    finally:
        for relay in relays.values():
            relay.close()
    check(plan["run"]["method"] == method, f"compared otherwise: {plan['run']}")
    return sum(relay.bytes for relay in relays.values())


def same_bytes(bench, first, second):
    for name in ("plan.json", "changes/p/checksum_bytes.t.ndjson"):
        one, two = ((bench.directory / directory / name).read_bytes()
                    for directory in (first, second))
        if name == "plan.json":
            one, two = json.loads(one), json.loads(two)
            for plan in (one, two):
                del plan["run"], plan["manifest_sha256"]
                plan["files"] = [file for file in plan["files"] if file["path"] != "summary.md"]
        check(one == two, f"{name} differs between the methods")


def checksum_bytes(bench):
    """Equal tables, and ones with scattered differences: few bytes, and the streamed plan."""
    bench.load(LOAD)
    size = int(table_bytes(bench))
    equal = travelled(bench, "equal", "checksum")
    check(equal <= BASE_BYTES + EQUAL_SHARE * size, f"equal: {equal} bytes for a table of {size}")
    bench.execute("target", SCATTER)
    scattered = travelled(bench, "scattered", "checksum")
    streamed = travelled(bench, "streamed", "stream")
    changes = bench.read_plan("scattered")["summary"]
    check(changes["update"] and changes["insert"] and changes["delete"], f"{changes}")
    check(scattered <= BASE_BYTES + SCATTERED_SHARE * size,
          f"scattered: {scattered} bytes for a table of {size}")
    check(streamed > size, "the relay does not count what is streamed")
    same_bytes(bench, "scattered", "streamed")
    return f"of {size}: equal {equal}, scattered {scattered}, streamed {streamed} bytes"


def checksum_packet(bench):
    """A value that a server cannot hash fails the plan, and is never taken for equal."""
    bench.load("CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT CHARACTER SET latin1) ENGINE=InnoDB;"
               "INSERT INTO t VALUES (1, REPEAT(_latin1 x'E9', 900000)), (2, 'b')",
               target="UPDATE t SET v = CONCAT('b', SUBSTRING(v, 2)) WHERE id = 1")
    before = {role: bench.servers[role].execute("SELECT @@global.max_allowed_packet")[0][0]
              for role in ("source", "target")}
    try:
        for role in before:
            # The value still fits, as UTF-8 it does not.
            bench.servers[role].execute("SET GLOBAL max_allowed_packet = 1048576")
        bench.manifest(pair='method = "checksum"\n')
        done = bench.run("plan", "-o", "plan", "--overwrite")
        if done.code == 0:
            check(bench.read_plan()["summary"]["update"] == 1, f"a difference is missed\n{done}")
        else:
            check(done.code == 1 and "max_allowed_packet" in done.err, f"{done}")
            bench.check_no_plan("plan", done)
    finally:
        for role, value in before.items():
            bench.servers[role].execute(f"SET GLOBAL max_allowed_packet = {value}")
    return f"exit {done.code}"


TESTS = (checksum_bytes, checksum_packet)
