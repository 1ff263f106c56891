"""Random tables: kinds of keys, unique indexes, foreign keys, odd columns and names."""

import column_kinds
from case_model import Case, Column, Options, Reference, Table

ACTIONS = ["RESTRICT", "NO ACTION", "CASCADE", "SET NULL"]
HOSTILE = ["a`b", "sel ect", "naïve", "x.y", "50%", "--x", "'q'", "日本", "\\n", "Ünique"]
TABLE_NAMES = ["t`0", "t 1", "t.2", "tä3"]


class SchemaMaker:
    def __init__(self, rng, pairing, keyless=False, triggers=False):
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
        return Case(seed, self.pairing, tables, self.options(tables))

    def table(self, number):
        rng = self.rng
        kinds = [] if self.keyless and rng.random() < 0.15 else rng.choice(self.keys)
        columns = [Column(f"k{i}", kind, False) for i, kind in enumerate(kinds)]
        table = Table(f"t{number}", columns, [column.name for column in columns])
        table.primary = rng.random() < 0.8
        table.trigger = self.triggers and rng.random() < 0.1
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
            nullable = rng.random() < 0.7 or any(c.kind.name == "kdo" for c in table.columns)
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
            # Rows outside the filter are followed by the bytes of their keys, not by a collation.
            texts = any(table.column(name).kind.text for name in table.key)
            table.follow = not texts and rng.random() < 0.5
        free = [column for column in table.free() if column.nullable]
        if free and rng.random() < 0.15:
            table.ignore = [rng.choice(free).name]
        table.keeps = rng.random() < 0.1

    def options(self, tables):
        rng = self.rng
        # Old values outside the filter are not read again, so large ones cannot be looked at.
        follows = any(table.where and table.follow for table in tables)
        return Options(
            chunk_rows=rng.choice([1, 2, 10, 50, 200]), threads=rng.choice([1, 4]),
            large_bytes=0 if follows else rng.choice([0, 0, 0, 1, 20, 600]),
            verify=rng.choice(["chunks", "rows"]),
            shuffled=rng.random() < 0.2, kill_at=rng.choice([0, 0, 0, rng.randint(1, 60)]),
            intrude=rng.choice(["", "", "", "abort", "skip"]), swapped=rng.random() < 0.2,
            method=rng.choice(["stream", "checksum"]))
