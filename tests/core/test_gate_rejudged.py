"""Verdicts made anew from what a run stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.core.builders import (
    CHECKS,
    HEALTH,
    ITEM,
    LIST,
    NOON,
    acceptance,
    ask,
    described,
    environment,
    evidence,
    run,
    world,
)
from verify.core.decision import Action
from verify.core.rejudging import rejudge
from verify.core.verdicts import Cause as Why
from verify.core.verdicts import Difference, Verdict, failed, inconclusive, passed

TODAY = date(2026, 3, 1)
PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
POWERED = Difference(path="$.powered_by", baseline='string "Express"', candidate='string "nginx"')
OTHER = Difference(path="$.total", baseline="number 1", candidate="number 2")
ACCEPTED = acceptance("$.powered_by")


def judged(conclusion, *, then=(), now=(), about=LIST, **changes):
    """The verdict then and now of one claim, whose acceptances were `then` and are `now`."""
    digest = described(environment(accepted=list(then)))[about]
    seen = replace(evidence(about, digest=digest), conclusion=conclusion, **changes)
    (found,) = rejudge(environment(accepted=list(now)), run(seen), CHECKS, today=TODAY)
    return found


@pytest.mark.parametrize(
    ("conclusion", "then", "now", "verdict"),
    [
        (failed("differs", differences=[POWERED]), [], [ACCEPTED], PASS),
        (failed("differs", differences=[POWERED, OTHER]), [], [ACCEPTED], FAIL),
        (failed("differs", differences=[POWERED]), [], [], FAIL),
        (passed("equal", receipt="3 bytes"), [], [ACCEPTED], FAIL),
        (passed("equal", receipt="3 bytes"), [], [], PASS),
        (passed("equal", receipt="3 bytes"), [ACCEPTED], [ACCEPTED], PASS),
        (failed("differs", differences=[OTHER]), [ACCEPTED], [ACCEPTED, acceptance("$.total")], PASS),
        (
            passed("equal", receipt="x"),
            [acceptance("$.x", until="2026-02-28")],
            [acceptance("$.x", until="2026-02-28")],
            FAIL,
        ),
        (inconclusive(Why.NO_ANSWER, "not heard"), [], [ACCEPTED], INCONCLUSIVE),
    ],
)
def test_stored_differences_are_held_against_todays_acceptances(conclusion, then, now, verdict):
    """A new acceptance covers what it names and nothing else; one that matches nothing, or is past its day, fails."""
    found = judged(conclusion, then=then, now=now)
    assert found.now is verdict
    assert found.changed is (verdict is not conclusion.verdict)


@pytest.mark.parametrize(
    ("conclusion", "words"),
    [
        (failed("differs", differences=[POWERED], omitted=3), "3 differences were counted and not stored"),
        (failed("status 500"), "failed without a difference that could be accepted"),
    ],
)
def test_what_was_not_stored_is_not_invented(conclusion, words):
    """None, and the reason."""
    found = judged(conclusion, now=[ACCEPTED])
    assert (found.now, found.changed) == (None, False)
    assert words in found.why


def test_an_acceptance_that_is_gone_cannot_be_judged():
    """What it covered was counted, not stored."""
    found = judged(passed("equal", receipt="x"), then=[ACCEPTED])
    assert found.now is None
    assert "ask it again" in found.why


def test_another_description_has_to_be_asked_again():
    """Answers are not stored."""
    found = judged(passed("equal", receipt="x"))
    assert found.now is PASS
    seen = evidence(LIST, digest="f" * 32)
    (found,) = rejudge(environment(), run(seen), CHECKS, today=TODAY)
    assert found.now is None
    assert found.reproduce == f"pytest --env=target {LIST}"


def test_a_claim_that_left_the_plan():
    """Is said to be gone."""
    (found,) = rejudge(environment(endpoints={"item": {"request": "GET /"}}), run(evidence(LIST)), CHECKS, today=TODAY)
    assert (found.now, found.why) == (None, "is planned no longer")


def test_a_persons_word_stays():
    """It is no judgement of ours."""
    found = judged(passed("ann says: fine", receipt="x"), about=HEALTH, kind="attested", by="ann")
    assert found.now is PASS
    assert "the word of ann" in found.why


def test_within_a_run_the_worst_is_judged():
    """As everywhere."""
    digest = described(environment())[LIST]
    seen = [replace(evidence(LIST, digest=digest), conclusion=each) for each in (passed("x", receipt="y"), failed("z"))]
    (found,) = rejudge(environment(), run(*seen), CHECKS, today=TODAY)
    assert found.then is FAIL


def test_a_decision_says_which_verdicts_were_drawn_a_second_time():
    """They count as any other of their age, and every decision names them."""
    seen = replace(evidence(LIST), kind="rejudged")
    runs = [run(evidence(HEALTH), evidence(ITEM), seen)]
    decision = ask(environment(), "10", world(*runs))
    assert decision.action is Action.ADVANCE
    assert any(f"{LIST}: PASS by later rules" in each for each in decision.notes)
    assert {each.kind for each in decision.claims if each.claim == LIST} == {"rejudged"}


def test_judging_an_old_run_anew_does_not_hide_a_newer_one():
    """A rejudged run is dated as the one it judges, so what was found since still counts."""
    old = run(replace(evidence(LIST), kind="rejudged"), id="r1.rejudged-x", at=NOON - timedelta(minutes=9))
    new = run(
        evidence(HEALTH),
        evidence(ITEM),
        evidence(LIST, Verdict.FAIL, run="r2"),
        id="r2",
        at=NOON - timedelta(minutes=6),
    )
    assert ask(environment(), "10", world(new, old)).action is Action.HOLD
