"""Does a resource grow? A slope with an interval that knows that neighbouring samples resemble each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from verify.stats.interval import Interval, between

Floats = NDArray[np.float64]
FEWEST: Final = 20
MOST: Final = 600
EMPTY: Final = 0.2
_NEARLY_ONE: Final = 0.99
_LEAST_FREEDOM: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """
    How a value grows: `slope` a hour in the value's unit, with one-sided limits, and `robust`, Theil and Sen's.

    `p` is the p-value of "it does not grow". `correlation` is that of neighbouring residuals, `effective` the number
    of samples of their own that say as much. `change` is the growth over the time seen, `level` the middle value.
    """

    slope: Interval
    robust: float
    p: float
    samples: int
    effective: float
    correlation: float
    change: float
    level: float


def trend(times: Floats, values: Floats, *, error: float = 0.05) -> Trend:
    """
    The growth of a value an hour, from samples at `times` (s).

    Samples are first averaged in at most 600 equal intervals. Least squares; the standard error is that of Newey and
    West 1987, Econometrica 55:703-708, on residuals prewhitened by their first autocorrelation (Andrews and Monahan
    1992, Econometrica 60:953-966), lag by Andrews 1991, Econometrica 59:817-858, autocorrelation freed of its bias
    under a trend (Kendall 1954, Biometrika 41:403-404). Student's t with the degrees of freedom of the effective
    number of samples (Bayley and Hammersley 1946, Supplement to the JRSS 8:184-197). Robust slope: Sen 1968, Journal
    of the American Statistical Association 63:1379-1389. ValueError for under 20 samples, for values that are no
    numbers, or where over a fifth of the intervals has no sample.
    """
    between("trend", "error", error)
    hours, levels = _regular(times, values)
    n = len(levels)
    centred = hours - hours.mean()
    slope = float(centred @ levels) / float(centred @ centred)
    residuals = levels - levels.mean() - slope * centred
    middle = float(np.median(levels))
    tiny = 1e-12 * max(float(np.abs(levels).max()), 1e-300)
    if float(np.abs(residuals).max()) <= tiny:
        return _exact(slope if abs(slope * np.ptp(hours)) > tiny else 0.0, n, float(np.ptp(hours)), middle)
    correlation = _correlation(residuals)
    wide = np.sqrt(_long_run(centred * residuals, correlation) * n / (n - 2)) / float(centred @ centred)
    effective = max(n * (1 - correlation) / (1 + correlation), _LEAST_FREEDOM + 2)
    half = float(student.ppf(1 - error, effective - 2)) * float(wide)
    return Trend(
        slope=Interval(estimate=slope, lower=slope - half, upper=slope + half),
        robust=theil_sen(hours, levels),
        p=float(student.sf(slope / wide, effective - 2)),
        samples=len(values),
        effective=effective,
        correlation=correlation,
        change=slope * float(np.ptp(hours)),
        level=middle,
    )


def theil_sen(times: Floats, values: Floats) -> float:
    """
    The median of the slopes of all pairs; up to 29 % of wild values do not move it far.

    Sen 1968, Journal of the American Statistical Association 63:1379-1389. ValueError for under two different times.
    """
    first, second = np.triu_indices(len(times), 1)
    apart = times[second] - times[first]
    kept = apart != 0
    if not kept.any():
        raise ValueError(f"Theil-Sen: {len(times)} samples; at least two different times are needed")
    return float(np.median((values[second] - values[first])[kept] / apart[kept]))


def _regular(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Hours and mean values of equal intervals; the few without a sample are drawn straight between neighbours."""
    if len(times) != len(values) or len(times) < FEWEST:
        raise ValueError(
            f"trend: {len(times)} times and {len(values)} values; as many, and {FEWEST} or more, are needed"
        )
    if not (np.isfinite(times).all() and np.isfinite(values).all()) or np.ptp(times) <= 0:
        raise ValueError(f"trend: {len(times)} samples are not all numbers at different times")
    bins = min(len(times), MOST)
    place, asked = _places(times, bins)
    # Samples that are merely uneven share an interval here and there: half as many intervals hold them.
    if (asked == 0).mean() > EMPTY:
        bins = max(bins // 2, FEWEST // 2)
        place, asked = _places(times, bins)
    held = np.flatnonzero(asked)
    if len(held) < (1 - EMPTY) * bins:
        raise ValueError(
            f"trend: {bins - len(held)} of {bins} intervals of {np.ptp(times) / bins:g} s hold no sample; sample evenly"
        )
    hours, levels = (np.bincount(place, weights=each, minlength=bins)[held] / asked[held] for each in (times, values))
    return np.interp(np.arange(bins), held, hours) / 3600, np.interp(np.arange(bins), held, levels)


def _places(times: Floats, bins: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The interval of each sample, and how many samples each of them holds."""
    place = np.minimum(((times - times.min()) / np.ptp(times) * bins).astype(np.int64), bins - 1)
    return place, np.bincount(place, minlength=bins)


def _correlation(residuals: Floats) -> float:
    """The first autocorrelation of residuals of a trend, freed of its bias, within 0 and nearly 1."""
    n = len(residuals)
    plain = float(residuals[1:] @ residuals[:-1]) / float(residuals[:-1] @ residuals[:-1])
    return min(max((n * plain + 2) / (n - 4), 0.0), _NEARLY_ONE)


def _long_run(scores: Floats, correlation: float) -> float:
    """The variance of the sum of the scores, prewhitened, with Bartlett weights."""
    n = len(scores)
    white = scores[1:] - correlation * scores[:-1]
    own = float(white @ white)
    left = float(white[1:] @ white[:-1]) / own if own > 0 else 0.0
    left = min(max(left, -0.97), 0.97)
    lag = min(int(1.1447 * (4 * left**2 / (1 - left**2) ** 2 * n) ** (1 / 3)), n // 3)
    total = own + sum(2 * (1 - k / (lag + 1)) * float(white[k:] @ white[:-k]) for k in range(1, lag + 1))
    return total / (1 - correlation) ** 2 * n / (n - 1)


def _exact(slope: float, count: int, hours: float, level: float) -> Trend:
    """A straight line leaves no doubt."""
    return Trend(
        slope=Interval(estimate=slope, lower=slope, upper=slope),
        robust=slope,
        p=0.0 if slope > 0 else 1.0,
        samples=count,
        effective=float(count),
        correlation=0.0,
        change=slope * hours,
        level=level,
    )
