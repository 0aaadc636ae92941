"""Sums over a time: no more than so many, and no more than the baseline's."""

from __future__ import annotations

from datetime import timedelta

from verify.compare.resources import flaw
from verify.core.figures import Told
from verify.core.successes import Consumption, Logs
from verify.core.verdicts import (
    Cause,
    Conclusion,
    Difference,
    Observation,
    Problem,
    failed,
    inconclusive,
    passed,
    unheard,
)


def judge_logs(told: Observation[Told], spec: Logs) -> Conclusion:
    """
    PASS when the samples of all series add up to no more than `at_most`.

    INCONCLUSIVE for no series, NaN, a count below 0, samples that are old, too few or have holes: an absent counter is
    not 0. Where a source leaves out what never happened, the query says 0 only while the source is up.
    """
    found = _total(told, spec.stale)
    if isinstance(found, Conclusion):
        return found
    total, receipt = found
    said = f"{total:,.6g} over the time, {spec.at_most:,.6g} allowed"
    if total > spec.at_most:
        wrong = Difference(path="total", baseline=f"{spec.at_most:,.6g} (allowed)", candidate=f"{total:,.6g}")
        return failed(said, differences=[wrong], receipt=receipt, confirmed=True)
    return passed(said, receipt=receipt)


def judge_consumption(candidate: Observation[Told], baseline: Observation[Told], spec: Consumption) -> Conclusion:
    """
    PASS when the candidate's sum is at most `max_ratio` times the baseline's of the same time.

    INCONCLUSIVE as `judge_logs`, and where the baseline consumed nothing: there is nothing to compare with.
    """
    sums = []
    for each in (candidate, baseline):
        found = _total(each, spec.stale)
        if isinstance(found, Conclusion):
            return found
        sums.append(found)
    (mine, receipt), (theirs, other) = sums
    if not theirs:
        return inconclusive(Cause.UNSTABLE_BASELINE, "the baseline consumed nothing over the time")
    said = f"{mine:,.6g} against {theirs:,.6g}: {mine / theirs:.3g} x, {spec.max_ratio:g} x allowed"
    receipt = f"candidate {receipt}; baseline {other}"
    if mine > spec.max_ratio * theirs:
        wrong = Difference(path="total", baseline=f"{theirs:,.6g}", candidate=f"{mine:,.6g}")
        return failed(said, differences=[wrong], receipt=receipt)
    return passed(said, receipt=receipt)


def _total(told: Observation[Told], stale: timedelta) -> tuple[float, str] | Conclusion:
    """The sum of all samples and what was read, or why there is none."""
    if isinstance(told, Problem):
        return unheard(told) or inconclusive(told.cause, told.reason)
    series = told.value.series
    if not series:
        return inconclusive(Cause.NO_ANSWER, f"{told.source}: the query gives no series, and that is not 0")
    for each in series:
        reason = flaw(each, told.value, stale)
        if reason or min(each.values) < 0:
            return inconclusive(Cause.NO_ANSWER, f"{each.name}: {reason or 'counts below 0'}")
    count = sum(len(each.values) for each in series)
    return sum(sum(each.values) for each in series), f"{count:,} samples of {len(series)} series"
