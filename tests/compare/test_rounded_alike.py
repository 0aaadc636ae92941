"""A number that both sides' mapping rounds is no difference between the sides."""

from __future__ import annotations

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
    found = compare_mappings(sides, [ROUNDED, ("s8", "v", "l[0.1234567891,3]", "l[0.12345679,3.5]")], 500)
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
