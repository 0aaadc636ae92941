"""Curves beside evidence: few points, and none of the worst lost."""

from __future__ import annotations

import json

import pytest

from reports.html import Series
from verify.core.curves import MOST_POINTS, Curve, thinned


def test_the_least_and_the_greatest_stay():
    """A week of seconds is 2,000 points, one outage and one peak still among them."""
    points = [(float(at), 0.0 if at == 300_001 else 900.0 if at == 77 else 100.0 + at % 3) for at in range(604_800)]
    found = thinned(points)
    assert len(found) <= MOST_POINTS
    assert {(300_001.0, 0.0), (77.0, 900.0)} <= set(found)
    assert list(found) == sorted(found)


def test_a_gap_stays_one():
    """Where nobody looked no point is made up."""
    points = [(float(at), 1.0) for at in range(10_000) if not 4_000 <= at < 6_000]
    assert not [time for time, _ in thinned(points) if 4_000 <= time < 6_000]


@pytest.mark.parametrize("points", [[], [(float("nan"), 1.0), (1.0, float("inf"))]])
def test_what_is_no_number_is_not_drawn(points):
    """Nothing is left of it."""
    assert thinned(points) == ()


def test_a_curve_is_what_the_page_reads():
    """The file that a check leaves is one that a page accepts, field by field."""
    made = Curve(
        title="memory", kind="timeline", points=((0.0, 1.0), (1.0, 2.0)), unit="B", limit=3.0, above=True, note="n"
    )
    read = Series.model_validate_json(made.as_json("success.resources"))
    assert (read.title, read.points, read.limit, read.above) == (made.title, made.points, made.limit, True)
    assert json.loads(made.as_json("success.resources"))["check"] == "success.resources"
