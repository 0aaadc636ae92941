"""What a receipt says about the columns of a comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.compare.sided import Records
from verify.compare.coverage import Coverage
from verify.compare.records import compare_records
from verify.core.datasets import Condition, Dataset
from verify.core.verdicts import Conclusion


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


ROWS = [{"id": at, "v": at} for at in range(9)]


def compared(one: list[dict[str, object]], other: list[dict[str, object]], **rules: object) -> Conclusion:
    """Records of two stores that know no columns."""
    dataset = Dataset(**{"key": ("id",), **rules})
    sides = Records(one).side(dataset, "baseline"), Records(other).side(dataset, "candidate")
    return compare_records(*(replace(each, open=True) for each in sides), dataset=dataset)


def told(found: Conclusion) -> list[tuple[str, str, str, str]]:
    """All of the differences that are shown."""
    return [(each.key, each.path, each.baseline, each.candidate) for each in found.differences]


@pytest.mark.parametrize("among", [[4], [0, 4], list(range(8))])
def test_a_field_of_some_records_is_told_at_each(among: list[int]) -> None:
    """In whichever batch they are, and on whichever side."""
    more = [{**row, "x": 7} if row["id"] in among else row for row in ROWS]
    assert told(compared(ROWS, more)) == [(f"id={at}", "$.x", "absent", "number 7") for at in among]
    assert told(compared(more, ROWS)) == [(f"id={at}", "$.x", "number 7", "absent") for at in among]


def test_a_field_of_the_only_record_is_told_at_it() -> None:
    """One record is no column."""
    assert told(compared(ROWS[:1], [{**ROWS[0], "x": 7}])) == [("id=0", "$.x", "absent", "number 7")]


def test_one_field_of_every_record_and_one_of_some() -> None:
    """The one is told once, the other at its record; neither hides another value."""
    more = [{**row, "all": 1} for row in ROWS]
    more[3] |= {"x": None, "v": 8}
    assert told(compared(ROWS, more)) == [
        ("", "$.all", "no such column", "column"), ("id=3", "$.v", "number 3", "number 8"),
        ("id=3", "$.x", "absent", "null"),
    ]  # fmt: skip


def test_a_field_of_every_record_that_a_filter_leaves() -> None:
    """What is left out has no say."""
    more = [{**row, "x": 7} if row["id"] > 2 else row for row in ROWS]
    found = compared(ROWS, more, where={"id": Condition(at_least=3)})
    assert told(found) == [("", "$.x", "no such column", "column")]


def test_a_field_without_a_key() -> None:
    """Records are told by all they hold."""
    found = compared(ROWS, [*ROWS[:8], {**ROWS[8], "x": 7}], key=())
    assert sorted((each.baseline, each.candidate) for each in found.differences) == [
        ("1 record", "no record"), ("no record", "1 record"),
    ]  # fmt: skip
    assert "x=number 7" in str(told(found))
