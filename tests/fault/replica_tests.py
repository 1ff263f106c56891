"""A source that is a replica: what it has not applied yet is in a later window, however far behind
it is."""

import time

from bench import Worker, check
from campaign_tests import (TABLES, WITH_DELETES, Writers, check_advanced, check_nothing_missing,
                            last_full, one_run, short_transactions, single_rows, wait_settled)
from incremental_tests import (INCREMENTAL, NOT_APPLYABLE, SCHEMA, codes, mark, server_time, stored,
                               sync, sync_until_equal)
from servers import run_script
from sync_tests import KILLED, SYNC
from topology import Topology

BEHIND_S = 9
OVERLAP = 'overlap = "6s"'  # less than it is behind, more than a transaction takes
SECONDS = 25


class Replicas:
    """A source that is a replica, and where its rows come from."""

    def __init__(self, bench, *origins):
        self.bench = bench
        self.topology = Topology(bench.stage.servers, bench.stage.source.vendor)
        if origins:
            self.replica, *self.origins = self.topology.several_sources("replica", *origins)
        else:
            origin, self.replica = self.topology.star("origin", "replica")
            self.origins = [origin]
        target = bench.stage.servers.start(bench.stage.target.vendor, "--log-bin=bin",
                                           "--server-id=92")
        target.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost")
        bench.servers = {"source": self.origins[0], "target": target}

    def load(self, schema=SCHEMA, incremental=INCREMENTAL, **options):
        self.bench.load(schema, **options)
        self.bench.servers["source"] = self.replica
        self.topology.wait()
        self.bench.manifest(pair=incremental)

    def write(self, sql, origin=0):
        self.origins[origin].execute(sql, database=self.bench.db)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in (*self.topology.members.values(), self.bench.servers["target"]):
            server.kill()
        self.bench.servers = {"source": self.bench.stage.source, "target": self.bench.stage.target}

    def behind(self, channel=None):
        """Seconds, by the replica itself."""
        status = self.topology.status(self.topology.link_of(self.replica, channel))
        found = status.get("Seconds_Behind_Source", status.get("Seconds_Behind_Master"))
        return -1 if found is None else int(found)

    def hold(self):
        """A connection that keeps the applier from writing; it holds no transaction."""
        connection = self.replica.connect()
        run_script(connection, "FLUSH TABLES WITH READ LOCK")
        return connection


def replica_source_lag(bench):
    """U is no later than what the applier has reached; the rest comes when it has caught up."""
    with Replicas(bench) as replicas:
        replicas.load()
        sync(bench)
        for turn in range(2):
            holder = replicas.hold()
            written = server_time(bench)
            replicas.write(f"UPDATE t SET v = 'late {turn}' WHERE id = 1;"
                           f"INSERT INTO t (id, v) VALUES ({100 + turn}, 'late')")
            bench.wait_for(lambda: replicas.behind() >= 2, "the replica is behind")
            plan = sync(bench)
            to, origin = mark(plan)["to"], mark(plan)["from"]
            check(to <= written or to == origin, f"written at {written}: {mark(plan)}")
            holder.close()
            replicas.topology.wait()
            sync_until_equal(bench, f"turn {turn}")
            check(mark(bench.plan())["from"] > written, "the watermark did not go on")


def replica_source_stopped(bench):
    """An applier or a receiver that does not run has no position: refused, not guessed."""
    with Replicas(bench) as replicas:
        replicas.load()
        sync(bench)
        mysql = bench.stage.source.vendor == "mysql"
        for thread in ("SQL_THREAD", "IO_THREAD"):
            word = "REPLICA" if mysql else "SLAVE"
            replicas.replica.execute(f"STOP {word} {thread}")
            moved = stored(bench)
            replicas.write("UPDATE t SET v = CONCAT(v, '+') WHERE id = 2")
            plan = bench.plan(codes=NOT_APPLYABLE)
            check("incremental_source_position" in codes(plan), f"{thread}: {codes(plan)}")
            bench.expect(NOT_APPLYABLE, *SYNC)
            check(stored(bench) == moved, f"{thread}: the watermark moved")
            replicas.replica.execute(f"START {word} {thread}")
            replicas.topology.wait()
            bench.wait_for(lambda: replicas.behind() >= 0, "replication runs")
            sync_until_equal(bench, thread)


def replica_source_several(bench):
    """Of several channels the slowest counts, and each must run."""
    with Replicas(bench, "near", "far") as replicas:
        replicas.load()
        sync(bench)
        far = replicas.origins[1]
        far.execute(f"CREATE DATABASE IF NOT EXISTS `{bench.db}_far`;"
                    f"CREATE TABLE `{bench.db}_far`.own (id INT PRIMARY KEY)")
        replicas.topology.wait()
        sync_until_equal(bench, "two sources")
        replicas.topology.delay(replicas.replica, 3600, "far")
        written = server_time(bench)
        far.execute(f"INSERT INTO `{bench.db}_far`.own VALUES (1)")
        bench.wait_for(lambda: replicas.behind("far") >= 2, "the far one is behind")
        replicas.write("UPDATE t SET v = 'near' WHERE id = 1")
        replicas.topology.wait_for(replicas.replica, "near")
        plan = sync(bench)
        to, origin = mark(plan)["to"], mark(plan)["from"]
        check(to <= written or to == origin, f"written at {written}: {mark(plan)}")
        replicas.topology.stop_applier(replicas.replica, "far")
        check("incremental_source_position" in codes(bench.plan(codes=NOT_APPLYABLE)),
              "a channel that stands still")
        replicas.topology.delay(replicas.replica, 0, "far")
        replicas.topology.wait()
        bench.wait_for(lambda: replicas.behind("far") == 0, "the far one has caught up")
        sync_until_equal(bench, "it has caught up")


def fall_behind(replicas, stop):
    """Again and again for longer than `overlap`."""
    while not stop.is_set():
        stop.wait(2)
        holder = replicas.hold()
        stop.wait(BEHIND_S)
        holder.close()
        # Else what was held would be behind the next time, too.
        replicas.topology.wait()


def replica_source_campaign(bench):
    """Writers on the origin, a replica that falls behind and catches up, runs that are killed."""
    with Replicas(bench) as replicas:
        incremental = INCREMENTAL.replace('overlap = "0s"', OVERLAP).replace('"0s"', '"1s"')
        replicas.load(TABLES, source="CREATE TABLE gate (id INT PRIMARY KEY);"
                                     "INSERT INTO gate VALUES (1)")
        bench.manifest(tables=f'"{bench.db}.t", "{bench.db}.d"',
                       pair=f'{incremental}time_zone = "+00:00"\n{WITH_DELETES}')
        bench.expect(0, *SYNC)
        full = last_full(bench)
        seen, exits = [stored(bench)], []
        writers = Writers(bench, "+00:00", replicas.origins[0],
                          (single_rows, single_rows, short_transactions))
        laggard = Worker(lambda stop: fall_behind(replicas, stop))
        most = 0
        try:
            end = time.monotonic() + SECONDS * bench.stage.rounds
            while time.monotonic() < end or most < BEHIND_S - 2:
                exits.append(one_run(bench))
                seen.append(stored(bench))
                most = max(most, replicas.behind())
        finally:
            laggard.finish()
            writers.finish()
        check_advanced(seen)
        check(0 in exits and KILLED in exits, f"exits {exits}")
        replicas.topology.wait()
        bench.wait_for(lambda: replicas.behind() == 0, "the replica has caught up")
        wait_settled(bench)
        done = bench.expect(0, *SYNC)
        check_nothing_missing(bench, f"after one more sync\n{done}")
        check(last_full(bench) == full, "all rows were compared meanwhile")
        bench.expect(0, *SYNC, "--full")
        for table in "td":
            check(bench.dump("source", table) == bench.dump("target", table), f"{table}: --full")
        return f"{len(exits)} runs, up to {most} s behind, {dict(writers.changes)}"


TESTS = (replica_source_lag, replica_source_stopped, replica_source_several,
         replica_source_campaign)
