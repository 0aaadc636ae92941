"""Trends against SciPy, and against what neighbouring samples have in common."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import linregress, theilslopes

from verify.stats.trend import theil_sen, trend

TIMES = np.arange(240) * 60.0


def noisy(slope: float, *, seed: int = 1, spread: float = 5.0) -> np.ndarray:
    """A level of 500 that grows by `slope` an hour under independent noise."""
    return 500 + slope * TIMES / 3600 + np.random.default_rng(seed).normal(0, spread, len(TIMES))


def test_the_slope_is_that_of_least_squares() -> None:
    """Slope as SciPy's regression; with independent noise the p-value is near its one, too."""
    values = noisy(2.0)
    found = trend(TIMES, values)
    expected = linregress(TIMES / 3600, values, alternative="greater")
    assert found.slope.estimate == pytest.approx(expected.slope)
    width = found.slope.estimate - found.slope.lower
    assert width == pytest.approx(1.6515 * expected.stderr, rel=0.35)
    assert found.change == pytest.approx(expected.slope * np.ptp(TIMES) / 3600, rel=0.01)


def test_the_robust_slope_is_theil_and_sens() -> None:
    """The median of all slopes, as SciPy's."""
    values = noisy(2.0)
    assert theil_sen(TIMES / 3600, values) == pytest.approx(theilslopes(values, TIMES / 3600).slope)
    assert trend(TIMES, values).robust == pytest.approx(theilslopes(values, TIMES / 3600).slope)


def test_a_leak_is_found_and_its_size_told() -> None:
    """10 an hour under noise of 5 is found, and the interval holds it."""
    found = trend(TIMES, noisy(10.0))
    assert found.p < 0.001
    assert found.slope.lower < 10 < found.slope.upper


def test_a_wandering_level_has_a_wide_interval() -> None:
    """A random walk that ends high is no trend beyond doubt: least squares alone would swear to it."""
    walk = np.cumsum(np.random.default_rng(3).normal(0, 1, len(TIMES)))
    found = trend(TIMES, walk)
    assert linregress(TIMES, walk).pvalue < 1e-6
    assert min(found.p, 1 - found.p) > 0.01
    assert found.correlation > 0.9
    assert found.effective < 30


def test_few_wild_samples_hardly_move_the_robust_slope() -> None:
    """Five samples of 500 more at the end move least squares and not Theil and Sen."""
    values = noisy(0.0)
    values[-5:] += 500
    found = trend(TIMES, values)
    assert found.slope.estimate > 10
    assert abs(found.robust) < 2


def test_a_constant_and_a_straight_line_leave_no_doubt() -> None:
    """A constant has no trend (p = 1); a line without noise has exactly its own (p = 0)."""
    flat = trend(TIMES, np.full(len(TIMES), 512.0))
    assert (flat.slope.estimate, flat.p) == (0.0, 1.0)
    line = trend(TIMES, 500 + 3 * TIMES / 3600)
    assert line.slope.estimate == pytest.approx(3.0)
    assert line.p == 0.0


def test_many_samples_are_averaged_in_intervals() -> None:
    """50,000 samples a second apart give the slope of all of them, from at most 600 means."""
    times = np.arange(50_000.0)
    values = 100 + times / 3600 * 4 + np.random.default_rng(2).normal(0, 1, len(times))
    found = trend(times, values)
    assert found.slope.estimate == pytest.approx(4, abs=0.01)
    assert found.samples == 50_000
    assert found.effective <= 600


def test_uneven_samples_are_put_right_and_gaps_refused() -> None:
    """Jittered times are fine in any order; a night without samples is not."""
    random = np.random.default_rng(9)
    jittered = TIMES + random.uniform(-25, 25, len(TIMES))
    shuffled = random.permutation(len(TIMES))
    found = trend(jittered[shuffled], (500 + 3 * jittered / 3600)[shuffled])
    assert found.slope.estimate == pytest.approx(3, rel=0.02)
    gap = np.concatenate([TIMES[:60], TIMES[:60] + 30_000])
    with pytest.raises(ValueError, match="hold no sample"):
        trend(gap, np.arange(120.0))


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: trend(TIMES[:19], TIMES[:19]), "trend: 19 times and 19 values"),
        (lambda: trend(TIMES, TIMES[:-1]), "trend: 240 times and 239 values"),
        (lambda: trend(TIMES, TIMES * np.nan), "trend: 240 samples are not all numbers"),
        (lambda: trend(TIMES * 0, TIMES), "trend: 240 samples are not all numbers at different times"),
        (lambda: trend(TIMES, TIMES, error=0), "trend: error is 0"),
        (lambda: theil_sen(np.zeros(3), np.zeros(3)), "Theil-Sen: 3 samples"),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], place: str) -> None:
    """What cannot be meant is a ValueError that names the place and the value."""
    with pytest.raises(ValueError, match=re.escape(place)):
        call()
