"""Verdicts and conclusions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.core.verdicts import (
    SHOWN_DIFFERENCES,
    Answer,
    Cause,
    Conclusion,
    Difference,
    Problem,
    Verdict,
    failed,
    inconclusive,
    passed,
    unheard,
)


def test_worst_of_nothing_is_inconclusive():
    """Nothing observed is nothing proved."""
    assert Verdict.worst([]) is Verdict.INCONCLUSIVE


@given(st.lists(st.sampled_from(Verdict), min_size=1))
def test_worst_is_the_largest(verdicts):
    """FAIL beats INCONCLUSIVE beats PASS."""
    assert Verdict.worst(verdicts) == max(verdicts)


@given(st.sampled_from(Verdict), st.sampled_from([None, *Cause]), st.sampled_from(["", "  ", "3 rows"]))
def test_a_conclusion_is_consistent(verdict, cause, receipt):
    """A cause belongs to INCONCLUSIVE, a receipt to PASS."""
    sound = ((verdict is Verdict.INCONCLUSIVE) is (cause is not None)) and (
        verdict is not Verdict.PASS or receipt.strip()
    )
    if sound:
        Conclusion(verdict=verdict, summary="x", cause=cause, receipt=receipt)
    else:
        with pytest.raises(ValueError, match=r"PASS|INCONCLUSIVE"):
            Conclusion(verdict=verdict, summary="x", cause=cause, receipt=receipt)


def test_a_pass_cannot_hold_differences():
    """Whoever found a difference did not pass."""
    difference = Difference(path="$.a", baseline="1", candidate="2")
    with pytest.raises(ValueError, match="difference"):
        Conclusion(verdict=Verdict.PASS, summary="x", receipt="3 rows", differences=(difference,))
    with pytest.raises(ValueError, match="difference"):
        Conclusion(verdict=Verdict.PASS, summary="x", receipt="3 rows", omitted=1)


@given(st.integers(0, 120), st.integers(0, 9))
def test_no_difference_is_dropped_silently(count, omitted):
    """What is not shown is counted."""
    found = failed(
        "x",
        differences=(Difference(path=f"$[{i}]", baseline="1", candidate="2") for i in range(count)),
        omitted=omitted,
    )
    assert len(found.differences) + found.omitted == count + omitted
    assert len(found.differences) <= SHOWN_DIFFERENCES


def test_unheard_names_every_silent_side():
    """Both problems are in the summary, and the verdict is INCONCLUSIVE."""
    found = unheard(
        Problem(source="baseline", reason="refused"),
        Answer(source="candidate", value=1),
        Problem(source="again", reason="late", cause=Cause.OVER_BUDGET),
    )
    assert found is not None
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert "baseline did not answer: refused" in found.summary
    assert "again did not answer: late" in found.summary


def test_everybody_heard_concludes_nothing():
    """Answers alone are no verdict."""
    assert unheard(Answer(source="candidate", value=None)) is None


def test_difference_reads_with_both_values():
    """Place, both values, detail."""
    text = str(Difference(key="17", path="$.price", baseline="number 1", candidate="absent", detail="gone"))
    assert text == "17 $.price: baseline number 1, candidate absent (gone)"


def test_shortcuts_make_what_they_say():
    """`passed`, `failed` and `inconclusive` set verdict and cause."""
    assert passed("x", receipt="3 rows").verdict is Verdict.PASS
    assert failed("x", confirmed=True).confirmed
    assert inconclusive(Cause.TOO_FEW, "x").cause is Cause.TOO_FEW
