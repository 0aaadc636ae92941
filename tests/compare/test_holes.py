"""Series with a hole: what nobody measured is not quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from verify.compare.figures import judge_consumption, judge_logs
from verify.compare.resources import judge_resource
from verify.core.figures import Series, Told
from verify.core.successes import Consumption, Logs, Resource
from verify.core.verdicts import Answer, Verdict

END = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOGS = Logs.model_validate({"source": "p", "query": "q"})
CONSUMPTION = Consumption.model_validate({"source": "p", "query": "q", "baseline": "b"})
RESOURCE = Resource.model_validate({"source": "p", "query": "q"})


def told(*, missing=(0, 0), hours=1, every=60.0, value=0.0):
    """Samples of some hours without those of the minutes from one to another."""
    count = round(hours * 3600 / every)
    begin = END.timestamp() - hours * 3600
    times = [begin + place * every for place in range(count + 1)]
    times = [each for each in times if not missing[0] <= (each - begin) / 60 < missing[1]]
    series = Series(name="s", times=tuple(times), values=(value,) * len(times))
    return Answer(
        source="metrics p", value=Told(series=(series,), start=END - timedelta(hours=hours), end=END, every=every)
    )


@pytest.mark.parametrize(
    ("missing", "hours", "verdict"),
    [((0, 0), 1, "PASS"), ((30, 33), 1, "PASS"), ((30, 36), 1, "INCONCLUSIVE"), ((0, 6), 1, "INCONCLUSIVE"),
     ((60, 180), 24, "INCONCLUSIVE"), ((0, 120), 24, "INCONCLUSIVE")],
    ids=["whole", "a short one", "six minutes", "at the start", "two hours of a day", "two hours at the start of a day"],
)  # fmt: skip
def test_a_hole_longer_than_a_sample_may_be_old_proves_nothing(missing, hours, verdict):
    """A tenth of the samples may be missing here and there, and not all in one place: that is where the errors were."""
    found = judge_logs(told(missing=missing, hours=hours), LOGS)
    assert found.verdict is Verdict[verdict]
    assert ("no sample for" in found.summary) is (verdict == "INCONCLUSIVE")


def test_the_same_for_what_is_used_up_and_for_what_may_not_grow():
    """Five minutes without a sample are a restart, which empties a memory."""
    holed = told(missing=(30, 36), value=5.0)
    assert judge_consumption(holed, told(value=5.0), CONSUMPTION).verdict is Verdict.INCONCLUSIVE
    assert judge_consumption(told(value=5.0), holed, CONSUMPTION).verdict is Verdict.INCONCLUSIVE
    assert judge_resource(told(every=15.0, value=7.0), RESOURCE).verdict is Verdict.PASS
    assert judge_resource(told(missing=(30, 35), every=15.0, value=7.0), RESOURCE).verdict is Verdict.INCONCLUSIVE
