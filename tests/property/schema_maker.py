"""Random tables: kinds of keys, unique indexes, foreign keys, odd columns and names."""

import column_kinds
from case_model import Case, Column, Options, Reference, Table, Trigger

ACTIONS = ["RESTRICT", "NO ACTION", "CASCADE", "SET NULL"]
HOSTILE = ["a`b", "sel ect", "naïve", "x.y", "50%", "--x", "'q'", "日本", "\\n", "Ünique"]
TABLE_NAMES = ["t`0", "t 1", "t.2", "tä3"]


class SchemaMaker:
    def __init__(self, rng, pairing, keyless=True, triggers=True):
        self.rng, self.pairing = rng, pairing
        self.keyless, self.triggers = keyless, triggers
        self.values = [kind for kind in column_kinds.VALUES if kind.fits(pairing)]
        self.keys = [kinds for kinds in column_kinds.KEYS if all(k.fits(pairing) for k in kinds)]

    def case(self, seed):
        rng = self.rng
        tables = [self.table(i) for i in range(rng.choice([1, 1, 2, 2, 3, 4]))]
        if rng.random() < 0.1:
            for table, name in zip(tables, TABLE_NAMES):
                table.name = name
        if rng.random() < 0.6:
            self.refer(tables)
        for table in tables:
            self.choose_options(table, plain_name=table.name.isalnum())
        case = Case(seed, self.pairing, tables, self.options())
        if self.triggers and rng.random() < 0.2:
            for number, table in enumerate(tables):
                self.add_triggers(case, number)
                table.ignore = []
        return case

    def table(self, number):
        rng = self.rng
        kinds = [] if self.keyless and rng.random() < 0.15 else rng.choice(self.keys)
        columns = [Column(f"k{i}", kind, False) for i, kind in enumerate(kinds)]
        table = Table(f"t{number}", columns, [column.name for column in columns])
        table.primary = rng.random() < 0.8
        for i, kind in enumerate(rng.choices(self.values, k=rng.choice([0, 1, 2, 3, 6]))):
            columns.append(Column(f"c{i}", kind, rng.random() < 0.8 or "NULL" in kind.ddl))
        columns.append(Column("n", column_kinds.INT))
        self.add_uniques(table)
        self.add_odd_columns(table)
        if rng.random() < 0.15:
            self.rename_columns(table)
        return table

    def add_uniques(self, table):
        rng = self.rng
        for i in range(rng.choice([0, 0, 1, 1, 2])):
            kinds = rng.choices(column_kinds.UNIQUES, k=rng.choice([1, 1, 2]))
            names = [f"u{i}_{j}" for j in range(len(kinds))]
            # Beside a floating point key, a unique key of NOT NULL columns would be chosen instead.
            # And without a key, it would be one.
            nullable = rng.random() < 0.7 or not table.key or any(
                c.kind.name == "kdo" for c in table.columns)
            table.columns += [Column(name, kind, nullable) for name, kind in zip(names, kinds)]
            table.uniques.append(names)

    def add_odd_columns(self, table):
        rng = self.rng
        if rng.random() < 0.2:
            stored = rng.choice(["STORED", "VIRTUAL"])
            table.generated.append(f"g0 BIGINT GENERATED ALWAYS AS (n + 1) {stored}")
        if rng.random() < 0.15:
            table.columns.append(Column("h0", column_kinds.INT, True, "INVISIBLE"))
        if rng.random() < 0.15:
            kind = next(kind for kind in self.values if kind.name == "ts6")
            stamp = "DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)"
            table.columns.append(Column("s0", kind, True, stamp))
        if rng.random() < 0.15:
            table.columns.append(Column("d0", column_kinds.INT, False, "DEFAULT 7"))

    def rename_columns(self, table):
        names = self.rng.sample(HOSTILE, 4)
        for column in table.columns:
            if names and column.name.startswith("c"):
                column.name = names.pop()

    def refer(self, tables):
        """Foreign keys to tables before and to the table itself; now and then a circle."""
        rng = self.rng
        for number, table in enumerate(tables):
            parents = range(len(tables)) if rng.random() < 0.15 else range(number + 1)
            for parent in rng.sample(parents, min(len(parents), rng.choice([0, 1, 1, 2]))):
                self.add_reference(table, tables[parent], parent)

    def add_reference(self, table, parent, number):
        rng = self.rng
        kinds = [parent.column(name).kind for name in parent.key]
        if not kinds or not all(kind.refers for kind in kinds) or not table.key:
            return
        nullable = rng.random() < 0.6
        actions = ACTIONS if nullable else ACTIONS[:3]
        names = [f"f{len(table.references)}_{i}" for i in range(len(kinds))]
        table.columns += [Column(name, kind, nullable) for name, kind in zip(names, kinds)]
        table.references.append(
            Reference(names, number, rng.choice(actions), rng.choice(actions)))

    def choose_options(self, table, plain_name):
        rng = self.rng
        if not plain_name:
            return
        if rng.random() < 0.15:
            table.columns.append(Column("w", column_kinds.SMALL))
            table.where = rng.choice(["w < 3", "w IS NULL OR w > 2", "w IN (1, 2, 3)"])
            table.follow = rng.random() < 0.5
        free = [column for column in table.free() if column.nullable]
        if free and rng.random() < 0.15:
            table.ignore = [rng.choice(free).name]
        table.keeps = rng.random() < 0.1

    def add_triggers(self, case, number):
        rng, table = self.rng, case.tables[number]
        kinds = ["none", "none", "looks", "logs"]
        if table.key:
            kinds += ["rewrites", "rewrites"]
        # Later ones, so that no trigger comes back to the table that is being written.
        others = range(number + 1, len(case.tables))
        if others:
            kinds += ["writes", "writes", "deletes"]
        action = rng.choice(kinds)
        other = rng.choice(others) if action in ("writes", "deletes") else -1
        if action == "rewrites":
            # A row that others refer to is not replaced, so an UPDATE cannot be put right.
            event = "INSERT" if case.referred_to(number) else rng.choice(["INSERT", "UPDATE"])
            table.triggers.append(Trigger("BEFORE", event, action))
        elif action == "looks":
            table.triggers.append(Trigger("BEFORE", "UPDATE", action, allowed=False))
        elif action == "deletes" and not self.can_empty(case, other):
            return  # the trigger itself would fail
        elif action != "none":
            for event in rng.sample(["INSERT", "UPDATE", "DELETE"], rng.choice([1, 3])):
                table.triggers.append(Trigger("AFTER", event, action, other))

    @staticmethod
    def can_empty(case, number):
        """Do foreign keys let rows go, and no further than to the next table? (MySQL: 6575.)"""
        return all(reference.on_delete not in ("RESTRICT", "NO ACTION")
                   and not case.referred_to(case.tables.index(child))
                   for child, reference in case.referred_to(number))

    def options(self):
        rng = self.rng
        return Options(
            chunk_rows=rng.choice([1, 2, 10, 50, 200]), threads=rng.choice([1, 4]),
            large_bytes=rng.choice([0, 0, 0, 1, 20, 600]),
            max_unit_rows=rng.choice([0, 0, 0, 0, 2, 7, 40]),
            verify=rng.choice(["chunks", "rows"]),
            shuffled=rng.random() < 0.2, kill_at=rng.choice([0, 0, 0, rng.randint(1, 60)]),
            intrude=rng.choice(["", "", "", "abort", "skip"]), swapped=rng.random() < 0.2,
            method=rng.choice(["stream", "checksum"]))
