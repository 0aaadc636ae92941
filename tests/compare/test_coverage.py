"""What a receipt says about the columns of a comparison."""

from __future__ import annotations

from verify.compare.coverage import Coverage


def test_a_wide_table_is_named_by_its_first_columns():
    """Hundreds of names would hide the rest of the line; what was excepted by hand stays legible too."""
    names = tuple(f"c{at:04}" for at in range(1600))
    words = Coverage(key=("id",), compared=(), excepted=("a", "b"), others=names, rest=False).words
    assert words.startswith("1 of 1603 columns (except: a, b; not among only: c0000, c0001")
    assert words.endswith("c0019 and 1,580 more)")
    assert len(words) < 300


def test_a_few_columns_are_all_named():
    """Where one name would be left, it is said instead of counted."""
    names = tuple(f"c{at}" for at in range(21))
    assert Coverage(key=("id",), compared=(), others=names).words.endswith("c19, c20)")
