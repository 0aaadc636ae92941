"""Which records a filter keeps: exact values, no silent loss of what cannot be compared."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.compare.filters import condition
from verify.core.datasets import Column, Condition
from verify.core.values import encode


def kept(asked: object, *values: str, rule: Column | None = None) -> list[str]:
    """The encodings that the test keeps."""
    found = condition(asked, rule)(pa.array(values, pa.large_string()))  # type: ignore[arg-type]
    assert found.null_count == 0
    return [value for value, holds in zip(values, found.to_pylist(), strict=True) if holds]


EVERY = ["_", "n", "j", "btrue", "#1", "s1", "strue", "y01", "u00000000-0000-0000-0000-000000000001", "d2024-01-02",
         "T2024-01-02 03:04:05+00", "t2024-01-02 03:04:05", "c03:04:05", "l[1]", "m{}", "e[1]", "xinet:1", "C01:00:00+09",
         "iP1D", 'S"\\ud800"', "s"]  # fmt: skip


def not_(value: object) -> Condition:
    """Everything but this."""
    return Condition.model_validate({"not": value})


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (None, ["_", "n", "j"]), (True, ["btrue"]), (1, ["#1"]), (1.0, ["#1"]), ("1", ["s1"]), ("", ["s"]),
        ((1, "1", None), ["_", "n", "j", "#1", "s1"]), ("2024-01-02", ["d2024-01-02"]), ((), []),
        ("2024-01-02T12:04:05+09:00", ["T2024-01-02 03:04:05+00"]), ("2024-01-02 03:04:05", ["t2024-01-02 03:04:05"]),
        ("03:04:05", ["c03:04:05"]), ("00000000-0000-0000-0000-000000000001", ["u00000000-0000-0000-0000-000000000001"]),
    ],
)  # fmt: skip
def test_a_value_is_itself_and_no_other_kind(asked: object, found: list[str]) -> None:
    """1, "1" and true are three values; null and absent are one; a text also is the date or uuid it spells."""
    assert kept(asked, *EVERY) == found
    assert kept(not_(asked), *EVERY) == [each for each in EVERY if each not in found]


def test_starts_takes_texts_that_begin_so() -> None:
    """What is null or absent begins with nothing; another kind is kept, to be seen."""
    asked = Condition(starts="상.")
    assert kept(asked, "s상.품", "s상", "s상품", "n", "_", "j", "#1") == ["s상.품", "#1"]
    assert kept(Condition(starts="a"), 'S"a\\ud800"', 'S"b\\ud800"', "sa") == ['S"a\\ud800"', "sa"]


def test_bounds_order_numbers_by_exact_value() -> None:
    """Neither digits nor floats decide, and NaN and other kinds are kept."""
    values = [
        "#9",
        "#10",
        "#10.5",
        "#-3",
        "#1e500",
        "#-1e500",
        "#9.99999999999999999999",
        "#nan",
        "#inf",
        "#-inf",
        "s9",
        "n",
    ]
    assert kept(Condition(at_least=10), *values) == ["#10", "#10.5", "#1e500", "#nan", "#inf", "s9", "n"]
    low = ["#9", "#-3", "#-1e500", "#9.99999999999999999999", "#nan", "#-inf", "s9", "n"]
    assert kept(Condition(below=10), *values) == low
    assert kept(Condition(below=10.5), "#10", "#11", "#10.5") == ["#10"]
    assert kept(Condition(at_least=10**30), f"#{10**30}", "#5") == [f"#{10**30}"]


@settings(max_examples=150, deadline=None)
@given(
    bound=st.one_of(st.integers(), st.floats(allow_nan=False)),
    values=st.lists(st.integers() | st.decimals(allow_nan=False)),
)
def test_bounds_on_numbers_are_python_s(bound: float, values: list[Decimal]) -> None:
    """Any numbers against any bound: the same as exact arithmetic."""
    limit = Decimal(encode(bound)[1:])
    texts = [encode(value) for value in values]
    assert kept(Condition(at_least=bound), *texts) == [encode(value) for value in values if value >= limit]
    assert kept(Condition(below=bound), *texts) == [encode(value) for value in values if value < limit]


def test_bounds_order_texts_by_code_points() -> None:
    """No collation and no case."""
    values = ["sB", "sa", "sé", "s\uffff", "s😀", 'S"b\\ud800"', 'S"\\ud800"', "sb", "#5"]
    assert kept(Condition(at_least="b"), *values) == ["sé", "s\uffff", "s😀", 'S"b\\ud800"', 'S"\\ud800"', "sb", "#5"]
    assert kept(Condition(below="b"), *values) == ["sB", "sa", "#5"]


def test_bounds_on_moments_are_read_as_moments() -> None:
    """A zone is honoured, a bare day is midnight UTC, and far years, BC and infinity are in their place."""
    early, late = "T2024-01-01 14:59:59.999999+00", "T2024-01-01 15:00:00+00"
    far = ["T10000-01-01 00:00:00+00", "Tinfinity"]
    ago = ["T-infinity", "T0044-03-15 00:00:00+00 BC"]
    for text in ("2024-01-02T00:00:00+09:00", "2024-01-01T15:00Z", "2024-01-01 15:00:00"):
        assert kept(Condition(at_least=text), early, late, *far, *ago) == [late, *far]
        assert kept(Condition(below=text), early, late, *far, *ago) == [early, *ago]
    days = ["d2024-01-01", "d2024-01-02", "t2024-01-01 23:59:59", "t2024-01-02 00:00:00", "T2024-01-02 00:00:00+00"]
    assert kept(Condition(at_least="2024-01-02"), *days, "#5", "n", "_") == [*days[1:2], *days[3:], "#5", "n", "_"]
    assert kept(Condition(below="12:00"), "c11:59:59.5", "c12:00:00", "d2024-01-01") == ["c11:59:59.5", "d2024-01-01"]
    assert kept(Condition(at_least="soon"), early, "ssoon", "sno") == [early, "ssoon"]


def test_a_rule_holds_for_the_value_asked_for_too() -> None:
    """Where case does not count for a column it does not count for its filter."""
    assert kept("Active", "sactive", "sother", rule=Column(case="fold")) == ["sactive"]
    assert kept("7", "#7", "s7", rule=Column(type="integer")) == ["#7", "s7"]
    assert kept(Condition(starts="Ab"), "sabc", "sb", rule=Column(case="fold")) == ["sabc"]


def test_a_bound_that_is_null_is_refused() -> None:
    """Null has no order, and a filter that means nothing must not keep everything."""
    with pytest.raises(ValueError, match="null has no order"):
        condition(Condition(at_least=None), None)
