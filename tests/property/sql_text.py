"""A case as SQL and as a manifest."""

import random

# Before any row: the session that may store every value there is.
LOADER = ("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', time_zone = '+00:00',"
          " foreign_key_checks = 0")
ROWS_AT_ONCE = 50


def quote(name):
    return "`" + name.replace("`", "``") + "`"


def listing(names):
    return ", ".join(quote(name) for name in names)


def literal(table, name, value):
    return "NULL" if value is None else table.column(name).kind.literal(value)


def column_ddl(column):
    null = "" if column.nullable else " NOT NULL"
    return f"{quote(column.name)} {column.kind.ddl}{null}{column.extra and ' ' + column.extra}"


def create(case, table, role):
    columns = [column_ddl(column) for column in table.columns] + table.generated
    if role == "target" and case.options.shuffled:
        random.Random(case.seed).shuffle(columns)
    identity = "PRIMARY KEY" if table.primary else "UNIQUE KEY identity"
    parts = columns + ([f"{identity} ({listing(table.key)})"] if table.key else [])
    parts += [f"UNIQUE KEY q{i} ({listing(names)})" for i, names in enumerate(table.uniques)]
    return (f"CREATE TABLE {quote(table.name)} (\n  " + ",\n  ".join(parts)
            + "\n) ENGINE=InnoDB ROW_FORMAT=DYNAMIC")


def references(case, table, number):
    for i, reference in enumerate(table.references):
        parent = case.tables[reference.parent]
        yield (f"ALTER TABLE {quote(table.name)} ADD CONSTRAINT r{number}_{i} FOREIGN KEY"
               f" ({listing(reference.columns)}) REFERENCES {quote(parent.name)}"
               f" ({listing(parent.key)}) ON DELETE {reference.on_delete}"
               f" ON UPDATE {reference.on_update}")


def schema(case, role):
    statements = [create(case, table, role) for table in case.tables]
    for number, table in enumerate(case.tables):
        statements += references(case, table, number)
    statements.append("CREATE TABLE trigger_log (id INT AUTO_INCREMENT PRIMARY KEY, c BIGINT)"
                      " ENGINE=InnoDB")
    statements.append("CREATE TABLE bystander (id INT PRIMARY KEY, v VARCHAR(9)) ENGINE=InnoDB")
    return statements


def triggers(case):
    """Made after the rows are in: they are about what rowplan writes."""
    return [f"CREATE TRIGGER z{t}_{i} {trigger.timing} {trigger.event} ON {quote(table.name)}"
            f" FOR EACH ROW {trigger_body(case, trigger)}"
            for t, table in enumerate(case.tables) for i, trigger in enumerate(table.triggers)]


def trigger_body(case, trigger):
    if trigger.action == "rewrites":
        return "SET NEW.n = 4242"
    if trigger.action == "logs":
        return "INSERT INTO trigger_log VALUES (NULL, CONNECTION_ID())"
    if trigger.action == "looks":
        return "SET @seen = 1"
    other = quote(case.tables[trigger.other].name)
    if trigger.action == "writes":
        return f"UPDATE {other} SET n = 4243 WHERE n IS NULL OR n MOD 3 = 0"
    return f"DELETE FROM {other} WHERE n MOD 5 = 0"


def allowed_triggers(case):
    return [f"z{t}_{i}" for t, table in enumerate(case.tables)
            for i, trigger in enumerate(table.triggers) if trigger.allowed]


def row_values(table, row):
    return "(" + ", ".join(literal(table, c.name, row[c.name]) for c in table.columns) + ")"


def insert(table, rows):
    names = listing(column.name for column in table.columns)
    return (f"INSERT INTO {quote(table.name)} ({names}) VALUES\n  "
            + ",\n  ".join(row_values(table, row) for row in rows))


def inserts(table, role):
    rows = list(table.rows(role).values())
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        yield insert(table, rows[begin:begin + ROWS_AT_ONCE])


def bystanders(role):
    return f"INSERT INTO bystander VALUES (1, 'of both'), (2, '{role}')"


def data(case, role):
    statements = [bystanders(role)]
    for table in case.tables:
        statements += inserts(table, role)
    return statements + (triggers(case) if role == "target" else [])


def key_equals(table, row):
    return " AND ".join(f"{quote(name)} = {literal(table, name, row[name])}" for name in table.key)


def toml_text(text):
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}"
                         for c in text) + '"'


def pair_section(case, db, threads=None, method=None):
    """The body of [pair.p], and the sections of its tables; scenarios choose threads themselves."""
    options = case.options
    lines = [f'tables = ["{db}.*", "!{db}.bystander", "!{db}.trigger_log"]',
             f"chunk_rows = {options.chunk_rows}",
             "limits = { max_deletes = 1000000, allow_empty_source = true }"]
    if threads:
        lines.append(f"threads = {threads}")
    if options.max_unit_rows:
        lines += [f"max_unit_rows = {options.max_unit_rows}", "split_units = true"]
    if allowed_triggers(case):
        lines.append(f"allow_triggers = [{', '.join(map(toml_text, allowed_triggers(case)))}]")
    lines.append(f'method = "{method or options.method}"')
    if options.large_bytes:
        lines.append(f"large_bytes = {options.large_bytes}")
    for table in case.tables:
        own = []
        if table.where:
            own.append(f"where = {toml_text(table.where)}")
        if table.where and table.follow:
            own.append('filter_moved = "follow"')
        if table.ignore:
            own.append(f"ignore_columns = [{', '.join(map(toml_text, table.ignore))}]")
        if table.keeps:
            own.append('deletes = "ignore"')
        if own:
            lines += [f'[pair.p.table."{db}.{table.name}"]', *own]
    return "\n".join(lines) + "\n"


def manifest(case, db, source, target, threads=None, method=None):
    text = 'manifest_version = 1\nname = "property"\n[state]\npath = "state.db"\n'
    for name, server, access in (("source", source, "read-only"), ("target", target, "read-write")):
        text += (f'[server.{name}]\nsocket = "{server.socket}"\nuser = "root"\n'
                 f'access = "{access}"\n')
    return (text + '[pair.p]\nsource = "source"\ntarget = "target"\n'
            + pair_section(case, db, threads or case.options.threads, method))
