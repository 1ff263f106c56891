#!/usr/bin/python3
"""Checks what clang-format and clang-tidy do not: sizes, stray paths, files that nothing builds."""

import ast
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("mysql", "state", "planner", "executor", "cmd")
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 100
SKIPPED = {".git", "build", "__pycache__"}
TEXT_SUFFIXES = {".h", ".cc", ".py", ".sh", ".md", ".toml", ".sql", ".cmake", ".json", ".txt",
                 ".yml", ".yaml", ""}
CODE_SUFFIXES = {".h", ".cc", ".py", ".sh"}
# Paths of one machine, and notes to oneself. Put together here so that this file has none.
STRAY = re.compile("|".join(["/ro" + "ot/", "/wo" + "rk/", "/ho" + "me/[a-z]", r"\bTO" + r"DO\b",
                             r"\bFIX" + r"ME\b"]))
# Names that are the implementation's, or could be; clang-tidy needs a sixth of its time for them.
RESERVED = re.compile(r"(?<!::)\b(?!__builtin_|__\w+__\b)(?:_\w+|\w*__\w*)\b")
NOT_CODE = re.compile(r'"(?:[^"\\]|\\.)*"|//.*')
NOT_A_FUNCTION = re.compile(
    r"^\s*(namespace|struct|class|union|enum|extern)\b|=\s*\{$|\(\{$|^\s*\}")


def text_files():
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not SKIPPED & set(parts) and path.suffix in TEXT_SUFFIXES:
            yield path


def cpp_functions(lines):
    """(first line, length) of the blocks that stand at the left or one step in: 1-based."""
    opened = {}
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip(" "))
        if indent in (0, 2) and re.match(r"\s*\}", line):
            start = opened.pop(indent, None)
            if start is not None:
                yield start, number - start + 1
        if indent in (0, 2) and line.strip() and not NOT_A_FUNCTION.search(line) \
                and not line.lstrip().startswith(("//", "#")):
            # A signature may take several lines; the block counts from its first one.
            if line.rstrip().endswith(("{", "(", ",")):
                opened[indent] = number
            else:
                opened.pop(indent, None)


def check_lengths(path, lines, problems):
    for number, line in enumerate(lines, 1):
        # The expected text of a test stands in one piece.
        is_golden = path.parent.name == "unit" and '"' in line
        if len(line) > LINE_COLUMNS_MAX and not is_golden:
            problems.append(f"{path}:{number}: {len(line)} columns")
    if path.suffix in (".h", ".cc"):
        functions = cpp_functions(lines)
    elif path.suffix == ".py":
        functions = ((node.lineno, node.end_lineno - node.lineno + 1)
                     for node in ast.walk(ast.parse("\n".join(lines)))
                     if isinstance(node, ast.FunctionDef))
    else:
        functions = ()
    for number, length in functions:
        if length > FUNCTION_LINES_MAX:
            problems.append(f"{path}:{number}: a function of {length} lines")


def check_names(path, lines, problems):
    for number, line in enumerate(lines, 1):
        name = RESERVED.search(NOT_CODE.sub("", line))
        if name:
            problems.append(f"{path}:{number}: {name[0]} is a reserved name")


def check_built(problems):
    """Every source stands in its folder's CMakeLists.txt."""
    for folder in (*FOLDERS, "tests/unit"):
        lists = ROOT / folder / "CMakeLists.txt"
        listed = set(re.findall(r"[\w./-]+\.cc", lists.read_text())) if lists.exists() else set()
        there = {path.name for path in (ROOT / folder).glob("*.cc")}
        for name in sorted(there - listed):
            problems.append(f"{folder}/{name}: not in CMakeLists.txt")


def check_prints(path, text, problems):
    """Printing is for cmd/ alone."""
    folder = path.relative_to(ROOT).parts[0]
    if folder in FOLDERS and folder != "cmd" and re.search(r"std::(cout|cerr|clog)\b", text):
        problems.append(f"{path}: prints; only cmd/ does")


def main():
    problems = []
    files = list(text_files())
    for path in files:
        text = path.read_text(encoding="utf-8", errors="replace")
        for match in STRAY.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            problems.append(f"{path}:{line}: '{match.group()}' has no place here")
        if path.suffix in CODE_SUFFIXES:
            check_lengths(path, text.splitlines(), problems)
            check_prints(path, text, problems)
        if path.suffix in (".h", ".cc"):
            check_names(path, text.splitlines(), problems)
    check_built(problems)
    for problem in problems:
        print(problem)
    print(f"{len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
