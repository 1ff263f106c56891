"""What a column may hold: its type, values at the boundaries first, how each is written in SQL, and
what lies close by: one ulp, one microsecond, another case, a space more."""

import dataclasses
import math
import struct
from collections.abc import Callable

VENDORS = ("mariadb", "mysql")
ALPHABET = ["a", "A", "á", "b", "B", " ", "#", ",", "'", "\\", "\x00", "\t", "\n", "ß", "ss", "é",
            "e\u0301", "日", "😀", "😁", "\u200b", "~", "N", "NULL", "0", "1e5", "\x7f", "x" * 30]
WORDS = ["a", "A", "á", "b", "B ", "ab", "a b", "ss", "ß", "e", "é", "x" * 20, "-", "~", "\t", "z",
         "Z", "", " ", "\x00"]
CODECS = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "latin1": "cp1252", "gbk": "gbk",
          "ucs2": "utf-16-be"}


@dataclasses.dataclass(frozen=True)
class Kind:
    """A type with its values. `near` may give back the same value where nothing is closer."""

    name: str
    ddl: str
    make: Callable
    near: Callable
    literal: Callable = str
    vendors: tuple = VENDORS
    crosses: bool = True  # do both vendors hold the same?
    refers: bool = False  # fit for a foreign key
    text: bool = False
    fold: Callable = lambda value: value  # equal for values that are certainly equal keys

    def fits(self, pairing):
        sides = set(pairing.split("-"))
        return sides <= set(self.vendors) and (self.crosses or len(sides) == 1)


def quoted(value):
    return f"'{value}'"


def text_literal(value):
    return "_utf8mb4 x'" + value.encode().hex() + "'"


def bytes_literal(value):
    return "x'" + value.hex() + "'"


# --- numbers -------------------------------------------------------------------------------------

def integer(name, ddl, low, high, **more):
    def make(rng):
        return rng.choice([low, high, low + 1, high - 1, max(low, 0), min(high, 7),
                           rng.randint(low, high), rng.randint(max(low, -99), min(high, 99))])

    def near(rng, value):
        return min(high, max(low, value + rng.choice([-1, 1])))
    return Kind(name, ddl, make, near, **more)


def real(name, ddl, form, bits_form, bits, **more):
    def of(pattern):
        return struct.unpack(form, struct.pack(bits_form, pattern))[0]

    def make(rng):
        while True:
            value = of(rng.getrandbits(bits)) if rng.random() < 0.5 else of(of_bits(rng.choice(
                [0.1, 1 / 3, 16777216.0, 16777215.0, 2.0**53, 1e15, 1e-5, 123456.789, 1e-38])))
            if math.isfinite(value):
                return value

    def of_bits(value):
        return struct.unpack(bits_form, struct.pack(form, value))[0]

    def near(rng, value):
        pattern = of_bits(value) + rng.choice([-1, 1]) if value else 1
        moved = of(pattern)
        return moved if math.isfinite(moved) else value

    def literal(value):
        # Minus zero equals zero by definition (docs/plan-format.md); the oracle sees its bit.
        text = repr(value) if value else "0"
        return text if "e" in text else text + "e0"
    return Kind(name, ddl, make, near, literal, **more)


def decimal(name, ddl, scale, choices, **more):
    def near(rng, value):
        digits = value.replace(".", "").lstrip("-") if "e" not in value else "0"
        if not scale or not digits:
            return value
        whole = str(int(digits) + rng.choice([1, -1])) if int(digits) else "1"
        whole = whole.rjust(scale + 1, "0")[-18:]
        return f"{whole[:-scale] or '0'}.{whole[-scale:]}"
    return Kind(name, ddl, lambda rng: rng.choice(choices), near, **more)


# --- times ---------------------------------------------------------------------------------------

def temporal(name, ddl, choices, digits=0, spread="", **more):
    """`spread` goes before a random fraction, so that values lie close to each other."""
    def make(rng):
        if spread and rng.random() < 0.6:
            return f"{spread}.{rng.randrange(10 ** min(digits, 2)):0{digits}d}"
        return rng.choice(choices)

    def near(rng, value):
        if not digits:
            return rng.choice(choices)
        head, _, fraction = value.partition(".")
        if head.startswith(("0000", "-838", "838")):
            return value
        micro = int(fraction.ljust(digits, "0") or "0")
        micro = min(10 ** digits - 1, max(0, micro + rng.choice([-1, 1])))
        return f"{head}.{micro:0{digits}d}"
    return Kind(name, ddl, make, near, quoted, **more)


# --- text and bytes ------------------------------------------------------------------------------

def holds(charset, value):
    try:
        encoded = value.encode(CODECS[charset])
    except UnicodeEncodeError:
        return False
    small = charset not in ("utf8mb3", "ucs2") or all(ord(c) <= 0xffff for c in value)
    return small and (charset != "gbk" or encoded.decode("gbk") == value)


def near_text(rng, value, fits):
    """The same text to a careless eye."""
    edits = [value + " ", value.rstrip(" "), value.swapcase(), value + "a", value[:-1],
             value + "\x00", value.replace("a", "á"), value.replace("á", "a"),
             value[1:] + value[:1], value[:-1] + "b"]
    fitting = [edit for edit in edits if fits(edit)]
    return rng.choice(fitting or [value])


def text(name, ddl, charset, pool=None, longest=60, **more):
    def fits(value):
        return len(value) <= longest and holds(charset, value)

    def make(rng):
        while True:
            length = rng.choice([0, 1, 1, 2, 3])
            value = "".join(rng.choice(pool or ALPHABET) for _ in range(length))
            if fits(value):
                return value
    return Kind(name, ddl, make, lambda rng, value: near_text(rng, value, fits), text_literal,
                text=True, **more)


def collated(name, length, collation, ci, **more):
    charset = collation.split("_", maxsplit=1)[0]
    return text(name, f"VARCHAR({length}) CHARACTER SET {charset} COLLATE {collation}", charset,
                WORDS, refers=True, fold=str.lower if ci else (lambda value: value), **more)


def raw(name, ddl, lengths, **more):
    def make(rng):
        length = rng.choice(lengths)
        return rng.randbytes(length) if rng.random() < 0.7 else b"\x00" * length

    def near(rng, value):
        edits = [value[:-1] + b"\x01", value]
        if len(set(lengths)) > 1:
            edits += [value[:-1], value[:-1] + b"\xff"]
        return rng.choice(edits) if value else value
    return Kind(name, ddl, make, near, bytes_literal, **more)


def listed(name, ddl, choices, **more):
    """SQL expressions as they stand."""
    return Kind(name, ddl, lambda rng: rng.choice(choices), lambda rng, value: rng.choice(choices),
                **more)


def big_text(name, ddl, lengths):
    def make(rng):
        return rng.choice("ab") * rng.choice(lengths) + rng.choice(ALPHABET)

    def near(rng, value):
        return value[:-1] + rng.choice("abc")  # only the tail
    return Kind(name, ddl, make, near, text_literal)


VALUES = [
    integer("ti", "TINYINT", -128, 127),
    integer("tu", "TINYINT UNSIGNED", 0, 255),
    integer("mi", "MEDIUMINT", -8388608, 8388607),
    integer("i", "INT", -2**31, 2**31 - 1),
    integer("iz", "INT(8) UNSIGNED ZEROFILL", 0, 99999999),
    integer("bi", "BIGINT", -2**63, 2**63 - 1),
    integer("bu", "BIGINT UNSIGNED", 0, 2**64 - 1),
    integer("b1", "BIT(1)", 0, 1),
    integer("b64", "BIT(64)", 0, 2**64 - 1),
    listed("y", "YEAR", ["'0000'", "'1901'", "'2155'", "'2026'"]),
    decimal("d", "DECIMAL(20,4)", 4, ["0", "-0.0001", "1.5", "9999999999999999.9999"]),
    decimal("dw", "DECIMAL(65,30)", 30, ["1e-30", "-12345678901234567890123456789012345.5"]),
    real("f", "FLOAT", "<f", "<I", 32),
    real("db", "DOUBLE", "<d", "<Q", 64),
    temporal("da", "DATE", ["0000-00-00", "2026-02-31", "9999-12-31", "1000-01-01"]),
    temporal("t6", "TIME(6)", ["-00:00:00.000001", "12:34:56.789012", "-838:59:59"], 6, "01:02:03"),
    temporal("dt", "DATETIME", ["0000-00-00 00:00:00", "2025-10-26 02:30:00"]),
    temporal("dt3", "DATETIME(3)", ["2025-03-30 02:30:00.001", "9999-12-31 23:59:59.999"], 3),
    temporal("dt6", "DATETIME(6)", ["2026-01-01 00:00:00.000001", "2026-02-30 00:00:00"], 6,
             "2026-07-01 10:00:00"),
    temporal("ts6", "TIMESTAMP(6) NULL", [
        "2025-10-26 00:30:00.500000", "2025-10-26 01:30:00.500000", "1970-01-01 00:00:01.000000"],
             6),
    text("c", "CHAR(60) CHARACTER SET utf8mb4", "utf8mb4"),
    text("v", "VARCHAR(200) CHARACTER SET utf8mb4", "utf8mb4"),
    text("vb", "VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "utf8mb4"),
    text("v3", "VARCHAR(200) CHARACTER SET utf8mb3", "utf8mb3"),
    text("vl", "VARCHAR(200) CHARACTER SET latin1", "latin1"),
    text("vg", "VARCHAR(200) CHARACTER SET gbk", "gbk"),
    text("vu", "VARCHAR(200) CHARACTER SET ucs2", "ucs2"),
    text("tx", "TEXT CHARACTER SET utf8mb4", "utf8mb4"),
    big_text("mt", "MEDIUMTEXT CHARACTER SET utf8mb4", [127, 128, 511, 512, 5000, 70000]),
    raw("bn", "BINARY(8)", [8]),
    raw("vr", "VARBINARY(300)", [0, 1, 127, 128, 129, 300]),
    raw("bl", "BLOB", [0, 1, 512, 513, 2000]),
    listed("e", "ENUM('','a','b,c','é','N') CHARACTER SET utf8mb4", [str(i) for i in range(6)]),
    listed("s", "SET('a','b','é','d') CHARACTER SET utf8mb4", [str(i) for i in range(16)]),
    listed("g", "GEOMETRY", ["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(2 1)')",
                             "ST_GeomFromText('LINESTRING(0 0, 1 1.5)')"], crosses=False),
    listed("j", "JSON", ["'{\"b\":1.0,\"a\": 1}'", "'{\"a\": 1, \"b\": 1.0}'", "'[1e2, null]'",
                         "'\"é\"'", "'[]'", "'{}'"], crosses=False),
    listed("u", "UUID", ["'00000001-1234-4abc-8def-000000000001'",
                         "'00000002-1234-4abc-8def-000000000001'"], vendors=("mariadb",)),
    listed("i6", "INET6", ["'::1'", "'2001:db8::ff'", "'::ffff:1.2.3.4'"], vendors=("mariadb",)),
    listed("ve", "VECTOR(2)", ["STRING_TO_VECTOR('[1,2]')", "STRING_TO_VECTOR('[2,1]')"],
           vendors=("mysql",)),
]

INT = Kind("ki", "INT", lambda rng: rng.choice([rng.randint(-60, 60)] * 9 + [-2**31, 2**31 - 1]),
           lambda rng, value: min(2**31 - 1, max(-2**31, value + rng.choice([-1, 1]))), refers=True)
SMALL = Kind("ks", "TINYINT UNSIGNED", lambda rng: rng.randint(0, 5),
             lambda rng, value: (value + 1) % 256, refers=True)
BIG = Kind("kb", "BIGINT UNSIGNED",
           lambda rng: rng.choice([2**64 - 1, 2**63, 2**53 + 1]) - rng.randint(0, 90),
           lambda rng, value: value - 1, refers=True)
CI = collated("kci", 80, "utf8mb4_general_ci", True)
BIN = collated("kbin", 80, "utf8mb4_bin", False)
MICRO = temporal("kdt", "DATETIME(6)", ["2026-01-01 00:00:00.000000"], 6, "2026-01-01 00:00:00",
                 refers=True)
BYTES = raw("kvb", "VARBINARY(40)", [0, 1, 1, 2], refers=True)

KEYS = [
    [INT], [INT], [INT], [BIG], [CI], [BIN],
    [collated("kun", 80, "utf8mb4_unicode_ci", True)],
    [collated("kl1", 80, "latin1_swedish_ci", True)],
    [collated("k09", 80, "utf8mb4_0900_ai_ci", True, vendors=("mysql",))],
    [collated("k0c", 80, "utf8mb4_0900_as_cs", False, vendors=("mysql",))],
    [collated("k0b", 80, "utf8mb4_0900_bin", False, vendors=("mysql",))],
    [collated("knp", 80, "utf8mb4_general_nopad_ci", True, vendors=("mariadb",))],
    [collated("knb", 80, "utf8mb4_nopad_bin", False, vendors=("mariadb",))],
    [collated("kuc", 80, "utf8mb4_uca1400_ai_ci", True, vendors=("mariadb",))],
    [BYTES],
    [Kind("k16", "BINARY(16)", lambda rng: bytes(14) + rng.randbytes(2),
          lambda rng, value: value[:-1] + b"\x01", bytes_literal, refers=True)],
    [Kind("kde", "DECIMAL(30,3)", lambda rng: f"{rng.randint(-99, 99)}.{rng.randint(0, 9)}",
          lambda rng, value: value + "01", refers=True)],
    [MICRO],
    [Kind("kda", "DATE", lambda rng: f"2026-0{rng.randint(1, 3)}-{rng.randint(1, 28):02d}",
          lambda rng, value: value[:-2] + "01", quoted, refers=True)],
    [Kind("kti", "TIME(2)", lambda rng: f"{rng.choice(['-', ''])}{rng.randint(0, 800)}:00:01.5",
          lambda rng, value: value + "1", quoted, refers=True)],
    [listed("ken", "ENUM('b','a','c d','é','N','z') CHARACTER SET utf8mb4",
            [str(i) for i in range(1, 7)])],
    [Kind("kbi", "BIT(20)", lambda rng: rng.getrandbits(rng.choice([4, 8, 20])),
          lambda rng, value: value ^ 1)],
    [Kind("kdo", "DOUBLE", lambda rng: rng.choice([0.1, 1 / 3, 1e300, 5e-324]) * rng.randint(-9, 9),
          lambda rng, value: math.nextafter(value, math.inf),
          lambda value: repr(value) if value else "0e0")],
    [SMALL, CI], [CI, SMALL], [SMALL, INT, BYTES], [SMALL, BIN, MICRO, SMALL], [INT, BIG],
]
UNIQUES = [INT, INT, CI, BIN, BYTES, MICRO]
