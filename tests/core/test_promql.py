"""What the text of a PromQL expression tells."""

from __future__ import annotations

import pytest

from verify.core.promql import answers_for_nobody, shortest_increase


@pytest.mark.parametrize(
    ("query", "expected"),
    [("increase(x[1m]) or vector(0)", True), ("vector (1)", True), ("increase(x[1m])", False),
     ('x{help="vector(0)"}', False), ("x # or vector(0)", False), ("my_vector(0)", False), ("x{a='\\'vector('}", False)],
)  # fmt: skip
def test_a_value_that_nobody_measured_is_seen(query, expected):
    """Words in quotes and comments do not count."""
    assert answers_for_nobody(query) is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("increase(x[1m])", 60.0), ("sum(increase(x[1m30s])) + sum(increase( y [75s]))", 75.0), ("rate(x[1m])", None),
     ("delta(x[500ms])", 0.5), ("x", None), ("increase(x[1h:1m])", None), ('increase(x{a="[1s]"}[2m])', 120.0)],
)  # fmt: skip
def test_the_shortest_window_is_found(query, expected):
    """In seconds; subqueries and rates are left alone."""
    assert shortest_increase(query) == expected
