"""Quantiles, trimmed intervals and the verdict over triples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from scipy.stats import ttest_ind

from verify.core.verdicts import Verdict
from verify.stats.quantiles import (
    QuantileRule,
    block_quantiles,
    disagreements,
    excess,
    judge_quantiles,
    noise,
    trimmed_interval,
)

RULES = (QuantileRule(q=0.5, margin=0.10), QuantileRule(q=0.95, margin=0.15), QuantileRule(q=0.99, margin=0.25))


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0.001, 10)), min_size=1, max_size=60),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
)
@settings(max_examples=100, deadline=None)
def test_block_quantiles_equal_numpy(rows: list[tuple[int, float]], quantiles: list[float]) -> None:
    """Each block's quantile is numpy's linear one, and an empty block is NaN."""
    blocks = np.array([block for block, _ in rows])
    values = np.array([value for _, value in rows])
    found = block_quantiles(values, blocks, 5, quantiles)
    for block in range(5):
        mine = values[blocks == block]
        if len(mine):
            np.testing.assert_allclose(found[block], np.quantile(mine, quantiles), rtol=1e-12)
        else:
            assert np.isnan(found[block]).all()


def test_trimmed_interval_gives_yuens_statistic() -> None:
    """Two trimmed intervals together give SciPy's own Yuen test of two samples, on the example of its manual."""
    a = np.array([56, 128.6, 12, 123.8, 64.34, 78, 763.3])
    b = np.array([1.1, 2.9, 4.2])
    one, other = trimmed_interval(a, error=0.025), trimmed_interval(b, error=0.025)
    errors = [(each.upper - each.estimate) / student.ppf(0.975, kept - 1) for each, kept in ((one, 5), (other, 3))]
    statistic = (one.estimate - other.estimate) / np.hypot(*errors)
    assert statistic == pytest.approx(ttest_ind(a, b, trim=0.2, equal_var=False).statistic, rel=1e-9)


def test_trimmed_interval_ignores_wild_values() -> None:
    """A stall in one triple of twenty hardly moves the estimate."""
    values = np.full(20, 0.1) + np.linspace(-0.01, 0.01, 20)
    wild = values.copy()
    wild[3] = 50.0
    assert trimmed_interval(wild, error=0.05).estimate == pytest.approx(0.1, abs=0.002)


def test_two_values_are_too_few() -> None:
    """One value has no interval."""
    with pytest.raises(ValueError, match="at least 2"):
        trimmed_interval(np.array([1.0]), error=0.05)


def test_excess_is_zero_at_the_limit() -> None:
    """x is 0 exactly where the candidate is at margin, or at the floor when that is more."""
    a, again = np.array([0.010]), np.array([0.010])
    assert excess(np.array([0.011]), a, again, QuantileRule(q=0.5, margin=0.10))[0] == pytest.approx(0, abs=1e-12)
    floored = QuantileRule(q=0.5, margin=0.10, floor=0.005)
    assert excess(np.array([0.015]), a, again, floored)[0] == pytest.approx(0, abs=1e-12)


def test_the_baseline_is_the_geometric_mean_of_its_two_arms() -> None:
    """A stall in one baseline arm raises the limit by its root only."""
    rule = QuantileRule(q=0.5, margin=0.0)
    assert excess(np.array([0.02]), np.array([0.01]), np.array([0.04]), rule)[0] == pytest.approx(0, abs=1e-12)


def test_correlated_values_equal_the_cosines_of_their_own() -> None:
    """With nothing trimmed the variance is that of Lazarus et al. 2018, (1): the mean square of the cosine weights."""
    values = np.random.default_rng(5).normal(0, 1, 40)
    found = trimmed_interval(values, error=0.05, trim=0.0, correlated=True)
    places = np.arange(1, 41)
    weights = [np.sqrt(2 / 40) * np.sum(np.cos(np.pi * j * (places - 0.5) / 40) * values) for j in range(1, 7)]
    long_run = np.mean(np.square(weights))
    expected = student.ppf(0.95, 6) * np.sqrt(long_run * 40 / (40 * 39))
    assert found.upper - found.estimate == pytest.approx(expected, rel=1e-9)


def test_neighbours_that_resemble_each_other_widen_the_interval() -> None:
    """The same values, sorted so that neighbours are alike, say less about their mean than in random order."""
    values = np.random.default_rng(6).normal(0, 1, 60)
    loose = trimmed_interval(values, error=0.05, correlated=True)
    alike = trimmed_interval(np.sort(values), error=0.05, correlated=True)
    assert alike.estimate == pytest.approx(loose.estimate)
    assert alike.upper - alike.estimate > 2 * (loose.upper - loose.estimate)


def test_values_that_are_no_numbers_are_refused() -> None:
    """A block without answers must be left out, not averaged."""
    with pytest.raises(ValueError, match="no numbers"):
        trimmed_interval(np.array([1.0, np.nan, 2.0, 3.0, 4.0]), error=0.05)


@pytest.mark.parametrize("share", [0.0, 1.5])
def test_a_share_outside_its_range_is_refused(share: float) -> None:
    """A look may spend more than nothing and no more than all."""
    blocks = np.ones((20, 3))
    with pytest.raises(ValueError, match="a share of"):
        judge_quantiles(blocks, blocks, blocks, RULES, share=share)


def test_arrays_that_do_not_fit_the_rules_are_refused() -> None:
    """One column a rule, as many triples in every arm."""
    blocks = np.ones((20, 3))
    with pytest.raises(ValueError, match="arrays of"):
        judge_quantiles(blocks, blocks[:19], blocks, RULES)


def simulated(runs: int, ratio: float, *, seed: int, triples: int = 40) -> list[tuple[np.ndarray, ...]]:
    """Per-triple p50/p95/p99 of A, B, A' of a log-normal service under drift, 200 requests a block, for many runs."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(runs):
        drift = np.cumsum(random.normal(0, 0.02, triples * 3)).reshape(triples, 3)
        order = random.permuted(np.tile(np.arange(3), (triples, 1)), axis=1)
        level = np.exp(np.take_along_axis(drift, order, axis=1) + random.normal(0, 0.03, (triples, 3)))
        level[:, 1] *= ratio
        requests = random.lognormal(np.log(0.01), 0.3, (triples, 3, 200)) * level[:, :, None]
        quantiles = np.quantile(requests, [0.5, 0.95, 0.99], axis=2)
        found.append(tuple(quantiles[:, :, arm].T for arm in range(3)))
    return found


def verdicts(ratio: float, *, seed: int, runs: int = 40) -> list[Verdict]:
    """The joint verdict of each run at the last look's strictest share."""
    found = []
    for first, candidate, second in simulated(runs, ratio, seed=seed):
        judged = judge_quantiles(first, candidate, second, RULES, share=0.2)
        found.append(Verdict.worst(each.verdict for each in judged))
    return found


def test_equal_systems_pass_and_never_fail() -> None:
    """Of 40 runs of equal systems at least 36 PASS and none FAILs."""
    found = verdicts(1.0, seed=11)
    assert found.count(Verdict.PASS) >= 36
    assert found.count(Verdict.FAIL) == 0


def test_twenty_percent_slower_never_passes() -> None:
    """Of 40 runs of a system 20 % slower none PASSes and at least 36 FAIL."""
    found = verdicts(1.2, seed=12)
    assert found.count(Verdict.PASS) == 0
    assert found.count(Verdict.FAIL) >= 36


def test_a_system_at_the_margin_rarely_passes() -> None:
    """At the p50 margin of 10 % at most 4 of 40 runs PASS (nominal 1 % at this share)."""
    assert verdicts(1.10, seed=13).count(Verdict.PASS) <= 4


def test_equal_baselines_do_not_disagree_and_unequal_ones_do() -> None:
    """A against A' is silent for equal arms in 40 runs and speaks when A' is 10 % slower."""
    central = RULES[:2]
    quiet = [disagreements(a[:, :2], again[:, :2], central) for a, _, again in simulated(40, 1.0, seed=14)]
    assert sum(bool(each) for each in quiet) <= 1
    a, _, again = simulated(1, 1.0, seed=15)[0]
    loud = disagreements(a[:, :2], again[:, :2] * 1.10, central)
    assert "p50" in [each.rule.name for each in loud]


def test_a_small_true_difference_is_no_disagreement() -> None:
    """A' 3 % slower is under half the margin of 10 %: the run stays valid."""
    a, _, again = simulated(1, 1.0, seed=16)[0]
    assert not list(disagreements(a[:, :1], again[:, :1] * 1.03, RULES[:1]))


def test_noise_is_the_half_width_of_a_against_a() -> None:
    """A noisy baseline has a wider interval than its margin, a quiet one has not."""
    random = np.random.default_rng(3)
    quiet = np.exp(random.normal(0, 0.01, (2, 20)))
    wild = np.exp(random.normal(0, 1.0, (2, 20)))
    width, margin = noise(quiet[0], quiet[1], RULES[0])
    assert width < margin
    width, margin = noise(wild[0], wild[1], RULES[0])
    assert width > margin
