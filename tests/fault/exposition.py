"""A strict reader of Prometheus' text exposition format 0.0.4."""

import re

from bench import Failure

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
VALUE = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?|NaN|[-+]Inf")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}
# What promtool calls lint: base units, and _total on counters alone.
ODD_ENDINGS = ("_total", "_ms", "_milliseconds", "_minutes", "_hours", "_days", "_percent", "_kb")


def refuse(number, line, why):
    raise Failure(f"metrics, line {number}: {why}: {line!r}")


def read_labels(text, number, line):
    labels = {}
    at = 0
    while at < len(text):
        found = LABEL.match(text, at)
        if not found:
            refuse(number, line, "no label")
        name, value = found.groups()
        if name in labels or name.startswith("__"):
            refuse(number, line, f"label {name}")
        labels[name] = re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), value)
        at = found.end()
        if at < len(text):
            if text[at] != "," or at + 1 == len(text):
                refuse(number, line, "no comma between labels")
            at += 1
    return labels


def read_sample(line, number):
    found = re.fullmatch(r"([^ {]+)(?:\{(.*)\})? (\S+)", line)
    if not found or not NAME.fullmatch(found[1]):
        refuse(number, line, "no sample")
    if not VALUE.fullmatch(found[3]):
        refuse(number, line, "no value")
    return found[1], read_labels(found[2] or "", number, line), float(found[3])


def parse(text):
    """{name: [(labels, value)]}; raises Failure for what a scraper might refuse."""
    if not text.endswith("\n") or "\r" in text:
        raise Failure("metrics: the last line has no end, or lines end with CR")
    samples, helped, typed, current = {}, set(), set(), None
    for number, line in enumerate(text[:-1].split("\n"), 1):
        if line.startswith("#"):
            kind, name, rest = (line.split(" ", 3)[1:] + ["", ""])[:3]
            if kind not in ("HELP", "TYPE") or not NAME.fullmatch(name) or not rest:
                refuse(number, line, "no HELP or TYPE")
            seen = helped if kind == "HELP" else typed
            if name in seen or name in samples:
                refuse(number, line, "told twice, or too late")
            if kind == "TYPE" and (rest not in TYPES or name not in helped):
                refuse(number, line, "an odd type, or one without HELP")
            if not name.startswith("rowplan_") or name.endswith(ODD_ENDINGS):
                refuse(number, line, "a name against the convention")
            seen.add(name)
            current = name
            continue
        name, labels, value = read_sample(line, number)
        if name != current or name not in typed:
            refuse(number, line, "a sample outside its family")
        if any(labels == other for other, _ in samples.get(name, [])):
            refuse(number, line, "a sample told twice")
        samples.setdefault(name, []).append((labels, value))
    empty = typed - set(samples)
    if empty:
        raise Failure(f"metrics: families without a sample: {sorted(empty)}")
    return samples
