#!/usr/bin/python3
"""Runs clang-tidy over the sources that a build directory compiles; fails for any warning.

    clang_tidy.py BUILD_DIRECTORY [-j JOBS] [--analyzer]

The static analyzer takes more time than all other checks, so it is run on demand. A file that was
clean is not looked at again as long as it, its headers of this project, its compile command and the
checks are what they were.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

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


def fingerprint(entry, command):
    path = pathlib.Path(entry["file"])
    digest = hashlib.sha256(json.dumps(command).encode())
    digest.update(json.dumps(entry, sort_keys=True).encode())
    for file in [ROOT / ".clang-tidy", path, *sorted(own_headers(path, set()))]:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def look_at(entry, command, cache):
    """clang-tidy's text where it has any, else None."""
    stamp = cache / fingerprint(entry, command)
    if stamp.exists():
        return None
    done = subprocess.run([*command, entry["file"]],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 or done.stdout.strip():
        return done.stdout + done.stderr
    stamp.touch()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--analyzer", action="store_true", help="with the static analyzer")
    options = parser.parse_args()
    cache = options.build / "clang-tidy-clean"
    cache.mkdir(exist_ok=True)
    command = ["clang-tidy", "--quiet", "-p", str(options.build)]
    if not options.analyzer:
        command.append("--checks=-clang-analyzer-*")
    entries = [entry for entry in json.loads((options.build / "compile_commands.json").read_text())
               if pathlib.Path(entry["file"]).parent.name in FOLDERS]
    failed = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        futures = {pool.submit(look_at, entry, command, cache): entry["file"]
                   for entry in entries}
        for future in concurrent.futures.as_completed(futures):
            if future.result() is not None:
                failed.append(futures[future])
                print(f"{shlex.quote(futures[future])}:\n{future.result()}", flush=True)
    print(f"{len(entries) - len(failed)} of {len(entries)} files are clean")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
