"""Real replication between private servers: who replicates from whom, and what is true in the end.

    with Servers() as servers:
        topology = Topology(servers, "mariadb", gtid=False, binlog_format="MIXED")
        source, replica = topology.star("source", "replica")
        source.execute("CREATE DATABASE d")
        topology.wait()
        topology.check_healthy()

A Topology's servers have a binary log, a server_id, and listen on 127.0.0.1. They are set up before
they log anything, users included: GTIDs are those of what a test writes, and nothing else.
"""

import collections
import contextlib
import socket
import subprocess
import time

import pymysql

from scenario_run import check

REPLICATION_USER = "repl"
REPLICATION_PASSWORD = "repl password"
WAIT_TIMEOUT_S = 60
# Users of what is tested: with all privileges by the socket.
SETUP = ("CREATE USER 'rowplan'@'localhost'; GRANT ALL ON *.* TO 'rowplan'@'localhost'"
         " WITH GRANT OPTION")

Link = collections.namedtuple("Link", "source replica channel")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Topology:
    """Servers of one vendor and the links between them, in the order in which they were made."""

    def __init__(self, servers, vendor, gtid=True, binlog_format="ROW", setup=SETUP):
        check(gtid or vendor == "mariadb", "by file and position: MariaDB only")
        self.servers = servers
        self.vendor = vendor
        self.gtid = gtid
        self.binlog_format = binlog_format
        self.setup = setup
        self.members = {}  # name: server
        self.links = []

    # --- building ----------------------------------------------------------------------------

    def add(self, name, *extra_args, report=True, domain=0):
        """A server that replicates from nobody yet. Arguments are mysqld's own; report: it tells
        its source where it listens; domain: MariaDB's gtid_domain_id."""
        number = len(self.members) + 1
        port = free_port()
        args = ["--skip-networking=0", "--bind-address=127.0.0.1", f"--port={port}",
                "--log-bin=bin", f"--server-id={number}",
                f"--binlog-format={self.binlog_format}", "--relay-log=relay",
                *(["--report-host=127.0.0.1", f"--report-port={port}"] if report else [])]
        if self.vendor == "mysql":
            args += ["--gtid-mode=ON", "--enforce-gtid-consistency=ON",
                     "--log-replica-updates=ON"]
        else:
            args += ["--log-slave-updates=ON", f"--gtid-domain-id={domain}",
                     "--slave-net-timeout=30"]
        server = self.servers.start(self.vendor, *args, *extra_args)
        server.port = port
        server.name = name
        server.number = number
        run_unlogged(server, self.setup)
        run_unlogged(server, f"CREATE USER '{REPLICATION_USER}'@'%' IDENTIFIED BY"
                             f" '{REPLICATION_PASSWORD}';"
                             f"GRANT REPLICATION SLAVE ON *.* TO '{REPLICATION_USER}'@'%'")
        # A server comes with tables of its own (seq): nothing of that is to be replicated.
        server.execute("RESET BINARY LOGS AND GTIDS" if self.vendor == "mysql" else
                       "RESET MASTER; SET GLOBAL gtid_slave_pos = ''")
        self.members[name] = server
        return server

    def link(self, source, replica, channel=""):
        """Makes a server the replica of another, from the beginning of its log, and starts it."""
        if self.vendor == "mysql":
            replica.execute(
                f"CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1',"
                f" SOURCE_PORT = {source.port}, SOURCE_USER = '{REPLICATION_USER}',"
                f" SOURCE_PASSWORD = '{REPLICATION_PASSWORD}', SOURCE_AUTO_POSITION = 1,"
                f" SOURCE_CONNECT_RETRY = 1, GET_SOURCE_PUBLIC_KEY = 1 FOR CHANNEL '{channel}';"
                f" START REPLICA FOR CHANNEL '{channel}'")
        else:
            where = "MASTER_USE_GTID = slave_pos"
            if not self.gtid:
                log, position = source.execute("SHOW MASTER STATUS")[0][:2]
                where = (f"MASTER_LOG_FILE = '{log}', MASTER_LOG_POS = {position},"
                         " MASTER_USE_GTID = no")
            replica.execute(
                f"CHANGE MASTER '{channel}' TO MASTER_HOST = '127.0.0.1',"
                f" MASTER_PORT = {source.port}, MASTER_USER = '{REPLICATION_USER}',"
                f" MASTER_PASSWORD = '{REPLICATION_PASSWORD}', MASTER_CONNECT_RETRY = 1, {where};"
                f" START SLAVE '{channel}'")
        self.links.append(Link(source, replica, channel))

    def star(self, source, *replicas, args=(), **options):
        """A source and its replicas: [source, replica, ...]."""
        made = [self.add(name, *args, **options) for name in (source, *replicas)]
        for replica in made[1:]:
            self.link(made[0], replica)
        return made

    def chain(self, *names, args=(), **options):
        """Each the replica of the one before."""
        made = [self.add(name, *args, **options) for name in names]
        for source, replica in zip(made, made[1:]):
            self.link(source, replica)
        return made

    def circle(self, *names, args=(), **options):
        """Co-primaries: each the replica of the one before, the first that of the last."""
        made = [self.add(name, *args, domain=number if self.vendor == "mariadb" else 0, **options)
                for number, name in enumerate(names, 1)]
        for source, replica in zip(made, made[1:] + made[:1]):
            self.link(source, replica)
        return made

    def several_sources(self, replica, *sources, args=(), **options):
        """A replica with a channel for each source, of its name: [replica, source, ...]."""
        made = [self.add(name, *args, domain=number if self.vendor == "mariadb" else 0, **options)
                for number, name in enumerate((replica, *sources), 1)]
        for source in made[1:]:
            self.link(source, made[0], source.name)
        return made

    # --- steering ----------------------------------------------------------------------------

    def link_of(self, replica, channel=None):
        found = [link for link in self.links
                 if link.replica is replica and channel in (None, link.channel)]
        check(len(found) == 1, f"{replica.name} has {len(found)} such links")
        return found[0]

    def stop_applier(self, replica, channel=None):
        self._order(replica, channel, "STOP SLAVE {channel} SQL_THREAD",
                    "STOP REPLICA SQL_THREAD FOR CHANNEL {channel}")

    def start_applier(self, replica, channel=None):
        self._order(replica, channel, "START SLAVE {channel} SQL_THREAD",
                    "START REPLICA SQL_THREAD FOR CHANNEL {channel}")

    def stop(self, replica, channel=None):
        """Receiver and applier."""
        self._order(replica, channel, "STOP SLAVE {channel}", "STOP REPLICA FOR CHANNEL {channel}")

    def start(self, replica, channel=None):
        self._order(replica, channel, "START SLAVE {channel}",
                    "START REPLICA FOR CHANNEL {channel}")

    def delay(self, replica, seconds, channel=None):
        """The applier runs so many seconds behind; 0: it does not any more."""
        self.stop(replica, channel)
        self._order(replica, channel, f"CHANGE MASTER {{channel}} TO MASTER_DELAY = {seconds}",
                    f"CHANGE REPLICATION SOURCE TO SOURCE_DELAY = {seconds}"
                    " FOR CHANNEL {channel}")
        self.start(replica, channel)

    def _order(self, replica, channel, mariadb, mysql):
        sql = mysql if self.vendor == "mysql" else mariadb
        replica.execute(sql.format(channel=f"'{self.link_of(replica, channel).channel}'"))

    # --- waiting -----------------------------------------------------------------------------

    def wait(self, timeout=WAIT_TIMEOUT_S):
        """Until every replica has applied all that its source has logged. In a circle, and down a
        chain, what arrives goes on: so every link is waited for again."""
        for _ in range(max(1, len(self.members))):
            for link in self.links:
                self.wait_link(link, timeout)

    def wait_for(self, replica, channel=None, timeout=WAIT_TIMEOUT_S):
        self.wait_link(self.link_of(replica, channel), timeout)

    def wait_link(self, link, timeout=WAIT_TIMEOUT_S):
        if self.vendor == "mysql":
            wanted = link.source.execute("SELECT @@global.gtid_executed")[0][0]
            sql = f"SELECT GTID_SUBSET('{wanted}', @@global.gtid_executed)"

            def reached():
                return link.replica.execute(sql)[0][0] == 1
        else:
            log, position = link.source.execute("SHOW MASTER STATUS")[0][:2]

            def reached():
                status = self.status(link)
                return ((status["Relay_Master_Log_File"], int(status["Exec_Master_Log_Pos"]))
                        >= (log, int(position)))
        deadline = time.monotonic() + timeout
        while not reached():
            check(time.monotonic() < deadline, f"{link.replica.name} does not catch up with"
                  f" {link.source.name}: {self.status(link)}")
            time.sleep(0.02)

    # --- judging -----------------------------------------------------------------------------

    def status(self, link):
        """The row of SHOW REPLICA STATUS of this link's channel."""
        connection = link.replica.connect(cursorclass=pymysql.cursors.DictCursor)
        with contextlib.closing(connection), connection.cursor() as cursor:
            mysql = self.vendor == "mysql"
            cursor.execute(f"SHOW REPLICA STATUS FOR CHANNEL '{link.channel}'" if mysql else
                           f"SHOW SLAVE '{link.channel}' STATUS")
            return cursor.fetchone()

    def is_applying(self, link):
        status = self.status(link)
        return status["Replica_SQL_Running" if self.vendor == "mysql" else
                      "Slave_SQL_Running"] == "Yes"

    def check_healthy(self):
        """Every receiver and applier runs, and met no error."""
        word = "Replica" if self.vendor == "mysql" else "Slave"
        for link in self.links:
            status = self.status(link)
            wrong = {key: status[key] for key in ("Last_IO_Errno", "Last_SQL_Errno",
                                                  "Last_SQL_Error") if status[key] not in (0, "")}
            for thread in (f"{word}_IO_Running", f"{word}_SQL_Running"):
                if status[thread] != "Yes":
                    wrong[thread] = status[thread]
            check(not wrong, f"{link.source.name} -> {link.replica.name}: {wrong}")

    def check_no_errant(self):
        """No replica has logged a transaction that its sources do not have. (A co-primary has.)"""
        sources = {id(link.source) for link in self.links}
        for name, server in self.members.items():
            mine = [link.source for link in self.links if link.replica is server]
            if not mine or (id(server) in sources and self._in_circle(server)):
                continue
            errant = (self._errant_mysql(server, mine) if self.vendor == "mysql" else
                      self._errant_mariadb(server))
            check(not errant, f"{name} has transactions of its own: {errant}")

    @staticmethod
    def _errant_mysql(server, sources):
        executed = ",".join(source.execute("SELECT @@global.gtid_executed")[0][0]
                            for source in sources)
        return server.execute(f"SELECT GTID_SUBTRACT(@@global.gtid_executed, '{executed}')")[0][0]

    @staticmethod
    def _errant_mariadb(server):
        """By file and position, too: what a server logs carries its server_id."""
        state = server.execute("SELECT @@global.gtid_binlog_state")[0][0]
        return [gtid for gtid in state.split(",")
                if gtid and gtid.split("-")[1] == str(server.number)]

    def _in_circle(self, server):
        """Does what it writes come back to it?"""
        reached, at = set(), [server]
        while at:
            here = at.pop()
            for link in self.links:
                if link.source is here and id(link.replica) not in reached:
                    reached.add(id(link.replica))
                    at.append(link.replica)
        return id(server) in reached

    def check_equal(self, row_dump, db):
        """All tables of every replica have the rows of its source."""
        for link in self.links:
            for table in tables_of(link.source, db):
                want = dump_table(row_dump, link.source, db, table)
                have = dump_table(row_dump, link.replica, db, table)
                check(want == have, f"{link.source.name} -> {link.replica.name}: {table} differs:"
                      f" missing {sorted((want - have).elements())[:5]},"
                      f" too many {sorted((have - want).elements())[:5]}")

    def check_sound(self, row_dump, db):
        """What must be true when a story is over."""
        self.wait()
        self.check_healthy()
        self.check_no_errant()
        self.check_equal(row_dump, db)


def run_unlogged(server, sql, database=None):
    """On this server alone: damages a replica, as somebody did who was wrong to."""
    server.execute("SET SESSION sql_log_bin = 0;" + sql, database=database)


def tables_of(server, db):
    rows = server.execute("SELECT TABLE_NAME FROM information_schema.TABLES"
                          f" WHERE TABLE_SCHEMA = '{db}' AND TABLE_TYPE = 'BASE TABLE'")
    return sorted(row[0] for row in rows)


def dump_table(row_dump, server, db, table, timeout=WAIT_TIMEOUT_S):
    """The lines of rowplan_row_dump, as a multiset."""
    done = subprocess.run([row_dump, server.socket, "root", db, table], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=timeout)
    check(done.returncode == 0, f"dump of {server.name} {table!r}: {done.stderr}")
    return collections.Counter(done.stdout.splitlines())
