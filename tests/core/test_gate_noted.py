"""The gate: what somebody decided to leave out, or to believe for long, stands in the decision that rests on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.builders import ITEM, NOON, SYSTEM, ask, entered, environment, evidence, green, run, world
from tests.core.questions import ADVANCE, HOLD, MINUTE
from verify.core.notes import noted
from verify.core.verdicts import Verdict

WITHOUT_ITEM = {"endpoints": {"list": SYSTEM["endpoints"]["list"]}}
MEANT = frozenset({ITEM})
LEFT_OUT = "left out on purpose: parity.endpoint endpoint/item"


def said(verdict, *, id="r2", ago=1):
    """A run that says this of the claim that was struck."""
    return run(evidence(ITEM, verdict, at=NOON - MINUTE * ago, run=id), id=id, at=NOON - MINUTE * ago)


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([said(Verdict.FAIL)], ", which FAILED in r2"),
        ([said(Verdict.PASS)], ", which PASSED in r2"),
        ([said(Verdict.INCONCLUSIVE)], ", which was INCONCLUSIVE in r2"),
        ([said(Verdict.FAIL, ago=3), said(Verdict.INCONCLUSIVE, id="r3")], ", which FAILED in r2"),
        ([said(Verdict.FAIL, ago=3), said(Verdict.PASS, id="r3")], ", which PASSED in r3"),
        ([replace(said(Verdict.FAIL), started_as=replace(said(Verdict.FAIL).started_as, candidate="build-6"))],
         ", of which no run of these builds says anything"),
    ],
)  # fmt: skip
def test_an_acknowledged_claim_is_told_with_what_was_known_of_it(runs, words):
    """The last verdict of these builds; a run that could not tell replaces none."""
    place, before = environment(**WITHOUT_ITEM), entered(planned=(ITEM,))
    decision = ask(place, "10", world(green(*SEEN), *runs, chain=[before], acknowledged=MEANT))
    assert decision.action is ADVANCE
    assert decision.notes == (LEFT_OUT + words,)
    assert decision.reasons[-1] == LEFT_OUT + words


SEEN = tuple(each.claim for each in ask(environment(**WITHOUT_ITEM), "10", world()).claims)


def test_what_a_hold_acknowledged_is_told_until_an_advance():
    """Else acknowledging before the last claim is proven would hide it from the decision that moves traffic."""
    place = environment(**WITHOUT_ITEM)
    failed = said(Verdict.FAIL, ago=9)
    held = replace(
        ask(place, "10", world(failed, acknowledged=MEANT)), action=HOLD, decided_at=NOON - MINUTE * 2, sequence=1
    )
    let = ask(place, "10", world(failed, green(*SEEN), chain=[held]))
    assert let.action is ADVANCE
    assert let.notes == (LEFT_OUT + ", which FAILED in r2",)
    assert not ask(place, "10", world(failed, green(*SEEN), chain=[held, let])).notes


def test_a_claim_that_is_described_again_is_not_left_out():
    """Acknowledged then, asked now."""
    held = entered(action=HOLD, acknowledged=(ITEM,), at=NOON - MINUTE)
    assert not ask(environment(), "10", world(green(), chain=[held])).notes


def test_evidence_that_counts_for_over_a_quarter_is_told():
    """A step that asks for no fresh evidence any more, in every decision; ninety days are quiet."""
    steps = [dict(each) for each in SYSTEM["steps"]]
    steps[0]["fresh"] = {"default": "9999d", "parity": "91d", "health": "15m"}
    steps[1]["fresh"] = {"default": "90d"}
    told = "step 10: evidence counts for over 90 days: fresh default 9999d, parity 91d"
    let = [entered(at=NOON - MINUTE * 9)]
    assert ask(environment(steps=steps), "10", world(green(), chain=let)).notes == (told,)
    assert ask(environment(steps=steps), "30", world(chain=let)).notes == (told,)
    assert ask(environment(steps=steps), "30", world()).notes[0] == told


def test_what_is_noted_later_stands_first_among_the_notes():
    """In the reasons too, behind why the decision is what it is."""
    decision = entered(reasons=("all proven", "one"), notes=("one",))
    assert noted(decision, ["two"]).reasons == ("all proven", "two", "one")
    assert noted(decision, ["two"]).notes == ("two", "one")
    assert noted(decision, []) == decision
