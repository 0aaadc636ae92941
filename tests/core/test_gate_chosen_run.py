"""The gate: which of several runs is judged by a rule that was changed after all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.builders import HEALTH, ITEM, LIST, NOON, ask, environment, evidence, green, run, world
from tests.core.questions import ADVANCE, HOLD, reasons
from verify.core.verdicts import Verdict

ASKED = "a" * 32
EARLIER = "0" * 32  # the description before its rule was changed


def measured(id, *, ago, verdict, asked=ASKED, **changes):
    """A run by the earlier rule, some minutes ago."""
    at = NOON - timedelta(minutes=ago)
    seen = replace(evidence(LIST, verdict, at=at, run=id, digest=EARLIER), asked_digest=asked)
    return run(seen, id=id, at=at - timedelta(minutes=1), **changes)


def anew(of, *, ago, verdict=Verdict.PASS):
    """That run, judged by today's rule."""
    name, at = f"{of}.rejudged-x", NOON - timedelta(minutes=ago)
    seen = replace(evidence(LIST, verdict, at=at, run=name), asked_digest=ASKED, kind="rejudged")
    return replace(run(seen, id=name, at=at - timedelta(minutes=1)), rejudges=of)


GOOD, BAD = measured("r1", ago=60, verdict=Verdict.PASS), measured("r2", ago=30, verdict=Verdict.FAIL)


def decided(*runs):
    """The gate with health and the other endpoint proven."""
    return ask(environment(), "10", world(green(HEALTH, ITEM, id="r9"), *runs))


def test_the_better_of_two_runs_cannot_be_chosen():
    """The later run asked the same, and nobody judged it by today's rule."""
    decision = decided(GOOD, BAD, anew("r1", ago=60))
    assert decision.action is HOLD
    assert "was drawn anew from an earlier run than r2, which asked the same" in reasons(decision)


def test_the_newest_one_may_be_judged_anew():
    """It is the one that counts, as everywhere."""
    assert decided(GOOD, BAD, anew("r2", ago=30)).action is ADVANCE
    assert decided(GOOD, BAD, anew("r1", ago=60), anew("r2", ago=30)).action is ADVANCE
    assert decided(GOOD, BAD, anew("r1", ago=60), anew("r2", ago=30, verdict=Verdict.FAIL)).action is HOLD
    assert decided(GOOD, anew("r1", ago=60)).action is ADVANCE


@pytest.mark.parametrize(
    "later",
    [measured("r2", ago=30, verdict=Verdict.FAIL, asked="b" * 32), measured("r2", ago=30, verdict=Verdict.FAIL, build="build-6")],
    ids=["another question", "another build"],
)  # fmt: skip
def test_a_later_run_about_something_else_takes_nothing_away(later):
    """History neither helps nor hurts."""
    assert decided(GOOD, later, anew("r1", ago=60)).action is ADVANCE
