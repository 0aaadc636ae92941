"""Visitors against the declared split, and whether they stay."""

from __future__ import annotations

import random

import pytest

from verify.compare.split import judge_visits, measured_share
from verify.core.successes import Split
from verify.core.verdicts import Cause, Verdict
from verify.core.visits import Visits

PASS, INCONCLUSIVE, FAIL = Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL


def visits(count, share, *, sticky=True, asks=2, **more):
    """So many visitors, drawn with that chance, who ask twice."""
    draw = random.Random(7)
    sides = [[draw.random() < share] * asks if sticky else [draw.random() < share for _ in range(asks)]
             for _ in range(count)]  # fmt: skip
    met = [(number, side) for number, each in enumerate(sides) for side in each]
    return Visits(visitors=[number for number, _ in met], candidate=[side for _, side in met], **more)


def judged(seen, declared=10.0, **spec):
    """The conclusion, margin 3 points."""
    return judge_visits(seen, Split.model_validate({"request": "GET /", **spec}), declared=declared)


@pytest.mark.parametrize(
    ("count", "share", "declared", "verdict"),
    [(2000, 0.10, 10.0, PASS), (2000, 0.15, 10.0, FAIL), (2000, 0.05, 10.0, FAIL), (100, 0.10, 10.0, INCONCLUSIVE),
     (5, 0.10, 10.0, INCONCLUSIVE), (6000, 0.30, 30.0, PASS), (2000, 0.0, 0.0, PASS), (2000, 0.1, 0.0, FAIL),
     (2000, 1.0, 100.0, PASS), (2000, 0.9, 100.0, FAIL), (20, 0.0, 0.0, INCONCLUSIVE), (2000, 0.0, 10.0, FAIL)],
)  # fmt: skip
def test_the_share_of_visitors_is_judged(count, share, declared, verdict):
    """15 % against a declared 10 % fails, 10 % passes, too few visitors prove nothing; 0 and 100 are shares as well."""
    assert judged(visits(count, share), declared).verdict is verdict


def test_too_few_visitors_say_how_many_are_needed():
    """The number that shows the declared share stands in the summary."""
    found = judged(visits(100, 0.10))
    assert found.cause is Cause.TOO_FEW
    assert "visitors are needed" in found.summary


def test_visitors_who_meet_both_sides_fail_unless_they_may():
    """The share is right, and all the same nobody stays where he is."""
    seen = visits(2000, 0.10, sticky=False)
    found = judged(seen)
    assert found.verdict is FAIL
    assert [each.path for each in found.differences] == ["stickiness"]
    assert judged(seen, sticky=False).verdict is PASS


def test_visitors_who_asked_once_do_not_show_that_they_stay():
    """Nobody was heard twice, so nothing is known."""
    assert judged(visits(2000, 0.10, asks=1)).verdict is INCONCLUSIVE


def test_a_canary_that_meets_the_baseline_fails():
    """Whoever asks for the candidate by header or cookie must get it, every time."""
    found = judged(visits(2000, 0.10, canaries={"X-Canary": (9, 10)}))
    assert found.verdict is FAIL
    assert "X-Canary led to the candidate 9 times of 10" in found.summary


def test_requests_without_an_answer_prove_nothing():
    """A share of those who were heard is no share of the visitors."""
    assert judged(visits(2000, 0.10, unheard={"no answer": 100})).cause is Cause.NO_ANSWER
    assert judged(visits(2000, 0.10, unheard={"no answer": 10})).verdict is PASS
    assert judged(Visits(visitors=[], candidate=[])).verdict is INCONCLUSIVE


def test_the_measured_share_is_of_visitors():
    """One who asks ten times counts once."""
    assert measured_share(Visits(visitors=[1] * 10 + [2], candidate=[True] * 10 + [False])) == 50.0
    assert measured_share(Visits(visitors=[], candidate=[])) is None
