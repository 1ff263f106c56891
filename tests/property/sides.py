"""The two servers of a round: loading a case, and the oracle, which shares nothing with rowplan."""

import collections
import subprocess

import pymysql

import sql_text
from sql_text import quote

DUPLICATE = 1062
ROLES = ("source", "target")


class Broken(Exception):
    """A property does not hold. `what` names it: shrinking keeps to the same one."""

    def __init__(self, what, detail):
        super().__init__(f"{what}: {detail}")
        self.what = what


class Sides:
    """One database, by the same name, on the source and on the target."""

    def __init__(self, source, target, row_dump, db):
        self.servers = {"source": source, "target": target}
        self.row_dump, self.db = row_dump, db

    def run(self, role, statements):
        connection = self.servers[role].connect(init_command=sql_text.LOADER)
        try:
            with connection.cursor() as cursor:
                rows = ()
                for statement in statements:
                    cursor.execute(statement)
                    rows = cursor.fetchall()
                return rows
        finally:
            connection.close()

    # --- loading ---------------------------------------------------------------------------------

    def load(self, case):
        """Loads both sides. Rows that a unique index refuses leave the case, and their children."""
        for role in ROLES:
            self.make(case, role)
        for role in ROLES:
            if self.prune(case, role):
                case.drop_orphans(role)
                self.make(case, role)
            self.run(role, [f"USE `{self.db}`", *sql_text.data(case, role)])

    def make(self, case, role):
        self.run(role, [f"DROP DATABASE IF EXISTS `{self.db}`",
                        f"CREATE DATABASE `{self.db}` CHARACTER SET utf8mb4", f"USE `{self.db}`",
                        *sql_text.schema(case, role)])

    def prune(self, case, role):
        """Did the server refuse a row? What equal keys are is its secret, so it is asked."""
        refused = 0
        connection = self.servers[role].connect(init_command=sql_text.LOADER, autocommit=False,
                                                database=self.db)
        try:
            with connection.cursor() as cursor:
                for table in case.tables:
                    refused += self.prune_table(cursor, table, table.rows(role))
        finally:
            connection.close()
        return refused > 0

    @staticmethod
    def prune_table(cursor, table, rows):
        try:
            if rows:
                cursor.execute("SAVEPOINT before_rows")
                cursor.execute(sql_text.insert(table, rows.values()))
            return 0
        except pymysql.err.IntegrityError as error:
            if error.args[0] != DUPLICATE:
                raise
        cursor.execute("ROLLBACK TO SAVEPOINT before_rows")
        refused = []
        for number, row in rows.items():
            try:
                cursor.execute(sql_text.insert(table, [row]))
            except pymysql.err.IntegrityError as error:
                if error.args[0] != DUPLICATE:
                    raise
                refused.append(number)
        for number in refused:
            del rows[number]
        return len(refused)

    def drop(self):
        for role in ROLES:
            self.run(role, [f"DROP DATABASE IF EXISTS `{self.db}`",
                            f"DROP DATABASE IF EXISTS `{self.db}_keys`"])

    # --- the oracle ------------------------------------------------------------------------------

    def dump(self, role, table, ignore=(), where=""):
        """The rows as rowplan_row_dump reads them by the binary protocol: a multiset of lines."""
        options = (["--ignore", ",".join(ignore)] if ignore else []) + \
            (["--where", where] if where else [])
        done = subprocess.run(
            [self.row_dump, self.servers[role].socket, "root", self.db, table, *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"dump of {role} {table!r}: {done.stderr}")
        return collections.Counter(done.stdout.splitlines())

    def dump_all(self, case, role):
        return {name: self.dump(role, name)
                for name in [table.name for table in case.tables] + ["bystander"]}

    def compared(self, table, role):
        return self.dump(role, table.name, table.ignore, table.where)

    def expected(self, case):
        """{table: operations that a plan must have}, and whether keys cross a filter's edge."""
        self.load_keys(case)
        found, crossing = {}, False
        for number, table in enumerate(case.tables):
            if case.refused(number):
                continue  # before its rows are read
            source, target = self.compared(table, "source"), self.compared(table, "target")
            if not table.key:
                found[table.name] = {"insert": (source - target).total(), "update": 0,
                                     "delete": 0 if table.keeps else (target - source).total()}
                continue
            inside, arrives, leaves = self.matched(table, number)
            same = (source & target).total()
            inserts = source.total() - inside
            deletes = target.total() - inside
            updates = inside - same
            if table.where and table.follow:
                inserts, updates = inserts - arrives, updates + arrives
            else:
                crossing = crossing or arrives > 0 or (leaves > 0 and not table.keeps)
            found[table.name] = {"insert": inserts, "update": updates,
                                 "delete": 0 if table.keeps else deletes}
        return found, crossing

    def load_keys(self, case):
        """The source's keys beside the target's rows, so that the target itself matches them."""
        db = f"{self.db}_keys"
        statements = [f"DROP DATABASE IF EXISTS `{db}`", f"CREATE DATABASE `{db}`", f"USE `{db}`"]
        for number, table in enumerate(case.tables):
            columns = [c for c in table.columns if c.name in (*table.key, "w")]
            if not table.key:
                continue
            statements.append(f"CREATE TABLE s{number} ("
                              + ", ".join(sql_text.column_ddl(c) for c in columns) + ")")
            if table.source:
                statements.append(f"INSERT INTO s{number} VALUES " + ", ".join(
                    "(" + ", ".join(sql_text.literal(table, c.name, row[c.name]) for c in columns)
                    + ")" for row in table.source.values()))
        self.run("target", statements)

    def matched(self, table, number):
        """Pairs of rows by key: both inside the filter, the source's alone, the target's alone."""
        on = " AND ".join(f"s.{quote(name)} = t.{quote(name)}" for name in table.key)
        inside = table.where or "TRUE"
        rows = self.run("target", [
            f"SELECT SUM(a AND b), SUM(a AND NOT b), SUM(b AND NOT a) FROM (SELECT"
            f" ({filtered(inside, 's')}) IS TRUE a, ({filtered(inside, 't')}) IS TRUE b"
            f" FROM `{self.db}_keys`.s{number} s"
            f" JOIN `{self.db}`.{quote(table.name)} t ON {on}) j"])
        return tuple(int(count or 0) for count in rows[0])


def filtered(where, alias):
    """Filters know one column, `w`."""
    return where.replace("w ", f"{alias}.w ")
