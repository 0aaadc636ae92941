"""Sequences compared with what their columns hold."""

from __future__ import annotations

import pytest

from verify.compare.sequences import compare_sequences
from verify.core.structures import SequenceState
from verify.core.verdicts import Verdict


@pytest.mark.parametrize(
    ("next_", "increment", "highest", "verdict"),
    [
        (101, 1, 100, Verdict.PASS),
        (100, 1, 100, Verdict.FAIL),
        (1, 1, 100, Verdict.FAIL),
        (1, 1, None, Verdict.PASS),
        (-101, -1, -100, Verdict.PASS),
        (-1, -1, -100, Verdict.FAIL),
    ],
)
def test_the_next_number_must_be_free(next_, increment, highest, verdict):
    """A sequence that would hand out a taken number is a FAIL, whichever way it counts."""
    state = SequenceState(name="s", column="id", next=next_, increment=increment, highest=highest)
    assert compare_sequences([state], source="candidate").verdict is verdict


def test_both_numbers_are_told():
    """The difference names the sequence, what the column holds and what comes next."""
    state = SequenceState(name="orders_id_seq", column="id", next=1, increment=1, highest=5000)
    difference = compare_sequences([state], source="candidate").differences[0]
    assert (difference.key, difference.baseline, difference.candidate) == ("orders_id_seq", "holds 5,000", "next is 1")
