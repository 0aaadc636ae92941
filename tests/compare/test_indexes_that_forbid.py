"""Rules about records that only the candidate has, or that nobody ever proved: indexes and types are no exception."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.structures import TABLE
from verify.compare.structures import Sides, compare_indexes, compare_schemas
from verify.core.datasets import Expected
from verify.core.structures import Structure
from verify.core.verdicts import Conclusion, Verdict

MAIL = {"columns": ["mail"], "unique": True, "valid": True}


def _indexes(candidate: Structure) -> Conclusion:
    return compare_indexes(Sides(baseline=TABLE, candidate=candidate), Expected())


def test_a_unique_index_of_the_candidate_alone_fails() -> None:
    """The first second record with one mail is refused there, and was not here."""
    found = _indexes(replace(TABLE, indexes={**TABLE.indexes, "mail": MAIL}))
    assert found.verdict is Verdict.FAIL
    assert [(each.path, each.baseline) for each in found.differences] == [("$.indexes.mail", "none")]
    assert "refuses records" in found.differences[0].detail


@pytest.mark.parametrize(
    "candidate",
    [
        replace(TABLE, indexes={**TABLE.indexes, "mail": {**MAIL, "unique": False}}),
        replace(TABLE, indexes={**TABLE.indexes, "mail": MAIL},
                constraints={**TABLE.constraints, "mail": {"kind": "unique", "validated": True}}),
        replace(TABLE, indexes={"renamed": TABLE.indexes["pk"]}, constraints={}),
    ],
)  # fmt: skip
def test_what_forbids_nothing_of_its_own_passes(candidate: Structure) -> None:
    """One that only helps queries, one whose constraint is told with the structure, and one that was only renamed."""
    assert _indexes(candidate).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ("domain integer CHECK ((VALUE > 0)) NOT VALID", Verdict.FAIL),
        ("domain integer CHECK ((VALUE > 0)) NOT VALID CHECK ((VALUE < 9))", Verdict.FAIL),
        ("domain text CHECK ((VALUE <> 'NOT VALID'::text))", Verdict.PASS),
        ("enum ('a) NOT VALID')", Verdict.PASS),
    ],
)
def test_a_type_that_was_never_proven_fails_on_both_sides_alike(told: str, verdict: Verdict) -> None:
    """Values written before the domain's constraint may break it, even if the baseline has the same flaw."""
    made = replace(TABLE, columns={"id": {"type": "code", "made of": {"code": told}}})
    found = compare_schemas(Sides(baseline=made, candidate=made), Expected())
    assert found.verdict is verdict
    assert [each.path for each in found.differences] == ["$.columns.id.made of.code"] * (verdict is Verdict.FAIL)
