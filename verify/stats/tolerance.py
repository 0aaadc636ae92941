"""What a few drills prove about the next one: tolerance limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, nct, norm

from verify.stats.interval import between
from verify.stats.proportions import clopper_pearson


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """
    The worst of n times (s), and what it proves.

    With confidence 1 - error at least the part `covered` of all drills like these takes no longer than `worst`.
    `kept` is the part of all drills that is proved to keep the promise, 0 when none was given or none kept it;
    `broken` of the n broke it. `needed` drills in a row that keep the promise prove the wanted part.
    """

    count: int
    worst: float
    median: float
    covered: float
    broken: int
    kept: float
    needed: int


def worst_of(
    seconds: Sequence[float], *, promise: float = math.inf, wanted: float = 0.95, error: float = 0.05
) -> Worst:
    """
    The worst of the drills, with no assumption about how their times are distributed.

    P(the worst of n lies above the part c) = c^n, so n drills cover error^(1/n): 5 cover 55 %, 14 cover 81 %, 59
    cover 95 % (Wilks 1941, Annals of Mathematical Statistics 12:91-96). `kept` is the exact lower limit of Clopper
    and Pearson 1934. ValueError without drills, or for a time that is not a number of seconds.
    """
    times = _times("worst of n", seconds)
    n = len(times)
    broken = int((times > promise).sum())
    return Worst(
        count=n,
        worst=float(times.max()),
        median=float(np.median(times)),
        covered=error ** (1 / n),
        broken=broken,
        kept=clopper_pearson(n - broken, n, error=error)[0] if math.isfinite(promise) else 0.0,
        needed=drills_needed(wanted, error=error),
    )


def drills_needed(covered: float, *, error: float = 0.05, rank: int = 1) -> int:
    """
    The smallest n whose `rank`-th largest value is an upper limit of the part `covered` with confidence 1 - error.

    The smallest n with P(Binomial(n, 1 - covered) < rank) <= error (Wilks 1941, Annals of Mathematical Statistics
    12:91-96). For 95 %/95 %: 59, 93, 124, 153, 181 for ranks 1 to 5. ValueError for a rank under 1 or a part or
    error outside 0..1.
    """
    between("drills needed", "covered", covered)
    between("drills needed", "error", error)
    if rank < 1:
        raise ValueError(f"drills needed: rank {rank}; the largest value has rank 1")
    low, high = rank - 1, rank
    while binom.cdf(rank - 1, high, 1 - covered) > error:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = binom.cdf(rank - 1, middle, 1 - covered) <= error
        low, high = (low, middle) if enough else (middle, high)
    return high


def upper_limit(seconds: Sequence[float], *, covered: float = 0.95, error: float = 0.05) -> float:
    """
    The smallest of the times that at least the part `covered` of all keeps to with confidence 1 - error, or infinity.

    The order statistic of Wilks 1941 (Annals of Mathematical Statistics 12:91-96): infinity while there are fewer
    than `drills_needed`. ValueError without times.
    """
    times = np.sort(_times("tolerance limit", seconds))[::-1]
    between("tolerance limit", "covered", covered)
    between("tolerance limit", "error", error)
    ranks = np.arange(len(times))
    proved = binom.cdf(ranks, len(times), 1 - covered) <= error
    return float(times[np.flatnonzero(proved)[-1]]) if proved.any() else math.inf


def lognormal_limit(seconds: Sequence[float], *, covered: float = 0.95, error: float = 0.05) -> float:
    """
    The time that the part `covered` keeps to with confidence 1 - error, if logarithms of times are normal.

    exp(mean + k sd) with the factor of Hahn and Meeker 1991, Statistical Intervals, section 4.6 and table A.12: k is
    the non-central t quantile over sqrt(n), for 95 %/95 % 7.66 (n = 3), 4.20 (5), 2.91 (10), 2.40 (20). It claims
    more than drills can show; say so beside it. ValueError under two times or for one that is not over 0.
    """
    times = _times("log-normal limit", seconds)
    if len(times) < 2 or times.min() <= 0:
        raise ValueError(f"log-normal limit: {len(times)} times; at least 2 are needed, each over 0 s")
    logs = np.log(times)
    return float(np.exp(logs.mean() + factor(len(times), covered=covered, error=error) * logs.std(ddof=1)))


def factor(count: int, *, covered: float = 0.95, error: float = 0.05) -> float:
    """
    How many sample standard deviations above the mean a one-sided normal tolerance limit lies.

    Hahn and Meeker 1991, Statistical Intervals, section 4.6: t'(1 - error; n - 1, z_covered sqrt(n)) / sqrt(n).
    ValueError under two values or for a part or error outside 0..1.
    """
    between("tolerance factor", "covered", covered)
    between("tolerance factor", "error", error)
    if count < 2:
        raise ValueError(f"tolerance factor: {count} values; at least 2 are needed")
    root = math.sqrt(count)
    return float(nct.ppf(1 - error, count - 1, float(norm.ppf(covered)) * root)) / root


def _times(place: str, seconds: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    times = np.asarray(seconds, dtype=np.float64).reshape(-1)
    if not len(times) or not np.isfinite(times).all() or times.min() < 0:
        raise ValueError(f"{place}: {len(times)} times; at least one is needed, each a number of seconds")
    return times
