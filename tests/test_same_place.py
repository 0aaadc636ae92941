"""Whether two stores are one place: what both say of it, and what only one server can prove."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.stored import Memory, Tables, raising
from tests.structures import Placed, asked, tables
from verify.core.errors import StoreUnavailable
from verify.core.verdicts import Cause, Verdict
from verify.describing import same_place, schema_of


def test_one_place_is_shared_and_two_are_not():
    """What both call themselves decides."""
    assert same_place(Tables("baseline s"), Tables("candidate s")).verdict is Verdict.PASS
    found = same_place(Tables("baseline s"), Tables("candidate s", at="there"))
    assert found.verdict is Verdict.FAIL
    assert "here" in found.receipt
    assert "there" in found.receipt


@pytest.mark.parametrize("silent", ["baseline", "candidate"])
def test_a_side_that_cannot_tell_where_it_is_is_named(silent):
    """One side's answer proves nothing about two, and the silent side is the one that is named."""
    sides = [Memory(f"{each} s") if each == silent else Tables(f"{each} s") for each in ("baseline", "candidate")]
    found = same_place(*sides)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.summary.startswith(f"{silent} s did not answer")


def test_two_silences_are_not_one_place():
    """Empty names are equal and say nothing."""
    found = same_place(Tables("baseline s", at=" "), Tables("candidate s", at=" "))
    assert found.verdict is Verdict.INCONCLUSIVE


@dataclass
class Proving(Placed):
    """Tables of a server that proves which one it is: servers made with the same `memory` are one."""

    memory: set[str] = field(default_factory=set)

    @contextmanager
    def showing(self, mark):
        """The mark is in the server's memory meanwhile."""
        self.before("showing")
        self.memory.add(mark)
        yield "7"
        self.memory.remove(mark)

    def shown(self, mark):
        """The sign of whoever shows it."""
        return "7" if mark in self.memory else ""


def test_servers_that_call_themselves_alike_are_one_only_when_they_prove_it():
    """Two servers of one image say the same place; one sees no mark of the other."""
    one, memory = Proving("baseline s"), set()
    assert same_place(one, Proving("candidate s", memory=one.memory)).verdict is Verdict.PASS
    found = same_place(one, Proving("candidate s", memory=memory))
    assert found.verdict is Verdict.FAIL
    assert "called alike" in found.receipt
    assert not memory | one.memory


def test_a_proof_that_cannot_be_asked_says_nothing():
    """Equal places without the proof are neither one store nor two."""
    one = Proving("baseline s", before=raising("showing", StoreUnavailable("baseline s: no locks")))
    found = same_place(one, Proving("candidate s"))
    assert found.cause is Cause.NO_ANSWER
    assert "no locks" in found.summary


def test_tables_of_two_servers_alike_are_compared():
    """What would be refused as one table with itself is two."""
    sides = tables("baseline", kind=Proving), tables("candidate", kind=Proving)
    assert asked(schema_of, *sides).verdict is Verdict.PASS
    assert asked(schema_of, sides[0], sides[0]).cause is Cause.NOT_PERMITTED


def test_a_place_that_cannot_be_asked_is_no_difference():
    """A refused connection is not another store."""
    broken = Tables("candidate s", before=raising("place", StoreUnavailable("candidate s: refused")))
    assert same_place(Tables("baseline s"), broken).cause is Cause.NO_ANSWER
