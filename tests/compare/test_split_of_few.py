"""A small share is not none."""

from __future__ import annotations

import pytest

from tests.compare.test_split import judged, visits
from tests.core.questions import ADVANCE, HOLD
from tests.core.test_gate_moved import measured, moved
from verify.core.verdicts import Verdict
from verify.core.visits import Visits


def met(count, candidate):
    """So many visitors who ask twice, of whom so many meet the candidate."""
    sides = [number < candidate for number in range(count) for _ in range(2)]
    return Visits(visitors=[number for number in range(count) for _ in range(2)], candidate=sides)


@pytest.mark.parametrize(
    ("candidate", "declared", "verdict"),
    [(0, 1.0, "FAIL"), (0, 3.0, "FAIL"), (20, 1.0, "PASS"), (60, 3.0, "PASS"), (2000, 99.0, "FAIL"), (1980, 99.0, "PASS"),
     (60, 1.0, "PASS"), (100, 1.0, "FAIL"), (200, 10.0, "PASS")],
)  # fmt: skip
def test_a_candidate_that_nobody_meets_is_not_one_that_few_meet(candidate, declared, verdict):
    """Within three points of 1 % lies 0 %: a router that sends nobody there would be as declared."""
    assert judged(met(2000, candidate), declared).verdict is Verdict[verdict]


def test_few_visitors_of_a_small_share_prove_nothing():
    """One in a hundred may well be missed by fifty."""
    assert judged(met(50, 0), 1.0).verdict is Verdict.INCONCLUSIVE
    assert judged(visits(2000, 0.0), 0.0).verdict is Verdict.PASS


@pytest.mark.parametrize(("share", "action"), [(0.0, HOLD), (0.4, ADVANCE), (1.0, ADVANCE), (5.1, HOLD), (100.0, HOLD)])
def test_nobody_measured_where_some_are_on_record_holds(share, action):
    """Four points of room are for chance, and a router that never moved is none."""
    reason = "of traffic measured on the candidate, 1 % on record"
    found = measured(share, chain=[moved(1, ago=30)], question="advance")
    assert found.action is action
    assert any(reason in each for each in found.reasons) is (action is HOLD)
