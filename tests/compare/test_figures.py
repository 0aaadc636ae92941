"""Sums over a time."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from verify.compare.figures import judge_consumption, judge_logs
from verify.core.figures import Series, Told
from verify.core.successes import Consumption, Logs
from verify.core.verdicts import Answer, Problem, Verdict

END = datetime(2026, 3, 1, 12, tzinfo=UTC)
SILENT = Problem(source="metrics p", reason="refused")
LOGS = Logs.model_validate({"source": "p", "query": "q"})
SPEC = Consumption.model_validate({"source": "p", "query": "q", "baseline": "b"})


def told(*values, late=0.0):
    """An hour of one sample a minute, one series a value; a list is a series as it is."""
    rows = [each if isinstance(each, list) else [each] * 61 for each in values]
    series = tuple(
        Series(
            name=f"s{number}", values=tuple(map(float, row)),
            times=tuple(END.timestamp() - late - 60 * (len(row) - 1 - place) for place in range(len(row))),
        )
        for number, row in enumerate(rows)
    )  # fmt: skip
    return Answer(source="metrics p", value=Told(series=series, start=END - timedelta(hours=1), end=END, every=60.0))


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [(told(0), "PASS"), (told([0] * 30 + [1] + [0] * 30), "FAIL"), (told(0, 0), "PASS"), (told(0, 1), "FAIL"),
     (told(), "INCONCLUSIVE"), (told(math.nan), "INCONCLUSIVE"), (told(-1), "INCONCLUSIVE"), (told([]), "INCONCLUSIVE"),
     (told(0, late=600), "INCONCLUSIVE"), (told([0] * 20), "INCONCLUSIVE"), (SILENT, "INCONCLUSIVE")],
)  # fmt: skip
def test_nothing_may_be_counted_and_nothing_counted_is_not_0(seen, verdict):
    """One error fails; an absent counter, NaN, old or few samples prove nothing."""
    assert judge_logs(seen, LOGS).verdict is Verdict[verdict]


@pytest.mark.parametrize(
    ("mine", "theirs", "verdict"),
    [(told(6), told(10), "PASS"), (told(10), told(10), "PASS"), (told(11), told(10), "FAIL"),
     (told(6), told(0), "INCONCLUSIVE"), (told(6), told(), "INCONCLUSIVE"), (told(), told(10), "INCONCLUSIVE"),
     (SILENT, told(10), "INCONCLUSIVE"), (told(6), SILENT, "INCONCLUSIVE"), (told(3, 3), told(10), "PASS")],
)  # fmt: skip
def test_no_more_than_the_baseline_is_consumed(mine, theirs, verdict):
    """Sums over the same time; a side that is not known is compared with nothing."""
    assert judge_consumption(mine, theirs, SPEC).verdict is Verdict[verdict]
