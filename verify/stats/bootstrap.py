"""Quantiles of whole runs, resampled by blocks so that neighbours stay together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from verify.core.verdicts import Verdict
from verify.stats.interval import Interval, at_least, between
from verify.stats.quantiles import QuantileRule, QuantileVerdict, excess

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

ARMS: Final = 3
WIDTH: Final = 0.005
RESAMPLES: Final = 4000
_CELLS: Final = 400_000
# Products of matrices no larger than this stay in one thread: several only wait for each other.
_PRODUCT: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Histograms:
    """
    Counts by block, arm (A, B, A') and bin, shape (blocks, 3, bins); bin i holds exp(lowest + i width) seconds on.
    """

    counts: Floats
    lowest: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRatio:
    """
    One quantile of the whole run: `ratio` is log(qB / qA), `excess` log(qB / limit), each with one-sided limits.

    qA is the geometric mean of A's and A''s quantile. `excess` over 0 all through: the limit is exceeded.
    """

    rule: QuantileRule
    ratio: Interval
    excess: Interval


def log_histograms(seconds: Floats, arms: Whole, blocks: Whole, count: int, *, width: float = WIDTH) -> Histograms:
    """
    The answers counted by block, arm and logarithm, `width` (0.5 %) a bin: what all resamples are made of.

    One entry an answer; arms are 0, 1, 2 for A, B, A', blocks 0..count-1. Memory is that of count x 3 x bins numbers.
    The counts lose `width` of accuracy and nothing else (log-scale histograms with bounded relative error: Masson,
    Rim and Lee 2019, Proceedings of the VLDB Endowment 12:2195-2205). ValueError without answers, or for one that did
    not take a positive, finite time.
    """
    if not len(seconds) or not np.isfinite(seconds).all() or seconds.min() <= 0:
        raise ValueError(f"bootstrap: {len(seconds)} answers; some are needed, each of which took a time over 0 s")
    if len(arms) != len(seconds) or len(blocks) != len(seconds) or not 0 <= blocks.min() <= blocks.max() < count:
        raise ValueError(f"bootstrap: arms and blocks do not fit {len(seconds)} answers in {count} blocks")
    if set(np.unique(arms).tolist()) != set(range(ARMS)):
        raise ValueError(f"bootstrap: arms {np.unique(arms).tolist()}; A, B and A' (0, 1, 2) are needed")
    place = np.floor(np.log(seconds) / width).astype(np.int64)
    lowest = int(place.min())
    bins = int(place.max()) - lowest + 1
    flat = (blocks * ARMS + arms) * bins + (place - lowest)
    counts = np.bincount(flat, minlength=count * ARMS * bins).reshape(count, ARMS, bins)
    return Histograms(counts=counts.astype(np.float64), lowest=lowest * width, width=width)


def resampled_quantiles(
    found: Histograms, quantiles: Sequence[float], *, seed: int, length: int = 1, resamples: int = RESAMPLES
) -> Floats:
    """
    Quantiles (s) of runs made of whole blocks drawn anew, shape (resamples, 3, quantiles).

    A block is drawn for all arms at once, with the `length` - 1 after it, around the end to the start: the paired
    circular moving-block bootstrap (Kunsch 1989, Annals of Statistics 17:1217-1241; Politis and Romano 1992, in
    Exploring the Limits of Bootstrap, 263-270). The same seed draws the same. Memory is bounded whatever the number
    of resamples. ValueError for a length that is not within 1 and the number of blocks.
    """
    blocks = found.counts.shape[0]
    if not 1 <= length <= blocks:
        raise ValueError(f"bootstrap: blocks of {length} of {blocks}; the length must lie in 1 to {blocks}")
    at_least("bootstrap", "resamples", resamples, 1)
    random = np.random.default_rng(seed)
    # Sums of risen counts are risen counts of sums, so nothing is added up again for each resample.
    risen = np.cumsum(found.counts, axis=2).transpose(1, 0, 2)
    chunk = max(1, _CELLS // (ARMS * risen.shape[2]))
    parts = []
    for begin in range(0, resamples, chunk):
        times = _multiplicities(random, min(chunk, resamples - begin), blocks, length)
        parts.append(_pooled_quantiles(times, risen, found, quantiles))
    return np.concatenate(parts)


def bootstrap_ratios(
    found: Histograms,
    rules: Sequence[QuantileRule],
    *,
    seed: int,
    error: float = 0.05,
    length: int = 1,
    resamples: int = RESAMPLES,
) -> tuple[QuantileRatio, ...]:
    """
    Each rule's quantile of the whole run, candidate over baseline, with percentile limits.

    Limits are the `error` and 1 - `error` quantiles of the resampled values (Efron and Tibshirani 1993, An
    Introduction to the Bootstrap, chapter 13). ValueError as `resampled_quantiles`, or when an arm has no answer.
    """
    between("bootstrap", "error", error)
    if error * resamples < 1:
        raise ValueError(
            f"bootstrap: {resamples} resamples have no {error:g} quantile; draw {math.ceil(1 / error)} or more"
        )
    if (found.counts.sum(axis=(0, 2)) == 0).any():
        raise ValueError("bootstrap: an arm has no answer")
    wanted = [rule.q for rule in rules]
    seen = _quantiles(np.cumsum(found.counts.sum(axis=0), axis=1), found, wanted)[None]
    drawn = resampled_quantiles(found, wanted, seed=seed, length=length, resamples=resamples)
    return tuple(_ratio(rule, seen[:, :, index], drawn[:, :, index], error) for index, rule in enumerate(rules))


def guarded(found: Sequence[QuantileVerdict], whole: Sequence[QuantileRatio]) -> tuple[QuantileVerdict, ...]:
    """
    The verdicts over triples, with what the whole run says against them.

    FAIL where the whole run's quantile exceeds its limit beyond doubt (lower limit over 0); no PASS where it merely
    exceeds it: requests that are slow together, in a few of the blocks, are what trimming cannot see and visitors
    meet. `whole` has the same rules in the same order, from `bootstrap_ratios` at the error a FAIL may have.
    Source of either part: `quantiles.judge_quantiles`, and Efron and Tibshirani 1993, An Introduction to the
    Bootstrap, chapter 13. ValueError for other rules.
    """
    if [each.rule for each in found] != [each.rule for each in whole]:
        raise ValueError("bootstrap: the verdicts and the whole run's quantiles have other rules")
    return tuple(replace(each, verdict=_both(each.verdict, seen)) for each, seen in zip(found, whole, strict=True))


def _both(verdict: Verdict, whole: QuantileRatio) -> Verdict:
    if whole.excess.lower > 0:
        return Verdict.FAIL
    if whole.excess.estimate > 0:
        return max(verdict, Verdict.INCONCLUSIVE)
    return verdict


def _ratio(rule: QuantileRule, seen: Floats, drawn: Floats, error: float) -> QuantileRatio:
    whole = drawn[~np.isnan(drawn).any(axis=1)]
    bare = QuantileRule(q=rule.q, margin=0.0)

    def interval(what: QuantileRule) -> Interval:
        estimate = float(excess(seen[:, 1], seen[:, 0], seen[:, 2], what)[0])
        low, high = np.quantile(excess(whole[:, 1], whole[:, 0], whole[:, 2], what), [error, 1 - error])
        return Interval(estimate=estimate, lower=float(low), upper=float(high))

    return QuantileRatio(rule=rule, ratio=interval(bare), excess=interval(rule))


def _multiplicities(random: np.random.Generator, resamples: int, blocks: int, length: int) -> Floats:
    """How often each block was drawn, shape (resamples, blocks); each row adds up to the number of blocks."""
    starts = random.integers(0, blocks, (resamples, math.ceil(blocks / length)))
    drawn = ((starts[:, :, None] + np.arange(length)) % blocks).reshape(resamples, -1)[:, :blocks]
    flat = drawn + np.arange(resamples)[:, None] * blocks
    return np.bincount(flat.ravel(), minlength=resamples * blocks).reshape(resamples, blocks).astype(np.float64)


def _pooled_quantiles(times: Floats, risen: Floats, found: Histograms, quantiles: Sequence[float]) -> Floats:
    """Quantiles of each row's blocks: `times` (rows, blocks) and `risen` (3, blocks, bins) give (rows, 3, quantiles)."""
    count, blocks = times.shape
    rows = max(2, _PRODUCT // (blocks * risen.shape[2]))
    whole = np.zeros((math.ceil(count / rows) * rows, blocks))
    whole[:count] = times
    pooled = np.matmul(whole.reshape(-1, 1, rows, blocks), risen[None])
    quantities = _quantiles(pooled, found, quantiles)
    return quantities.transpose(0, 2, 1, 3).reshape(len(whole), ARMS, -1)[:count]


def _quantiles(risen: Floats, found: Histograms, quantiles: Sequence[float]) -> Floats:
    """Quantiles from risen counts of shape (..., bins): geometric interpolation in the bin; NaN without answers."""
    total = risen[..., -1]
    columns = []
    for q in quantiles:
        # Rank q (n - 1) + 1/2 of n, so that the quantile of one answer lies in the middle of its bin.
        target = q * np.maximum(total - 1, 0) + 0.5
        place = np.minimum(np.count_nonzero(risen < target[..., None], axis=-1), risen.shape[-1] - 1)[..., None]
        until = np.take_along_axis(risen, place, axis=-1)
        before = np.where(place > 0, np.take_along_axis(risen, np.maximum(place - 1, 0), axis=-1), 0)
        part = (target[..., None] - before) / np.maximum(until - before, 1.0)
        columns.append(np.where(total > 0, np.exp(found.lowest + (place + part)[..., 0] * found.width), np.nan))
    return np.stack(columns, axis=-1)
