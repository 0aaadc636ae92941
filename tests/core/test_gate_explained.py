"""What every run on record says about a claim, and why that counts or does not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.core.builders import CHECKS, HEALTH, LIST, LOAD, NOON, environment, evidence, green, run, waiver, world
from tests.core.questions import MINUTE, failing
from verify.commands.explaining import explained_lines, explained_plain
from verify.core.explaining import explain
from verify.core.gate import find
from verify.core.plan import plan
from verify.core.verdicts import Verdict


def explained(*runs, place=None, **around):
    """The plan of step 10 with these runs, by claim."""
    place = place or environment()
    needed, there = plan(place, place.step("10"), CHECKS), world(*runs, **around)
    found = find(place, needed, there, question="advance")
    return needed, explain(needed, there, found, found.since)


def states(*runs, about=LIST, **around):
    """Run and state of everything on record about one claim, newest first."""
    _, told = explained(*runs, **around)
    (each,) = (each for each in told if each.claim == about)
    return [(said.run, said.state) for said in each.said]


def test_the_newest_run_counts_and_the_others_are_superseded():
    """One entry a run that spoke of the claim, newest first."""
    assert states(green(), failing(id="r2", age=MINUTE * 4), green(LIST, at=NOON - MINUTE, id="r3")) == [
        ("r3", "counts"),
        ("r2", "superseded"),
        ("r1", "superseded"),
    ]


@pytest.mark.parametrize(
    ("one", "state", "why"),
    [
        (green(LIST, at=NOON - MINUTE * 60 * 25), "stale", "is stale: 1d 1h old, 1d allowed"),
        (replace(green(LIST), sealed={}), "unusable", "was not sealed"),
        (run(id="r1", claims={LIST}, finished=False), "interrupted", "recorded no verdict"),
        (run(id="r1", deselected={LIST}, claims={HEALTH}), "interrupted", "told to leave it out"),
        (run(evidence(LIST), build="build-6"), "foreign", "speaks of build build-6 (the candidate is now build-7)"),
        (run(evidence(LIST, digest="f" * 32)), "foreign", "an earlier description of this claim"),
    ],
    ids=["stale", "unsealed", "silent", "left out", "build", "description"],
)
def test_why_it_does_not_count(one, state, why):
    """In words."""
    _, told = explained(one)
    (said,) = next(each.said for each in told if each.claim == LIST)
    assert said.state == state
    assert why in said.why


def test_foreign_runs_stay_visible_beside_the_one_that_counts():
    """History is shown and decides nothing."""
    foreign = run(evidence(LIST, Verdict.FAIL, run="r2"), id="r2", at=NOON - MINUTE, build="build-8")
    assert states(green(), foreign) == [("r2", "foreign"), ("r1", "counts")]


def test_lines_show_the_whole_plan():
    """Heading, families, claims with how they stand, runs below, what is not required, what is deferred."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/item")])
    lines = explained_lines(*explained(green(HEALTH, LIST), failing(LOAD), place=place))
    text = "\n".join(lines)
    assert lines[0] == "shop/target, step 10: 3 claims needed, 2 proven"
    assert "health, not older than 15m" in lines
    assert "  PASS parity.endpoint endpoint/list: equal" in lines
    assert "      counts      PASS         5m old, run r1" in lines
    assert "  INCONCLUSIVE (interrupted) (waived) parity.endpoint endpoint/item: no run asked it" in lines
    assert lines.index("not required by this step") < lines.index("  FAIL load.latency mix/api: differs")
    assert "not yet required: load" in text


def test_many_runs_are_cut_and_counted():
    """Five a claim; the data for machines has them all."""
    runs = [green(LIST, at=NOON - MINUTE * (20 - number), id=f"r{number}") for number in range(9)]
    needed, told = explained(*runs)
    assert "      … and 4 more runs" in explained_lines(needed, told)
    plain = explained_plain(needed, told)
    (about,) = (each for each in plain["claims"] if each["subject"] == "endpoint/list")
    assert len(about["evidence"]) == 9
    assert about["evidence"][0] == {
        "run": "r8", "tool": "pytest", "kind": "measured", "verdict": "PASS", "observed_at": "2026-03-01T11:48:00+00:00",
        "age_seconds": 720.0, "state": "counts", "why": "",
    }  # fmt: skip
    assert json.loads(json.dumps(plain)) == plain


def test_what_counts_is_what_stands():
    """The run that counts is the one that the standing names."""
    _, told = explained(green(), failing(id="r2"), green(LIST, at=NOON - MINUTE, id="r3"))
    for each in told:
        counted = [said.run for said in each.said if said.state == "counts"]
        assert counted == ([each.standing.run] if each.standing.run else [])
