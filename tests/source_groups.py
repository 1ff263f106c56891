#!/usr/bin/python3
"""Which sources can be compiled as one, for those who want to read others' headers only once.

    source_groups.py BUILD_DIRECTORY

prints what CMake needs for a build by such groups: -DCMAKE_PROJECT_INCLUDE=FILE.
"""

import itertools
import json
import pathlib
import re
import shlex
import sys

LOCAL_NAME = re.compile(r"(?:struct|class|enum class) (?P<type>\w+)|using (?P<alias>\w+) ="
                        r"|(?!using )[A-Za-z[][^(={;]*?\b(?P<name>\w+)(?:\[[^\]]*\])*\s*[(={;]")
TARGET = re.compile(r"CMakeFiles/(\w+)\.dir/")
GROUP_MAX = 16
# Stands for itself where planted bugs are linked in.
ALONE = ("no_mutant.cc",)


def local_names(path):
    """The names in a file's unnamed namespaces: one source cannot have two of the same."""
    names = set()
    is_inside = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line == "namespace {":
            is_inside = True
        elif line == "}  // namespace":
            is_inside = False
        declared = LOCAL_NAME.match(line) if is_inside else None
        if declared:
            names.update(name for name in declared.groups() if name)
    return names


class Source:
    """A file, and how it is compiled."""

    def __init__(self, entry):
        self.entry = entry
        self.path = pathlib.Path(entry["file"])
        words = shlex.split(entry["command"])
        object_at = words.index("-o")
        self.target = TARGET.search(words[object_at + 1])[1]
        words = words[:object_at] + words[object_at + 2:]
        # After the compiler, and what may stand before it.
        first = next(i for i, word in enumerate(words) if word.startswith("-"))
        self.flags = [word for word in words[first:] if word not in ("-c", entry["file"])]
        self.names = local_names(self.path)

    def fits(self, other):
        return (self.target == other.target and self.flags == other.flags
                and not self.names & other.names)


def read_sources(build):
    """All that a build directory compiles."""
    entries = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    return [Source(entry) for entry in entries]


def grouped(sources, size=GROUP_MAX):
    """Lists of up to so many sources that can be compiled as one."""
    groups = []
    for source in sources:
        for group in groups:
            if len(group) < size and all(source.fits(other) for other in group):
                group.append(source)
                break
        else:
            groups.append([source])
    return groups


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sources = [source for source in read_sources(sys.argv[1]) if source.path.name not in ALONE]
    # The targets are not there yet when CMake reads this.
    print("macro(rowplan_source_groups)")
    for target, members in itertools.groupby(sources, lambda source: source.target):
        print(f"  set_target_properties({target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)")
        for number, group in enumerate(grouped(list(members))):
            files = " ".join(f'"{source.path}"' for source in group)
            print(f"  set_source_files_properties({files}\n    TARGET_DIRECTORY {target}"
                  f" PROPERTIES UNITY_GROUP {target}_{number})")
    print("endmacro()\ncmake_language(DEFER CALL rowplan_source_groups)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
