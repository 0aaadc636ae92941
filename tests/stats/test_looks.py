"""Looks with their bounds against published tables and their promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from verify.stats.looks import Spent, looks, obrien_fleming, pocock, shares, spending

LOOKS = st.sampled_from([(1.0,), (0.5, 1.0), (0.5, 0.75, 1.0), (0.33, 0.67, 1.0)])


@given(LOOKS, st.floats(0.001, 0.2))
def test_looks_spend_what_was_given(fractions: tuple[float, ...], total: float) -> None:
    """The errors of all looks add up to the total, and each is positive."""
    spent = spending(fractions, total)
    assert sum(spent) == pytest.approx(total)
    assert min(spent) > 0


@pytest.mark.parametrize("fractions", [(), (0.25, 0.5, 0.75, 1.0), (0.5, 0.5, 1.0), (0.5,)])
def test_other_looks_are_refused(fractions: tuple[float, ...]) -> None:
    """No look, four looks, a look twice and a run without its end are errors."""
    for call in (spending, looks):
        with pytest.raises(ValueError, match="looks"):
            call(fractions, 0.05)


@pytest.mark.parametrize(
    ("spent", "count", "critical"),
    [
        (obrien_fleming, 2, [2.9626, 1.9686]),
        (obrien_fleming, 3, [3.7103, 2.5114, 1.9930]),
        (pocock, 2, [2.157, 2.201]),
        (pocock, 3, [2.279, 2.295, 2.296]),
    ],
)
def test_published_bounds(spent: Spent, count: int, critical: list[float]) -> None:
    """Bounds at 0.025 one-sided of the Lan-DeMets program (Reboussin et al. 2000, Controlled Clinical Trials 21:190)."""
    fractions = [(look + 1) / count for look in range(count)]
    found = [look.critical for look in looks(fractions, 0.025, spent=spent)]
    assert found == pytest.approx(critical, abs=1e-3)


def test_spent_error_at_half_and_three_quarters() -> None:
    """O'Brien-Fleming-type spending of 5 %: 0.0055746 at half and 0.0236251 at three quarters of the run."""
    found = [look.spent for look in looks((0.5, 0.75, 1.0), 0.05)]
    assert found == pytest.approx([0.0055746, 0.0236251, 0.05], abs=1e-7)


def test_one_look_is_an_ordinary_test() -> None:
    """A single look has the normal quantile for its bound."""
    [look] = looks((1.0,), 0.05)
    assert look.critical == pytest.approx(norm.ppf(0.95), abs=1e-6)
    assert look.level == pytest.approx(0.05, abs=1e-7)


@pytest.mark.parametrize("spent", [pocock, obrien_fleming])
@pytest.mark.parametrize("fractions", [(0.5, 0.75, 1.0), (0.4, 0.9, 1.0)])
def test_all_looks_together_keep_the_error(spent: Spent, fractions: tuple[float, ...]) -> None:
    """Of 40,000 simulated processes without a difference 5 % cross a bound (standard error 0.11 points)."""
    steps = np.diff([0.0, *fractions])
    paths = np.cumsum(np.random.default_rng(2).normal(0, np.sqrt(steps), (40_000, 3)), axis=1) / np.sqrt(fractions)
    bounds = [look.critical for look in looks(fractions, 0.05, spent=spent)]
    assert (paths > bounds).any(axis=1).mean() == pytest.approx(0.05, abs=0.004)


def test_early_looks_are_dear_and_the_last_keeps_most() -> None:
    """Shares of the looks at half, three quarters and all; the union bound leaves the last look far less."""
    assert shares((0.5, 0.75, 1.0)) == pytest.approx((0.1115, 0.4381, 0.8541), abs=1e-4)
    assert spending((0.5, 0.75, 1.0), 1.0)[2] < 0.2
    assert shares((1.0,)) == pytest.approx((1.0,))


def test_an_error_outside_its_range_is_refused() -> None:
    """An error of 0 cannot be spent."""
    with pytest.raises(ValueError, match="looks: total is 0"):
        looks((1.0,), 0.0)
