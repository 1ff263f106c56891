"""The benchmark's tables, and how their two copies come to differ.

All values follow from the key, so both servers make their copy by themselves, in parallel. Every
difference is another one: a checksum that equal edits cancel out in finds them all, too.
"""

import concurrent.futures
import dataclasses

DATABASE = "bench"
TABLE = "t"
SEQUENCE_ROWS = 10_000  # that are taken of seq.n at once

# Rows of about 73 bytes, as they are stored.
NARROW = (
    ("id", "INT NOT NULL PRIMARY KEY", "2 * x.id"),
    ("customer", "INT NOT NULL", "CRC32(x.id) % 100000"),
    ("amount", "DECIMAL(10,2) NOT NULL", "CRC32(CONCAT('a', x.id)) % 1000000 / 100"),
    ("status", "VARCHAR(12) NOT NULL", "ELT(1 + CRC32(CONCAT('s', x.id)) % 4, 'new', 'paid',"
                                       " 'shipped', 'returned')"),
    ("updated_at", "DATETIME NOT NULL", "'2020-01-01' + INTERVAL CRC32(CONCAT('u', x.id))"
                                        " % 100000000 SECOND"),
    ("note", "VARCHAR(60) NULL", "IF(x.id % 10 = 0, NULL, CONCAT('note ',"
                                 " CRC32(CONCAT('n', x.id)), ' ', CRC32(CONCAT('m', x.id))))"),
)
# And with these, about 900.
WIDE = NARROW + tuple(
    column for i in range(1, 7) for column in (
        (f"n{i}", "BIGINT NOT NULL", f"CRC32(CONCAT({i}, x.id)) * 1000003"),
        (f"d{i}", "DOUBLE NOT NULL", f"CRC32(CONCAT('d{i}', x.id)) / 7"),
        (f"t{i}", "DATETIME(6) NOT NULL", f"'2020-01-01' + INTERVAL CRC32(CONCAT('t{i}', x.id))"
                                          " % 100000000 * 1000 + 7 MICROSECOND"),
        (f"v{i}", "VARCHAR(120) NOT NULL", f"SHA2(CONCAT('v{i}', x.id), 384)"),
    ))


@dataclasses.dataclass(frozen=True)
class Pattern:
    """What becomes of the target's rows. Conditions on n, the number of a row; its key is 2 n. Of
    the rows `touched` eight in ten have other values, one is missing, one has another key."""

    about: str
    touched: str = ""
    removed: str = ""


def patterns(rows):
    middle = rows // 2
    return {
        "none": Pattern("equal"),
        "scattered": Pattern("0.1 % scattered", touched="n % 1000 = 7"),
        "clustered": Pattern("1 % in one range",
                             touched=f"n BETWEEN {middle} AND {middle + rows // 100 - 1}"),
        "tenth-scattered": Pattern("1 row in 10", touched="n % 10 = 7"),
        "tenth-clustered": Pattern("10 % in one range",
                                   touched=f"n BETWEEN {middle} AND {middle + rows // 10 - 1}"),
        "all": Pattern("all differ", touched="n > 0"),
        "empty": Pattern("target empty", removed="n > 0"),
        "deleted": Pattern("20 % deleted", removed="n % 5 = 2"),
    }


def create(server, wide):
    columns = WIDE if wide else NARROW
    server.execute(f"DROP DATABASE IF EXISTS {DATABASE}; CREATE DATABASE {DATABASE};"
                   f"CREATE TABLE {DATABASE}.{TABLE} ("
                   + ", ".join(f"{name} {kind}" for name, kind, _ in columns) + ") ENGINE=InnoDB")


def fill(server, rows, wide):
    columns = WIDE if wide else NARROW
    values = ", ".join(value for _, _, value in columns)
    with server.connect(database=DATABASE) as connection, connection.cursor() as cursor:
        for first in range(0, rows, SEQUENCE_ROWS):
            count = min(SEQUENCE_ROWS, rows - first)
            cursor.execute(f"INSERT INTO {TABLE} SELECT {values} FROM (SELECT i + {first + 1} AS id"
                           f" FROM seq.n WHERE i < {count}) x ORDER BY id")


def on_all(servers, work):
    """Runs work(server) for all of them at once; the first failure is raised."""
    with concurrent.futures.ThreadPoolExecutor(len(servers)) as pool:
        list(pool.map(work, servers))


def load(servers, rows, wide):
    def make(server):
        create(server, wide)
        fill(server, rows, wide)
        settle(server)
    on_all(servers, make)


def by_id(condition):
    """A pattern's condition on n as one on id; it takes in the rows that have another key."""
    return "(" + condition.replace("n ", "id DIV 2 ") + ")"


def damage(server, pattern):
    """Makes a target that equals its source differ; the same again after it was put right."""
    def rows(condition):
        return f"WHERE id % 2 = 0 AND {by_id(condition)}"

    statements = []
    if pattern.removed:
        statements.append(f"DELETE FROM {TABLE} {rows(pattern.removed)}")
    if pattern.touched:
        tenth = "CRC32(id) % 10"
        statements += [
            f"DELETE FROM {TABLE} {rows(pattern.touched)} AND {tenth} = 3",
            f"UPDATE {TABLE} SET id = id + 1 {rows(pattern.touched)} AND {tenth} = 5",
            f"UPDATE {TABLE} SET note = CONCAT('was ', CRC32(CONCAT('w', id))),"
            f" customer = customer + 1 + id % 1000 {rows(pattern.touched)}",
        ]
    with server.connect(database=DATABASE) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    settle(server)


def settle(server):
    """Statistics as of now, for all tools: without them a server may choose another plan."""
    server.execute(f"ANALYZE TABLE {DATABASE}.{TABLE}")


def equal(servers):
    sums = {server.execute(f"CHECKSUM TABLE {DATABASE}.{TABLE} EXTENDED")[0][1]
            for server in servers}
    return len(sums) == 1
