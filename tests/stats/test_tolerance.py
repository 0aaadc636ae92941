"""Tolerance limits against published tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm

from verify.stats.tolerance import drills_needed, factor, lognormal_limit, upper_limit, worst_of


def test_wilks_numbers() -> None:
    """59, 93, 124, 153, 181, 208 values for 95 %/95 % (Guba, Makai and Pal 2003, Reliability Engineering 80:217)."""
    assert [drills_needed(0.95, rank=rank) for rank in range(1, 7)] == [59, 93, 124, 153, 181, 208]


@pytest.mark.parametrize(("covered", "error", "needed"), [(0.95, 0.01, 90), (0.99, 0.05, 299), (0.9, 0.05, 29)])
def test_first_order_numbers(covered: float, error: float, needed: int) -> None:
    """ln(error)/ln(covered), rounded up (Wilks 1941)."""
    assert drills_needed(covered, error=error) == needed


@pytest.mark.parametrize(("count", "expected"), [(3, 7.656), (5, 4.203), (10, 2.911), (20, 2.396)])
def test_published_normal_factors(count: int, expected: float) -> None:
    """One-sided 95 %/95 % factors (Hahn and Meeker 1991, table A.12)."""
    assert factor(count) == pytest.approx(expected, abs=1.5e-3)


@pytest.mark.parametrize(("drills", "covered"), [(5, 0.549), (14, 0.807), (29, 0.902), (59, 0.950)])
def test_what_the_worst_of_n_covers(drills: int, covered: float) -> None:
    """0.05^(1/n) of all drills lie under the worst of n."""
    found = worst_of(list(range(1, drills + 1)))
    assert found.worst == drills
    assert found.covered == pytest.approx(covered, abs=1e-3)
    assert found.needed == 59


def test_a_broken_promise_is_counted() -> None:
    """One of ten drills over the promise: the part that keeps it is proved to be 60.6 % only (Clopper-Pearson)."""
    found = worst_of([100.0] * 9 + [400.0], promise=300)
    assert (found.broken, found.worst, found.median) == (1, 400.0, 100.0)
    assert found.kept == pytest.approx(0.606, abs=1e-3)


def test_the_order_statistic_limit() -> None:
    """58 values have no 95 %/95 % limit, 59 their worst, 93 their second worst."""
    assert upper_limit(range(58)) == math.inf
    assert upper_limit(range(59)) == 58
    assert upper_limit(range(93)) == 91


def test_the_order_statistic_limit_covers_as_often_as_it_says() -> None:
    """Of 4,000 samples of 100 at most 5.7 % (5 % and two standard errors) have a limit under the 95 % quantile."""
    times = np.random.default_rng(4).lognormal(4, 1, (4000, 100))
    limits = np.array([upper_limit(row) for row in times])
    assert (norm.cdf(np.log(limits) - 4) < 0.95).mean() <= 0.057


def test_the_lognormal_limit() -> None:
    """exp(mean + k sd) of the logarithms."""
    logs = np.log([100.0, 120.0, 150.0])
    expected = math.exp(logs.mean() + factor(3) * logs.std(ddof=1))
    assert lognormal_limit([100.0, 120.0, 150.0]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: worst_of([]), "worst of n: 0 times"),
        (lambda: worst_of([1.0, math.nan]), "worst of n: 2 times"),
        (lambda: drills_needed(1.0), "drills needed: covered is 1"),
        (lambda: drills_needed(0.9, rank=0), "drills needed: rank 0"),
        (lambda: upper_limit([1.0], error=0), "tolerance limit: error is 0"),
        (lambda: lognormal_limit([1.0]), "log-normal limit: 1 times"),
        (lambda: factor(1), "tolerance factor: 1 values"),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], place: str) -> None:
    """What cannot be meant is a ValueError that names the place and the value."""
    with pytest.raises(ValueError, match=re.escape(place)):
        call()
