"""Is the candidate's failure rate at most a margin above the baseline's?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import norm

from verify.stats.interval import Interval, at_least, between, counted
from verify.stats.proportions import difference_interval, difference_score, limits, restricted


@dataclass(frozen=True, slots=True, kw_only=True)
class NonInferiority:
    """
    How much more often the candidate fails: `difference` (a part, 0.005 is half a point) with one-sided limits.

    `p` is the p-value of "the difference is at least the margin": at most the error when the upper limit is under it.
    """

    difference: Interval
    margin: float
    p: float

    @property
    def shown(self) -> bool:
        """The whole interval lies under the margin."""
        return self.difference.upper < self.margin


def unpaired(
    failures: int, count: int, baseline_failures: int, baseline_count: int, *, margin: float, error: float = 0.05
) -> NonInferiority:
    """
    Candidate minus baseline from different requests, against a margin.

    The score interval and test of Miettinen and Nurminen 1985, Statistics in Medicine 4:213-226. ValueError without
    observations, or for a margin outside 0..1.
    """
    between("non-inferiority", "margin", margin)
    low, high = difference_interval(failures, count, baseline_failures, baseline_count, error=error)
    estimate = failures / count - baseline_failures / baseline_count
    p = float(norm.cdf(difference_score(failures, count, baseline_failures, baseline_count, margin)))
    return NonInferiority(difference=Interval(estimate=estimate, lower=low, upper=high), margin=margin, p=p)


def paired(
    only_candidate: int, only_baseline: int, pairs: int, *, margin: float, error: float = 0.05
) -> NonInferiority:
    """
    Candidate minus baseline from the same requests asked of both, against a margin.

    `only_candidate` and `only_baseline` of the `pairs` failed on exactly that side. The score interval and test of
    Tango 1998, Statistics in Medicine 17:891-908. ValueError without pairs, or for more discordant ones than pairs.
    """
    counted("paired difference", only_candidate + only_baseline, pairs)
    at_least("paired difference", "discordant pairs of a side", min(only_candidate, only_baseline), 0)
    between("paired difference", "margin", margin)
    between("paired difference", "error", error)

    def score(delta: float) -> float:
        return paired_score(only_candidate, only_baseline, pairs, delta)

    estimate = (only_candidate - only_baseline) / pairs
    low, high = limits(score, estimate, error)
    p = float(norm.cdf(score(margin)))
    return NonInferiority(difference=Interval(estimate=estimate, lower=low, upper=high), margin=margin, p=p)


def paired_score(only_candidate: int, only_baseline: int, pairs: int, delta: float) -> float:
    """
    The score statistic of a paired difference of `delta`; about standard normal when that is true.

    Tango 1998, Statistics in Medicine 17:891-908, with the restricted estimate in closed form.
    """
    b, c, n = only_candidate, only_baseline, pairs
    middle = (2 * n - b + c) * delta - b - c
    last = -c * delta * (1 - delta)
    q = max((math.sqrt(max(middle * middle - 8 * n * last, 0.0)) - middle) / (4 * n), 0.0, -delta)
    variance = n * (2 * q + delta * (1 - delta))
    gap = b - c - n * delta
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)


def requests_needed(
    rate: float, *, margin: float, error: float = 0.05, power: float = 0.9, baselines: float = 1.0
) -> int:
    """
    The candidate requests with which equal systems that fail at `rate` are shown non-inferior with chance `power`.

    `baselines` is the number of baseline requests for each of the candidate's. Farrington and Manning 1990,
    Statistics in Medicine 9:1447-1454, their third method (restricted estimates under the null hypothesis).
    ValueError for a rate, margin, error or power outside 0..1.
    """
    for name, value in (("rate", rate), ("margin", margin), ("error", error), ("power", power)):
        between("requests needed", name, value)
    at_least("requests needed", "baselines", baselines, 1e-6)
    p2 = restricted(rate, 1.0, rate * baselines, baselines, margin)
    p1 = p2 + margin
    null = math.sqrt(p1 * (1 - p1) + p2 * (1 - p2) / baselines)
    true = math.sqrt(rate * (1 - rate) * (1 + 1 / baselines))
    needed = (float(norm.ppf(1 - error)) * null + float(norm.ppf(power)) * true) / margin
    return math.ceil(needed * needed)
