"""Two-way groups whose spokes miss syncs: what they did meanwhile, and what they did not see."""

import json
import signal
import sqlite3

from bench import check

from sync_tests import SYNC
from two_way_group_tests import (CONFLICT, MEMBERS, NEWEST, NO_SIGHT, PLAIN, STATE, Group, codes_of,
                                 difference, open_conflicts, told, values)
from two_way_tests import state_rows

PARTIAL = 3
SKIP = 'on_missing = "skip"\n'
LIMITS = '[group.g.limits]\nmax_deletes = "100%"\n'
ROUNDS = 5
IDS = 25


def away(group, member="far"):
    group.bench.servers[member].kill(signal.SIGTERM)


def back(group, member="far"):
    group.bench.servers[member].start()


def two_way_missing_deletes(bench):
    """A row that is deleted while a spoke is down is gone there too, and comes back nowhere."""
    group = Group(bench, SKIP + PLAIN + LIMITS)
    bench.expect(0, *SYNC)
    away(group)
    group.delete("hub", 5)
    group.delete("near", 6)
    group.update("hub", 7, "moved")
    group.insert("near", 200, "new")
    plan = bench.plan()
    check(codes_of(plan) == {"spoke_missing"} and not plan["complete"] and plan["applyable"],
          f"plan {plan['findings']}")
    check(plan["tables"][1]["spokes"] == ["near"], f"tables {plan['tables'][1]}")
    bench.expect(PARTIAL, "check")
    done = told(bench, PARTIAL, "apply", "plan")
    check(done["missing_spokes"] == ["g@far"], f"apply {done}")
    for number in (5, 7):  # once more
        bench.execute("hub", f"DELETE FROM t WHERE id = {number}")
    document = told(bench, PARTIAL, *SYNC)
    check(document["missing_spokes"] == ["g@far"], f"sync {document}")
    listed = state_rows(bench, "SELECT member, kind, since <> '', rows FROM behind_lists"
                               " ORDER BY rows DESC")
    check(listed[0] == ("far", "listed", 1, 4), f"lists {listed}")
    behind = json.loads(bench.expect(0, "status", "--json").out)["pairs"][0]["behind"]
    check([entry["rows"] for entry in behind if entry["address"] == f"g@far/{bench.db}.t"] == [4],
          f"status {behind}")
    check("to catch up" in bench.expect(0, "status").out, "the text does not tell of it")
    back(group)
    check(5 in group.rows("far") and 200 not in group.rows("far"), "the spoke has seen it already")
    bench.expect(0, *SYNC)
    found = group.check_equal("when it is back")
    check(not {5, 6, 7} & set(found) and found[200][0] == "new", f"rows {sorted(found)[:9]}")
    check(not state_rows(bench, "SELECT * FROM behind_lists"), "lists are left")
    check(bench.plan("none")["units"] == [], "there is more to do")


def two_way_missing_changes(bench):
    """What a spoke did while it was down goes to all; what others changed too is a conflict."""
    group = Group(bench, SKIP + PLAIN + LIMITS)
    bench.expect(0, *SYNC)
    away(group)
    group.delete("hub", 5)
    group.update("near", 6, "near")
    group.update("hub", 7, "same")
    group.insert("hub", 300, "hub")
    bench.expect(PARTIAL, *SYNC)
    back(group)
    group.update("far", 5, "far")
    group.delete("far", 6)
    group.execute("far", "UPDATE t SET v = 'same', stamp = '2026-02-01 00:00:00.000002' "
                         "WHERE id = 7")
    group.update("far", 8, "far")
    group.delete("far", 9)
    group.insert("far", 300, "far")
    group.insert("far", 301, "far")
    bench.plan()
    bench.expect(CONFLICT, "apply", "plan")
    found = open_conflicts(bench, "plan")
    check({key: line["kind"] for key, line in found.items()} ==
          {5: "update_delete", 6: "update_delete", 300: "insert_insert"}, f"{found}")
    check(found[5]["did"] == {"hub": "deleted", "near": "deleted", "far": "changed"}, f"{found}")
    bench.expect(0, "resolve", "plan", "-o", "decided", "--take", "far")
    bench.expect(0, "apply", "decided")
    found = values(group.check_equal("when it is back"))
    check(found[5] == "far" and 6 not in found and found[8] == "far" and 9 not in found and
          found[300] == found[301] == "far", f"{found}")
    check(bench.plan("none")["units"] == [], "there is more to do")


def two_way_missing_too_long(bench):
    """Away for longer than tombstone_days: 14; rebased alone, it is a union for the spoke alone."""
    group = Group(bench, SKIP + "tombstone_days = 7\n" + PLAIN + LIMITS)
    bench.expect(0, *SYNC)
    away(group)
    group.delete("hub", 5)
    bench.expect(PARTIAL, *SYNC)
    with sqlite3.connect(bench.directory / "state.db") as state:
        state.execute("UPDATE behind_lists SET since = '2026-01-01T00:00:00.000Z'")
    state.close()
    group.delete("hub", 6)
    bench.expect(PARTIAL, *SYNC)
    kinds = state_rows(bench, "SELECT DISTINCT kind, rows FROM behind_lists")
    check(kinds == [("expired", 0)], f"lists {kinds}")
    back(group)
    group.delete("far", 7)
    group.update("far", 8, "far")
    before = group.seen()
    refused = bench.expect(STATE, *SYNC)
    check("state rebase g@far" in refused.err, f"{refused}")
    check(group.seen() == before, "something was written")
    bench.expect(0, "state", "rebase", "g@far")
    plan = bench.plan()
    check(codes_of(plan) == {"baseline_missing"}, f"findings {plan['findings']}")
    bench.expect(CONFLICT, "apply", "plan")
    bench.expect(0, "resolve", "plan", "-o", "decided", "--take", "far")
    bench.expect(0, "apply", "decided")
    found = values(group.check_equal("rebased"))
    check({5, 6, 7} <= set(found) and found[8] == "far", f"{sorted(found)[:9]}")
    check(not state_rows(bench, "SELECT * FROM behind_lists"), "lists are left")


def two_way_missing_first(bench):
    """A spoke that was not there at the first sync: a union for it when it comes."""
    group = Group(bench, SKIP + PLAIN + LIMITS)
    away(group)
    bench.expect(PARTIAL, *SYNC)
    group.delete("hub", 5)
    bench.expect(PARTIAL, *SYNC)
    back(group)
    group.delete("far", 6)
    group.insert("far", 200, "far")
    bench.expect(0, *SYNC)
    found = group.check_equal("there for the first time")
    check({5, 6, 200} <= set(found), f"{sorted(found)[:9]}")
    group.delete("far", 6)
    bench.expect(0, *SYNC)
    check(6 not in group.check_equal("from then on"), "a delete is none")


def two_way_missing_at_apply(bench):
    """A plan is for its members: with one gone nothing is applied; who comes late stays out."""
    group = Group(bench, SKIP + PLAIN + LIMITS)
    bench.expect(0, *SYNC)
    group.update("hub", 5, "hub")
    bench.plan("whole")
    before = group.seen()[:2]
    away(group)
    bench.expect(NO_SIGHT, "apply", "whole")
    check([group.rows("hub"), group.rows("near")] == before, "others were written")
    bench.plan("without")
    back(group)
    bench.expect(PARTIAL, "apply", "without")
    check(group.rows("near")[5][0] == "hub" and group.rows("far")[5][0] != "hub",
          "who was missing when it was planned stays out")
    bench.expect(0, *SYNC)
    group.check_equal("after all")


def two_way_missing_histories(bench):
    """Random changes, a spoke that misses syncs at random: in the end all have the last of each."""
    group = Group(bench, SKIP + NEWEST.replace("resolve = \"newest\"",
                                               "resolve = \"newest\", otherwise = \"hub\"")
                  % bench.db + LIMITS)
    bench.expect(0, *SYNC)
    truth = values(group.rows("hub"))
    missed = 0
    for turn in range(ROUNDS * bench.stage.rounds):
        # Each member has numbers of its own in a round: nothing is changed twice.
        numbers = bench.random.sample(range(1, IDS), 12)
        unseen = set()
        for part in range(2):
            is_away = part == 0 and bench.random.random() < 0.8
            for number in numbers[part * 6:part * 6 + 6]:
                member = bench.random.choice(MEMBERS)
                change(group, truth, member, number, f"{turn} {member}")
                if member != "far":
                    unseen.add(number)
            if is_away:
                # Of far's changes the others hear later.
                away(group)
                bench.expect(PARTIAL, *SYNC)
                missed += 1
                back(group)
                for number in set(numbers[:6]) - unseen:
                    change(group, truth, "far", number, f"{turn} far again")
        bench.expect(0, *SYNC)
        found = values(group.check_equal(f"round {turn}"))
        check(found == truth, f"round {turn}: {difference(found, truth)}")
        check(not state_rows(bench, "SELECT * FROM behind_lists"), "lists are left")
    return f"{missed} syncs were missed"


def change(group, truth, member, number, text):
    there = number in group.rows(member)
    if there and group.bench.random.random() < 0.4:
        group.delete(member, number)
        truth.pop(number)
    elif there:
        group.update(member, number, text)
        truth[number] = text
    else:
        group.insert(member, number, text)
        truth[number] = text


TESTS = (two_way_missing_deletes, two_way_missing_changes, two_way_missing_too_long,
         two_way_missing_first, two_way_missing_at_apply, two_way_missing_histories)
