"""A floor of availability from probes: exact, and honest about outages that cluster."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom
from scipy.stats import t as student

from verify.stats.interval import Interval, at_least, between, counted
from verify.stats.proportions import clopper_pearson, trials_needed

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
WINDOW: Final = 10.0
LENGTHS: Final = (10.0, 60.0, 300.0)
FEWEST_WINDOWS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """
    What probes show about a floor of availability, if each probe is a draw of its own.

    `availability` has the exact one-sided limits. `p` is the p-value of "availability is at most the objective".
    `needed` probes show the objective with this number of failures.
    """

    availability: Interval
    objective: float
    p: float
    probes: int
    failures: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """
    What the same probes show when failures come in bursts.

    `effective` probes of their own would say as much as the `probes` that there are; `design` is the ratio (1 is no
    clustering). `availability` has the limits of that many, `needed` is the number of probes at this pace with as
    much clustering and as many effective failures.
    """

    availability: Interval
    objective: float
    probes: int
    effective: float
    design: float
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """
    How probes and failures lie in time: windows of `seconds` from start to end.

    `observed` of the `total` windows hold a probe, `bad` of those a failure, `longest` consecutive bad ones stand in
    a row; `gap` is the longest time (s) without a probe, both ends included. `good` is the share of observed windows
    without a failure, with exact limits.
    """

    seconds: float
    total: int
    observed: int
    bad: int
    longest: int
    gap: float
    good: Interval

    @property
    def covered(self) -> float:
        """The part of the time that was looked at."""
        return self.observed / self.total


def availability_floor(failures: int, probes: int, *, objective: float, error: float = 0.05) -> Floor:
    """
    Exact limits of availability, each wrong with at most `error`, and how many probes the objective needs.

    Clopper and Pearson 1934, Biometrika 26:404-413. ValueError without probes or for an objective outside 0..1:
    100 % cannot be shown from a sample.
    """
    counted("availability", failures, probes)
    between("availability", "objective", objective)
    low, high = clopper_pearson(failures, probes, error=error)
    return Floor(
        availability=Interval(estimate=1 - failures / probes, lower=1 - high, upper=1 - low),
        objective=objective,
        p=float(binom.cdf(failures, probes, 1 - objective)),
        probes=probes,
        failures=failures,
        needed=probes_needed(failures, objective=objective, error=error),
    )


def probes_needed(failures: int, *, objective: float, error: float = 0.05) -> int:
    """
    The smallest number of probes that shows the objective with so many failures.

    Clopper and Pearson 1934, Biometrika 26:404-413. 99.9 % at 95 %: 2,995 with none, 4,742 with one, 7,752 with
    three. ValueError for an objective outside 0..1.
    """
    between("probes needed", "objective", objective)
    return trials_needed(failures, at_most=1 - objective, error=error)


def windows(
    times: Floats, failed: Truths, *, start: float, end: float, seconds: float = WINDOW, error: float = 0.05
) -> Windows:
    """
    Where between `start` and `end` (s) probes were sent and failures lie.

    A window is bad when any probe in it failed: an outage counts by the time it takes, not by how often somebody
    asked (request- against time-based objectives: Beyer et al. 2018, The Site Reliability Workbook, chapter 2;
    limits: Clopper and Pearson 1934). ValueError without probes, for probes outside of start to end, or for an empty
    time.
    """
    _probes("windows", times, failed)
    at_least("windows", "seconds", seconds, 1e-3)
    if not (start < end and times.min() >= start and times.max() <= end):
        raise ValueError(
            f"windows: probes from {times.min():g} to {times.max():g} s do not lie in {start:g} to {end:g} s"
        )
    total = math.ceil((end - start) / seconds)
    place = np.minimum(((times - start) / seconds).astype(np.int64), total - 1)
    asked = np.bincount(place, minlength=total)
    bad = np.bincount(place, weights=failed, minlength=total) > 0
    observed, wrong = int((asked > 0).sum()), int(bad.sum())
    low, high = clopper_pearson(wrong, observed, error=error)
    edges = np.concatenate(([start], np.sort(times), [end]))
    return Windows(
        seconds=seconds,
        total=total,
        observed=observed,
        bad=wrong,
        longest=_longest(bad),
        gap=float(np.diff(edges).max()),
        good=Interval(estimate=1 - wrong / observed, lower=1 - high, upper=1 - low),
    )


def clustered_floor(
    times: Floats, failed: Truths, *, objective: float, outage: float = 0.0, error: float = 0.05
) -> Clustered:
    """
    Limits of availability from the effective number of probes.

    The design effect is the variance of failures by window over the binomial one (Rao and Scott 1992, Biometrics
    48:577-585), the largest over windows of 10, 60 and 300 s, and never under 1; the limits are those of Korn and
    Graubard 1998, Survey Methodology 24:193-201: exact binomial ones at the effective count, less the degrees of
    freedom. A burst that was not met shows in no variance: `outage` (s) says how long an outage may last
    (twice the mean, where lengths differ), and probes closer than that count as one. ValueError without probes.
    """
    _probes("clustered floor", times, failed)
    between("clustered floor", "objective", objective)
    at_least("clustered floor", "outage", outage, 0)
    probes, failures = len(times), int(failed.sum())
    effective = _effective(times, failed, outage, error)
    share = failures / probes
    low, high = clopper_pearson(share * effective, effective, error=error)
    needed = trials_needed(math.ceil(share * effective), at_most=1 - objective, error=error)
    return Clustered(
        availability=Interval(estimate=1 - share, lower=1 - high, upper=1 - low),
        objective=objective,
        probes=probes,
        effective=effective,
        design=probes / effective,
        needed=math.ceil(needed * probes / effective),
    )


def _effective(times: Floats, failed: Truths, outage: float, error: float) -> float:
    """The probes of their own that say as much, at most as many as there are."""
    probes = len(times)
    span = float(times.max() - times.min()) * probes / max(probes - 1, 1)
    crowded = outage * probes / span if span > 0 else float(probes)
    design, clusters = max(_design(times, failed, length) for length in LENGTHS)
    known = failed.any() and clusters > 1
    spread = float(student.ppf(error, probes - 1) / student.ppf(error, clusters - 1)) ** 2 if known else 1.0
    return min(probes / max(design / spread, 1.0), probes / max(crowded, 1.0))


def _design(times: Floats, failed: Truths, seconds: float) -> tuple[float, int]:
    """The design effect of windows of that length and their number; 1 where too few windows or no failure speak."""
    place = ((times - times.min()) / seconds).astype(np.int64)
    asked = np.bincount(place)
    wrong = np.bincount(place, weights=failed)[asked > 0]
    asked = asked[asked > 0]
    clusters, share = len(asked), float(failed.mean())
    if clusters < FEWEST_WINDOWS or not 0 < share < 1:
        return 1.0, len(times)
    residual = wrong - share * asked
    variance = clusters / (clusters - 1) * float((residual**2).sum())
    return variance / (len(times) * share * (1 - share)), clusters


def _longest(bad: Truths) -> int:
    ends = np.flatnonzero(np.diff(np.concatenate(([False], bad, [False])).astype(np.int8)))
    return int((ends[1::2] - ends[::2]).max(initial=0))


def _probes(place: str, times: Floats, failed: Truths) -> None:
    if len(times) != len(failed) or not len(times) or not np.isfinite(times).all():
        raise ValueError(f"{place}: {len(times)} times and {len(failed)} answers; as many, and some, are needed")
