"""The gate: a failure that was struck from the description, a clock set back, and evidence of another suite."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.core.builders import (
    ITEM,
    LIST,
    NOON,
    SYSTEM,
    ask,
    entered,
    environment,
    evidence,
    green,
    run,
    world,
)
from tests.core.questions import ADVANCE, HOLD, MINUTE, reasons
from verify.core.links import Moved
from verify.core.verdicts import Verdict

WITHOUT_ITEM = {"endpoints": {"list": SYSTEM["endpoints"]["list"]}}
FAILED = run(evidence(ITEM, Verdict.FAIL, at=NOON - MINUTE, run="r2"), id="r2", at=NOON - MINUTE)


def test_a_failure_is_not_struck_out_with_its_claim():
    """A claim that failed and left the description before the first decision holds, and is carried on."""
    assert ask(environment(**WITHOUT_ITEM), "10", world(green())).action is ADVANCE
    decision = ask(environment(**WITHOUT_ITEM), "10", world(green(), FAILED))
    assert decision.action is HOLD
    told = "parity.endpoint endpoint/item: failed in r2 (differs), no longer there; --acknowledge"
    assert told in reasons(decision)
    assert ITEM in decision.planned


def test_a_failure_that_was_acknowledged_is_not_asked_about_again():
    """By this decision, or by one after the failure; not by one before it."""
    place, meant = environment(**WITHOUT_ITEM), frozenset({ITEM})
    assert ask(place, "10", world(green(), FAILED, acknowledged=meant)).action is ADVANCE
    for at, action in ((NOON - MINUTE / 2, ADVANCE), (NOON - 2 * MINUTE, HOLD)):
        earlier = entered(at=at, acknowledged=(ITEM,), action=HOLD)
        assert ask(place, "10", world(green(), FAILED, chain=[earlier])).action is action


def test_a_failure_that_says_nothing_of_today_stays_history():
    """Of another build, or replaced by a PASS before the claim was struck."""
    place = environment(**WITHOUT_ITEM)
    elsewhere = replace(FAILED, started_as=replace(FAILED.started_as, candidate="build-6"))
    assert ask(place, "10", world(green(), elsewhere)).action is ADVANCE
    later = green(ITEM, at=NOON - MINUTE / 2, id="r3")
    assert ask(place, "10", world(green(), FAILED, later)).action is ADVANCE


def test_a_clock_before_the_newest_entry_holds():
    """Evidence that is stale would look fresh; a minute between machines is nothing, and a person can set it right."""
    ahead = Moved(environment="shop/target", to=0.0, reason="x", by="ann", decided_at=NOON + timedelta(days=2))
    decision = ask(environment(), "10", world(green(), chain=[ahead]))
    assert decision.action is HOLD
    assert "dated 2026-03-03 12:00:00 UTC, which lies ahead of this clock (2026-03-01 12:00:00 UTC)" in reasons(
        decision
    )
    almost = replace(ahead, decided_at=NOON + MINUTE)
    assert ask(environment(), "10", world(green(), chain=[almost])).action is ADVANCE
    mended = replace(ahead, decided_at=NOON - 10 * MINUTE)
    assert ask(environment(), "10", world(green(), chain=[ahead, mended])).action is ADVANCE


def test_evidence_of_another_suite_is_told():
    """Its checks may have asked less than those of today."""
    other = replace(green(), suite="abc123+")
    decision = ask(environment(), "10", world(other, suite="def456"))
    assert decision.action is ADVANCE
    assert decision.notes == ("what counts was asked by another revision of cutover, abc123+; this one is def456",)
    for run_suite, gate_suite in (("def456", "def456"), ("", "def456"), ("abc123", "")):
        same = replace(green(), suite=run_suite)
        assert not ask(environment(), "10", world(same, suite=gate_suite)).notes
    assert LIST in decision.planned
