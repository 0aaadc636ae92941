"""Does what the candidate uses stay where it is? From a series of samples."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from verify.core.figures import Series, Told
from verify.core.scalars import seconds, show_age
from verify.core.successes import Resource
from verify.core.verdicts import (
    Cause,
    Conclusion,
    Difference,
    Observation,
    Problem,
    Verdict,
    failed,
    inconclusive,
    passed,
    unheard,
)
from verify.stats.trend import FEWEST, Trend, trend

_COVERED: Final = 0.9
_DAY: Final = 24.0


def judge_resource(told: Observation[Told], spec: Resource) -> Conclusion:
    """
    PASS when no series grows by more than `growth` percent of its level a day, nor exceeds `at_most`.

    The growth is a trend with an interval that knows that neighbouring samples resemble each other. INCONCLUSIVE for no
    series, for a value that is no number, for samples that end or begin too early, are too few or leave holes, and for a
    trend that is not known well enough. The worst series counts.
    """
    if isinstance(told, Problem):
        return unheard(told) or inconclusive(told.cause, told.reason)
    if not told.value.series:
        return inconclusive(
            Cause.NO_ANSWER, f"{told.source}: the query gives no series", remedy="correct query:; nothing was measured"
        )
    found = [_one(each, told.value, spec) for each in told.value.series]
    worst = max(found, key=lambda each: each.verdict)
    if worst.verdict is not Verdict.PASS or len(found) == 1:
        return worst
    return passed(f"{len(found)} series; {worst.summary}", receipt=f"{len(found)} series, {worst.receipt}")


def _one(series: Series, told: Told, spec: Resource) -> Conclusion:
    if reason := flaw(series, told, spec.stale):
        return inconclusive(Cause.NO_ANSWER, f"{series.name}: {reason}")
    highest = max(series.values)
    receipt = f"{len(series.values):,} samples over {_hours(series)}"
    if spec.at_most is not None and highest > spec.at_most:
        said = f"{series.name}: {highest:,.6g}, at most {spec.at_most:,.6g} allowed"
        return failed(
            said, differences=[_difference(series, f"{spec.at_most:,.6g}", f"{highest:,.6g}")], receipt=receipt
        )
    try:
        seen = trend(np.array(series.times), np.array(series.values))
    except ValueError as error:
        return inconclusive(Cause.TOO_FEW, f"{series.name}: {error}", receipt=receipt)
    return _grown(series, seen, spec, receipt)


def flaw(series: Series, told: Told, stale: timedelta) -> str:
    """Why the samples say nothing about the time that was asked for; an empty string when they do."""
    if not series.values:
        return "holds no sample"
    odd = sum(1 for each in series.values if not math.isfinite(each))
    if odd:
        return f"{odd:,} of {len(series.values):,} samples are no numbers (NaN or infinite)"
    age = told.end.timestamp() - series.times[-1]
    if age > seconds(stale):
        return f"the newest sample is {_span(age)} old, {show_age(stale)} allowed"
    wanted = (told.end - told.start).total_seconds()
    if series.times[-1] - series.times[0] < _COVERED * wanted:
        return f"samples cover {_span(series.times[-1] - series.times[0])} of {_span(wanted)}"
    return _holes(series, told, stale)


def _holes(series: Series, told: Told, stale: timedelta) -> str:
    """Why the samples are too few, or too far apart somewhere; an empty string when they are neither."""
    expected = max(FEWEST, _COVERED * (told.end - told.start).total_seconds() / told.every)
    if len(series.values) < expected:
        return f"{len(series.values):,} samples where {expected:,.0f} are needed; there are holes"
    apart = max(later - earlier for earlier, later in pairwise((told.start.timestamp(), *series.times)))
    if apart > max(seconds(stale), 2 * told.every):  # what may not be old at the end may not be missing before it
        return f"no sample for {_span(apart)}, {show_age(stale)} allowed"
    return ""


def _grown(series: Series, seen: Trend, spec: Resource, receipt: str) -> Conclusion:
    """The growth a day in percent of the level, against what is allowed."""
    if seen.level == 0 and (seen.slope.upper or seen.slope.lower):
        return inconclusive(Cause.TOO_NOISY, f"{series.name}: its middle value is 0, so growth has no percentage")
    share = 100 * _DAY / abs(seen.level) if seen.level else 0.0
    low, middle, high = (each * share for each in (seen.slope.lower, seen.slope.estimate, seen.slope.upper))
    said = (
        f"{series.name}: {middle:+.3g} % a day of {seen.level:,.6g} (95 %: {low:+.3g} to {high:+.3g}), "
        f"{spec.growth:g} % allowed"
    )
    receipt = f"{receipt}, as good as {seen.effective:,.0f} of their own"
    if high <= spec.growth:
        return passed(said, receipt=receipt)
    if low > spec.growth:
        return failed(
            said,
            differences=[_difference(series, f"{spec.growth:g} % a day", f"{middle:+.3g} % a day")],
            receipt=receipt,
        )
    return inconclusive(
        Cause.TOO_NOISY, f"{said}: not known well enough", receipt=receipt, remedy="look longer: raise over:"
    )


def _difference(series: Series, allowed: str, seen: str) -> Difference:
    return Difference(path=series.name, baseline=f"{allowed} (allowed)", candidate=seen)


def _hours(series: Series) -> str:
    return _span(series.times[-1] - series.times[0])


def _span(value: float) -> str:
    return show_age(timedelta(seconds=value)) if value >= 1 else f"{value:.1f} s"
