"""Random damage to a case's target."""

import row_maker


class Damage:
    """Steps change the rows of the target; settle() then keeps its foreign keys."""

    def __init__(self, rng, case, maker: row_maker.RowMaker):
        self.rng, self.case, self.maker = rng, case, maker
        self.steps = [self.insert, self.delete, self.update, self.near, self.same_value,
                      self.same_edit, self.exchange, self.pass_along, self.key_near, self.key_move,
                      self.null_or_empty, self.shift_text, self.remove_run, self.outside,
                      self.reparent]

    def run(self):
        for table in self.case.tables:
            for step in self.rng.choices(self.steps, k=self.rng.choice([0, 1, 2, 3, 5])):
                step(table)
        if self.rng.random() < 0.1:
            return  # children without parents are damage too
        self.settle()

    def some(self, table, most=None):
        """Some rows: one, a few, a share, all."""
        numbers = list(table.target)
        count = self.rng.choice([1, 2, 3, 4, self.rng.randint(1, 8), len(numbers) // 4,
                                 len(numbers) // 2, len(numbers)])
        count = min(len(numbers), count, most or len(numbers))
        return self.rng.sample(numbers, count)

    def column(self, table, wanted=lambda column: True):
        bound = set(table.key) | {name for r in table.references for name in r.columns}
        columns = [c for c in table.columns if c.name not in bound and wanted(c)]
        return self.rng.choice(columns) if columns else None

    # --- steps -----------------------------------------------------------------------------------

    def insert(self, table):
        for _ in range(self.rng.randint(1, 12)):
            row = self.maker.row(table)
            table.target[self.maker.number()] = row
            for reference in table.references:
                self.maker.point(table, row, reference, "target")

    def delete(self, table):
        for number in self.some(table):
            del table.target[number]

    def update(self, table):
        for number in self.some(table):
            column = self.column(table)
            table.target[number][column.name] = self.maker.value(column)

    def near(self, table):
        column = self.column(table)
        for number in self.some(table):
            row = table.target[number]
            if row[column.name] is not None:
                row[column.name] = column.kind.near(self.rng, row[column.name])

    def same_value(self, table):
        column = self.column(table)
        value = self.maker.value(column)
        for number in self.some(table, most=8):
            table.target[number][column.name] = value

    def same_edit(self, table):
        """The edit that sums of CRCs do not see when an even number of rows has it."""
        column = self.column(table, lambda c: c.kind.text) or table.column("n")
        for number in self.some(table, most=8):
            row = table.target[number]
            value = row[column.name]
            if value is not None:
                row[column.name] = value[:-1] + "q" if column.kind.text else value ^ 1

    def exchange(self, table):
        """Rows exchange values: of a unique index, of a column, of their keys; in circles."""
        columns = list(self.rng.choice(table.uniques + [[self.column(table).name]]))
        if table.key and self.rng.random() < 0.1:
            columns = list(table.key)
        rows = [table.target[number] for number in self.some(table, most=9)]
        values = [[row[name] for name in columns] for row in rows]
        for row, value in zip(rows, values[1:] + values[:1]):
            row.update(zip(columns, value))

    def pass_along(self, table):
        """Each takes the unique value of the next; the last one's comes free, or a new row's."""
        if not table.uniques:
            return
        columns = self.rng.choice(table.uniques)
        rows = [table.target[number] for number in self.some(table, most=6)]
        if self.rng.random() < 0.5:
            rows.append(self.maker.row(table))
            table.target[self.maker.number()] = rows[-1]
            for reference in table.references:
                self.maker.point(table, rows[-1], reference, "target")
        values = [{name: row[name] for name in columns} for row in rows]
        for row, value in zip(rows, values[1:]):
            row.update(value)
        if rows:
            rows[-1].update({name: self.maker.value(table.column(name)) for name in columns})

    def key_near(self, table):
        for number in self.some(table, most=9) if table.key else ():
            column = table.column(self.rng.choice(table.key))
            row = table.target[number]
            row[column.name] = column.kind.near(self.rng, row[column.name])

    def key_move(self, table):
        for number in self.some(table, most=5) if table.key else ():
            column = table.column(self.rng.choice(table.key))
            table.target[number][column.name] = column.kind.make(self.rng)

    def null_or_empty(self, table):
        column = self.column(table, lambda c: c.nullable)
        if column is None:
            return
        for number in self.some(table):
            row = table.target[number]
            if row[column.name] is None:
                row[column.name] = "" if column.kind.text else column.kind.make(self.rng)
            else:
                row[column.name] = None

    def shift_text(self, table):
        """Text moves over the boundary of two columns."""
        names = [c.name for c in table.columns if c.kind.text and c.name not in table.key
                 and c.name.startswith("c")]
        for left, right in zip(names, names[1:]):
            for number in self.some(table, most=4):
                row = table.target[number]
                if row[left] and row[right] is not None:
                    row[left], row[right] = row[left][:-1], row[left][-1] + row[right]

    def remove_run(self, table):
        """Neighbours by key go: a whole chunk, or the first rows, or the last."""
        numbers = sorted(table.target, key=lambda n: repr(table.key_of(table.target[n])))
        begin = self.rng.choice([0, len(numbers) // 3, max(0, len(numbers) - 5)])
        for number in numbers[begin:begin + self.rng.randint(1, 30)]:
            del table.target[number]

    def outside(self, table):
        """Rows beyond the last key of the source, and before the first."""
        if not table.key or table.key[0] != "k0" or table.column("k0").kind.name != "ki":
            return
        for value in (-2**31 + 1, 2**31 - 2):
            row = self.maker.row(table)
            row["k0"] = value
            for reference in table.references:
                self.maker.point(table, row, reference, "target")
            table.target[self.maker.number()] = row

    def reparent(self, table):
        if not table.references:
            return
        reference = self.rng.choice(table.references)
        for number in self.some(table, most=6):
            self.maker.point(table, table.target[number], reference, "target")

    # --- foreign keys ----------------------------------------------------------------------------

    def settle(self):
        """Children whose parent went get another, none, or go too."""
        for table in self.case.tables:
            for row in table.target.values():
                for reference in self.case.missing(table, row, "target"):
                    if self.rng.random() < 0.6:
                        self.maker.point(table, row, reference, "target")
        self.case.drop_orphans("target")
