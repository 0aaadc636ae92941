"""How many fail: one proportion, two proportions, and pairs."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.optimize import brentq
from scipy.stats import beta, binom, norm


def mcnemar(only_candidate: int, only_baseline: int) -> float:
    """
    The one-sided p-value that the candidate fails more often than the baseline on the same requests.

    `only_candidate` and `only_baseline` count the pairs in which exactly that side failed. Exact:
    P(Binomial(b + c, 1/2) >= b) (McNemar 1947, Psychometrika 12:153-157). 1.0 without a discordant pair.
    """
    pairs = only_candidate + only_baseline
    return float(binom.sf(only_candidate - 1, pairs, 0.5)) if pairs else 1.0


def clopper_pearson(failures: int, count: int, *, error: float) -> tuple[float, float]:
    """
    Exact limits of a proportion, each wrong with probability at most `error` (one-sided).

    Clopper and Pearson 1934, Biometrika 26:404-413. ValueError without observations.
    """
    _counted(failures, count)
    low = float(beta.ppf(error, failures, count - failures + 1)) if failures else 0.0
    high = float(beta.ppf(1 - error, failures + 1, count - failures)) if failures < count else 1.0
    return low, high


def difference_interval(
    failures: int, count: int, baseline_failures: int, baseline_count: int, *, error: float
) -> tuple[float, float]:
    """
    Limits of candidate minus baseline proportion, each wrong with probability about `error` (one-sided).

    The score interval of Miettinen and Nurminen 1985, Statistics in Medicine 4:213-226: the differences that the
    score test with restricted estimates and the factor N/(N - 1) does not reject. ValueError without observations.
    """
    _counted(failures, count)
    _counted(baseline_failures, baseline_count)
    critical = float(norm.ppf(1 - error))
    estimate = failures / count - baseline_failures / baseline_count

    def score(delta: float) -> float:
        return _score(failures, count, baseline_failures, baseline_count, delta)

    low = _crossing(lambda delta: score(delta) - critical, -1.0, estimate)
    high = _crossing(lambda delta: score(delta) + critical, estimate, 1.0)
    return low, high


def _counted(failures: int, count: int) -> None:
    if not 0 <= failures <= count or count == 0:
        raise ValueError(f"{failures} failures of {count}: nothing was observed, or more failed than were asked")


def _crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Where the falling function is 0 between the ends; the end itself when it does not cross."""
    edge = 1e-12
    low, high = max(low, -1 + edge), min(high, 1 - edge)
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    return float(brentq(function, low, high, xtol=1e-10))


def _score(x1: int, n1: int, x2: int, n2: int, delta: float) -> float:
    """The score statistic of p1 - p2 = delta."""
    p2 = _restricted(x1, n1, x2, n2, delta)
    p1 = min(max(p2 + delta, 0.0), 1.0)
    total = n1 + n2
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * total / (total - 1)
    gap = x1 / n1 - x2 / n2 - delta
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)


def _restricted(x1: int, n1: int, x2: int, n2: int, delta: float) -> float:
    """p2's maximum-likelihood estimate under p1 = p2 + delta: the cubic's closed form (their appendix I)."""
    total, failed = n1 + n2, x1 + x2
    a = total
    b = (n1 + 2 * n2) * delta - total - failed
    c = (n2 * delta - total - 2 * x2) * delta + failed
    d = x2 * delta * (1 - delta)
    q = (b / (3 * a)) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    p = math.copysign(math.sqrt(max((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), q)
    cosine = 1.0 if p == 0 else min(max(q / p**3, -1.0), 1.0)
    angle = (math.pi + math.acos(cosine)) / 3
    found = 2 * p * math.cos(angle) - b / (3 * a)
    return min(max(found, 0.0, -delta), 1.0, 1.0 - delta)
