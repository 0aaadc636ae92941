"""The gate: what was seen before traffic came to where it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.core.builders import ERRORS, HEALTH, ITEM, LIST, NOON, USERS, ask, entered, environment, green, world
from tests.core.questions import ADVANCE, HOLD, MINUTE, ROLL_BACK, failing, reasons
from tests.core.test_gate_moved import moved
from verify.core.passage import exposed


@pytest.mark.parametrize(("ago", "action"), [(30, ADVANCE), (2, HOLD)])
def test_evidence_counts_from_when_traffic_is_said_to_be_there(ago, action):
    """Let in at 11:00 and moved at 11:58: what was seen at 11:55 was seen without that traffic."""
    chain = [entered(at=NOON - timedelta(hours=1)), moved(10, ago=ago)]
    decision = ask(environment(), "30", world(green(), chain=chain))
    assert decision.action is action
    assert ("was observed before the previous step was entered" in reasons(decision)) is (action is HOLD)


@pytest.mark.parametrize(("came", "action"), [(60, ROLL_BACK), (3, HOLD)])
def test_equality_from_before_there_was_traffic_makes_no_way_back_safe(came, action):
    """Nothing was written on the candidate then, so that nothing could be missing on the baseline."""
    place = environment(data={"main": "dual-write"})
    runs = [green(HEALTH, ITEM, USERS), failing()]
    decision = ask(place, "10", world(*runs, chain=[entered(at=NOON - MINUTE * came)]), question="stay")
    assert decision.action is action
    assert ("going back is not proven" in reasons(decision)) is (action is HOLD)


def test_equality_seen_at_an_earlier_share_counts():
    """Traffic was on the candidate then as well."""
    place = environment(data={"main": "dual-write"})
    chain = [entered(at=NOON - MINUTE * 60), entered("30", 30.0, at=NOON - MINUTE * 3)]
    decision = ask(place, "30", world(green(HEALTH, ITEM, USERS), failing(), chain=chain), question="stay")
    assert decision.action is ROLL_BACK


def test_traffic_is_on_the_candidate_since_it_last_left_zero():
    """Going back to 0 ends it; another share does not begin it anew."""
    chain = [entered(at=NOON - MINUTE * 90), moved(0, ago=60), moved(10, ago=50), moved(30, ago=40)]
    assert exposed(chain) == NOON - MINUTE * 50
    assert exposed(chain[:2]) is None
    assert exposed([]) is None


def test_a_time_to_observe_needs_something_that_is_observed():
    """`observe` on a step that asks for no success claim would be a promise that nobody keeps."""
    steps = [{"name": "10", "percent": 10.0, "requires": ["health", "parity"], "observe": "7d"}]
    decision = ask(environment(steps=steps), "10", world(green()))
    assert decision.action is HOLD
    assert "step 10 wants 7d observed, and requires no success claim that could show it" in reasons(decision)
    asked = [{**steps[0], "requires": ["health", "success"]}]
    assert "requires no success claim" not in reasons(ask(environment(steps=asked), "10", world(green(HEALTH, ERRORS))))


@pytest.mark.parametrize(("ago", "told"), [(120, True), (5, False)])
def test_staying_on_what_was_seen_at_another_share_says_so(ago, told):
    """Success of 10 % is no success of 30 %: whoever stays on it reads when it was seen."""
    chain = [entered(at=NOON - MINUTE * 180), entered("30", 30.0, at=NOON - MINUTE * 30)]
    runs = [green(HEALTH, LIST, ITEM), green(ERRORS, at=NOON - MINUTE * ago, id="r5")]
    decision = ask(environment(), "30", world(*runs, chain=chain), question="stay")
    assert decision.action is ADVANCE
    said = f"{ERRORS}: observed before traffic came to where it is (2026-03-01 11:30 UTC), not since"
    assert (said in decision.notes) is told
