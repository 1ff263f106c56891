#!/usr/bin/python3
"""Loads all types with boundary and random values into a private server of one vendor, and lets
rowplan_encoding_check compare the client's canonical encoding with the server's."""

import argparse
import pathlib
import random
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))

# pylint: disable=wrong-import-position
import servers as server_support  # noqa: E402

TEXTS = ["", " ", "a ", "#", ",", "'", "\\", "N", "NULL", "\x00", "é", "ß", "Ÿ€", "a" * 128,
         "a" * 129, "é" * 64, "é" * 65, "日本語", "~|^", "\t\r\n", "0", "1e5"]
TYPES = [
    ("ti", "TINYINT", lambda r: r.randint(-128, 127)),
    ("tu", "TINYINT UNSIGNED", lambda r: r.randint(0, 255)),
    ("si", "SMALLINT", lambda r: r.randint(-32768, 32767)),
    ("mi", "MEDIUMINT", lambda r: r.choice([-8388608, 8388607, 0])),
    ("i", "INT", lambda r: r.choice([-2147483648, 2147483647, r.randint(-9, 9)])),
    ("iz", "INT(8) UNSIGNED ZEROFILL", lambda r: r.randint(0, 99999999)),
    ("bi", "BIGINT", lambda r: r.choice([-2**63, 2**63 - 1, r.getrandbits(60)])),
    ("bu", "BIGINT UNSIGNED", lambda r: r.choice([2**64 - 1, 2**63, 2**53 + 1, 0])),
    ("b1", "BIT(1)", lambda r: r.randint(0, 1)),
    ("b64", "BIT(64)", lambda r: r.getrandbits(64)),
    ("y", "YEAR", lambda r: r.choice(["'0000'", "'1901'", "'2155'", "'2026'"])),
    ("d", "DECIMAL(20,4)", lambda r: r.choice(["0", "-0.0001", "1.5", "9999999999999999.9999"])),
    ("dz", "DECIMAL(10,2) ZEROFILL", lambda r: r.choice(["0", "1.5", "99999999.99"])),
    ("dw", "DECIMAL(65,30)",
     lambda r: r.choice(["1e-30", "-12345678901234567890123456789012345.5"])),
    ("f", "FLOAT", lambda r: number(r, "<f", "<I", 32)),
    ("db", "DOUBLE", lambda r: number(r, "<d", "<Q", 64)),
    ("da", "DATE",
     lambda r: r.choice(["'0000-00-00'", "'2026-02-31'", "'9999-12-31'", "'1000-01-01'"])),
    ("t0", "TIME", lambda r: r.choice(["'-838:59:59'", "'838:59:59'", "'00:00:00'", "'01:02:03'"])),
    ("t6", "TIME(6)",
     lambda r: r.choice(["'-00:00:00.000001'", "'12:34:56.789012'", "'-838:59:59'"])),
    ("dt", "DATETIME", lambda r: r.choice(["'0000-00-00 00:00:00'", "'2025-10-26 02:30:00'"])),
    ("dt3", "DATETIME(3)",
     lambda r: r.choice(["'2025-03-30 02:30:00.001'", "'9999-12-31 23:59:59.999'"])),
    ("dt6", "DATETIME(6)",
     lambda r: r.choice(["'2026-01-01 00:00:00.000001'", "'2026-02-30 00:00:00'"])),
    ("ts", "TIMESTAMP NULL",
     lambda r: r.choice(["'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'",
                         "'2038-01-19 03:14:07'"])),
    ("ts6", "TIMESTAMP(6) NULL",
     lambda r: r.choice(["'2025-10-26 00:30:00.5'", "'2025-10-26 01:30:00.25'"])),
    ("c", "CHAR(140) CHARACTER SET utf8mb4", lambda r: text(r, "utf8mb4")),
    ("v", "VARCHAR(300) CHARACTER SET utf8mb4", lambda r: text(r, "utf8mb4")),
    ("v3", "VARCHAR(200) CHARACTER SET utf8mb3", lambda r: text(r, "utf8mb3")),
    ("vl", "VARCHAR(200) CHARACTER SET latin1", lambda r: text(r, "latin1")),
    ("vg", "VARCHAR(200) CHARACTER SET gbk", lambda r: text(r, "gbk")),
    ("vs", "VARCHAR(200) CHARACTER SET sjis", lambda r: text(r, "sjis")),
    ("vu", "VARCHAR(200) CHARACTER SET ucs2", lambda r: text(r, "ucs2")),
    ("tx", "TEXT CHARACTER SET utf8mb4", lambda r: text(r, "utf8mb4")),
    ("txl", "MEDIUMTEXT CHARACTER SET latin1", lambda r: text(r, "latin1")),
    ("bn", "BINARY(8)", lambda r: f"x'{r.getrandbits(64):016x}'"),
    ("vb", "VARBINARY(300)", lambda r: raw(r, 300)),
    ("bl", "BLOB", lambda r: raw(r, 2000)),
    ("e", "ENUM('','a','b,c','é','N') CHARACTER SET utf8mb4", lambda r: r.randint(0, 5)),
    ("el", "ENUM('x','ü') CHARACTER SET latin1", lambda r: r.randint(0, 2)),
    ("s", "SET('a','b','é','d') CHARACTER SET utf8mb4", lambda r: r.randint(0, 15)),
    ("g", "GEOMETRY", lambda r: f"ST_GeomFromText('POINT({r.randint(-90, 90)} {r.random()})')"),
]
VENDOR_TYPES = {
    "mariadb": [
        ("u", "UUID",
     lambda r: f"'{r.getrandbits(32):08x}-1234-4abc-8def-{r.getrandbits(48):012x}'"),
        ("i6", "INET6", lambda r: r.choice(["'::1'", "'2001:db8::ff'", "'::ffff:1.2.3.4'"])),
        ("j", "JSON", lambda r: r.choice(["'{\"b\":1.0,\"a\": 1}'", "'[]'", "'\"é\"'"])),
    ],
    "mysql": [
        ("j", "JSON", lambda r: r.choice(["'{\"b\":1.0,\"a\": 1}'", "'[1e2, null]'", "'\"é\"'"])),
        ("ve", "VECTOR(3)", lambda r: f"STRING_TO_VECTOR('[{r.random()},{r.randint(-9, 9)},0]')"),
    ],
}


def number(rng, form, bits_form, bits):
    """Any finite bit pattern, as text that a server reads back to the same bits."""
    while True:
        pattern = rng.choice([rng.getrandbits(bits), rng.getrandbits(bits),
                              struct.unpack(bits_form, struct.pack(form, rng.choice(
                                  [0.1, 1 / 3, -0.0, 16777216, 1e15, 1e-5, 123456.789])))[0]])
        value = struct.unpack(form, struct.pack(bits_form, pattern))[0]
        if value == value and abs(value) != float("inf"):
            return repr(value) if "e" in repr(value) else repr(value) + "e0"


def text(rng, charset):
    """Text that the charset holds."""
    while True:
        value = rng.choice(TEXTS) if rng.random() < 0.7 else "".join(
            chr(rng.choice([0x41, 0x62, 0x20, 0xe9, 0x3b1, 0x65e5, 0x1f600]))
            for _ in range(rng.randint(0, 30)))
        codec = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "latin1": "cp1252", "gbk": "gbk",
                 "sjis": "shift_jis", "ucs2": "utf-16-be"}[charset]
        try:
            value.encode(codec)
        except UnicodeEncodeError:
            continue
        if charset in ("utf8mb3", "ucs2") and any(ord(c) > 0xffff for c in value):
            continue
        if charset == "sjis" and ("\\" in value or "~" in value):
            continue
        return "_utf8mb4 x'" + value.encode().hex() + "'"


def raw(rng, longest):
    length = rng.choice([0, 1, 127, 128, 129, rng.randint(0, longest)])
    return "x'" + rng.randbytes(length).hex() + "'"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vendor", required=True, choices=["mariadb", "mysql"])
    parser.add_argument("--check", required=True, help="the rowplan_encoding_check binary")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=20260101)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    columns = TYPES + VENDOR_TYPES[options.vendor]
    with server_support.Servers() as servers:
        server = servers.start(options.vendor)
        server.execute("DROP DATABASE IF EXISTS encoding_check; CREATE DATABASE encoding_check;"
                       "CREATE TABLE encoding_check.t (id BIGINT PRIMARY KEY, " +
                       ", ".join(f"{name} {kind}" for name, kind, _ in columns) +
                       ") ENGINE=InnoDB ROW_FORMAT=DYNAMIC")
        names = "id, " + ", ".join(name for name, _, _ in columns)
        statements = ["SET sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', "
                      "time_zone='+00:00'"]
        for row in range(options.rows):
            values = [str(row - options.rows // 2)] + [
                "NULL" if rng.random() < 0.08 else str(make(rng)) for _, _, make in columns]
            statements.append(f"INSERT INTO encoding_check.t ({names}) VALUES "
                              f"({', '.join(values)})")
        server.execute(";\n".join(statements))
        print(f"{options.vendor}, seed {options.seed}: ", end="", flush=True)
        sys.exit(subprocess.run([options.check, str(server.socket)], check=False).returncode)


if __name__ == "__main__":
    main()
