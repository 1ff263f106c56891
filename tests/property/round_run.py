"""One round: plans and applies a case, and holds every property against the oracle."""

import collections
import json
import os
import random
import subprocess

import sql_text
from sides import Broken

INTRUDER = 77_777_777  # a value that no row has by itself
TIMEOUT_S = 300
KILLED = -9
# What only jobs that leave rows out may be refused for; the target is untouched then.
LEFT_OUT = {"unique_held_outside_plan", "fk_parent_missing", "cascade_outside_plan"}


class Round:
    """A case on its servers, in a directory of its own."""

    def __init__(self, rowplan, sides, case, directory):
        self.rowplan_path, self.sides, self.case = rowplan, sides, case
        self.directory = directory
        self.changes = 0
        self.refused = False

    # --- rowplan ---------------------------------------------------------------------------------

    def rowplan(self, what, expect, *words, env=None):
        done = subprocess.run([self.rowplan_path, *words], cwd=self.directory, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=TIMEOUT_S, stdin=subprocess.DEVNULL, errors="replace",
                              env={**os.environ, **(env or {})})
        with open(self.directory / "transcript.txt", "a", encoding="utf-8") as file:
            file.write(f"$ rowplan {' '.join(words)}  [{what}, exit {done.returncode}]\n"
                       f"{done.stdout[-4000:]}\n")
        if done.returncode not in expect:
            raise Broken(what, f"rowplan {' '.join(words)}: exit {done.returncode}, expected"
                               f" {expect}\n{done.stdout[-3000:]}")
        return done.returncode

    def write_manifest(self, name, threads=None, swapped=False, method=None):
        source, target = (self.sides.servers[role] for role in ("source", "target"))
        if swapped:
            source, target = target, source
        text = sql_text.manifest(self.case, self.sides.db, source, target, threads, method)
        (self.directory / name).write_text(text, encoding="utf-8")

    def plan(self, what, directory, manifest="rowplan.toml", expect=(0,)):
        code = self.rowplan(what, expect, "plan", "-f", manifest, "-o", directory)
        return code, json.loads((self.directory / directory / "plan.json").read_text("utf-8"))

    # --- the round -------------------------------------------------------------------------------

    def run(self):
        self.sides.load(self.case)
        before = {role: self.sides.dump_all(self.case, role) for role in ("source", "target")}
        expected, crossing = self.sides.expected(self.case)
        self.case.operations = {op: sum(of[op] for of in expected.values())
                                for op in ("insert", "update", "delete")}
        self.write_manifest("rowplan.toml")
        code, plan = self.plan("plan", "plan", expect=(0, 13))
        self.check_operations("P1 operations", expected, plan, "plan")
        self.check_same_plans()
        self.check_swapped(expected)
        self.check_target_as("P4 plan writes", before)
        if self.check_refusal(code, plan, crossing):
            self.refused = True
            self.rowplan("P10 refused", (13,), "apply", "plan")
            self.check_target_as("P10 refused", before)
        else:
            self.check_intruded()
            self.check_applied(before)
        self.check_same("P4 source", before["source"], self.sides.dump_all(self.case, "source"))

    def check_refusal(self, code, plan, crossing):
        """Is the plan refused? Then for a reason that the case gives."""
        errors = {f["code"] for f in plan["findings"] if f["severity"] == "error"}
        allowed = set()
        if any(table.where or table.keeps for table in self.case.tables):
            allowed |= LEFT_OUT
        if self.case.options.max_unit_rows:
            allowed.add("unit_too_large")  # circles, and tables without an identity
        if crossing:
            allowed.add("filter_moved")
            if "filter_moved" not in errors:
                raise Broken("P10 filter", "rows cross the filter's edge, and no finding says so")
        triggers = self.case.triggers()
        if any(not trigger.allowed for trigger in triggers):
            allowed.add("trigger_on_target")
        if any(trigger.other >= 0 and not self.case.tables[trigger.other].key
               for trigger in triggers):
            allowed.add("trigger_writes_keyless")
        if errors - allowed:
            messages = [f["message"] for f in plan["findings"] if f["severity"] == "error"]
            raise Broken(f"P10 findings {' '.join(sorted(errors - allowed))}", messages[:3])
        if (code == 13) != bool(errors):
            raise Broken("P10 exit", f"exit {code} with the findings {sorted(errors)}")
        return bool(errors)

    def check_operations(self, what, expected, plan, directory):
        """P1: the plan has just the oracle's differences, table by table."""
        for table in plan["tables"]:
            name = table["address"].split(".", 1)[1]
            planned = collections.Counter()
            if table["changes"]:
                path = self.directory / directory / table["changes"]["path"]
                lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
                for line in lines:
                    planned[line["op"]] += line.get("count", 1)
                keys = [json.dumps(line["key"]) for line in lines if line["key"] is not None]
                if len(set(keys)) != len(keys):
                    raise Broken(what, f"{name}: a key is planned twice")
            if name in expected and planned != collections.Counter(expected[name]):
                raise Broken(what, f"{name}: planned {dict(planned)}, expected {expected[name]}")
            self.changes += planned.total() if directory == "plan" else 0

    def check_same_plans(self):
        """P7: threads, method and time change nothing outside of `run`."""
        threads = 1 if self.case.options.threads > 1 else 4
        method = "stream" if self.case.options.method == "checksum" else "checksum"
        self.write_manifest("other.toml", threads=threads, method=method)
        self.plan("P7 plan", "other", "other.toml", expect=(0, 13))
        contents = [files_of(self.directory / name) for name in ("plan", "other")]
        for name in sorted(set(contents[0]) | set(contents[1])):
            if contents[0].get(name) != contents[1].get(name):
                raise Broken("P7 same plans", f"{name} differs between 1 and 4 threads, or between"
                             " the methods")

    def check_swapped(self, expected):
        """P11: the other way round everything is the other way round."""
        plain = not any(table.where or table.keeps for table in self.case.tables)
        if not self.case.options.swapped or not plain or not same_vendor(self.case):
            return
        self.write_manifest("swapped.toml", swapped=True)
        _, plan = self.plan("P11 plan", "swapped", "swapped.toml", expect=(0, 13))
        turned = {name: {"insert": ops["delete"], "update": ops["update"], "delete": ops["insert"]}
                  for name, ops in expected.items()}
        self.check_operations("P11 inverse", turned, plan, "swapped")

    def check_intruded(self):
        """P8: a write to a planned row between plan and apply is never lost."""
        rng = random.Random(self.case.seed)
        found = self.planned_row(rng) if self.case.options.intrude else None
        if found is None:
            return
        table, row = found
        where = sql_text.key_equals(table, row)
        before = self.sides.dump("target", table.name, (), where)
        self.sides.run("target", [f"USE `{self.sides.db}`",
                                  f"UPDATE {sql_text.quote(table.name)}"
                                  f" SET {self.intrusion(rng, table)} WHERE {where}"])
        written = self.sides.dump("target", table.name, (), where)
        if written == before:
            return
        codes = (3, 10) if self.case.options.intrude == "skip" else (10,)
        self.rowplan("P8 stale", codes, "apply", "plan", "--verify",
                     self.case.options.verify, "--on-stale", self.case.options.intrude)
        self.check_same("P8 lost write", {table.name: written},
                        {table.name: self.sides.dump("target", table.name, (), where)})
        self.plan("P8 plan", "plan2")
        (self.directory / "plan").rename(self.directory / "plan1")
        (self.directory / "plan2").rename(self.directory / "plan")

    def intrusion(self, rng, table):
        """What others write. Rows judged one by one may differ where the plan does not write."""
        free = [column for column in table.free() if column.name not in table.ignore]
        if self.case.options.verify == "rows" or not free or rng.random() < 0.3:
            return f"n = {INTRUDER}"
        column = rng.choice(free)
        value = column.kind.literal(column.kind.make(rng))
        return f"{sql_text.quote(column.name)} = {value}"

    def planned_row(self, rng):
        """A row of the target that is planned to change, and may: (table, row)."""
        found = []
        for table in self.case.tables:
            if table.where or table.keeps or not table.key or table.triggers:
                continue
            for number, row in table.target.items():
                if number not in table.source or row["n"] != table.source[number]["n"]:
                    found.append((table, row))
        return rng.choice(found) if found else None

    def check_applied(self, before):
        """P2, P3, P9: whatever happens on the way, in the end the target is as planned."""
        words = ["apply", "plan", "--verify", self.case.options.verify]
        if self.case.options.kill_at:
            self.rowplan("P9 killed", (0, KILLED), *words,
                         env={"ROWPLAN_TEST_KILL_AT": str(self.case.options.kill_at)})
        self.rowplan("P2 apply", (0,), *words)
        self.check_converged(before)
        self.rowplan("P3 check", (0,), "check")
        _, plan = self.plan("P3 plan", "after")
        if any(plan["summary"][op] for op in ("insert", "update", "delete")):
            raise Broken("P3 empty", f"a second plan has {plan['summary']}")
        self.rowplan("P3 again", (0,), *words)
        self.check_converged(before)

    def check_converged(self, before):
        for table in self.case.tables:
            source = self.sides.compared(table, "source")
            target = self.sides.compared(table, "target")
            lacking, extra = source - target, target - source
            if lacking or (extra and not table.keeps):
                raise Broken("P2 converge", f"{table.name}: {sample(lacking)}\n--\n{sample(extra)}")
            if extra - before["target"][table.name] and not table.ignore:
                raise Broken("P2 kept", f"{table.name}: a kept row is another\n{sample(extra)}")
            if table.where and not table.follow:
                self.check_outside(table, before)
        self.check_same("P4 bystander", {"bystander": before["target"]["bystander"]},
                        {"bystander": self.sides.dump("target", "bystander")})

    def check_outside(self, table, before):
        """Rows outside the filter stay, but for what a foreign key does to them."""
        outside = self.sides.dump("target", table.name, (), f"({table.where}) IS NOT TRUE")
        gone = outside - before["target"][table.name]
        if gone:
            raise Broken("P4 outside", f"{table.name}: outside the filter\n{sample(gone)}")

    def check_target_as(self, what, before):
        self.check_same(what, before["target"], self.sides.dump_all(self.case, "target"))

    @staticmethod
    def check_same(what, before, after):
        for table, rows in before.items():
            if rows != after[table]:
                raise Broken(what, f"{table}: {sample(rows - after[table])}\n--\n"
                                   f"{sample(after[table] - rows)}")


def same_vendor(case):
    source, target = case.pairing.split("-")
    return source == target


def sample(lines):
    return "\n".join(line[:300] for line in sorted(lines)[:3])


def files_of(directory):
    """The contents of a plan, without what may vary."""
    found = {}
    for path in directory.rglob("*"):
        name = str(path.relative_to(directory))
        if path.is_file() and name not in ("plan.sha256", "summary.md"):
            found[name] = path.read_bytes()
    plan = json.loads(found["plan.json"])
    del plan["run"], plan["manifest_sha256"]
    plan["files"] = [file for file in plan["files"] if file["path"] != "summary.md"]
    found["plan.json"] = plan
    return found
