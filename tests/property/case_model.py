"""A case: tables with rows on both sides, and the options of the job. Everything that a seed makes,
and what shrinking takes away."""

import dataclasses


@dataclasses.dataclass
class Column:
    name: str
    kind: object
    nullable: bool = True
    extra: str = ""  # behind the type: INVISIBLE, DEFAULT ...


@dataclasses.dataclass
class Reference:
    """A foreign key to the key of tables[parent]."""

    columns: list
    parent: int
    on_delete: str
    on_update: str


@dataclasses.dataclass
class Trigger:
    """What fires on the target when rowplan writes. `action`: see sql_text.trigger_body()."""

    timing: str
    event: str
    action: str
    other: int = -1  # of `writes` and `deletes`: the table that it writes
    allowed: bool = True


@dataclasses.dataclass
class Table:
    """Rows are dictionaries by column; the same number on both sides was one row once."""

    name: str
    columns: list
    key: list  # names of columns; []: no identity
    primary: bool = True  # else a unique key of NOT NULL columns
    uniques: list = dataclasses.field(default_factory=list)  # lists of names
    references: list = dataclasses.field(default_factory=list)
    generated: list = dataclasses.field(default_factory=list)  # their DDL
    triggers: list = dataclasses.field(default_factory=list)  # on the target alone
    where: str = ""
    ignore: list = dataclasses.field(default_factory=list)
    keeps: bool = False  # deletes = "ignore"
    follow: bool = False  # filter_moved = "follow"
    source: dict = dataclasses.field(default_factory=dict)
    target: dict = dataclasses.field(default_factory=dict)

    def column(self, name):
        return next(column for column in self.columns if column.name == name)

    def rows(self, role):
        return self.source if role == "source" else self.target

    def key_of(self, row):
        return tuple(self.column(name).kind.fold(row[name]) for name in self.key)

    def bound(self):
        """Names that keys, indexes and filters hold: the rest may be dropped or ignored."""
        names = set(self.key) | {"w", "n"}
        for unique in self.uniques:
            names |= set(unique)
        for reference in self.references:
            names |= set(reference.columns)
        return names

    def free(self):
        return [column for column in self.columns if column.name not in self.bound()]


@dataclasses.dataclass
class Options:
    chunk_rows: int = 200
    threads: int = 1
    large_bytes: int = 0  # 0: as it is by default
    max_unit_rows: int = 0  # 0: as it is by default, and units are not split
    verify: str = "chunks"
    shuffled: bool = False  # the target's columns stand in another order
    kill_at: int = 0  # apply is killed at the n-th point
    intrude: str = ""  # abort, skip: another write to a planned row, and --on-stale
    swapped: bool = False  # also plan the other way round
    method: str = "stream"  # the plan that is compared with the first is made by the other one


@dataclasses.dataclass
class Case:
    seed: int
    pairing: str
    tables: list
    options: Options
    operations: dict = dataclasses.field(default_factory=dict)  # in all, by the oracle, when run

    def drop_orphans(self, role):
        """Rows go that refer to no row, until none is left."""
        while self._drop_some(role):
            pass

    def _drop_some(self, role):
        gone = 0
        for table in self.tables:
            rows = table.rows(role)
            for number in [n for n, row in rows.items() if self.missing(table, row, role)]:
                del rows[number]
                gone += 1
        return gone

    def referred_to(self, number):
        """Tables, and their foreign keys, that refer to this one."""
        return [(table, reference) for table in self.tables for reference in table.references
                if reference.parent == number]

    def triggers(self):
        return [trigger for table in self.tables for trigger in table.triggers]

    def refused(self, number):
        """Is the table not compared at all, because of triggers?"""
        table = self.tables[number]
        return any(not trigger.allowed for trigger in table.triggers) or (
            not table.key and any(trigger.other == number for trigger in self.triggers()))

    def keys(self, parent, role):
        table = self.tables[parent]
        return {table.key_of(row) for row in table.rows(role).values()}

    def missing(self, table, row, role):
        """The references of a row that find no parent."""
        found = []
        for reference in table.references:
            values = [row[name] for name in reference.columns]
            if any(value is None for value in values):
                continue
            kinds = [table.column(name).kind for name in reference.columns]
            folded = tuple(kind.fold(value) for kind, value in zip(kinds, values))
            if folded not in self.keys(reference.parent, role):
                found.append(reference)
        return found
