"""One-way groups: a hub and its spokes, each with differences of its own, in one plan."""

import contextlib
import json
import signal
import xml.etree.ElementTree as ET

from bench import USER, check, check_same
from servers import run_script

import hook_tests
import replication_tests as replication
import shop
import sync_tests

DIFFERS, PARTIAL, STALE, NO_SIGHT, NOT_APPLYABLE = 2, 3, 10, 12, 13
USAGE, BAD_MANIFEST, KILLED = 64, 78, -signal.SIGKILL
SYNC = ("sync", "--auto-approve", "--json")
LIMITS = 'chunk_rows = 8\nlimits = { max_deletes = "100%" }\n'
FAR_DAMAGE = """
DELETE FROM plain WHERE id BETWEEN 20 AND 40;
UPDATE tag SET label = CONCAT('far ', id) WHERE id > 6;
INSERT INTO customer VALUES (700, 'far@example.org', 'far');
UPDATE log SET line = 'far' LIMIT 3;
"""
FSP = "TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"
STAMPED = f"""
CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(30), changed {FSP}, KEY (changed)) ENGINE=InnoDB;
INSERT INTO t (id, v) SELECT i, CONCAT('v', i) FROM seq.n WHERE i BETWEEN 1 AND 60;
"""
INCREMENTAL = '[group.g.incremental]\ncolumn = "changed"\nsettle = "0s"\noverlap = "0s"\n'


def manifest(bench, lines=LIMITS, servers=None):
    """`lines`: of the group, and behind it; `servers`: further lines of a server, by its name."""
    text = 'manifest_version = 1\nname = "fault"\n[state]\npath = "state.db"\n'
    for server in ("hub", "near", "far"):
        text += (f'\n[server.{server}]\nsocket = "{bench.servers[server].socket}"\n'
                 f'user = "{USER}"\n{(servers or {}).get(server, "")}\n')
    text += ('\n[group.g]\nhub = "hub"\nspokes = ["near", "far"]\n'
             f'tables = ["{bench.db}.*"]\n{lines}\n')
    (bench.directory / "rowplan.toml").write_text(text, encoding="utf-8")


@contextlib.contextmanager
def group(bench, schema=shop.SCHEMA, near=shop.DAMAGE, far=FAR_DAMAGE):
    """A hub and two spokes, the last a server of its own."""
    third = bench.stage.servers.start(bench.stage.target.vendor)
    third.execute(f"CREATE USER '{USER}'@'localhost'; GRANT ALL ON *.* TO '{USER}'@'localhost'")
    bench.servers = {"hub": bench.stage.source, "near": bench.stage.target, "far": third}
    try:
        for role, own in (("hub", ""), ("near", near), ("far", far)):
            bench.servers[role].execute(f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4")
            with contextlib.closing(bench.servers[role].connect(database=bench.db)) as connection:
                run_script(connection, schema + own)
        yield
    finally:
        third.kill()


def check_equal(bench, what, spokes=("near", "far")):
    for spoke in spokes:
        for table in bench.tables("hub"):
            check_same(bench.dump("hub", table), bench.dump(spoke, table),
                       f"{what}: {spoke} {table}")


def dumps(bench, *roles):
    return {role: bench.dump_all(role) for role in roles}


def told(bench, codes, *args):
    done = bench.expect(codes, *args, "--json")
    document = json.loads(done.out)
    check(document.get("exit_code", done.code) == done.code, f"another exit code\n{done}")
    return document


def codes_of(document):
    return {finding["code"] for finding in document["findings"]}


def group_converges(bench):
    """Both spokes become the hub, in one plan, whose addresses are the group's."""
    with group(bench):
        manifest(bench)
        before = dumps(bench, "hub", "near", "far")
        bench.expect(DIFFERS, "check")
        bench.expect(DIFFERS, "check", "--fast")
        told(bench, 0, "validate", "--connect")
        plan = bench.plan()
        for role, tables_before in before.items():
            bench.check_dumps(role, tables_before, f"{role} after a plan")
        tables = plan["tables"]
        check({(table["address"], table["spoke"]) for table in tables} ==
              {(f"g/{bench.db}.{name}", spoke) for name in bench.tables("hub")
               for spoke in ("near", "far")}, f"tables {[t['address'] for t in tables]}")
        for table in tables:
            check(set(table["members"]) == {"hub", table["spoke"]}, f"members {table['members']}")
            if table["changes"]:
                name = table["address"].partition("/")[2]
                check(table["changes"]["path"] == f"changes/g/{name}@{table['spoke']}.ndjson",
                      f"changes {table['changes']}")
        again = bench.plan("again")
        check(plan.pop("run") and again.pop("run"), "no run")
        check(plan == again, "two plans of the same data differ")
        for form in ("text", "markdown", "html", "json", "sql"):
            bench.expect(0, "show", "plan", "--format", form)
        done = told(bench, 0, "apply", "plan")
        check(done["units"]["applied"] == len(plan["units"]), f"units {done['units']}")
        check_equal(bench, "after the apply")
        bench.check_dumps("hub", before["hub"], "the hub")
        bench.expect(0, "check")
        bench.expect(0, "apply", "plan")
        check(bench.plan("empty")["units"] == [], "there is more to do")
        check_status(bench)


def check_status(bench):
    """Each spoke has a line of its own."""
    status = json.loads(bench.expect(0, "status", "--json", "--max-age", "1h").out)
    names = {pair["pair"]: pair for pair in status["pairs"]}
    check(set(names) == {"g@near", "g@far"}, f"status of {set(names)}")
    check(all(pair["last_success_at"] for pair in names.values()), f"status {names}")
    text = bench.expect(0, "status", "--format", "prometheus").out
    for spoke in ("near", "far"):
        check(f'pair="g@{spoke}",op="insert"' in text, f"no {spoke}:\n{text}")
    check("g@near (hub -> near)" in bench.expect(0, "status").out, "no text")


def group_selected(bench):
    """By group, table and spoke; two that write one table; names that are none."""
    with group(bench):
        manifest(bench)
        name = f"{bench.db}.plain"
        for only, count in (("g", 10), (f"g/{name}", 2), ("g@far", 5), (f"g@far/{name}", 1)):
            bench.expect(0, "plan", "-o", "part", "--overwrite", "--only", only)
            plan = bench.read_plan("part")
            check(len(plan["tables"]) == count, f"--only {only}: {len(plan['tables'])} tables")
        bench.expect(0, "plan", "-o", "part", "--overwrite", "--exclude", f"g/{name}",
                     "--exclude", "g@far")
        check(len(bench.read_plan("part")["tables"]) == 4, "--exclude")
        for unknown in ("h", "g/nosuch.t", "g@nowhere", f"g@nowhere/{name}"):
            bench.expect(USAGE, "plan", "-o", "none", "--only", unknown)
        far = dumps(bench, "far")
        bench.expect(0, "plan", "-o", "part", "--overwrite", "--only", "g@near")
        bench.expect(0, "apply", "part")
        check_equal(bench, "one spoke", ("near",))
        bench.check_dumps("far", far["far"], "the other spoke")
        manifest(bench, LIMITS + f'[pair.p]\nsource = "near"\ntarget = "far"\n'
                                       f'tables = ["{name}"]\n')
        refused = bench.expect(BAD_MANIFEST, "plan", "-o", "none")
        check("g@far" in refused.err and "p/" in refused.err, f"who meets whom?\n{refused}")


def group_renamed(bench):
    """Another database on the spokes, and a table of another name there."""
    with group(bench):
        for spoke in ("near", "far"):
            bench.execute(spoke, "RENAME TABLE plain TO bare")
        manifest(bench, LIMITS + f'rename = {{ "{bench.db}.plain" = "{bench.db}.bare" }}\n')
        plan = bench.plan()
        check(all(table["members"][table["spoke"]].endswith(".bare") for table in plan["tables"]
                  if table["address"].endswith(".plain")), "not renamed")
        bench.expect(0, "apply", "plan")
        for spoke in ("near", "far"):
            check_same(bench.dump("hub", "plain"), bench.dump(spoke, "bare"), f"{spoke} bare")
        bench.expect(0, "check")


def group_stale_on_one(bench):
    """What changed on one spoke after the plan stops, or leaves out, what it is in."""
    with group(bench):
        manifest(bench)
        plan = bench.plan()
        bench.execute("far", "UPDATE tag SET label = 'late' WHERE id = 8")
        done = told(bench, PARTIAL, "apply", "plan", "--on-stale", "skip")
        check(done["units"]["stale"] >= 1, f"units {done['units']}")
        problem = done["problems"][0]
        check((problem["address"], problem["spoke"]) == (f"g/{bench.db}.tag", "far"),
              f"problems {done['problems']}")
        check_equal(bench, "the spoke that is not stale", ("near",))
        status = json.loads(bench.expect(0, "status", "--json").out)
        good = {pair["pair"]: bool(pair["last_success_at"]) for pair in status["pairs"]}
        check(good == {"g@near": True, "g@far": False}, f"status {good}")
        bench.expect(STALE, "apply", "plan")
        check(len(plan["tables"]) == 10, "tables")
        document = told(bench, 0, *SYNC[:2])
        check(document["in_sync"], f"sync {document}")
        check_equal(bench, "after a sync")


def group_spoke_down(bench):
    """A spoke that is not there: the group fails, or goes on without it and says so."""
    with group(bench):
        far = bench.servers["far"]
        manifest(bench)
        bench.plan("whole")
        far.kill(signal.SIGTERM)
        before = dumps(bench, "near")
        bench.expect(NO_SIGHT, "plan", "-o", "none")
        bench.expect(NO_SIGHT, "apply", "whole")
        bench.expect(NO_SIGHT, "check")
        bench.check_dumps("near", before["near"], "a group that fails")
        manifest(bench, LIMITS + 'on_missing = "skip"\n')
        check_left_out(bench)
        bench.expect(NO_SIGHT, "plan", "-o", "none", "--only", "g@far")
        done = told(bench, PARTIAL, "apply", "whole")
        check(done["missing_spokes"] == ["g@far"] and done["units"]["not_tried"] > 0,
              f"apply {done}")
        check_equal(bench, "the spoke that is there", ("near",))
        bench.execute("hub", "INSERT INTO plain VALUES (900, 'late', NULL)")
        document = told(bench, PARTIAL, *SYNC[:2])
        check(document["missing_spokes"] == ["g@far"] and not document["in_sync"],
              f"sync {document}")
        check_equal(bench, "after a sync without the other", ("near",))
        status = json.loads(bench.expect(4, "status", "--json", "--max-age", "1h").out)
        good = {pair["pair"]: bool(pair["last_success_at"]) for pair in status["pairs"]}
        check(good == {"g@near": True, "g@far": False}, f"status {good}")
        far.start()
        document = told(bench, 0, *SYNC[:2])
        check(document["in_sync"], f"sync {document}")
        check_equal(bench, "after all")
        check_other_server(bench)


def check_left_out(bench):
    plan = bench.plan()
    check(not plan["complete"] and plan["applyable"], "complete, without a spoke?")
    check(codes_of(plan) == {"spoke_missing"}, f"findings {plan['findings']}")
    finding = plan["findings"][0]
    check((finding["address"], finding["spoke"], finding["severity"]) == ("g", "far", "warning"),
          f"finding {finding}")
    check({table["spoke"] for table in plan["tables"]} == {"near"}, "tables")
    document = told(bench, PARTIAL, "check", "--junit", "junit.xml")
    check(not document["equal"] and not document["complete"], f"check {document}")
    skipped = [case.get("classname") for case in junit_cases(bench)
               if case.find("skipped") is not None]
    check(skipped == ["g@far"], f"junit skipped {skipped}")


def check_other_server(bench):
    """Another server where the spoke was: never written, nor taken for one that is missing."""
    bench.execute("hub", "UPDATE plain SET v = 'moved'")
    bench.plan("moved")
    near = dumps(bench, "near")
    with_near = {**bench.servers, "far": bench.servers["near"]}
    servers, bench.servers = bench.servers, with_near
    manifest(bench, LIMITS + 'on_missing = "skip"\n')
    bench.expect(STALE, "apply", "moved")
    bench.servers = servers
    bench.check_dumps("near", near["near"], "the server at the wrong place")


def group_killed(bench):
    """Killed wherever it stands, in one spoke or between two: the next apply ends it."""
    with group(bench):
        manifest(bench)
        bench.plan()
        total = len(bench.read_plan()["units"])
        kills = 0
        for point in range(1, 6 * total, max(1, total // 2)):
            bench.new_state() if point == 1 else None
            done = bench.run("apply", "plan", env={"ROWPLAN_TEST_KILL_AT": str(point)})
            check(done.code in (KILLED, 0), f"{done}")
            kills += done.code == KILLED
        bench.expect(0, "apply", "plan")
        check(kills >= 3, f"killed {kills} times")
        check_equal(bench, "after kills")
        check(not bench.unsettled(), "unsettled units")
        bench.execute("hub", "DELETE FROM plain WHERE id < 40; UPDATE tag SET label = id")
        for point in range(2, 60, 6):
            bench.run(*SYNC, env={"ROWPLAN_TEST_KILL_AT": str(point)})
        bench.expect(0, *SYNC)
        check_equal(bench, "after killed syncs")


def group_fails_on_one(bench):
    """A spoke that refuses to be written is told; what the others get, they keep."""
    with group(bench):
        manifest(bench)
        bench.plan()
        # The first by name: the other one comes after what fails.
        bench.execute("far", "CREATE TABLE held (id INT)")
        far = bench.servers["far"]
        with contextlib.closing(far.connect(database=bench.db)) as connection:
            run_script(connection, "BEGIN; SELECT * FROM customer FOR UPDATE;"
                                   "SELECT * FROM plain FOR UPDATE; SELECT * FROM tag FOR UPDATE")
            manifest(bench, servers={"far": 'lock_wait = "1s"'})
            done = told(bench, 75, "apply", "plan")
            run_script(connection, "ROLLBACK")
        check(done["units"]["failed"] == 1 and done["units"]["not_tried"] > 0,
              f"units {done['units']}")
        check_equal_but(bench, "near", "held")
        bench.execute("far", "DROP TABLE held")
        bench.expect(0, "apply", "plan")
        check_equal(bench, "after another apply")


def check_equal_but(bench, spoke, *tables):
    for table in set(bench.tables("hub")) - set(tables):
        check_same(bench.dump("hub", table), bench.dump(spoke, table), f"{spoke} {table}")


def marks(bench):
    listed = json.loads(bench.expect(0, "state", "list", "--json").out)
    return {mark["address"]: mark["value"] for pair in listed["pairs"]
            for mark in pair["watermarks"]}


def group_incremental(bench):
    """A watermark for each spoke; one that was away catches up from its own."""
    near, far = f"g@near/{bench.db}.t", f"g@far/{bench.db}.t"
    with group(bench, STAMPED, near="DELETE FROM t WHERE id < 9", far=""):
        manifest(bench, 'on_missing = "skip"\n' + INCREMENTAL)
        bench.expect(0, *SYNC)
        first = marks(bench)
        check(set(first) == {near, far}, f"watermarks {first}")
        bench.servers["far"].kill(signal.SIGTERM)
        bench.execute("hub", "UPDATE t SET v = 'one' WHERE id = 5")
        wait_for_rows(bench, ("near",), PARTIAL)
        second = marks(bench)
        check(second[far] == first[far] and second[near] > first[near], f"{first} {second}")
        bench.servers["far"].start()
        bench.execute("hub", "UPDATE t SET v = 'two' WHERE id = 6")
        wait_for_rows(bench, ("near", "far"), 0)
        third = marks(bench)
        check(all(third[name] > second[name] for name in (near, far)), f"{second} {third}")
        plans = sorted((bench.directory / "state.db.plans").iterdir())
        last = json.loads((plans[-1] / "plan.json").read_bytes())
        check(all(not table["watermark"]["full"] for table in last["tables"]), "a full comparison")
        bench.expect(0, "state", "set-watermark", far, "2020-01-01 00:00:00")
        check(marks(bench)[near] == third[near] and marks(bench)[far] < third[far], "set")
        bench.expect(USAGE, "state", "set-watermark", f"g@no/{bench.db}.t", "2020-01-01 00:00:00")


def wait_for_rows(bench, spokes, code):
    def arrived():
        bench.expect(code, *SYNC)
        return all(bench.dump("hub", "t") == bench.dump(spoke, "t") for spoke in spokes)
    bench.wait_for(arrived, "the rows arrive")


def group_of_replicas(bench):
    """Two replicas of the hub that lag behind a steady writer: only what has drifted is told."""
    with replication.story(bench, replication.by_file(bench)) as topology:
        hub, near, far = topology.star("hub", "near", "far")
        replication.load(bench, topology, hub)
        bench.servers = {"hub": hub, "near": near, "far": far}
        manifest(bench, "chunk_rows = 8\n")
        for replica in (near, far):
            topology.delay(replica, replication.LAG_S)
        writer = replication.write_steadily(bench, hub)
        try:
            document = told(bench, 0, "check")
            check(document["equal"] and len(document["tables"]) == 10, f"check {document}")
            replication.damage(bench, far)
            bench.expect(DIFFERS, "check", "--fast")
            document = told(bench, DIFFERS, "check", "--junit", "junit.xml")
        finally:
            writer.finish()
        drifted = {table["spoke"] for table in document["tables"]
                   if table["insert"] + table["update"] + table["delete"] > 0}
        check(drifted == {"far"}, f"drifted {document['tables']}")
        failed = {case.get("classname") for case in junit_cases(bench)
                  if case.find("failure") is not None}
        check(failed == {"g@far"}, f"junit failed {failed}")
        check(f"g@far/{bench.db}.plain" in bench.expect(DIFFERS, "check").out, "no text")
        refused = bench.plan(codes=NOT_APPLYABLE)
        check(codes_of(refused) == {"target_is_replica"}
              and {finding["spoke"] for finding in refused["findings"]} == {"near", "far"},
              f"findings {refused['findings']}")
        check_altered(bench, topology, far)
        topology.stop_applier(near)
        done = told(bench, NOT_APPLYABLE, "check")
        stands = [finding["spoke"] for finding in done["findings"]
                  if finding["code"] == "applier_stopped"]
        check(stands == ["near"], f"findings {done['findings']}")
        topology.start_applier(near)


def check_altered(bench, topology, replica):
    """A column that one replica alone has is told; without it, what all have is compared."""
    for link in topology.links:
        topology.delay(link.replica, 0)
    topology.wait()
    replication.run_unlogged(replica, "ALTER TABLE tag ADD COLUMN more INT NULL FIRST", bench.db)
    only = ("--only", f"g/{bench.db}.tag")
    document = told(bench, DIFFERS, "check", *only)
    check([finding["spoke"] for finding in document["findings"]] == ["far"],
          f"findings {document['findings']}")
    manifest(bench, 'chunk_rows = 8\nignore_columns = ["more"]\n')
    document = told(bench, DIFFERS, "check", *only)
    check(not document["findings"], f"findings {document['findings']}")
    manifest(bench, f'chunk_rows = 8\n[group.g.table."{bench.db}.tag"]\n'
                    'columns = ["id", "parent"]\n')
    replication.run_unlogged(replica, "DELETE FROM tag WHERE id > 30 ORDER BY id DESC;"
                                      "INSERT INTO tag (id, parent, label) VALUES"
                                      " (5, 2, 'a'), (10, 5, 'b'), (11, 5, 'c')", bench.db)
    document = told(bench, 0, "check", *only)
    check(document["equal"], f"by common columns {document}")


def junit_cases(bench):
    return ET.parse(bench.directory / "junit.xml").getroot().iter("testcase")


HOOKS = "".join(f"[{section}.hooks]\n" + "".join(
    f'{phase} = ["./recorder", "{own}-{phase}"]\n' for phase in ("before", "on_success",
                                                                "on_failure", "after"))
    for section, own in (("server.near", "near"), ("server.far", "far"), ("server.hub", "hub"),
                         ("group.g", "g")))
BEFORE = ["g-before", "hub-before", "near-before", "far-before"]
END = ["hub-on_success", "hub-after", "g-on_success", "g-after"]


def group_hooks(bench):
    """A server's `after` does not wait for the other spokes; a stale one's waits for the end."""
    with group(bench):
        path = bench.directory / "recorder"
        path.write_text(hook_tests.RECORDER, encoding="utf-8")
        path.chmod(0o755)
        manifest(bench, LIMITS + HOOKS)
        bench.plan()
        # Spoke by spoke, in order of name: far is done when near has not begun.
        running = bench.start("apply", "plan", env=sync_tests.stop_at("statement:1"))
        check(sync_tests.wait_stopped(bench, running, "the first statement"), "it ended")
        check(hooks_called(bench) == BEFORE, "before the first statement")
        running.process.send_signal(signal.SIGCONT)
        check(running.wait().code == 0, "the apply")
        check(hooks_called(bench) == ["far-on_success", "far-after", "near-on_success",
                                      "near-after", *END], "after the apply")
        bench.execute("hub", "UPDATE plain SET v = 'again' WHERE id = 3")
        bench.expect(0, *SYNC)
        check_equal(bench, "after a sync")
        called = hooks_called(bench)
        check(sorted(called) == sorted(BEFORE + END + ["far-on_success", "far-after",
                                                       "near-on_success", "near-after"]),
              f"sync called {called}")
        bench.execute("hub", "UPDATE plain SET v = 'more' WHERE id = 3")
        bench.plan()
        bench.execute("near", "UPDATE plain SET v = 'moved' WHERE id = 3")
        bench.expect(STALE, "apply", "plan")
        called = hooks_called(bench)
        check(called == [*BEFORE, "far-on_success", "far-after", "near-on_failure", "near-after",
                         "hub-on_failure", "hub-after", "g-on_failure", "g-after"],
              f"stale called {called}")


def hooks_called(bench):
    return [call["name"] for call in hook_tests.calls(bench)]


TESTS = [group_converges, group_selected, group_renamed, group_stale_on_one, group_spoke_down,
         group_killed, group_fails_on_one, group_incremental, group_of_replicas, group_hooks]
