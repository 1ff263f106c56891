"""Makes a failing case small, as long as the same property breaks, and writes it as a scenario."""

import copy
import dataclasses
import json
import time

import sql_text
from case_model import Options

TEXT_MAX = 400


class Shrinker:
    """`attempt(case)` gives what is broken, or None. Bounded in time, not in turns."""

    def __init__(self, attempt, case, broken, seconds):
        self.attempt, self.case, self.broken = attempt, case, broken
        self.deadline = time.monotonic() + seconds

    def run(self):
        """(the smallest case found, what is broken in it)"""
        size = None
        while size != self.size() and not self.late():
            size = self.size()
            self.plain_options()
            self.drop_tables()
            self.drop_parts()
            self.drop_rows()
            self.mend_rows()
        return self.case, self.broken

    def late(self):
        return time.monotonic() > self.deadline

    def size(self):
        return sum(len(table.source) + len(table.target) + len(table.columns)
                   + len(table.references) + len(table.uniques) for table in self.case.tables)

    def keeps_failing(self, change):
        """Takes the change if the same property still breaks."""
        if self.late():
            return False
        smaller = copy.deepcopy(self.case)
        change(smaller)
        for role in ("source", "target"):
            smaller.drop_orphans(role)
        try:
            broken = self.attempt(smaller)
        except Exception:  # pylint: disable=broad-except
            return False  # no case at all any more
        if broken is None or broken.what != self.broken.what:
            return False
        self.case, self.broken = smaller, broken
        return True

    def drop_tables(self):
        for number in range(len(self.case.tables) - 1, -1, -1):
            if len(self.case.tables) > 1:
                self.keeps_failing(lambda case, n=number: drop_table(case, n))

    def drop_rows(self):
        """Delta debugging: halves, quarters, ... down to single rows, on both sides at once."""
        self.ddmin(lambda: sorted({(t, n) for t, table in enumerate(self.case.tables)
                                   for n in (*table.source, *table.target)}), drop_row)

    def mend_rows(self):
        """Rows of the target that could be as the source's."""
        self.ddmin(lambda: [(t, n) for t, table in enumerate(self.case.tables)
                            for n, row in table.target.items()
                            if n in table.source and table.source[n] != row], mend_row)

    def ddmin(self, items, act):
        left = items()
        size = max(1, len(left) // 2)
        while left and not self.late():
            begin, taken = 0, False
            while begin < len(left):
                part = left[begin:begin + size]

                def change(case, part=part):
                    for item in part:
                        act(case, *item)
                if self.keeps_failing(change):
                    taken = True
                    left = left[:begin] + left[begin + size:]
                else:
                    begin += size
            if size == 1 and not taken:
                return
            size = max(1, size // 2)

    def drop_parts(self):
        for t in range(len(self.case.tables)):
            for name in ("references", "uniques", "generated", "triggers"):
                for i in range(len(getattr(self.case.tables[t], name)) - 1, -1, -1):
                    self.keeps_failing(lambda case, t=t, name=name, i=i:
                                       getattr(case.tables[t], name).pop(i))
            for key in ("where", "ignore", "keeps"):
                self.keeps_failing(lambda case, t=t, key=key: setattr(
                    case.tables[t], key, type(getattr(case.tables[t], key))()))
            for column in list(self.case.tables[t].free()):
                self.keeps_failing(lambda case, t=t, name=column.name: drop_column(case, t, name))

    def plain_options(self):
        for field in dataclasses.fields(Options):
            if getattr(self.case.options, field.name) != field.default:
                self.keeps_failing(lambda case, field=field:
                                   setattr(case.options, field.name, field.default))
        self.keeps_failing(lambda case: setattr(case.options, "chunk_rows", 1))


def drop_table(case, number):
    del case.tables[number]
    for table in case.tables:
        table.references = [r for r in table.references if r.parent != number]
        for reference in table.references:
            reference.parent -= reference.parent > number
        table.triggers = [t for t in table.triggers if t.other != number]
        for trigger in table.triggers:
            trigger.other -= trigger.other > number


def drop_row(case, t, n):
    case.tables[t].source.pop(n, None)
    case.tables[t].target.pop(n, None)


def mend_row(case, t, n):
    case.tables[t].target[n] = dict(case.tables[t].source[n])


def drop_column(case, t, name):
    table = case.tables[t]
    table.columns = [column for column in table.columns if column.name != name]
    table.ignore = [other for other in table.ignore if other != name]
    for row in (*table.source.values(), *table.target.values()):
        row.pop(name, None)


def write_scenario(case, broken, folder):
    """Copied into tests/scenarios, the folder is a regression test."""
    folder.mkdir(parents=True, exist_ok=True)

    def write(name, statements):
        (folder / name).write_text(";\n".join([sql_text.LOADER, *statements, "SELECT 1"]) + ";\n",
                                   encoding="utf-8")
    write("source.sql", sql_text.schema(case, "source"))
    write("target.sql", sql_text.schema(case, "target"))
    write("source_data.sql", sql_text.data(case, "source"))
    write("target_data.sql", sql_text.data(case, "target"))
    (folder / "manifest.toml").write_text(sql_text.pair_section(case, "@DB@"), encoding="utf-8")
    operations = ", ".join(f"{op} = {count}" for op, count in case.operations.items())
    tables = ", ".join(f"{name} = {name}" for name in
                       (sql_text.toml_text(table.name) for table in case.tables))
    lines = [f"# Seed {case.seed}, {case.pairing}. Broken: {broken.what}",
             *(f"# {line}" for line in str(broken)[:TEXT_MAX].splitlines()),
             f"# options: {json.dumps(dataclasses.asdict(case.options))}",
             f'what = "found by the property tests, seed {case.seed}"',
             f'pairings = ["{case.pairing}"]', "", "[compare]", f"tables = {{ {tables} }}",
             "count = false", "", "[expect]", f"ops = {{ {operations} }}"]
    (folder / "case.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
