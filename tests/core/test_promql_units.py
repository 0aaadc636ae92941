"""Figures whose sum is no number of anything."""

from __future__ import annotations

import pytest

from tests.core.test_successes import FILE, MACHINES, mistakes
from verify.core.promql import per_second, whole_counter


@pytest.mark.parametrize(
    ("query", "expected"),
    [("rate(errors_total[5m])", True), ("sum(irate (errors_total[5m]))", True), ("increase(errors_total[75s])", False),
     ("error_rate", False), ('increase(x_total{job="rate(x)"}[75s])', False), ("errors:rate5m", False)],
)  # fmt: skip
def test_what_is_told_a_second(query, expected):
    """Sixty samples of 1/60 a second add up to 1 and stand for sixty errors."""
    assert per_second(query) is expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("reads_total", "reads_total"), ('sum(reads_total{job="a[1m]"})', "reads_total"), ("increase(reads_total[75s])", None),
     ('increase(reads_total{job="a"} [75s])', None), ("reads_total offset 5m", "reads_total"), ("reads", None),
     ("job:reads_total:rate5m", None), ('reads{name="x_total"}', None),
     ('increase(a_total[75s]) + b_total{x="y"}', "b_total")],
)  # fmt: skip
def test_a_counter_asked_for_all_it_ever_counted(query, expected):
    """A baseline that has run for a year makes any candidate look thrifty."""
    assert whole_counter(query) == expected


@pytest.mark.parametrize(
    ("part", "said", "message"),
    [("logs", {"source": "prometheus", "query": "rate(errors_total[75s])"}, "tells how many a second there were"),
     ("consumption", {"source": "prometheus", "query": "a_total", "baseline": "increase(b_total[75s])"}, "ever counted"),
     ("consumption", {"source": "prometheus", "query": "increase(a_total[75s])", "baseline": "b_total"}, "ever counted"),
     ("logs", {"source": "machines", "query": "Errors Average", "every": "1m"}, "adds up Averages"),
     ("logs", {"source": "prometheus", "query": "increase(errors_total[75s])"}, ""),
     ("logs", {"source": "prometheus", "query": "sum(x_total unless x_total offset 75s)"}, ""),
     ("consumption", {"source": "prometheus", "query": "rate(a_total[75s])", "baseline": "rate(b_total[75s])"}, ""),
     ("logs", {"source": "machines", "query": "Errors Sum", "every": "1m"}, ""),
     ("resources", {"source": "machines", "query": "CPU Average", "every": "1m"}, "")],
)  # fmt: skip
def test_a_description_that_adds_up_no_numbers_is_a_mistake(part, said, message):
    """Told before anything is asked; what adds up is none."""
    file = {**FILE, "metrics": {**FILE["metrics"], "machines": MACHINES}}
    found = [each for each in mistakes(success={part: {"x": said}}, file=file) if each.startswith("success")]
    assert len(found) == bool(message), found
    assert all(message in each for each in found)
