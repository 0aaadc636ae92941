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


ROUND = SequenceState(
    name="s", column="id", next=951, increment=1, highest=950, least=1, most=1000, cycles=True, again=900
)
LONG = 2**63 - 1


@pytest.mark.parametrize(
    ("change", "verdict", "told"),
    [
        ({}, Verdict.FAIL, "next is 951, after 1,000 it begins again at 1"),
        ({"again": 1}, Verdict.FAIL, "next is 951, after 1,000 it begins again at 1"),
        ({"increment": -1, "next": 49, "highest": 50, "again": 1000}, Verdict.FAIL, "after 1 it begins again at 1,000"),
        ({"again": None}, Verdict.PASS, "cycles: begins again at 1"),
        ({"again": None, "highest": None}, Verdict.PASS, "cycles: begins again at 1"),
        ({"most": LONG}, Verdict.PASS, "cycles: begins again at 1 and meets 900"),
        ({"most": LONG, "next": LONG - 5, "highest": LONG - 6}, Verdict.FAIL, "it begins again at 1"),
        ({"most": 10**15 + 950, "again": 1}, Verdict.FAIL, "it begins again at 1"),
        ({"most": 10**15 + 951, "again": 1}, Verdict.PASS, "begins again at 1 and meets 1"),
        ({"cycles": False, "again": None}, Verdict.PASS, "of at most 1,000"),
    ],
)
def test_what_begins_again_must_not_meet_what_is_held(change, verdict, told):
    """A number held where it begins again is given twice; one that nobody can live to see is told and no failure."""
    found = compare_sequences([replace(ROUND, **change)], source="candidate")
    assert found.verdict is verdict
    assert told in (found.differences[0].candidate if found.differences else found.receipt)
    assert ("cycles" in found.receipt) is replace(ROUND, **change).cycles


def test_how_many_numbers_are_left_is_told():
    """50 up to the end, 899 more before the first that is held."""
    found = compare_sequences([ROUND], source="candidate")
    assert found.differences[0].baseline == "holds 900 to 950"
    assert found.differences[0].detail == "it cycles: 949 numbers are free before one is given again"
    assert found.summary == "1 of 1 sequences begin again on numbers that are held"
    both = compare_sequences([ROUND, replace(ROUND, name="b", next=1)], source="candidate")
    assert both.summary == (
        "1 of 2 sequences have no free number to hand out next; 1 of 2 sequences begin again on numbers that are held"
    )


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
