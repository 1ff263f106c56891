"""Real replication: what is a replica is known and refused, compared at one position, and repaired
unlogged with its applier stopped. When a story is over every applier runs, every replica equals its
source, and no GTID is astray."""

import contextlib
import json
import signal
import time

from bench import Worker, check
from topology import Topology, run_unlogged

import shop

STALE, NO_SIGHT, NOT_APPLYABLE, DIFFERS, KILLED = 10, 12, 13, 2, -signal.SIGKILL
ALLOW = 'allow_replica_writes = ["target"]\nchunk_rows = 8\nlimits = { max_deletes = "100%" }\n'
LAG_S = 2
# Rows that the damage leaves in place: an update of one that is not there stops an applier.
UPDATED = [row for row in range(1, 81, 3) if row not in (7, 8, 41)]


def findings(document):
    return {finding["code"] for finding in document["findings"]}


def by_file(bench):
    """MariaDB by file and position in some stories, by GTID in others; MySQL by GTID."""
    return Topology(bench.stage.servers, bench.stage.target.vendor,
                    gtid=bench.stage.target.vendor == "mysql")


def by_gtid(bench):
    return Topology(bench.stage.servers, bench.stage.target.vendor, binlog_format="MIXED")


@contextlib.contextmanager
def story(bench, topology):
    """The servers of a topology, which end with it."""
    try:
        yield topology
    finally:
        for server in topology.members.values():
            server.kill()


def load(bench, topology, source):
    """The shop on one server, and from there wherever it goes."""
    source.execute(f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4")
    source.execute(shop.SCHEMA, database=bench.db)
    topology.wait()


def aim(bench, source, target, pair="", **options):
    bench.servers = {"source": source, "target": target}
    bench.manifest(pair=pair, **options)


def damage(bench, replica):
    run_unlogged(replica, shop.DAMAGE, bench.db)


def check_sound(bench, topology):
    topology.check_sound(bench.stage.row_dump, bench.db)


def apply_repairs(bench, topology):
    """A plan that says what it does to the replica, and its apply."""
    document = bench.plan()
    check("replica_writes_allowed" in findings(document), f"not told: {document['findings']}")
    before = bench.dump_all("source")
    bench.expect(0, "apply", "plan", "--dry-run")
    topology.check_healthy()
    bench.expect(0, "apply", "plan")
    bench.check_dumps("source", before, "the source")
    bench.expect(0, "check")


def replica_repaired(bench):
    """Two replicas, one of them damaged: told, refused, and repaired when it is allowed."""
    with story(bench, by_file(bench)) as topology:
        source, damaged, good = topology.star("source", "damaged", "good")
        load(bench, topology, source)
        aim(bench, source, good)
        bench.expect(0, "check")
        damage(bench, damaged)
        aim(bench, source, damaged)
        bench.expect(DIFFERS, "check")
        bench.expect(DIFFERS, "check", "--fast")
        document = bench.plan(codes=NOT_APPLYABLE)
        check(findings(document) == {"target_is_replica"}, f"findings {document['findings']}")
        bench.expect(NOT_APPLYABLE, "apply", "plan")
        told = document["run"]["replication"]["target"]
        check(told["replica"] and told["channels"][0]["member"] == "source"
              and told["channels"][0]["applies"], f"the plan tells {told}")
        told = json.loads(bench.expect(NOT_APPLYABLE, "validate", "--connect", "--json").out)
        told = told["servers"]["source"]["replication"]
        check(told["log_bin"] and told["replicas"] == 2, f"validate tells {told}")
        aim(bench, source, damaged, pair=ALLOW)
        damaged.execute("SET GLOBAL read_only = ON")
        apply_repairs(bench, topology)
        text = (bench.directory / "plan/sql/target.sql").read_text(encoding="utf-8")
        check("SIGNAL SQLSTATE" in text, "sql/ would write the replica with its applier running")
        check_sound(bench, topology)


def chain_repaired(bench):
    """Source, intermediate, leaf, both replicas damaged: from top to bottom."""
    with story(bench, by_gtid(bench)) as topology:
        top, middle, leaf = topology.chain("top", "middle", "leaf")
        load(bench, topology, top)
        damage(bench, middle)
        run_unlogged(leaf, "DELETE FROM plain WHERE id < 30; UPDATE tag SET label = NULL", bench.db)
        for source, target in ((top, middle), (middle, leaf), (top, leaf)):
            aim(bench, source, target)
            check("target_is_replica" in findings(bench.plan(codes=NOT_APPLYABLE)), "not refused")
        aim(bench, top, leaf, pair=ALLOW)
        check("replica_of_another" in findings(bench.plan()), "the leaf is no replica of the top")
        for source, target in ((top, middle), (middle, leaf)):
            aim(bench, source, target, pair=ALLOW)
            apply_repairs(bench, topology)
        # Upwards: what is written on the top comes back to the leaf.
        aim(bench, leaf, top, pair=ALLOW)
        document = bench.plan(codes=NOT_APPLYABLE)
        check("members_replicate_each_other" in findings(document), "a source below its target")
        check_sound(bench, topology)


def co_primaries(bench):
    """The row that is missing on one: written there it would come back and stop replication."""
    with story(bench, by_gtid(bench)) as topology:
        one, other = topology.circle("one", "other")
        load(bench, topology, one)
        other.execute("INSERT INTO plain VALUES (1000, 'from the other', NULL)", database=bench.db)
        topology.wait()
        damage(bench, other)
        aim(bench, one, other)
        document = bench.plan(codes=NOT_APPLYABLE)
        check({"target_is_replica", "members_replicate_each_other"} <= findings(document),
              f"findings {document['findings']}")
        bench.expect(NOT_APPLYABLE, "apply", "plan")
        check(document["run"]["replication"]["source"]["circular"], "not told to be circular")
        aim(bench, one, other, pair=ALLOW)
        apply_repairs(bench, topology)
        check_sound(bench, topology)


def several_sources(bench):
    """A replica with two sources. Both appliers stop for a repair, and start again."""
    with story(bench, by_file(bench)) as topology:
        replica, source, other = topology.several_sources("replica", "source", "other")
        load(bench, topology, source)
        other.execute("CREATE DATABASE elsewhere; CREATE TABLE elsewhere.t (id INT PRIMARY KEY)")
        topology.wait()
        damage(bench, replica)
        aim(bench, source, replica, pair=ALLOW)
        apply_repairs(bench, topology)
        topology.stop_applier(replica, "other")
        bench.expect(0, "check")  # by the channel that matters
        check("applier_stopped" in findings(bench.plan(codes=NOT_APPLYABLE)), "one stands still")
        topology.start_applier(replica, "other")
        topology.check_healthy()
        bench.check_converged("the replica")


def applier_stopped(bench):
    """What has not been applied is no difference: neither compared nor written."""
    with story(bench, by_file(bench)) as topology:
        source, replica = topology.star("source", "replica")
        load(bench, topology, source)
        aim(bench, source, replica, pair=ALLOW)
        plan = bench.plan()
        topology.stop_applier(replica)
        source.execute("DELETE FROM plain WHERE id = 5", database=bench.db)
        check(not plan["units"], "the replica was equal")
        done = bench.expect(NOT_APPLYABLE, "check")
        check("applier_stopped" in done.out, f"not told\n{done}")
        check("applier_stopped" in findings(bench.plan("other", codes=NOT_APPLYABLE)), "planned")
        topology.start_applier(replica)
        topology.stop(replica)
        bench.expect(NOT_APPLYABLE, "check")
        topology.start(replica)
        topology.wait()
        # One that meets an error.
        run_unlogged(replica, "DELETE FROM plain WHERE id = 9", bench.db)
        source.execute("UPDATE plain SET v = 'more' WHERE id = 9", database=bench.db)
        bench.wait_for(lambda: not topology.is_applying(topology.links[0]), "the error 1032")
        done = bench.expect(NOT_APPLYABLE, "check")
        check("with error 1032" in done.out, f"no number\n{done}")
        run_unlogged(replica, "INSERT INTO plain VALUES (9, 'value 9',"
                              " REPEAT(CHAR(9 USING latin1), 40))", bench.db)
        topology.start_applier(replica)
        check_sound(bench, topology)


def filters(bench):
    """A target whose replica, or whose own log, leaves a table out."""
    with story(bench, by_file(bench)) as topology:
        topology.add("target", f"--binlog-ignore-db={bench.db}_unlogged")
        target = topology.members["target"]
        replica = topology.add("replica", f"--replicate-wild-ignore-table={bench.db}.tag%",
                               "--replicate-ignore-db=elsewhere")
        topology.link(target, replica)
        bench.load(shop.SCHEMA)
        target.execute(f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4;"
                       f"CREATE DATABASE `{bench.db}_unlogged`")
        target.execute(shop.SCHEMA, database=bench.db)
        target.execute("SET foreign_key_checks = 0;" + shop.SCHEMA,
                       database=f"{bench.db}_unlogged")
        target.execute("DELETE FROM plain WHERE id = 3", database=bench.db)
        topology.wait()
        aim(bench, bench.stage.source, target, server='user = "rowplan"\ntls = "preferred"\n')
        document = bench.plan(codes=NOT_APPLYABLE)
        left_out = {finding["address"] for finding in document["findings"]
                    if finding["code"] == "replica_leaves_out_table"}
        check(left_out == {f"p/{bench.db}.tag"}, f"left out: {document['findings']}")
        aim(bench, bench.stage.source, target, server='user = "rowplan"\ntls = "preferred"\n',
            pair=f'rename = {{ "{bench.db}.*" = "{bench.db}_unlogged.*" }}\n')
        document = bench.plan(codes=NOT_APPLYABLE)
        left_out = [finding for finding in document["findings"]
                    if finding["code"] == "replica_leaves_out_table"]
        check(len(left_out) == 5, f"left out: {document['findings']}")
        aim(bench, bench.stage.source, target, tables=f'"{bench.db}.plain"',
            server='user = "rowplan"\ntls = "preferred"\n')
        bench.plan()
        bench.expect(0, "apply", "plan")
        topology.wait()
        topology.check_healthy()
        topology.check_no_errant()


def write_steadily(bench, source):
    """Rows come, change and go until it is told to stop."""
    def work(stop):
        connection = source.connect(database=bench.db)
        with contextlib.closing(connection), connection.cursor() as cursor:
            turn = 0
            while not stop.is_set():
                turn += 1
                row = UPDATED[turn % len(UPDATED)]
                cursor.execute(f"UPDATE plain SET v = 'turn {turn}' WHERE id = {row};"
                               f"INSERT INTO plain VALUES ({1000 + turn}, 'new', NULL);"
                               f"DELETE FROM plain WHERE id = {980 + turn}")
                while cursor.nextset():
                    pass
                time.sleep(0.02)
    return Worker(work)


def lag_is_no_difference(bench):
    """A replica that is seconds behind a steady writer is equal; and where it is not, it shows."""
    with story(bench, by_file(bench)) as topology:
        source, replica = topology.star("source", "replica")
        load(bench, topology, source)
        topology.delay(replica, LAG_S)
        aim(bench, source, replica, pair="chunk_rows = 8\n")
        writer = write_steadily(bench, source)
        try:
            for options in ((), ("--fast",), ()):
                bench.expect(0, "check", *options)
            damage(bench, replica)
            for options in ((), ("--fast",)):
                bench.expect(DIFFERS, "check", *options)
        finally:
            writer.finish()
        topology.delay(replica, 0)
        topology.wait()
        aim(bench, source, replica, pair=ALLOW)
        apply_repairs(bench, topology)
        check_sound(bench, topology)


def killed(bench):
    """kill -9 at every step: the next run starts the applier, and brings the plan to its end."""
    with story(bench, by_gtid(bench)) as topology:
        source, replica = topology.star("source", "replica")
        load(bench, topology, source)
        aim(bench, source, replica, pair=ALLOW)
        points = ("applier stop:1", "applier stopped:1", "statement:3", "commit:1", "committed:1",
                  "applier started:1")
        for turn, point in enumerate(points):
            damage(bench, replica)
            bench.plan()
            bench.expect(KILLED, "apply", "plan", env={"ROWPLAN_TEST_KILL_AT": point})
            stands = point not in ("applier stop:1", "applier started:1")
            check(topology.is_applying(topology.links[0]) != stands, f"the applier at {point}")
            check_told(bench, done=False)
            if stands:
                bench.expect(NOT_APPLYABLE, "check")
            if turn % 2:
                bench.expect(0, "sync", "--auto-approve")
            else:
                bench.expect(0, "apply", "plan")
            topology.check_healthy()
            check_told(bench, done=True)
            bench.expect(0, "check")
        check_sound(bench, topology)


def check_told(bench, done):
    """The state tells a person which applier a killed run has stopped, or not any more."""
    told = json.loads(bench.expect(0, "state", "show", "--json").out)["stopped_appliers"]
    text = bench.expect(0, "state", "show").out
    check(("; the next apply or sync starts it" in text) != done, f"not told, or still\n{text}")
    if done:
        check(not told, f"still told: {told}")
        return
    plan_id = bench.read_plan()["run"]["plan_id"]
    check([(one["server"], one["channel"], one["plan_id"]) for one in told] ==
          [("target", "", plan_id)] and told[0]["at"], f"not told: {told}")


def started_whatever_happens(bench):
    """A stale unit, a failing one, SIGTERM: the applier runs when the run is over."""
    with story(bench, by_file(bench)) as topology:
        source, replica = topology.star("source", "replica")
        load(bench, topology, source)
        damage(bench, replica)
        aim(bench, source, replica, pair=ALLOW)
        bench.plan()
        run_unlogged(replica, "UPDATE plain SET v = 'moved' WHERE id = 20", bench.db)
        bench.expect(STALE, "apply", "plan")
        topology.check_healthy()
        bench.plan()
        running = bench.start("apply", "plan", env={"ROWPLAN_TEST_STOP_AT": "statement:2"})
        bench.wait_for(lambda: not topology.is_applying(topology.links[0]), "the applier stops")
        bench.wait_for(lambda: stands_still(running), "the run stands still")
        source.execute("INSERT INTO plain VALUES (2000, 'meanwhile', NULL)", database=bench.db)
        running.process.send_signal(signal.SIGTERM)
        running.process.send_signal(signal.SIGCONT)
        done = running.wait()
        check(done.code in (0, 143), f"SIGTERM\n{done}")  # 0: nothing was left to do
        topology.check_healthy()
        bench.plan()
        bench.expect(0, "apply", "plan")
        check_sound(bench, topology)


def stands_still(running):
    with open(f"/proc/{running.process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def privileges(bench):
    """What writing a replica takes is asked for before anything is stopped."""
    with story(bench, by_gtid(bench)) as topology:
        source, replica = topology.star("source", "replica")
        load(bench, topology, source)
        damage(bench, replica)
        mysql = replica.vendor == "mysql"
        see = "SELECT, TRIGGER, PROCESS, INSERT, UPDATE, DELETE, " + (
            "REPLICATION CLIENT" if mysql else "REPLICA MONITOR")
        more = (["SESSION_VARIABLES_ADMIN", "REPLICATION_SLAVE_ADMIN", "CONNECTION_ADMIN"] if mysql
                else ["BINLOG ADMIN", "REPLICATION SLAVE ADMIN", "READ_ONLY ADMIN"])
        for server in (source, replica):
            run_unlogged(server, f"CREATE USER few@localhost; GRANT {see} ON *.* TO few@localhost")
        replica.execute("SET GLOBAL read_only = ON")
        aim(bench, source, replica, pair=ALLOW, server='user = "few"\n')
        bench.plan()
        for count, privilege in enumerate(more):
            done = bench.expect(NO_SIGHT, "apply", "plan")
            for missing in more[count:]:
                check(missing in done.err, f"{missing} is not told\n{done}")
            topology.check_healthy()
            run_unlogged(replica, f"GRANT {privilege} ON *.* TO few@localhost")
        bench.expect(0, "apply", "plan")
        check_sound(bench, topology)


def promoted(bench):
    """A replica that became a primary, and another source behind the name: stale."""
    with story(bench, by_gtid(bench)) as topology:
        source, replica, other = topology.star("source", "replica", "other")
        load(bench, topology, source)
        damage(bench, replica)
        aim(bench, source, replica, pair=ALLOW)
        bench.plan()
        before = {table: bench.dump("target", table) for table in bench.tables("target")}
        aim(bench, other, replica, pair=ALLOW)
        bench.expect(STALE, "apply", "plan")
        aim(bench, source, replica, pair=ALLOW)
        topology.stop(replica)
        replica.execute("RESET REPLICA ALL" if replica.vendor == "mysql" else "RESET SLAVE ALL")
        done = bench.expect(STALE, "apply", "plan")
        check("is a primary now" in done.err, f"not told\n{done}")
        bench.check_dumps("target", before, "the promoted one")
        link = topology.link_of(other)
        check(topology.is_applying(link), "the other replica")


TESTS = (replica_repaired, chain_repaired, co_primaries, several_sources, applier_stopped, filters,
         lag_is_no_difference, killed, started_whatever_happens, privileges, promoted)
