"""Sequences whose numbers are only a part of what their column holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verify.compare.sequences import compare_sequences
from verify.core.structures import SequenceState
from verify.core.verdicts import Cause, Verdict

CODES = SequenceState(name="s", column="code", next=1, increment=1, highest=None, unread=True)


@pytest.mark.parametrize(
    ("next_", "increment", "before", "verdict"),
    [(1, 1, 42, Verdict.FAIL), (42, 1, 42, Verdict.PASS), (50, 1, 42, Verdict.PASS), (-1, -1, -42, Verdict.FAIL),
     (-42, -1, -42, Verdict.PASS)],
)  # fmt: skip
def test_the_baseline_says_what_was_given(next_: int, increment: int, before: int, verdict: Verdict) -> None:
    """`ORD-41` tells no number, so the candidate's sequence must not be behind the baseline's."""
    state = replace(CODES, next=next_, increment=increment)
    found = compare_sequences([state], source="candidate", fed={"code": before})
    assert found.verdict is verdict
    if verdict is Verdict.FAIL:
        told = found.differences[0]
        assert (told.path, told.baseline, told.candidate) == ("$.code", f"next is {before}", f"next is {next_}")


@pytest.mark.parametrize("fed", [None, {}, {"other": 1}])
def test_without_the_baseline_nobody_can_tell(fed: dict[str, int] | None) -> None:
    """A column that holds something is not empty, and a sequence beside it is not ahead of it."""
    states = [CODES, *(replace(CODES, column=each, unread=False) for each in fed or ())]
    found = compare_sequences(states, source="candidate", fed=fed)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert "holds no numbers" in found.receipt


def test_a_column_that_is_empty_or_fed_by_nothing_asks_nobody() -> None:
    """Nothing was given yet, or nothing is taken from the sequence."""
    for state in (replace(CODES, unread=False), replace(CODES, feeds=False)):
        assert compare_sequences([state], source="candidate").verdict is Verdict.PASS
