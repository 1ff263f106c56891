#!/usr/bin/python3
"""Reads what examples/schedule holds with the tools that will read it: crontab, systemd, promtool.

Kubernetes has no such tool in Debian: its file is parsed, and the fields that matter are looked at.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples" / "schedule"
NO_ALARM = {11, 75}
VERB = ["sync", "--auto-approve"]


class Failure(Exception):
    """An example is not what its tool takes."""


def check(condition, text):
    if not condition:
        raise Failure(text)


def run(*command, cwd=EXAMPLES):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, cwd=cwd, check=False)
    check(done.returncode == 0, f"$ {' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def crontab():
    """crontab takes it; and its line says something for each code but those of no alarm."""
    run("crontab", "-n", "crontab")
    lines = (EXAMPLES / "crontab").read_text(encoding="utf-8").splitlines()
    command = next(line.split(None, 5)[5] for line in lines if " sync " in line)
    # What cron does before a shell sees it; and without what this machine does not have.
    command = command.replace("\\%", "%").replace("cd /etc/rowplan && ", "")
    with tempfile.TemporaryDirectory() as directory:
        for code in (0, 1, 10, *sorted(NO_ALARM), 130):
            fake = pathlib.Path(directory) / "rowplan"
            fake.write_text(f"#!/bin/sh\necho said so >&2\nexit {code}\n", encoding="utf-8")
            fake.chmod(0o700)
            done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, text=True,
                                  env={"PATH": f"{directory}:/usr/bin:/bin"}, check=False)
            alarm = code not in {0, *NO_ALARM}
            check(done.returncode == (code if alarm else 0), f"{code} became {done.returncode}")
            check(done.stdout == (f"said so\nexit code {code}\n" if alarm else ""),
                  f"{code}: {done.stdout!r}")


def systemd(rowplan):
    """systemd takes both units, once the program is there."""
    with tempfile.TemporaryDirectory() as directory:
        for name in ("rowplan.service", "rowplan.timer"):
            text = (EXAMPLES / name).read_text(encoding="utf-8")
            text = text.replace("/usr/local/bin/rowplan", rowplan)
            (pathlib.Path(directory) / name).write_text(text, encoding="utf-8")
        text = run("systemd-analyze", "verify", "--man=no", f"{directory}/rowplan.service",
                   f"{directory}/rowplan.timer", cwd=directory)
        check("rowplan" not in text, text)
    service = (EXAMPLES / "rowplan.service").read_text(encoding="utf-8")
    codes = set(map(int, re.search(r"^SuccessExitStatus=(.*)$", service, re.M)[1].split()))
    check(codes == NO_ALARM, f"SuccessExitStatus is {codes}")


def prometheus():
    """promtool takes the rules and what they are to say; fault/status_tests.py sees the names."""
    run("promtool", "check", "rules", "alerts.yaml")
    run("promtool", "test", "rules", "alerts_test.yaml")


def kubernetes():
    """The fields of a CronJob, and what comes of the exit codes."""
    job = yaml.safe_load((EXAMPLES / "cronjob.yaml").read_text(encoding="utf-8"))
    check((job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob"), "not a CronJob")
    check(job["spec"]["concurrencyPolicy"] == "Forbid", "two at a time")
    check(len(job["spec"]["schedule"].split()) == 5, "its schedule")
    spec = job["spec"]["jobTemplate"]["spec"]
    pod = spec["template"]["spec"]
    check(pod["restartPolicy"] == "Never", "podFailurePolicy needs restartPolicy Never")
    (container,) = pod["containers"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    check({mount["name"] for mount in container["volumeMounts"]} == volumes, "volumes")
    check(all("valueFrom" in entry and "value" not in entry for entry in container["env"]),
          "a secret inline")
    first = container["args"].index("sync")
    check(container["args"][first:first + 2] == VERB, f"args {container['args']}")
    rules = {rule["action"]: rule["onExitCodes"] for rule in spec["podFailurePolicy"]["rules"]}
    check(rules["Ignore"]["values"] == [11] and rules["Count"]["values"] == [75], "11 and 75")
    check(rules["FailJob"]["operator"] == "NotIn"
          and set(rules["FailJob"]["values"]) == {0, *NO_ALARM}, "all else")
    check({rule["containerName"] for rule in rules.values()} == {container["name"]}, "names")


def commands():
    """All of them run the same, with no password."""
    for name in ("crontab", "rowplan.service"):
        text = (EXAMPLES / name).read_text(encoding="utf-8")
        check(" ".join(VERB) in text, f"{name} does not sync")
    for path in EXAMPLES.iterdir():
        text = path.read_text(encoding="utf-8")
        check(not re.search(r"(?i)passw(or)?d\s*[=:]\s*[\"']?\w", text), f"{path}: a password")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: run_examples.py ROWPLAN")
    rowplan = str(pathlib.Path(sys.argv[1]).resolve())
    tools = [tool for tool in ("crontab", "systemd-analyze", "promtool") if not shutil.which(tool)]
    if tools:
        sys.exit(f"not installed: {', '.join(tools)}; see tests/install_packages.sh")
    failed = 0
    for name, test in (("crontab", crontab), ("systemd", lambda: systemd(rowplan)),
                       ("prometheus", prometheus), ("kubernetes", kubernetes),
                       ("commands", commands)):
        try:
            test()
            print(f"ok    {name}")
        except Failure as failure:
            failed += 1
            print(f"FAIL  {name}\n{failure}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
