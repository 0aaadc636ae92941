"""Is a candidate's quantile within its margin of the baseline's, judged over triples of blocks A, B, A'?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from verify.core.verdicts import Verdict
from verify.stats.interval import Interval, between

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TRIM: Final = 0.2
# A little under 5 %, because what is not known about autocorrelation costs some: at the margin at most 10 % PASS.
PASS_ERROR: Final = 0.04
FAIL_ERROR: Final = 0.05
NOISE_ERROR: Final = 0.01
FEWEST_COSINES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRule:
    """Quantile `q` may exceed the baseline's by `margin` (0.10 is 10 %) or by `floor` seconds, whichever is more."""

    q: float
    margin: float
    floor: float = 0.0

    @property
    def name(self) -> str:
        """`p95`."""
        return f"p{self.q * 100:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileVerdict:
    """
    What was found at one quantile.

    `baseline` and `candidate` are seconds (geometric mean over triples of the per-block quantile); `excess` is the
    interval of log(qB / limit): under 0 all through is PASS, over 0 all through is FAIL.
    """

    rule: QuantileRule
    verdict: Verdict
    baseline: float
    candidate: float
    excess: Interval

    @property
    def ratio(self) -> float:
        """Candidate over baseline."""
        return self.candidate / self.baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A differs from A' at this quantile although they are the same system; `limit` is half the margin (log scale)."""

    rule: QuantileRule
    interval: Interval
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """A trimmed mean with its standard error (`spread`) and the degrees of freedom of that."""

    mean: float
    spread: float
    freedom: int

    def interval(self, error: float) -> Interval:
        """One-sided limits, each wrong with probability `error`."""
        half = float(stdtrit(self.freedom, 1 - error)) * self.spread
        return Interval(estimate=self.mean, lower=self.mean - half, upper=self.mean + half)

    @property
    def p(self) -> float:
        """How often a mean this high is met where the truth is at most 0: under `e` just when `e` limits exclude 0."""
        if not self.spread:
            return float(self.mean <= 0)
        return float(stdtr(self.freedom, -self.mean / self.spread))


def block_quantiles(values: Floats, blocks: Whole, count: int, quantiles: Sequence[float]) -> Floats:
    """
    Each block's quantiles, shape (count, len(quantiles)); a block without values gives NaN.

    `values` and `blocks` have one entry a sample, blocks in 0..count-1. Linear interpolation between order
    statistics (definition 7 of Hyndman and Fan 1996, The American Statistician 50:361-365).
    """
    order = np.lexsort((values, blocks))
    ordered = values[order]
    sizes = np.bincount(blocks, minlength=count)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    place = np.maximum(sizes - 1, 0)[:, None] * np.asarray(quantiles, dtype=np.float64)[None, :]
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(sizes - 1, 0)[:, None])
    filled = np.append(ordered, np.nan)
    last = len(ordered)
    below = filled[np.minimum(starts[:, None] + low, last)]
    above = filled[np.minimum(starts[:, None] + high, last)]
    found = below + (place - low) * (above - below)
    return np.where(sizes[:, None] > 0, found, np.nan)


def trimmed_interval(values: Floats, *, error: float, trim: float = TRIM, correlated: bool = False) -> Interval:
    """
    The trimmed mean with one-sided limits, each wrong with probability `error`.

    Tukey and McLaughlin's t with Yuen's standard error from the winsorised variance (Yuen 1974, Biometrika
    61:165-170): g = floor(trim n), h = n - 2g, se = sqrt(sum of winsorised squares / (h (h - 1))), h - 1 degrees
    of freedom. With `correlated`, values are taken in their order, and the sum of squares and its degrees of freedom
    come from their slowest cosines, so that neighbours that resemble each other do not count twice (Lazarus, Lewis,
    Stock and Watson 2018, Journal of Business & Economic Statistics 36:541-559: equal-weighted cosines, 0.4 n^(2/3)
    of them; here at least 6, which few triples need and calibration bears out).
    ValueError when fewer than two values are left after trimming, or one is no number.
    """
    between("trimmed mean", "error", error)
    return trimmed(values, trim=trim, correlated=correlated).interval(error)


def trimmed(values: Floats, *, trim: float = TRIM, correlated: bool = False) -> Trimmed:
    """The trimmed mean and what its t statistic needs; source and errors as `trimmed_interval`."""
    ordered = np.sort(values)
    n = len(ordered)
    cut = int(trim * n)
    kept = n - 2 * cut
    if kept < 2:
        raise ValueError(f"{n} values leave {kept} after trimming; at least 2 are needed")
    if not np.isfinite(ordered[[0, -1]]).all():
        raise ValueError(f"trimmed mean: of {n} values some are no numbers")
    mean = float(ordered[cut : n - cut].mean())
    winsorised = np.clip(values, ordered[cut], ordered[n - cut - 1])
    residuals = winsorised - winsorised.mean()
    squares, freedom = _cosines(residuals) if correlated else (float(residuals @ residuals), kept - 1)
    return Trimmed(mean=mean, spread=float(np.sqrt(squares / (kept * (kept - 1)))), freedom=freedom)


def _cosines(residuals: Floats) -> tuple[float, int]:
    """The sum of squares that values of their own would have with this variance of the mean, and its freedom."""
    n = len(residuals)
    freedom = min(max(FEWEST_COSINES, int(0.4 * n ** (2 / 3))), n - 1)
    waves = np.cos(np.pi * np.arange(1, freedom + 1)[:, None] * (np.arange(n) + 0.5) / n)
    return 2 / freedom * float(((waves @ residuals) ** 2).sum()), freedom


def excess(candidate: Floats, first: Floats, second: Floats, rule: QuantileRule) -> Floats:
    """
    log(qB / (qA + max(margin qA, floor))) of each triple; qA is the geometric mean of A's and A's second quantile.

    The quantile of the pooled A and A' would let a stall in one of them raise the limit.
    """
    baseline = np.sqrt(first * second)
    return np.asarray(np.log(candidate / (baseline + np.maximum(rule.margin * baseline, rule.floor))))


def judge_quantiles(
    first: Floats,
    candidate: Floats,
    second: Floats,
    rules: Sequence[QuantileRule],
    *,
    share: float = 1.0,
    correlated: bool = False,
) -> tuple[QuantileVerdict, ...]:
    """
    One verdict a rule from per-triple quantiles of A, B and A', each of shape (triples, rules), in seconds.

    `share` is the part of the error this look may spend (`looks.shares`). With `correlated`, triples in the order
    they were sent count for less where neighbours resemble each other: what slows one system for some seconds shows
    in several of them, and without it a system at its margin passes too often. PASS: upper limit under 0 at 4 %
    one-sided; all quantiles must pass, an intersection-union test, so nothing is corrected (Berger 1982,
    Technometrics 24:295-300). FAIL: lower limit over 0 at 5 % divided by the number of rules (Bonferroni).

    Blind to what is slow in under a fifth of the blocks, which trimming removes: ask `bootstrap.guarded` as well.
    ValueError for a share outside 0..1, or arrays that do not fit the rules.
    """
    _fitting(first, candidate, second, rules, share)
    found = []
    for column, rule in enumerate(rules):
        a, b, again = first[:, column], candidate[:, column], second[:, column]
        x = excess(b, a, again, rule)
        passing = trimmed_interval(x, error=PASS_ERROR * share, correlated=correlated)
        failing = trimmed_interval(x, error=FAIL_ERROR * share / len(rules), correlated=correlated)
        found.append(
            QuantileVerdict(
                rule=rule,
                verdict=_word(passing, failing),
                baseline=float(np.exp(np.mean(np.log(a * again) / 2))),
                candidate=float(np.exp(np.mean(np.log(b)))),
                excess=Interval(estimate=passing.estimate, lower=failing.lower, upper=passing.upper),
            )
        )
    return tuple(found)


def _word(passing: Interval, failing: Interval) -> Verdict:
    if passing.upper < 0:
        return Verdict.PASS
    return Verdict.FAIL if failing.lower > 0 else Verdict.INCONCLUSIVE


def _fitting(first: Floats, candidate: Floats, second: Floats, rules: Sequence[QuantileRule], share: float) -> None:
    if not 0 < share <= 1 or not first.shape == candidate.shape == second.shape == (len(first), len(rules)):
        raise ValueError(
            f"quantiles: a share of {share:g}, and arrays of {first.shape}, {candidate.shape} and {second.shape} "
            f"for {len(rules)} rules; a share over 0 up to 1 and (triples, rules) of all three are needed"
        )


def half_margin(baseline: Floats, rule: QuantileRule) -> float:
    """Half of what the rule allows, on the log scale, at the median baseline quantile."""
    middle = float(np.median(baseline))
    return float(np.log1p(max(rule.margin, rule.floor / middle))) / 2


def disagreements(first: Floats, second: Floats, rules: Sequence[QuantileRule]) -> tuple[Disagreement, ...]:
    """
    Where A and A' differ: the 99 % interval of log(qA'/qA) excludes 0 and the estimate exceeds half the margin.

    Arrays of shape (triples, rules). Both conditions are needed: equivalence is never asked for, because asking
    would invalidate many honest runs. Ask it of p50 and p95, of p99 where there is nothing else.
    """
    found = []
    for column, rule in enumerate(rules):
        interval = trimmed_interval(np.log(second[:, column] / first[:, column]), error=NOISE_ERROR / 2)
        limit = half_margin(np.sqrt(first[:, column] * second[:, column]), rule)
        if (interval.lower > 0 or interval.upper < 0) and abs(interval.estimate) > limit:
            found.append(Disagreement(rule=rule, interval=interval, limit=limit))
    return tuple(found)


def noise(first: Floats, second: Floats, rule: QuantileRule) -> tuple[float, float]:
    """Half-width of the 99 % interval of log(qA'/qA) and the margin on the same scale; too noisy when it is wider."""
    interval = trimmed_interval(np.log(second / first), error=NOISE_ERROR / 2)
    return (interval.upper - interval.lower) / 2, 2 * half_margin(np.sqrt(first * second), rule)
