"""The bootstrap of whole-run quantiles against numpy and plain resampling."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.core.verdicts import Verdict
from verify.stats.bootstrap import (
    Histograms,
    QuantileRatio,
    bootstrap_ratios,
    guarded,
    log_histograms,
    resampled_quantiles,
)
from verify.stats.interval import Interval
from verify.stats.quantiles import QuantileRule, QuantileVerdict

RULES = (QuantileRule(q=0.5, margin=0.10), QuantileRule(q=0.99, margin=0.25, floor=0.001))


def histograms(seconds: np.ndarray, *, width: float = 0.005) -> Histograms:
    """Of answers of shape (blocks, 3, answers)."""
    blocks, arms, answers = np.indices(seconds.shape)
    del answers
    return log_histograms(seconds.ravel(), arms.ravel(), blocks.ravel(), len(seconds), width=width)


def drawn(seed: int = 1, blocks: int = 30, answers: int = 100) -> np.ndarray:
    """Log-normal answers of 10 ms."""
    return np.random.default_rng(seed).lognormal(np.log(0.01), 0.3, (blocks, 3, answers))


@given(st.integers(0, 1000), st.sampled_from([0.1, 0.5, 0.95, 0.99]))
@settings(deadline=None, max_examples=40)
def test_the_estimate_is_numpys_quantile_within_a_bin(seed: int, q: float) -> None:
    """log(qB / qA) equals that of the whole run's quantiles, to the width of a bin for each."""
    seconds = drawn(seed)
    [found] = bootstrap_ratios(histograms(seconds), (QuantileRule(q=q, margin=0.1),), seed=1, resamples=20)
    a, b, again = (np.quantile(seconds[:, arm], q) for arm in range(3))
    assert found.ratio.estimate == pytest.approx(np.log(b / np.sqrt(a * again)), abs=0.011)


def test_resamples_equal_plain_ones() -> None:
    """With blocks of one, limits agree with resampling the answers themselves block by block (Monte-Carlo error)."""
    seconds = drawn(3, blocks=20)
    random = np.random.default_rng(5)
    plain = []
    for _ in range(1500):
        chosen = seconds[random.integers(0, 20, 20)]
        a, b, again = (np.quantile(chosen[:, arm], 0.5) for arm in range(3))
        plain.append(np.log(b / np.sqrt(a * again)))
    [found, _] = bootstrap_ratios(histograms(seconds), RULES, seed=1, resamples=1500)
    expected = np.quantile(plain, [0.05, 0.95])
    assert [found.ratio.lower, found.ratio.upper] == pytest.approx(expected, abs=0.004)


def test_excess_is_the_ratio_less_the_limit() -> None:
    """Without a floor the excess lies log(1 + margin) under the ratio."""
    [found, _] = bootstrap_ratios(histograms(drawn()), RULES, seed=1, resamples=100)
    assert found.ratio.estimate - found.excess.estimate == pytest.approx(np.log(1.1))
    assert found.ratio.upper - found.excess.upper == pytest.approx(np.log(1.1))


def test_the_same_seed_draws_the_same_in_pieces_of_any_size() -> None:
    """Twice the same; and the first of 3,000 resamples, made in pieces, are those of 100 made at once."""
    found = histograms(drawn(blocks=10))
    few, many = (resampled_quantiles(found, [0.9], seed=7, length=2, resamples=n) for n in (100, 3000))
    np.testing.assert_array_equal(few, many[:100])
    assert not np.array_equal(few, resampled_quantiles(found, [0.9], seed=8, length=2, resamples=100))


def test_neighbouring_blocks_stay_together() -> None:
    """When the candidate wanders from block to block, blocks of six have a wider interval than blocks of one."""
    seconds = drawn(2, blocks=64)
    seconds[:, 1:2] *= np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.1, 64)))[:, None, None]
    one, six = (bootstrap_ratios(histograms(seconds), RULES[:1], seed=1, length=length)[0].ratio for length in (1, 6))
    assert six.upper - six.lower > 1.3 * (one.upper - one.lower)


def test_memory_is_bounded_whatever_the_number_of_resamples() -> None:
    """20,000 resamples of 120,000 answers need under 60 MB."""
    found = histograms(drawn(blocks=40, answers=1000))
    tracemalloc.start()
    resampled_quantiles(found, [0.5, 0.99], seed=1, resamples=20_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6


def test_slow_seconds_that_trimming_cannot_see_are_seen() -> None:
    """Four of 40 candidate seconds five times as slow: the whole run's p99 exceeds its limit beyond doubt."""
    seconds = drawn(4, blocks=40)
    seconds[[3, 12, 25, 38], 1] *= 5
    [_, found] = bootstrap_ratios(histograms(seconds), RULES, seed=1, error=0.02)
    assert found.excess.lower > 0


def verdict(word: Verdict, rule: QuantileRule = RULES[0]) -> QuantileVerdict:
    """A verdict over triples."""
    return QuantileVerdict(
        rule=rule, verdict=word, baseline=0.01, candidate=0.01, excess=Interval(estimate=0, lower=0, upper=0)
    )


@pytest.mark.parametrize(
    ("estimate", "lower", "expected"),
    [
        (-0.1, -0.2, [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL]),
        (0.1, -0.2, [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.FAIL]),
        (0.2, 0.1, [Verdict.FAIL, Verdict.FAIL, Verdict.FAIL]),
    ],
)
def test_the_whole_run_only_makes_a_verdict_worse(estimate: float, lower: float, expected: list[Verdict]) -> None:
    """Under its limit it changes nothing, over it there is no PASS, beyond doubt over it is FAIL."""
    around = Interval(estimate=estimate, lower=lower, upper=0.5)
    seen = QuantileRatio(rule=RULES[0], ratio=around, excess=around)
    words = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL)
    assert [guarded([verdict(word)], [seen])[0].verdict for word in words] == expected


def test_other_rules_are_refused() -> None:
    """Verdicts and quantiles of other rules do not belong together."""
    seen = bootstrap_ratios(histograms(drawn()), RULES[1:], seed=1, resamples=100)
    with pytest.raises(ValueError, match="other rules"):
        guarded([verdict(Verdict.PASS)], seen)


ARMS, BLOCKS = np.array([0, 1, 2]), np.array([0, 0, 0])


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: log_histograms(np.array([]), ARMS[:0], ARMS[:0], 1), "bootstrap: 0 answers"),
        (lambda: log_histograms(np.array([0.0, 1, 1]), ARMS, BLOCKS, 1), "bootstrap: 3 answers"),
        (lambda: log_histograms(np.ones(3), ARMS, BLOCKS + 1, 1), "do not fit 3 answers in 1 blocks"),
        (lambda: log_histograms(np.ones(3), ARMS * 0, BLOCKS, 1), "bootstrap: arms [0]"),
        (lambda: bootstrap_ratios(histograms(drawn()), RULES, seed=1, length=31), "blocks of 31 of 30"),
        (lambda: bootstrap_ratios(histograms(drawn()), RULES, seed=1, error=0.001, resamples=500), "500 resamples"),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], place: str) -> None:
    """What cannot be meant is a ValueError that names the place and the value."""
    with pytest.raises(ValueError, match=re.escape(place)):
        call()
