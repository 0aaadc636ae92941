"""Counts are compared only when both sides were heard and there is something to count."""

from __future__ import annotations

import pytest

from verify.compare.counts import compare_counts
from verify.core.verdicts import Answer, Cause, Problem, Verdict


def _said(side: str, value: int) -> Answer[int]:
    return Answer(source=f"{side} store", value=value)


def test_equal_counts_pass_with_their_number() -> None:
    """A PASS says how many records it counted."""
    found = compare_counts(_said("baseline", 5000), _said("candidate", 5000), minimum=1)
    assert (found.verdict, found.receipt) == (Verdict.PASS, "5,000 records on each side")


@pytest.mark.parametrize("candidate", [0, 4999, 5001])
def test_unequal_counts_fail_with_both_numbers(candidate: int) -> None:
    """Too few and too many are both wrong."""
    found = compare_counts(_said("baseline", 5000), _said("candidate", candidate), minimum=1)
    assert found.verdict is Verdict.FAIL
    assert "5,000" in found.summary
    assert f"{candidate:,}" in found.summary


@pytest.mark.parametrize(("rows", "minimum"), [(0, 1), (0, 0), (9, 10)])
def test_too_few_to_say_anything(rows: int, minimum: int) -> None:
    """Two empty sides are equal and prove nothing."""
    found = compare_counts(_said("baseline", rows), _said("candidate", rows), minimum=minimum)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_a_silent_side_is_named() -> None:
    """A side that did not answer is not a wrong answer, and is named with its reason."""
    found = compare_counts(_said("baseline", 1), Problem(source="candidate store", reason="timed out"), minimum=1)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert "candidate store did not answer: timed out" in found.summary
