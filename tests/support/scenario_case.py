"""A scenario: a folder of SQL files and a case.toml that says what must come of them.

tests/scenarios/README.md describes the files and the keys.
"""

import dataclasses
import pathlib
import tomllib

PAIRINGS = ("mariadb-mariadb", "mysql-mysql", "mariadb-mysql", "mysql-mariadb")
VERDICTS = ("converge", "refused", "stale", "fails")
OPS = ("insert", "update", "delete", "conflict", "kept")
FILE_STEMS = ("schema", "source", "target", "data", "source_data", "target_data",
              "between_source", "between_target")
VENDORS = ("mariadb", "mysql")


class CaseError(ValueError):
    """case.toml or the folder of a case is wrong."""


@dataclasses.dataclass
class Compare:
    """What of source and target must be equal in the end."""

    tables: dict | None = None  # source's name: target's name; None: all, by the same name
    target_db: str = "@DB@"
    ignore: list = dataclasses.field(default_factory=list)
    where: str = ""
    utf8: bool = False
    json: list = dataclasses.field(default_factory=list)
    keeps: bool = False
    count: bool = True
    outside: bool = True


@dataclasses.dataclass
class Expect:
    verdict: str = "converge"
    ops: dict | None = None
    findings: list = dataclasses.field(default_factory=list)
    exit: int = 0
    stderr: list = dataclasses.field(default_factory=list)
    rows: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Case:
    name: str
    folder: pathlib.Path
    what: str
    pairings: tuple
    globals: dict
    compare: Compare
    expect: Expect

    @property
    def db(self):
        return self.name.replace("-", "_")

    def fill(self, text):
        return text.replace("@DB@", self.db)

    def sql(self, stems, vendor):
        """The case's scripts of these stems in order: STEM.sql, then STEM.<vendor>.sql."""
        scripts = []
        for stem in stems:
            for name in (f"{stem}.sql", f"{stem}.{vendor}.sql"):
                path = self.folder / name
                if path.exists():
                    scripts.append((name, self.fill(path.read_text(encoding="utf-8"))))
        return scripts

    def has(self, stem):
        return any((self.folder / f"{stem}{end}").exists()
                   for end in (".sql", ".mariadb.sql", ".mysql.sql"))

    def manifest_fragment(self):
        path = self.folder / "manifest.toml"
        return self.fill(path.read_text(encoding="utf-8")) if path.exists() else ""


def _fields(kind, table, where):
    known = {field.name for field in dataclasses.fields(kind)}
    unknown = set(table) - known
    if unknown:
        raise CaseError(f"{where}: unknown key {', '.join(sorted(unknown))}")
    return kind(**table)


def _check_files(folder):
    allowed = {"case.toml", "manifest.toml"}
    for stem in FILE_STEMS:
        allowed |= {f"{stem}.sql"} | {f"{stem}.{vendor}.sql" for vendor in VENDORS}
    for path in folder.iterdir():
        if path.name not in allowed:
            raise CaseError(f"{path}: no file of a scenario has this name")


def read_case(folder):
    folder = pathlib.Path(folder)
    _check_files(folder)
    where = f"{folder.name}/case.toml"
    table = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    compare = _fields(Compare, table.pop("compare", {}), f"{where} [compare]")
    expect = _fields(Expect, table.pop("expect", {}), f"{where} [expect]")
    case = Case(name=folder.name, folder=folder, what=table.pop("what", ""),
                pairings=tuple(table.pop("pairings", PAIRINGS)),
                globals=table.pop("globals", {}), compare=compare, expect=expect)
    if table:
        raise CaseError(f"{where}: unknown key {', '.join(sorted(table))}")
    if not case.what:
        raise CaseError(f"{where}: 'what' says in a sentence what is tried")
    if not case.pairings or set(case.pairings) - set(PAIRINGS):
        raise CaseError(f"{where}: pairings are among {', '.join(PAIRINGS)}")
    if expect.verdict not in VERDICTS:
        raise CaseError(f"{where}: verdict is one of {', '.join(VERDICTS)}")
    if expect.ops is None and expect.verdict in ("converge", "stale"):
        raise CaseError(f"{where}: [expect] ops is missing")
    if set(expect.ops or {}) - set(OPS):
        raise CaseError(f"{where}: ops are among {', '.join(OPS)}")
    if expect.verdict == "refused" and not expect.findings:
        raise CaseError(f"{where}: a refusal names its findings")
    if expect.verdict == "fails" and not expect.exit:
        raise CaseError(f"{where}: a failure names its exit code")
    between = case.has("between_source") or case.has("between_target")
    if expect.verdict == "stale" and not between:
        raise CaseError(f"{where}: 'stale' goes with between_source.sql or between_target.sql")
    return case


def read_cases(folder):
    """All cases below a folder, by name."""
    return [read_case(path.parent) for path in sorted(pathlib.Path(folder).glob("*/case.toml"))]
