"""Looking early without cheating: how much error each look at a growing run may spend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from verify.stats.interval import between

Spent = Callable[[float, float], float]
MAX_LOOKS: Final = 3
_POINTS: Final = 1201
_REACH: Final = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    One look at the part `fraction` of a run: what has been `spent` up to and with it, and its own bound.

    `level` is the one-sided p-value at or under which this look decides, `critical` the same as a standard normal
    value (infinity where nothing may be spent yet).
    """

    fraction: float
    spent: float
    level: float
    critical: float


def pocock(fraction: float, total: float) -> float:
    """
    The error spent at this part of the run, nearly evenly: total ln(1 + (e - 1) t).

    The Pocock-type function of Lan and DeMets 1983, Biometrika 70:659-663.
    """
    return total * float(np.log1p((np.e - 1) * fraction))


def obrien_fleming(fraction: float, total: float) -> float:
    """
    The error spent at this part of the run, nearly all of it at the end: 2 - 2 Phi(z(1 - total/2) / sqrt(t)).

    The O'Brien-Fleming-type function of Lan and DeMets 1983, Biometrika 70:659-663, one-sided.
    """
    return float(2 * norm.sf(norm.ppf(1 - total / 2) / np.sqrt(fraction)))


def spending(fractions: Sequence[float], total: float) -> tuple[float, ...]:
    """
    The error each look may spend; together at most `total`.

    Lan and DeMets' Pocock-type function total ln(1 + (e - 1) t) at information fractions t (1983, Biometrika
    70:659-663), each look given its increment: the union bound, so that no joint distribution is assumed.
    ValueError for more than three looks or fractions that do not rise to 1.
    """
    _rising(fractions)
    spent = [pocock(fraction, total) for fraction in fractions]
    return tuple(now - before for now, before in zip(spent, (0.0, *spent), strict=False))


def looks(fractions: Sequence[float], total: float, *, spent: Spent = obrien_fleming) -> tuple[Look, ...]:
    """
    Every look with its bound: together they decide wrongly with probability `total`, one-sided.

    Exact for a statistic whose increments are independent and normal, as means over more and more blocks nearly are:
    more is left for the last look than the union bound of `spending` leaves. The bounds are found look by look by
    the numerical integration of Armitage, McPherson and Rowe 1969, Journal of the Royal Statistical Society A
    132:235-244, with the spending functions of Lan and DeMets 1983, Biometrika 70:659-663. ValueError for more than
    three looks or fractions that do not rise to 1.
    """
    _rising(fractions)
    between("looks", "total", total)
    found: list[Look] = []
    grid = np.zeros(1)
    weight = np.ones(1)
    before = 0.0
    for fraction in fractions:
        up_to = min(spent(fraction, total), total)
        step = fraction - before
        used = found[-1].spent if found else 0.0
        critical = _critical(grid, weight, fraction, step, up_to - used)
        found.append(Look(fraction=fraction, spent=up_to, level=float(norm.sf(critical)), critical=critical))
        grid, weight = _continued(grid, weight, fraction, step, critical)
        before = fraction
    return tuple(found)


def shares(fractions: Sequence[float], *, total: float = 0.05, spent: Spent = obrien_fleming) -> tuple[float, ...]:
    """
    The level of each look over the total error: what a rule with an error of its own may use of it at that look.

    From `looks` (Lan and DeMets 1983, Biometrika 70:659-663). At half, three quarters and all of a run 0.11, 0.44,
    0.85 against 0.62, 0.21, 0.17 of `spending`. The shares are those of `total`; used with an error of 0.05/12 to
    0.05 they keep it to within a tenth. ValueError as `looks`.
    """
    return tuple(look.level / total for look in looks(fractions, total, spent=spent))


def _rising(fractions: Sequence[float]) -> None:
    rising = all(low < high for low, high in zip((0.0, *fractions), fractions, strict=False))
    if not 1 <= len(fractions) <= MAX_LOOKS or not rising or abs(fractions[-1] - 1) > 1e-9:
        raise ValueError(f"one to {MAX_LOOKS} looks at rising fractions that end in 1; found {list(fractions)}")


def _critical(
    grid: NDArray[np.float64], weight: NDArray[np.float64], fraction: float, step: float, part: float
) -> float:
    """The standard normal value that a path which was not stopped before exceeds now with probability `part`."""
    if part <= 1e-12:
        return float("inf")
    root, spread = np.sqrt(fraction), np.sqrt(step)

    def over(critical: float) -> float:
        return float((weight * norm.sf((critical * root - grid) / spread)).sum()) - part

    return float(brentq(over, -_REACH, _REACH, xtol=1e-9))


def _continued(
    grid: NDArray[np.float64], weight: NDArray[np.float64], fraction: float, step: float, critical: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The score process of the paths that go on: points, and the probability that each stands for (Simpson)."""
    root = np.sqrt(fraction)
    points = np.linspace(-_REACH * root, min(critical, _REACH) * root, _POINTS)
    simpson = np.where(np.arange(_POINTS) % 2, 4.0, 2.0)
    simpson[[0, -1]] = 1.0
    spread = np.sqrt(step)
    density = (norm.pdf((points[:, None] - grid[None, :]) / spread) * weight).sum(axis=1) / spread
    return points, density * simpson * (points[1] - points[0]) / 3
