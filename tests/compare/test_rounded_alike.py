"""A number that both sides' mapping rounds is no difference between the sides."""

from __future__ import annotations

import pytest

from verify.compare.rounding import only_rounded
from verify.compare.structures import Sides, compare_mappings
from verify.core.structures import Structure
from verify.core.verdicts import Verdict


def mapped(**types: str) -> Structure:
    """An index with fields of these types."""
    return Structure(kind="index", columns={name: {"type": word} for name, word in types.items()}, constraints={}, indexes={},
                     settings={})  # fmt: skip


ROUNDED = ("s7", "v", "#0.14285714285714285", "#0.1428571492433548")


def test_what_the_same_mapping_rounds_is_in_the_receipt() -> None:
    """One `float` field on both sides holds the same rounded numbers."""
    sides = Sides(baseline=mapped(v="float"), candidate=mapped(v="float"))
    found = compare_mappings(
        sides, [ROUNDED, ("s8", "v", "l[0.1234567891,3.3333333333]", "l[0.12345679104328156,3.3333332538604736]")], 500
    )
    assert found.verdict is Verdict.PASS
    assert "2 numbers are rounded in the index, by the same mapping as on the baseline: v" in found.receipt


def test_what_only_the_candidate_rounds_is_a_difference() -> None:
    """Another mapping, none to compare with, and a value that is not indexed at all."""
    for sides in (
        Sides(baseline=mapped(v="double"), candidate=mapped(v="float")),
        Sides(baseline=None, candidate=mapped(v="float")),
    ):
        assert compare_mappings(sides, [ROUNDED], 500).verdict is Verdict.FAIL
    alike = Sides(baseline=mapped(v="float"), candidate=mapped(v="float"))
    assert compare_mappings(alike, [("s7", "v", "#1", "_"), ("s7", "v", "l[1,2]", "#1")], 500).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("kind", "held", "indexed", "lost"),
    [
        ("float", "#5", "#7", False), ("float", "#0.1", "#0.2", False), ("float", "l[1,3]", "l[1,3.5]", False),
        ("float", "#0.14285714285714285", "#0.1428571492433548", True),
        ("double", "#9007199254740993", "#9007199254740992", True),
        ("double", "#9007199254740993", "#9007199254740996", False),
        ("half_float", "#0.1", "#0.0999755859375", True),
        ("half_float", "#0.1", "#0.1", True), ("half_float", "#70000", "#70000", False),
        ("long", "#1.9", "#1", True), ("long", "#1.9", "#2", False), ("long", "#-1.9", "#-1", True),
        ("scaled_float", "#1.234", "#1.23", True), ("scaled_float", "#1.234", "#1.24", False),
        ("float", "#0.1", "_", False), ("float", "s1", "#1", False), ("float", "l[]", "l[]", False),
        ("keyword", "#1", "#1.5", False), ("float", "l[0.1,0.10000000001]", "#0.10000000149011612", True),
        ("float", "#0.1", "l[0.10000000149011612,7]", False),
    ],
)  # fmt: skip
def test_another_number_is_never_taken_for_a_rounded_one(kind: str, held: str, indexed: str, *, lost: bool) -> None:
    """Only what the field's type makes of a number is that number with fewer digits."""
    assert only_rounded(held, indexed, {"type": kind, "scaling_factor": 100}) is lost


def test_a_wrong_number_in_the_index_fails_although_both_sides_map_alike() -> None:
    """Whatever made it so, the index answers with a value that the document does not hold."""
    alike = Sides(baseline=mapped(v="float"), candidate=mapped(v="float"))
    assert compare_mappings(alike, [("s7", "v", "#5", "#7")], 500).verdict is Verdict.FAIL
