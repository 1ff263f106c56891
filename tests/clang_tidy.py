#!/usr/bin/python3
"""Runs clang-tidy over the sources that a build directory compiles; fails for any warning.

    clang_tidy.py BUILD_DIRECTORY [-j JOBS] [--analyzer] [--group N] [FILE]...

The static analyzer takes more time than all other checks, so it is run on demand. A file that was
clean is not looked at again as long as it, its headers of this project, its compile command and the
checks are what they were.

Four fifths of the time for a file go to the headers of others. So files that are compiled alike
are looked at together, as one source that includes them. Where such a group does not compile, or
is not clean, each of its files is looked at alone: only that counts.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import source_groups

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("mysql", "state", "planner", "executor", "cmd")
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def own_headers(path, seen):
    """The files of this project that a file includes, directly or not."""
    for name in INCLUDE.findall(path.read_bytes()):
        header = ROOT / name.decode()
        if header not in seen and header.exists():
            seen.add(header)
            own_headers(header, seen)
    return seen


def stamp_of(source, cache, command):
    """The file that is there if this source was clean as it is now."""
    digest = hashlib.sha256(json.dumps(command).encode())
    digest.update(json.dumps(source.entry, sort_keys=True).encode())
    for file in [ROOT / ".clang-tidy", source.path, *sorted(own_headers(source.path, set()))]:
        digest.update(file.read_bytes())
    return cache / digest.hexdigest()


def run_tidy(command, flags, path):
    """clang-tidy's text where it has any, else None."""
    done = subprocess.run([*command, str(path), "--", *flags],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    clean = done.returncode == 0 and not done.stdout.strip()
    return None if clean else done.stdout + done.stderr


def look_at(group, command):
    """{path: clang-tidy's text, None where it has none}"""
    if len(group) > 1:
        with tempfile.NamedTemporaryFile("w", suffix=".cc", encoding="utf-8") as together:
            for source in group:
                together.write(f'#include "{source.path}"'
                               "  // NOLINT(bugprone-suspicious-include)\n")
            together.flush()
            if run_tidy(command, group[0].flags, together.name) is None:
                return {source.path: None for source in group}
    return {source.path: run_tidy(command, source.flags, source.path) for source in group}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("files", nargs="*", type=pathlib.Path, metavar="FILE")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--analyzer", action="store_true", help="with the static analyzer")
    parser.add_argument("--group", type=int, default=source_groups.GROUP_MAX, metavar="N",
                        help="at most N files at once")
    return parser.parse_args()


def main():
    options = arguments()
    cache = options.build / "clang-tidy-clean"
    cache.mkdir(exist_ok=True)
    # The flags are g++'s, and name warnings that clang does not have.
    command = ["clang-tidy", "--quiet", f"--config-file={ROOT / '.clang-tidy'}",
               "--extra-arg=-Wno-unknown-warning-option"]
    if not options.analyzer:
        command.append("--checks=-clang-analyzer-*")
    wanted = {file.resolve() for file in options.files}
    sources = [source for source in source_groups.read_sources(options.build)
               if source.path.parent.name in FOLDERS and (not wanted or source.path in wanted)]
    stamps = {source: stamp_of(source, cache, command) for source in sources}
    dirty = [source for source in sources if not stamps[source].exists()]
    size = max(1, min(options.group, -(-len(dirty) // options.jobs)))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(look_at, group, command): group
                   for group in source_groups.grouped(dirty, size)}
        for future in concurrent.futures.as_completed(futures):
            texts = future.result()
            for source in futures[future]:
                text = texts[source.path]
                if text is None:
                    stamps[source].touch()
                else:
                    failed += 1
                    print(f"{source.path}:\n{text}", flush=True)
    print(f"{len(sources) - failed} of {len(sources)} files are clean;"
          f" {len(sources) - len(dirty)} were so before")
    return 1 if failed or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
