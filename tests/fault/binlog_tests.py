"""The target's binary log has what was planned, unit by unit, and nothing else; the source's has
nothing."""

import collections
import re
import subprocess

from bench import USER, check

LOGGED = ("--log-bin=bin", "--binlog-format=ROW", "--binlog-row-image=FULL")
PAIR = ('chunk_rows = 3\nmax_unit_rows = 6\nsplit_units = true\nlimits = { max_deletes = "100%" }\n'
        '[pair.p.table."{db}.filtered"]\nwhere = "w < 3"\nfilter_moved = "follow"\n')
SCHEMA = """
CREATE TABLE swap (id INT PRIMARY KEY, u INT NOT NULL UNIQUE, v VARCHAR(20)) ENGINE=InnoDB;
CREATE TABLE parent (id INT PRIMARY KEY, code INT NOT NULL UNIQUE) ENGINE=InnoDB;
CREATE TABLE child (id INT PRIMARY KEY, parent_id INT NOT NULL,
  FOREIGN KEY (parent_id) REFERENCES parent (id) ON DELETE CASCADE) ENGINE=InnoDB;
CREATE TABLE keyless (x INT, y VARCHAR(20)) ENGINE=InnoDB;
CREATE TABLE word (k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY,
  stamp TIMESTAMP NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP, v INT) ENGINE=InnoDB;
CREATE TABLE word_of (id INT PRIMARY KEY,
  k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
  FOREIGN KEY (k) REFERENCES word (k) ON UPDATE CASCADE) ENGINE=InnoDB;
CREATE TABLE filtered (id INT PRIMARY KEY, w INT, v INT) ENGINE=InnoDB;
CREATE TABLE plain (id INT PRIMARY KEY, v INT) ENGINE=InnoDB;
INSERT INTO swap SELECT i, i, 'same' FROM seq.n WHERE i BETWEEN 1 AND 40;
INSERT INTO parent SELECT i, i FROM seq.n WHERE i BETWEEN 1 AND 12;
INSERT INTO child SELECT i, i FROM seq.n WHERE i BETWEEN 1 AND 12;
INSERT INTO keyless SELECT i DIV 3, 'copy' FROM seq.n WHERE i BETWEEN 1 AND 12;
INSERT INTO filtered SELECT i, i MOD 5, i FROM seq.n WHERE i BETWEEN 1 AND 20;
INSERT INTO plain SELECT i, i FROM seq.n WHERE i BETWEEN 1 AND 60;
"""
SOURCE = """
INSERT INTO swap VALUES (50, 50, 'new'), (51, 51, NULL);
INSERT INTO parent SELECT i + 100, i + 100 FROM seq.n WHERE i BETWEEN 1 AND 9;
INSERT INTO child SELECT i + 100, i + 100 FROM seq.n WHERE i BETWEEN 1 AND 9;
INSERT INTO keyless VALUES (9, 'copy'), (9, 'copy'), (8, NULL);
INSERT INTO word VALUES ('Apple', NULL, 1), ('pear', NULL, 2);
INSERT INTO word_of VALUES (1, 'apple'), (2, 'pear');
"""
TARGET = """
DELETE FROM swap WHERE id = 7;
UPDATE swap SET u = 1000 WHERE id = 3; UPDATE swap SET u = 3 WHERE id = 4;
UPDATE swap SET u = 4 WHERE id = 3; UPDATE swap SET v = 'other' WHERE id > 30;
INSERT INTO parent SELECT i + 200, i + 100 FROM seq.n WHERE i BETWEEN 1 AND 9;
INSERT INTO child SELECT i + 500, i + 200 FROM seq.n WHERE i BETWEEN 1 AND 9;
DELETE FROM keyless WHERE x = 1 LIMIT 1; INSERT INTO keyless VALUES (3, 'more'), (NULL, 'more');
INSERT INTO word VALUES ('apple', NULL, 1), ('pear', NULL, 3);
INSERT INTO word_of VALUES (1, 'apple'), (2, 'pear');
UPDATE filtered SET w = 4 WHERE id = 6; UPDATE filtered SET w = 1 WHERE id = 4;
UPDATE filtered SET v = 0 WHERE id IN (10, 19);
UPDATE plain SET v = -v WHERE id MOD 7 = 0; DELETE FROM plain WHERE id = 1;
"""
# Between transactions, and what rows come with.
SILENT = {"Start", "Rotate", "Stop", "Previous-GTIDs", "Anonymous_GTID", "GTID", "Gtid",
          "Binlog", "Table_map", "Annotate_rows", "Rows_query", "Ignorable", "Xid"}
ROWS = {"Write_rows", "Write_rows_v1", "Update_rows", "Update_rows_v1", "Delete_rows",
        "Delete_rows_v1"}
EVENT = re.compile(r"#\d{6} .*?end_log_pos \d+(?: CRC32 0x[0-9a-f]+)?\s+([^\s:=]+)")
ROW = re.compile(r"### (INSERT INTO|UPDATE|DELETE FROM) `(.+?)`\.`(.+?)`")
VALUE = re.compile(r"###   @\d+=(.*)")
Event = collections.namedtuple("Event", "op table before after")


def last_log(server):
    return server.execute("SHOW BINARY LOGS")[-1][0]


def decoded(server, name):
    program = "mariadb-binlog" if server.vendor == "mariadb" else "mysqlbinlog"
    done = subprocess.run([*server.prefix(), program, "--no-defaults", "--verbose",
                           "--base64-output=decode-rows", str(server.datadir / name)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    check(done.returncode == 0, f"{program}: {done.stderr}")
    return done.stdout.decode("utf-8")


def transactions_of(bench, role):
    """What the server wrote since its log was new. Sizes say nothing: MariaDB notes checkpoints."""
    server = bench.servers[role]
    check(last_log(server) == bench.first_logs[role], f"the {role} has begun another log")
    return Log(bench.db, decoded(server, last_log(server))).transactions


class Log:
    """Transactions of a binary log: lists of row events. Anything else in it is a failure."""

    def __init__(self, db, text):
        self.db = db
        self.transactions = []
        self.open = None  # events of the transaction at hand
        self.image = None  # values of the row at hand
        for line in text.splitlines():
            self.take(line)
        check(self.open is None, "the log ends within a transaction")

    def take(self, line):
        if line in ("BEGIN", "START TRANSACTION", "BEGIN/*!*/;", "START TRANSACTION/*!*/;"):
            check(self.open is None, "a transaction within a transaction")
            self.open = []
        elif line in ("COMMIT/*!*/;", "COMMIT"):
            self.transactions.append(self.open)
            self.open = None
        elif event := EVENT.match(line):
            check(event[1] in SILENT | ROWS | {"Query"}, f"an event of another kind: {line}")
        elif row := ROW.match(line):
            check(row[2] == self.db, f"a row of another database: {line}")
            self.open.append(Event(row[1].split()[0].lower(), row[3], [], []))
        elif value := VALUE.match(line):
            self.image.append(re.sub(r"^(-\d+) \(\d+\)$", r"\1", value[1]))
        elif line in ("### WHERE", "### SET"):
            self.image = self.open[-1].before if line == "### WHERE" else self.open[-1].after
        else:
            # DDL, or a statement: sessions are set up in lines of their own kinds.
            silent = not line or line.startswith(("#", "/*", "SET ", "DELIMITER", "ROLLBACK /*",
                                                  "use ", "BINLOG", "START TRANSACTION"))
            check(silent, f"a statement in the log: {line}")


def text_of(value):
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else f"'{value}'"


def whole_rows(bench, role):
    """{table: rows as the decoded log writes them}, with the names of the columns."""
    found = {}
    for table in bench.tables(role):
        names = [row[0] for row in bench.execute(
            role, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ="
                  f" '{bench.db}' AND TABLE_NAME = '{table}' ORDER BY ORDINAL_POSITION")]
        rows = bench.execute(role, f"SELECT * FROM `{table}`")
        found[table] = names, [tuple(map(text_of, row)) for row in rows]
    return found


def planned_events(bench, plan, rows):
    """{unit: counter of (op, table, row before, row after)}: what each must write."""
    units = collections.defaultdict(collections.Counter)
    keys = {table["address"].rpartition(".")[2]: table["key"] for table in plan["tables"]}
    for change in bench.changes(plan):
        table = change["table"].rpartition(".")[2]
        names, present = rows[table]
        texts = [row for row in present if change["key"] and [
            row[names.index(name)].strip("'") for name in keys[table]] == change["key"]]

        def image(side, start=None, names=names, change=change):
            values = dict(zip(names, start or ()))
            for name, value in change.get(side, {}).items():
                quoted = name in ("v", "y", "k") and not (value or "x").lstrip("-").isdigit()
                values[name] = "NULL" if value is None else f"'{value}'" if quoted else value
            return tuple(values[name] for name in names)
        before = after = ()
        if change["op"] != "insert":
            before = image("before", texts[0] if texts else None)
        if change["op"] != "delete":
            after = image("after", before)
        units[change["unit"]][change["op"], table, before, after] += change.get("count", 1)
    return units


def net(events):
    """Rows that go, and rows that come."""
    rows = collections.Counter()
    for (_, table, before, after), count in events.items():
        if before:
            rows[table, before] -= count
        if after:
            rows[table, after] += count
    return {row: count for row, count in rows.items() if count}


def check_unit(unit, written, planned):
    """All that is planned once, and nothing else but parking of planned rows."""
    check(net(written) == net(planned),
          f"unit {unit}: the net effect is {net(written)}, planned {net(planned)}")
    extra = written - planned
    if not extra:
        check(not planned - written, f"unit {unit}: missing {planned - written}")
        return
    # A parked row goes to a value of nobody's first, and from there to what is planned.
    check({key[:2] for key in extra} == {("update", "swap")} and extra.total() <= 2,
          f"unit {unit}: not planned: {extra}")
    rows = {before[0] for _, table, before, _ in planned if table == "swap" and before}
    check({key[2][0] for key in extra} <= rows, f"unit {unit}: of other rows: {extra}")


def start_logged(bench):
    """Servers of the test's own: the stage's have no binary log."""
    for number, role in enumerate(("source", "target"), 1):
        vendor = bench.servers[role].vendor
        server = bench.stage.servers.start(vendor, *LOGGED, f"--server-id={number}")
        server.execute(f"CREATE USER '{USER}'@'localhost'; GRANT ALL ON *.* TO"
                       f" '{USER}'@'localhost'")
        bench.servers[role] = server


def binlog_has_the_plan(bench):
    """Plan, check and a second apply log nothing; apply logs each unit in one transaction."""
    start_logged(bench)
    try:
        return compare_log(bench)
    finally:
        for server in bench.servers.values():
            server.kill()


def compare_log(bench):
    bench.load(SCHEMA, source=SOURCE, target=TARGET)
    bench.manifest(pair=PAIR.replace("{db}", bench.db))
    rows = whole_rows(bench, "target")
    for server in bench.servers.values():
        server.execute("FLUSH BINARY LOGS")
    bench.first_logs = {role: last_log(server) for role, server in bench.servers.items()}
    plan = bench.plan()
    bench.expect(2, "check")
    bench.expect(0, "apply", "plan", "--dry-run")
    for role in bench.servers:
        check(not transactions_of(bench, role), f"plan or check wrote to the log of the {role}")
    bench.expect(0, "apply", "plan")
    transactions = transactions_of(bench, "target")
    bench.expect(0, "apply", "plan")
    bench.expect(0, "check")
    check(transactions_of(bench, "target") == transactions, "a second apply wrote to the target")
    check(not transactions_of(bench, "source"), "apply wrote to the source's log")
    planned = planned_events(bench, plan, rows)
    units = list(plan["units"])
    at = 0
    while units:
        group = [units.pop(0)]
        steps = group[0].get("steps", 1)
        mine = transactions[at:at + steps]
        at += steps
        events = collections.Counter(
            (event.op, event.table, tuple(event.before), tuple(event.after))
            for transaction in mine for event in transaction)
        want = planned[group[0]["id"]]
        # Units that follow each other may share a transaction, but each stands whole in one.
        while steps == 1 and net(events) != net(want) and units and "steps" not in units[0]:
            group.append(units.pop(0))
            want = want + planned[group[-1]["id"]]
        check(all(0 < len(transaction) <= 6 + 2 for transaction in mine),
              f"unit {group[0]['id']}: transactions of {[len(t) for t in mine]} rows")
        check_unit(" and ".join(str(unit["id"]) for unit in group), events, want)
    check(at == len(transactions), f"{len(transactions)} transactions, planned {at}")
    return f"{len(plan['units'])} units, {at} transactions"


TESTS = (binlog_has_the_plan,)
