"""The Sakila database, damaged at random and mended. Only where ROWPLAN_TEST_SAKILA names it."""

import os
import pathlib

from bench import check

TURNS = 3
SHARE = 0.05  # of a table's rows that are damaged
TEXT = ("char", "varchar", "text", "mediumtext", "longtext", "tinytext")
NUMBER = ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal")


def load_sakila(bench, directory):
    """Into the test's own database: the script names its own in USE and CREATE."""
    for server in bench.servers.values():
        server.execute(f"CREATE DATABASE `{bench.db}`")
        for name in ("schema.sql", "data.sql"):
            script = (directory / name).read_text(encoding="utf-8")
            run_client(bench, server, script.replace("sakila", bench.db))


def run_client(bench, server, script):
    """The schema has DELIMITER, which only the client knows."""
    import subprocess  # pylint: disable=import-outside-toplevel
    done = subprocess.run(
        ["mariadb", "--no-defaults", f"--socket={server.socket}", "--user=root",
         "--default-character-set=utf8mb4", bench.db], input=script, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(done.returncode == 0, f"Sakila does not load: {done.stderr}")


def take_triggers(bench, role):
    """Drops them; the statements that make them again, by name."""
    names = bench.execute(role, "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS"
                                f" WHERE TRIGGER_SCHEMA = '{bench.db}'")
    made_by = {}
    for (name,) in names:
        made_by[name] = bench.execute(role, f"SHOW CREATE TRIGGER `{name}`")[0][2]
        bench.execute(role, f"DROP TRIGGER `{name}`")
    return made_by


def make_triggers(bench, role, made_by):
    script = "".join(f"{sql}\n$$\n" for sql in made_by.values())
    run_client(bench, bench.servers[role], f"DELIMITER $$\n{script}")


class Damage:
    """Changes a table's rows at random, past its foreign keys."""

    def __init__(self, bench, role, table):
        self.bench = bench
        self.role = role
        self.table = table
        self.random = bench.random
        rows = bench.execute(role, "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_KEY, IS_NULLABLE, EXTRA"
                                   " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ="
                                   f" '{bench.db}' AND TABLE_NAME = '{table}'"
                                   " ORDER BY ORDINAL_POSITION")
        self.columns = [row for row in rows if "GENERATED" not in row[4].upper()]
        self.key = [row[0] for row in rows if row[2] == "PRI"]

    def some_rows(self):
        keys = ", ".join(f"`{name}`" for name in self.key)
        rows = list(self.bench.execute(self.role, f"SELECT {keys} FROM `{self.table}`"))
        count = max(1, int(len(rows) * SHARE))
        return self.random.sample(rows, min(count, len(rows)))

    def where(self, row):
        return " AND ".join(f"`{name}` = {value!r}" for name, value in zip(self.key, row))

    def new_value(self, name, kind, nullable):
        if nullable == "YES" and self.random.random() < 0.3:
            return "NULL"
        if kind in TEXT:
            return f"REVERSE(`{name}`)"
        if kind in NUMBER:
            return f"`{name}` + 1"
        if kind in ("timestamp", "datetime"):
            return f"`{name}` - INTERVAL 1 DAY"
        return None

    def statements(self):
        for row in self.some_rows():
            if self.random.random() < 0.4:
                yield f"DELETE FROM `{self.table}` WHERE {self.where(row)}"
                continue
            name, kind, _, nullable, _ = self.random.choice(
                [column for column in self.columns if column[2] != "PRI"] or self.columns)
            value = None if name in self.key else self.new_value(name, kind, nullable)
            if value is not None:
                yield f"UPDATE IGNORE `{self.table}` SET `{name}` = {value} WHERE {self.where(row)}"
        yield from self.extra_rows()

    def extra_rows(self):
        """Copies of rows under keys that are free."""
        first = next(column for column in self.columns if column[0] == self.key[0])
        if first[1] not in NUMBER:
            return
        names = ", ".join(f"`{column[0]}`" for column in self.columns)
        values = ", ".join(f"`{column[0]}` + 100" if column[0] == self.key[0] else
                           f"`{column[0]}`" for column in self.columns)
        for row in self.some_rows()[:20]:
            yield (f"INSERT IGNORE INTO `{self.table}` ({names}) SELECT {values} FROM"
                   f" `{self.table}` WHERE {self.where(row)}")


def damage_all(bench, role):
    connection = bench.servers[role].connect(
        database=bench.db, init_command="SET foreign_key_checks = 0, sql_mode = ''")
    with connection.cursor() as cursor:
        for table in bench.tables(role):
            for sql in Damage(bench, role, table).statements():
                cursor.execute(sql)
                while cursor.nextset():
                    pass
    connection.close()


PAIR = 'limits = { max_deletes = "100%" }\nmax_unit_rows = 1000000\n'


def check_refused(bench):
    """The triggers of sakila are not allowed: nothing is written."""
    bench.manifest(pair=PAIR)
    before = bench.dump_all("target")
    plan = bench.plan(codes=13)
    codes = {finding["code"] for finding in plan["findings"]}
    check("trigger_on_target" in codes, f"the plan has {codes}")
    bench.expect(13, "apply", "plan")
    bench.check_dumps("target", before, "triggers refused")


def mend(bench, source, target):
    """Damages the target, and plans and applies from the source."""
    bench.servers = {"source": source, "target": target}
    bench.new_state()
    planned = 0
    for turn in range(TURNS * bench.stage.rounds):
        triggers = take_triggers(bench, "target")
        check(len(triggers) >= 6, f"sakila has the triggers {sorted(triggers)}")
        damage_all(bench, "target")
        make_triggers(bench, "target", triggers)
        check_refused(bench)
        names = ", ".join(f'"{name}"' for name in triggers)
        bench.manifest(pair=f"{PAIR}allow_triggers = [{names}]\n")
        before = bench.dump_all("source")
        plan = bench.plan()
        changes = sum(plan["summary"][op] for op in ("insert", "update", "delete"))
        check(changes > 100, f"the plan has {changes} changes")
        planned += changes
        bench.expect(0, "apply", "plan", "--dry-run")
        bench.expect(0, "apply", "plan")
        bench.check_converged(f"turn {turn}")
        bench.check_dumps("source", before, f"turn {turn}")
        bench.expect(0, "check")
    return planned


def sakila(bench):
    """Sakila, damaged in every table, is mended to the last row, in both directions."""
    directory = os.environ.get("ROWPLAN_TEST_SAKILA")
    if not directory:
        return "not tried: ROWPLAN_TEST_SAKILA is not set"
    load_sakila(bench, pathlib.Path(directory))
    one, two = bench.stage.source, bench.stage.target
    return f"{mend(bench, one, two)} and {mend(bench, two, one)} changes"


TESTS = (sakila,)
