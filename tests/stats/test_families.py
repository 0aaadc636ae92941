"""Holm against the closed test it abbreviates."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.stats.families import holm, rejected

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def test_a_worked_example() -> None:
    """0.01, 0.04, 0.03 and 0.005 become 0.03, 0.06, 0.06 and 0.02, as R's p.adjust(method = "holm") gives."""
    found = {each.name: each.adjusted for each in holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})}
    assert found == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02})


@given(P_VALUES)
@settings(deadline=None, max_examples=100)
def test_holm_is_the_closed_bonferroni_test(values: list[float]) -> None:
    """An adjusted p-value is the largest Bonferroni one over all subfamilies with it (Marcus et al. 1976)."""
    named = {str(index): p for index, p in enumerate(values)}
    for each in holm(named):
        sets = [set(chosen) for size in range(1, len(named) + 1) for chosen in combinations(named, size)]
        closed = max(
            min(1.0, len(chosen) * min(named[name] for name in chosen)) for chosen in sets if each.name in chosen
        )
        assert each.adjusted == pytest.approx(closed)


def test_order_and_ties_are_fixed() -> None:
    """Smallest first, equal ones by name, whatever the order of the mapping."""
    assert [each.name for each in holm({"b": 0.5, "a": 0.5, "c": 0.1})] == ["c", "a", "b"]


def test_what_is_rejected() -> None:
    """At 5 % the first two of the worked example; none of none."""
    assert rejected({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}, error=0.05) == ("a", "d")
    assert rejected({}, error=0.05) == ()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_named(p: float) -> None:
    """A test that could not be made must not be judged."""
    with pytest.raises(ValueError, match="p-value of parity"):
        holm({"parity": p})


def test_an_error_outside_its_range_is_refused() -> None:
    """An error of 0 would reject nothing for ever."""
    with pytest.raises(ValueError, match="Holm: error is 0"):
        rejected({"a": 0.1}, error=0.0)
