"""Records without a key that change while they are read: what they became is compared too, or nothing is concluded."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.compare.sided import Record, Records
from tests.compare.test_rechecking import Time
from verify.compare.records import Means, compare_records
from verify.core.datasets import Dataset, Recheck
from verify.core.verdicts import Cause, Conclusion, Verdict

RULE = Recheck(within=timedelta(seconds=30), every=timedelta(seconds=1))
ROWS: list[Record] = [{"name": f"row {number}", "at": 0} for number in range(5)]


def _rows(first: str, at: int) -> list[Record]:
    return [{"name": first, "at": at}, *ROWS[1:]]


def _beating(first: str, *, until: int = 10**9) -> Records:
    """A side whose first record gets another time with every reading, up to one of them."""
    found = Records(_rows(first, 0))
    found.before = lambda number: setattr(found, "rows", _rows(first, min(number, until)))
    return found


def _compare(baseline: Records, candidate: Records, rule: Recheck | None = RULE) -> tuple[Conclusion, float]:
    dataset, time = Dataset(key=(), recheck=rule), Time()
    sides = baseline.side(dataset, "baseline"), candidate.side(dataset, "candidate")
    return compare_records(*sides, dataset=dataset, means=Means(clock=time.clock)), time.seconds


def test_a_difference_that_moves_on_is_never_equal() -> None:
    """The record that differs is another one at every look, so none of those seen at first is there any more."""
    found, waited = _compare(_beating("good"), _beating("bad"))
    assert (found.verdict, found.cause, waited) == (Verdict.INCONCLUSIVE, Cause.UNSTABLE_BASELINE, 30)
    assert "without a key nobody can tell what became of them" in found.summary


def test_a_difference_that_comes_to_rest_is_found() -> None:
    """Once writes stop what differs is told, however often it was something else before."""
    found, _ = _compare(_beating("good", until=3), _beating("bad", until=3))
    assert found.verdict is Verdict.FAIL
    assert {(each.baseline, each.candidate) for each in found.differences} == {
        ("1 record", "no record"), ("no record", "1 record")
    }  # fmt: skip
    assert "times over" in found.receipt


@pytest.mark.parametrize("rule", [RULE, None])
def test_without_a_key_nothing_vanishes_into_equality(rule: Recheck | None) -> None:
    """Equal on both sides in the end is a PASS with `recheck`, after everything was read once more."""
    baseline, candidate = Records(_rows("a", 1)), Records(_rows("a", 2))
    for side in (baseline, candidate):
        side.before = lambda number, side=side: setattr(side, "rows", _rows("a", 3) if number else side.rows)
    found, _ = _compare(baseline, candidate, rule)
    assert found.verdict is (Verdict.PASS if rule else Verdict.INCONCLUSIVE)
    assert ("read 2 times over" in found.receipt) is (rule is not None)
