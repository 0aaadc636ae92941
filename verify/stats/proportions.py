"""How many fail: one proportion, two proportions, and pairs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from scipy.optimize import brentq
from scipy.stats import beta, binom, chi2, hypergeom, norm

from verify.stats.interval import between, counted

_EDGE: Final = 1e-12


def mcnemar(only_candidate: int, only_baseline: int) -> float:
    """
    The one-sided p-value that the candidate fails more often than the baseline on the same requests.

    `only_candidate` and `only_baseline` count the pairs in which exactly that side failed. Exact:
    P(Binomial(b + c, 1/2) >= b) (McNemar 1947, Psychometrika 12:153-157). 1.0 without a discordant pair.
    ValueError for a negative count.
    """
    if min(only_candidate, only_baseline) < 0:
        raise ValueError(f"McNemar: {only_candidate} and {only_baseline} pairs; a count cannot be negative")
    pairs = only_candidate + only_baseline
    return float(binom.sf(only_candidate - 1, pairs, 0.5)) if pairs else 1.0


def sign_test(candidate: Sequence[int], baseline: Sequence[int]) -> float:
    """
    The one-sided p-value that the candidate fails more often, by blocks: failures of each side, one entry a block.

    Exact: the blocks in which the candidate failed more often against those in which the baseline did, each of which
    is as likely when both are equal (Dixon and Mood 1946, Journal of the American Statistical Association
    41:557-566). Requests of one outage fail together, so that pairs are no draws of their own where failures come in
    bursts; blocks are. 1.0 without a block that differs. ValueError when the sides have other numbers of blocks.
    """
    if len(candidate) != len(baseline):
        raise ValueError(f"sign test: {len(candidate)} and {len(baseline)} blocks; both sides need the same blocks")
    pairs = list(zip(candidate, baseline, strict=True))
    return mcnemar(sum(mine > other for mine, other in pairs), sum(mine < other for mine, other in pairs))


def fisher(failures: int, count: int, baseline_failures: int, baseline_count: int) -> float:
    """
    The one-sided p-value that the candidate fails more often than the baseline, on different requests.

    Exact and conditional on the number of failures of both: the hypergeometric tail (Fisher 1935, Journal of the
    Royal Statistical Society 98:39-82). ValueError without observations.
    """
    counted("Fisher, candidate", failures, count)
    counted("Fisher, baseline", baseline_failures, baseline_count)
    return float(hypergeom.sf(failures - 1, count + baseline_count, failures + baseline_failures, count))


def clopper_pearson(failures: float, count: float, *, error: float) -> tuple[float, float]:
    """
    Exact limits of a proportion, each wrong with probability at most `error` (one-sided).

    Clopper and Pearson 1934, Biometrika 26:404-413; effective counts need not be whole (Korn and Graubard 1998, Survey
    Methodology 24:193-201). ValueError without observations.
    """
    counted("Clopper-Pearson", failures, count)
    between("Clopper-Pearson", "error", error)
    low = float(beta.ppf(error, failures, count - failures + 1)) if failures else 0.0
    high = float(beta.ppf(1 - error, failures + 1, count - failures)) if failures < count else 1.0
    return low, high


def trials_needed(failures: int, *, at_most: float, error: float) -> int:
    """
    The smallest count that, with so many failures, shows a rate of at most `at_most`.

    The count whose exact upper limit (Clopper and Pearson 1934) does not exceed `at_most`, that is the smallest n
    with P(Binomial(n, at_most) <= failures) <= error. For 0.001 at 5 %: 2,995 without a failure, 4,742 with one,
    7,752 with three. ValueError for a rate outside 0..1 or a negative number of failures.
    """
    if failures < 0:
        raise ValueError(f"trials needed: {failures} failures; a count cannot be negative")
    between("trials needed", "at_most", at_most)
    between("trials needed", "error", error)
    # The Poisson limit is a little more than enough; the exact count lies below it.
    high = math.ceil(float(chi2.ppf(1 - error, 2 * failures + 2)) / (2 * at_most)) + failures + 1
    low = failures
    while high - low > 1:
        middle = (low + high) // 2
        enough = float(binom.cdf(failures, middle, at_most)) <= error
        low, high = (low, middle) if enough else (middle, high)
    return high


def difference_interval(
    failures: float, count: float, baseline_failures: float, baseline_count: float, *, error: float
) -> tuple[float, float]:
    """
    Limits of candidate minus baseline proportion, each wrong with probability about `error` (one-sided).

    The score interval of Miettinen and Nurminen 1985, Statistics in Medicine 4:213-226: the differences that the
    score test with restricted estimates and the factor N/(N - 1) does not reject. ValueError without observations.
    """
    counted("difference, candidate", failures, count)
    counted("difference, baseline", baseline_failures, baseline_count)
    between("difference", "error", error)
    estimate = failures / count - baseline_failures / baseline_count

    def score(delta: float) -> float:
        return difference_score(failures, count, baseline_failures, baseline_count, delta)

    return limits(score, estimate, error)


def limits(score: Callable[[float], float], estimate: float, error: float) -> tuple[float, float]:
    """
    The differences between -1 and 1 that a falling score does not reject, one-sided at `error` on either end.

    `score` has to be about standard normal at the true difference (inversion of a test: Miettinen and Nurminen
    1985, Statistics in Medicine 4:213-226).
    """
    critical = float(norm.ppf(1 - error))
    low = _crossing(lambda delta: score(delta) - critical, -1.0, estimate)
    high = _crossing(lambda delta: score(delta) + critical, estimate, 1.0)
    return low, high


def _crossing(function: Callable[[float], float], low: float, high: float) -> float:
    """Where the falling function is 0 between the ends; the end itself when it does not cross."""
    low, high = max(low, -1 + _EDGE), min(high, 1 - _EDGE)
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    return float(brentq(function, low, high, xtol=1e-10))


def difference_score(x1: float, n1: float, x2: float, n2: float, delta: float) -> float:
    """
    The score statistic of p1 - p2 = delta from x1 of n1 and x2 of n2; about standard normal when that is true.

    Miettinen and Nurminen 1985, Statistics in Medicine 4:213-226.
    """
    p2 = restricted(x1, n1, x2, n2, delta)
    p1 = min(max(p2 + delta, 0.0), 1.0)
    total = n1 + n2
    variance = (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * total / (total - 1)
    gap = x1 / n1 - x2 / n2 - delta
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)


def restricted(x1: float, n1: float, x2: float, n2: float, delta: float) -> float:
    """
    p2's maximum-likelihood estimate under p1 = p2 + delta, from x1 of n1 and x2 of n2.

    The cubic's closed form: Miettinen and Nurminen 1985, Statistics in Medicine 4:213-226, appendix I.
    """
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
