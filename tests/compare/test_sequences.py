"""Sequences compared with what their columns hold."""

from __future__ import annotations

from dataclasses import replace

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


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"next": 301}, Verdict.FAIL),
        ({"next": 300, "highest": 299}, Verdict.PASS),
        ({"next": 301, "highest": None}, Verdict.FAIL),
        ({"next": -301, "increment": -1, "highest": -300}, Verdict.FAIL),
        ({"next": -300, "increment": -1, "highest": -299}, Verdict.PASS),
        ({"next": -300, "cycles": True}, Verdict.FAIL),
        ({"next": -300, "cycles": True, "highest": None}, Verdict.PASS),
    ],
)
def test_the_next_number_must_exist(change, verdict):
    """A sequence that has given its last number, or begins again on taken ones, is a FAIL."""
    state = SequenceState(name="s", column="id", next=1, increment=1, highest=300, least=-300, most=300)
    assert compare_sequences([replace(state, **change)], source="candidate").verdict is verdict


def test_a_sequence_that_is_only_owned_feeds_nothing():
    """The column's default is what takes a number from it; where it lies is judged all the same."""
    state = SequenceState(name="s", column="id", next=2, increment=1, highest=1, feeds=False)
    assert compare_sequences([state], source="candidate", fed=["id"]).verdict is Verdict.FAIL
    assert compare_sequences([state], source="candidate", fed=[]).verdict is Verdict.PASS
    assert compare_sequences([replace(state, next=1)], source="candidate", fed=[]).verdict is Verdict.FAIL


@pytest.mark.parametrize(("fed", "where"), [((), "on either side"), (None, "on candidate")])
def test_no_sequence_is_said_in_plain_words(fed, where):
    """Nothing is ahead of anything where there is none; a side that cannot tell is not spoken for."""
    assert compare_sequences([], source="candidate", fed=fed).summary == f"no sequence feeds a column {where}"


def test_both_numbers_are_told():
    """The difference names the sequence, what the column holds and what comes next."""
    state = SequenceState(name="orders_id_seq", column="id", next=1, increment=1, highest=5000)
    difference = compare_sequences([state], source="candidate").differences[0]
    assert (difference.key, difference.baseline, difference.candidate) == ("orders_id_seq", "holds 5,000", "next is 1")
