"""Many conclusions said as one."""

from __future__ import annotations

from verify.compare.several import together
from verify.core.verdicts import Cause, Difference, Verdict, failed, inconclusive, passed

FINE = passed("equal", receipt="5 rows", normalised={"a: trim": 2})
WRONG = failed(
    "1 row differs", differences=[Difference(key="id=1", path="$.a", baseline="x", candidate="y")], omitted=3
)
SILENT = inconclusive(Cause.NO_ANSWER, "refused")


def test_nothing_is_not_a_pass():
    """No collection at all is nothing observed."""
    assert together({}, noun="collection").verdict is Verdict.INCONCLUSIVE


def test_all_pass_keeps_every_receipt():
    """Each receipt and each softening is told under its name."""
    found = together({"a": FINE, "b": FINE}, noun="collection", left_out="left out: c")
    assert found.verdict is Verdict.PASS
    assert "a: 5 rows; b: 5 rows" in found.receipt
    assert "left out: c" in found.receipt
    assert found.normalised == {"a.a: trim": 2, "b.a: trim": 2}


def test_a_note_of_a_store_is_said_once():
    """What is true of the store is not repeated for each of its tables; what is told of a table stays with it."""
    note = "baseline postgres main: the role is a superuser"
    found = together(dict.fromkeys("abc", passed("equal", receipt=f"5 rows; {note}")), noun="x")
    assert found.receipt == f"3 xs (3 PASS); a: 5 rows; b: 5 rows; c: 5 rows; {note} (3 times)"
    assert together({"a": passed("equal", receipt=f"5 rows; {note}")}, noun="x").receipt.endswith(f"a: 5 rows; {note}")


def test_a_note_with_advice_is_said_whole():
    """What to do stays behind the store that it is about, also where its note has a semicolon."""
    sides = [
        f"{side} main: the role is a superuser; give it a role that may only SELECT"
        for side in ("baseline", "candidate")
    ]
    found = together(dict.fromkeys("ab", passed("equal", receipt="; ".join(["5 rows", *sides]))), noun="x")
    told = [f"{note} (2 times)" for note in sides]
    assert found.receipt == "; ".join(["2 xs (2 PASS)", "a: 5 rows", "b: 5 rows", *told])


def test_what_to_do_is_kept_and_said_once():
    """Two collections with one remedy."""
    few = inconclusive(Cause.TOO_FEW, "nothing", remedy="say minimum: 0")
    assert together({"a": few, "b": few, "c": FINE}, noun="x").remedy == "say minimum: 0"
    assert together({"a": few, "b": WRONG}, noun="x").remedy == "say minimum: 0"


def test_the_worst_counts():
    """One that differs is worse than one that is silent, which is worse than all that are equal."""
    assert together({"a": FINE, "b": SILENT}, noun="x").verdict is Verdict.INCONCLUSIVE
    found = together({"a": FINE, "b": SILENT, "c": WRONG}, noun="x")
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].key == "c id=1"
    assert found.omitted == 3
    assert "b: refused" in found.summary
