"""Is a candidate's quantile within its margin of the baseline's, judged over triples of blocks A, B, A'?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from verify.core.verdicts import Verdict

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TRIM: Final = 0.2
PASS_ERROR: Final = 0.05
FAIL_ERROR: Final = 0.05
NOISE_ERROR: Final = 0.01
MAX_LOOKS: Final = 3


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
class Interval:
    """An estimate between two limits, each of which is wrong with the error it was asked for."""

    estimate: float
    lower: float
    upper: float


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


def trimmed_interval(values: Floats, *, error: float, trim: float = TRIM) -> Interval:
    """
    The trimmed mean with one-sided limits, each wrong with probability `error`.

    Tukey and McLaughlin's t with Yuen's standard error from the winsorised variance (Yuen 1974, Biometrika
    61:165-170): g = floor(trim n), h = n - 2g, se = sqrt(sum of winsorised squares / (h (h - 1))), h - 1 degrees
    of freedom. ValueError when fewer than two values are left after trimming.
    """
    ordered = np.sort(values)
    n = len(ordered)
    cut = int(trim * n)
    kept = n - 2 * cut
    if kept < 2:
        raise ValueError(f"{n} values leave {kept} after trimming; at least 2 are needed")
    mean = float(ordered[cut : n - cut].mean())
    winsorised = np.clip(ordered, ordered[cut], ordered[n - cut - 1])
    squares = float(((winsorised - winsorised.mean()) ** 2).sum())
    half = float(student.ppf(1 - error, kept - 1)) * float(np.sqrt(squares / (kept * (kept - 1))))
    return Interval(estimate=mean, lower=mean - half, upper=mean + half)


def excess(candidate: Floats, first: Floats, second: Floats, rule: QuantileRule) -> Floats:
    """
    log(qB / (qA + max(margin qA, floor))) of each triple; qA is the geometric mean of A's and A's second quantile.

    The quantile of the pooled A and A' would let a stall in one of them raise the limit.
    """
    baseline = np.sqrt(first * second)
    return np.asarray(np.log(candidate / (baseline + np.maximum(rule.margin * baseline, rule.floor))))


def spending(fractions: Sequence[float], total: float) -> tuple[float, ...]:
    """
    The error each look may spend; together at most `total`.

    Lan and DeMets' Pocock-type function total ln(1 + (e - 1) t) at information fractions t (1983, Biometrika
    70:659-663), each look given its increment: the union bound, so that no joint distribution is assumed.
    ValueError for more than three looks or fractions that do not rise to 1.
    """
    rising = all(low < high for low, high in zip((0.0, *fractions), fractions, strict=False))
    if not 1 <= len(fractions) <= MAX_LOOKS or not rising or abs(fractions[-1] - 1) > 1e-9:
        raise ValueError(f"one to {MAX_LOOKS} looks at rising fractions that end in 1; found {list(fractions)}")
    spent = [total * float(np.log1p((np.e - 1) * fraction)) for fraction in fractions]
    return tuple(now - before for now, before in zip(spent, (0.0, *spent), strict=False))


def judge_quantiles(
    first: Floats, candidate: Floats, second: Floats, rules: Sequence[QuantileRule], *, share: float = 1.0
) -> tuple[QuantileVerdict, ...]:
    """
    One verdict a rule from per-triple quantiles of A, B and A', each of shape (triples, rules), in seconds.

    `share` is the part of the error this look may spend. PASS: upper limit under 0 at 5 % one-sided; all quantiles
    must pass, an intersection-union test, so nothing is corrected (Berger 1982, Technometrics 24:295-300).
    FAIL: lower limit over 0 at 5 % divided by the number of rules (Bonferroni).
    """
    found = []
    for column, rule in enumerate(rules):
        a, b, again = first[:, column], candidate[:, column], second[:, column]
        x = excess(b, a, again, rule)
        passing = trimmed_interval(x, error=PASS_ERROR * share)
        failing = trimmed_interval(x, error=FAIL_ERROR * share / len(rules))
        verdict = Verdict.PASS if passing.upper < 0 else Verdict.FAIL if failing.lower > 0 else Verdict.INCONCLUSIVE
        found.append(
            QuantileVerdict(
                rule=rule,
                verdict=verdict,
                baseline=float(np.exp(np.mean(np.log(a * again) / 2))),
                candidate=float(np.exp(np.mean(np.log(b)))),
                excess=Interval(estimate=passing.estimate, lower=failing.lower, upper=passing.upper),
            )
        )
    return tuple(found)


def half_margin(baseline: Floats, rule: QuantileRule) -> float:
    """Half of what the rule allows, on the log scale, at the median baseline quantile."""
    middle = float(np.median(baseline))
    return float(np.log1p(max(rule.margin, rule.floor / middle))) / 2


def disagreements(first: Floats, second: Floats, rules: Sequence[QuantileRule]) -> tuple[Disagreement, ...]:
    """
    Where A and A' differ: the 99 % interval of log(qA'/qA) excludes 0 and the estimate exceeds half the margin.

    Arrays of shape (triples, rules). Both conditions are needed: equivalence is never asked for, because asking
    would invalidate many honest runs. Ask it of p50 and p95 only.
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
