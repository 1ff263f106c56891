"""Which server it is, and what it is: the same one twice, another one, read-only, a replica."""

import json
import os
import socket

from bench import check
from relay import Fault, Relay, commits

import privilege_tests
import shop

NOT_APPLYABLE, STALE = 13, 10


def findings(document):
    return {finding["code"] for finding in document["findings"]}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def one_server_twice(bench):
    """One server by two sockets' paths, and by socket and TCP: refused."""
    shop.load(bench)
    link = str(bench.directory / "other.sock")
    os.symlink(bench.servers["target"].socket, link)
    bench.manifest(source=link)
    check("same_server" in findings(bench.plan(codes=NOT_APPLYABLE)), "by two sockets: no finding")
    port = free_port()
    server = bench.stage.servers.start(bench.stage.target.vendor, "--skip-networking=0",
                                       f"--port={port}", "--bind-address=127.0.0.1")
    server.execute(f"CREATE DATABASE `{bench.db}`; CREATE TABLE `{bench.db}`.t (id INT PRIMARY KEY)"
                   " ENGINE=InnoDB; CREATE USER tcp@'%'; GRANT ALL ON *.* TO tcp@'%'")
    bench.manifest()
    path = bench.directory / "rowplan.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace(f'socket = "{bench.servers["target"].socket}"\naccess = "read-write"\n',
                        f'socket = "{server.socket}"\naccess = "read-write"\n')
    text = text.replace(f'socket = "{bench.servers["source"].socket}"\n',
                        f'host = "127.0.0.1"\nport = {port}\ntls = "preferred"\n')
    path.write_text(text.replace('user = "rowplan"', 'user = "tcp"'), encoding="utf-8")
    document = bench.plan(codes=NOT_APPLYABLE)
    check("same_server" in findings(document), f"by TCP: {document['findings']}")
    server.kill()


def set_role(bench, sql, undo, code):
    """What the target becomes is a finding; between plan and apply it is 10, and no write."""
    target = bench.servers["target"]
    bench.plan()
    before = bench.dump_all("target")
    target.execute(sql)
    try:
        done = bench.expect(STALE, "apply", "plan")
        check(code in done.err or "is a replica now" in done.err, f"{code} is not told\n{done}")
        check(code in findings(bench.plan("other", codes=NOT_APPLYABLE)), f"no {code}")
        bench.expect(NOT_APPLYABLE, "apply", "other")
    finally:
        target.execute(undo)
    bench.check_dumps("target", before, code)


def role_changed(bench):
    """read_only, super_read_only, a replica: refused by plan; after the plan, by apply."""
    shop.load(bench)
    mysql = bench.stage.target.vendor == "mysql"
    set_role(bench, "SET GLOBAL read_only = ON", "SET GLOBAL read_only = OFF", "target_read_only")
    if mysql:
        set_role(bench, "SET GLOBAL super_read_only = ON",
                 "SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF", "target_read_only")
        set_role(bench, "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = 1",
                 "RESET REPLICA ALL", "target_is_replica")
    else:
        set_role(bench, "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1,"
                        " MASTER_USER = 'nobody'", "RESET SLAVE ALL", "target_is_replica")
    bench.expect(0, "apply", "plan")
    bench.check_converged("the target as it was planned")


def another_server(bench):
    """The same database on another server: 10, at the first session and at one opened later."""
    shop.load(bench)
    other = bench.stage.servers.start(bench.stage.target.vendor)
    other.execute("CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost")
    try:
        connection = other.connect()
        connection.cursor().execute(f"CREATE DATABASE `{bench.db}`")
        connection.close()
        for script in (shop.SCHEMA, shop.DAMAGE):
            other.execute(script, database=bench.db)
        link = bench.directory / "target.sock"
        os.symlink(bench.servers["target"].socket, link)
        bench.manifest(pair=shop.MANY_UNITS, target=str(link))
        bench.plan()
        rows = other.execute("SELECT * FROM plain ORDER BY id", database=bench.db)
        before = bench.dump_all("target")
        link.unlink()
        os.symlink(other.socket, link)
        bench.expect(STALE, "apply", "plan")
        link.unlink()
        bench.check_dumps("target", before, "another server")
        fault = Fault(commits, 2, "before")
        with Relay(bench.servers["target"].socket, link, fault) as relay:
            original = relay.serve

            def serve(client):
                if fault.fired:
                    relay.upstream = other.socket
                original(client)

            relay.serve = serve
            done = bench.expect(STALE, "apply", "plan")
            check(fault.fired, f"the connection was not cut\n{done}")
        check(other.execute("SELECT * FROM plain ORDER BY id", database=bench.db) == rows,
              "the other server was written")
    finally:
        other.kill()
    bench.manifest(pair=shop.MANY_UNITS)
    bench.expect(0, "apply", "plan")
    bench.check_converged("the planned server")


def galera(bench):
    """A target that is a node of a Galera cluster (of one node): what it promises is told."""
    bench.load(shop.SCHEMA)
    port = free_port()
    node = bench.stage.servers.start(
        "mariadb", "--wsrep-on=ON", "--wsrep-provider=/usr/lib/galera/libgalera_smm.so",
        "--wsrep-cluster-address=gcomm://", "--wsrep-new-cluster", "--binlog-format=ROW",
        "--innodb-autoinc-lock-mode=2", "--wsrep-node-address=127.0.0.1",
        f"--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{port};gcache.size=10M")
    try:
        node.execute(f"CREATE USER rowplan@localhost; GRANT ALL ON *.* TO rowplan@localhost;"
                     f"CREATE DATABASE `{bench.db}` CHARACTER SET utf8mb4")
        for script in (shop.SCHEMA, shop.DAMAGE):
            node.execute(script, database=bench.db)
        bench.manifest(pair=shop.FEW_UNITS, target=node.socket)
        check("galera_target" in findings(bench.plan()), "no finding")
        node.execute("SET GLOBAL wsrep_max_ws_rows = 2")
        document = bench.plan("small", codes=NOT_APPLYABLE)
        check("unit_over_wsrep_max_ws_rows" in findings(document), "no finding of the limit")
        bench.expect(1, "apply", "plan")  # COMMIT is refused, and the unit rolled back
        node.execute("SET GLOBAL wsrep_max_ws_rows = 0")
        bench.expect(0, "apply", "plan")
        bench.expect(0, "check")
        told = json.loads(bench.expect(0, "validate", "--connect", "--json").out)
        check(told["servers"]["target"]["galera"], "validate does not tell of the cluster")
    finally:
        node.kill()


def clocks(bench):
    """A server whose clock is far off: validate says so."""
    privilege_tests.load(bench)
    seeing, writing = privilege_tests.grants_of(bench)
    privilege_tests.make_user(bench, "source", seeing["source"])
    privilege_tests.make_user(bench, "target", seeing["target"] + writing)
    target = bench.servers["target"]
    target.execute("SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() - 7200'")
    try:
        told = json.loads(bench.expect(0, "validate", "--connect", "--json").out)
    finally:
        target.execute("SET GLOBAL init_connect = ''")
    check(findings(told) == {"clock_skew"}, f"findings {told['findings']}")
    ahead = told["servers"]["target"]["clock_ahead_s"]
    check(-7300 < ahead < -7195, f"the target's clock is {ahead} s ahead")


TESTS = (clocks, one_server_twice, role_changed, another_server, galera)
