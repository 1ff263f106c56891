"""Random rows of a case's source, all of whose references are kept."""

FEW = [0, 3, 12, 40, 40, 80, 150]


class RowMaker:
    def __init__(self, rng, case):
        self.rng, self.case = rng, case
        self.next_number = 0

    def fill(self):
        """Rows of the source; the target begins with the same."""
        for table in self.case.tables:
            for _ in range(self.rng.choice(FEW)):
                table.source[self.number()] = self.row(table)
        for table in self.case.tables:
            for row in table.source.values():
                for reference in table.references:
                    self.point(table, row, reference, "source")
        self.case.drop_orphans("source")
        for table in self.case.tables:
            table.target = {number: dict(row) for number, row in table.source.items()}

    def number(self):
        self.next_number += 1
        return self.next_number

    def row(self, table):
        return {column.name: self.value(column) for column in table.columns}

    def value(self, column):
        if column.nullable and self.rng.random() < 0.12:
            return None
        return column.kind.make(self.rng)

    def point(self, table, row, reference, role):
        """Points the row at some row of the parent, or at none."""
        parent = self.case.tables[reference.parent]
        rows = list(parent.rows(role).values())
        nullable = table.column(reference.columns[0]).nullable
        if not rows or (nullable and self.rng.random() < 0.2):
            for name in reference.columns:
                row[name] = None if nullable else row[name]
            return
        chosen = self.rng.choice(rows)
        for name, key in zip(reference.columns, parent.key):
            row[name] = chosen[key]
