"""A password stands in nothing that rowplan writes, prints, or shows in the list of processes."""

import glob
import json

from bench import Worker, check

import shop

CANARY = "Canary-7f3a%2Fq'x"
ENCODED = "Canary-7f3a"  # what of it stands in any encoding
WRONG = "Canary-7f3a-wrong"


def watch_processes(stop):
    """Looks for the canary in the arguments of all processes."""
    needle = ENCODED.encode()
    while not stop.is_set():
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as file:
                    arguments = file.read()
            except OSError:
                continue  # it ended
            check(needle not in arguments, f"the password stands in {path}: {arguments[:200]}")
        stop.wait(0.002)


def private_file(bench, name, text):
    path = bench.directory / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def ways(bench):
    """What the manifest says of a server, by the way of the password. Makes the files for it."""
    private_file(bench, "pw.txt", CANARY + "\n")
    private_file(bench, "wrong.txt", WRONG + "\n")
    quoted = CANARY.replace("\\", "\\\\")
    private_file(bench, "my.cnf", f'[client]\nuser = canary\npassword = "{quoted}"\n')
    command = private_file(bench, "give.sh", "#!/bin/sh\nexec cat pw.txt\n")
    command.chmod(0o700)
    user = 'user = "canary"\n'
    return {
        "password_env": user + 'password_env = "CANARY_PASSWORD"\n',
        "password_file": user + 'password_file = "pw.txt"\n',
        "password_command": user + 'password_command = ["./give.sh"]\n',
        "defaults_file": 'defaults_file = "my.cnf"\n',
    }


HOLDERS = {"pw.txt", "wrong.txt", "my.cnf"}


def check_files(bench, what):
    for path in bench.directory.rglob("*"):
        if path.is_file() and path.name not in HOLDERS:
            check(ENCODED.encode() not in path.read_bytes(),
                  f"{what}: the password stands in {path.name}")


def canary_password(bench):
    """No password in plans, state, logs, output, arguments, by whatever way it comes."""
    escaped = CANARY.replace("'", "''")
    for server in bench.servers.values():
        server.execute("DROP USER IF EXISTS canary@localhost; CREATE USER canary@localhost"
                       f" IDENTIFIED BY '{escaped}'; GRANT ALL ON *.* TO canary@localhost")
    shop.load(bench)
    bench.remember_start()
    env = {"CANARY_PASSWORD": CANARY}
    debug = ("--log-level", "debug")
    watcher = Worker(watch_processes)
    for way, lines in ways(bench).items():
        bench.new_state()
        bench.manifest(server=lines)
        bench.expect(0, "validate", "--connect", *debug, env=env)
        bench.expect(2, "check", *debug, "--json", env=env)
        bench.plan(env=env)
        bench.expect(0, "plan", "-o", "more", "--overwrite", *debug, "--log-file", "log.txt",
                     "--log-format", "json", env=env)
        for form in ("text", "markdown", "html", "json", "sql"):
            bench.expect(0, "show", "plan", "--format", form, env=env)
        bench.expect(0, "apply", "plan", *debug, "-v", env=env)
        for verb in (("status", "--json"), ("state", "show"), ("check",)):
            bench.expect(0, *verb, *debug, env=env)
        bench.check_converged(way)
        check_files(bench, way)
        bench.reset_target()
    # Errors are where secrets come out: a wrong password, a file that others may read.
    bench.manifest(server='user = "canary"\npassword_file = "wrong.txt"\n')
    bench.expect(12, "plan", "-o", "none", *debug)
    bench.manifest(server='user = "canary"\n'
                          'password_command = ["sh", "-c", "cat pw.txt; exit 1"]\n')
    bench.expect(12, "plan", "-o", "none", *debug)
    (bench.directory / "pw.txt").chmod(0o644)
    bench.manifest(server='user = "canary"\npassword_file = "pw.txt"\n')
    bench.expect(12, "plan", "-o", "none", *debug)
    watcher.finish()
    check_files(bench, "errors")
    for server in bench.servers.values():
        server.execute("DROP USER canary@localhost")


def password_in_manifest(bench):
    """A password that somebody wrote into the manifest is refused, and not repeated."""
    shop.load(bench)
    for lines in (f"password = {json.dumps(CANARY)}\n", f"pasword = {json.dumps(CANARY)}\n",
                  f"password_env = \"X\"\npassword = {json.dumps(CANARY)}\n"):
        bench.manifest(server=f'user = "canary"\n{lines}')
        for options in ((), ("--json",)):
            done = bench.expect(78, "plan", "-o", "none", *options)
            check(ENCODED not in done.out + done.err, f"the password is shown:\n{done}")


TESTS = (canary_password, password_in_manifest)
