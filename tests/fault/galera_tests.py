"""A target that is a node of a Galera cluster: what is told of it, and COMMITs that fail there."""

import contextlib
import shutil
import signal
import socket
import time

import pymysql

from bench import USER, Worker, check

LIMIT, STALE, TEMPORARY = 13, 10, 75
PROVIDER = "/usr/lib/galera/libgalera_smm.so"
ROWS = 400
TABLE = "CREATE TABLE t (id INT PRIMARY KEY, n INT NOT NULL) ENGINE=InnoDB"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def node_args(name, ports, cluster):
    listen, rows, files = ports
    members = ",".join(f"127.0.0.1:{port}" for port in cluster)
    return ("--wsrep-on=ON", f"--wsrep-provider={PROVIDER}", "--binlog-format=ROW",
            "--innodb-autoinc-lock-mode=2", "--wsrep-node-address=127.0.0.1",
            f"--wsrep-node-name={name}", f"--wsrep-cluster-address=gcomm://{members}",
            f"--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{listen};"
            f"ist.recv_addr=127.0.0.1:{rows}",
            f"--wsrep-sst-receive-address=127.0.0.1:{files}")


@contextlib.contextmanager
def cluster(bench):
    """Two nodes; the second begins with a copy of the first one's files."""
    servers = bench.stage.servers
    ports = [tuple(free_port() for _ in range(3)) for _ in range(2)]
    first = servers.start("mariadb", *node_args("one", ports[0], ()), "--wsrep-new-cluster")
    first.execute(f"CREATE USER '{USER}'@'localhost'; GRANT ALL ON *.* TO '{USER}'@'localhost'")
    first.kill(signal.SIGTERM)
    second_directory = servers.directory / "second"
    listens = [each[0] for each in ports]
    second = type(first)(second_directory, node_args("two", ports[1], listens))
    shutil.copytree(first.datadir, second_directory / "data")
    # The little that is sent all the same comes by an rsync that gives up root.
    servers.directory.chmod(0o755)
    second_directory.chmod(0o755)
    (second_directory / "data").chmod(0o777)
    first.start()
    servers.running.append(second)
    second.start()
    nodes = (first, second)
    try:
        bench.wait_for(lambda: all(state_of(node) == ("2", "Synced") for node in nodes),
                       "the cluster to have two nodes")
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def state_of(node):
    status = dict(node.execute("SHOW STATUS LIKE 'wsrep_%'"))
    return status["wsrep_cluster_size"], status["wsrep_local_state_comment"]


def load(bench, first, pair=""):
    """The source has what the cluster lacks, or has otherwise."""
    bench.load(TABLE)
    values = ", ".join(f"({i}, {i})" for i in range(ROWS))
    bench.execute("source", f"INSERT INTO t VALUES {values}")
    first.execute(f"CREATE DATABASE {bench.db}; USE {bench.db}; {TABLE};"
                  f"INSERT INTO t VALUES {values}; UPDATE t SET n = -n WHERE id % 5 = 0;"
                  "DELETE FROM t WHERE id % 11 = 0")
    bench.manifest(target=first.socket, pair=pair)


def check_equal(bench, nodes):
    expected = bench.execute("source", "SELECT * FROM t ORDER BY id")
    for node in nodes:
        bench.wait_for(lambda node=node: node.execute(
            f"SELECT * FROM {bench.db}.t ORDER BY id") == expected, "a node to have all rows")


def cluster_target(bench):
    """It is told, written on one node, and all nodes have it; a unit over its limit is refused."""
    with cluster(bench) as nodes:
        load(bench, nodes[0])
        plan = bench.plan()
        check([finding["severity"] for finding in plan["findings"]
               if finding["code"] == "galera_target"] == ["warning"], f"{plan['findings']}")
        nodes[0].execute("SET GLOBAL wsrep_max_ws_rows = 3")
        refused = bench.plan("limited", codes=LIMIT)
        check(any(finding["code"] == "unit_over_wsrep_max_ws_rows"
                  for finding in refused["findings"]), f"{refused['findings']}")
        nodes[0].execute("SET GLOBAL wsrep_max_ws_rows = 0")
        bench.expect(0, "apply", "plan")
        check_equal(bench, nodes)
        bench.expect(0, "check")


def lost_commits(nodes):
    """Transactions that lost against those of the other node."""
    total = 0
    for node in nodes:
        status = dict(node.execute("SHOW STATUS LIKE 'wsrep_local_%'"))
        total += int(status["wsrep_local_cert_failures"]) + int(status["wsrep_local_bf_aborts"])
    return total


def add_and_take_back(bench, node, stop):
    """Writes planned rows again and again, and leaves each as it was."""
    connection = node.connect(database=bench.db, autocommit=False)
    turns = 0
    with contextlib.closing(connection), connection.cursor() as cursor:
        while not stop.is_set():
            number = 10 * (turns % (ROWS // 10)) + 5
            turns += 1
            try:
                cursor.execute(f"UPDATE t SET n = n + 1 WHERE id = {number}")
                cursor.execute(f"UPDATE t SET n = n - 1 WHERE id = {number}")
                connection.commit()
            except pymysql.err.OperationalError:  # it may be this side that loses
                connection.rollback()


def cluster_commits_fail(bench):
    """Another node writes the same rows: COMMITs fail, are tried again, and no row is wrong."""
    with cluster(bench) as nodes:
        load(bench, nodes[0], pair="chunk_rows = 4")
        lost = 0
        writer = Worker(lambda stop: add_and_take_back(bench, nodes[1], stop))
        deadline = time.monotonic() + 60
        try:
            while lost == 0 and time.monotonic() < deadline:
                nodes[0].execute(f"UPDATE {bench.db}.t SET n = -id WHERE id % 10 = 5")
                bench.expect(0, "plan", "-o", "plan", "--overwrite")
                # Too often is temporary; a row caught between two of its values is stale.
                bench.expect((0, STALE, TEMPORARY), "apply", "plan")
                lost = lost_commits(nodes)
        finally:
            writer.finish()
        check(lost > 0, "no COMMIT was lost")
        bench.expect(0, "sync", "--auto-approve")
        check_equal(bench, nodes)
        return f"{lost} transactions lost"


TESTS = (cluster_target, cluster_commits_fail)
