"""Non-inferiority against published intervals and a brute-force likelihood."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm

from verify.stats.noninferiority import paired, paired_score, requests_needed, unpaired
from verify.stats.proportions import difference_interval, difference_score


def test_published_paired_interval() -> None:
    """6 and 16 discordant of 161 pairs (Cavo 2012): -0.1240 to -0.0054 (Fagerland, Lydersen and Laake 2017, ch. 8)."""
    found = paired(6, 16, 161, margin=0.1, error=0.025).difference
    assert found.estimate == pytest.approx(-0.0621, abs=5e-5)
    assert (found.lower, found.upper) == pytest.approx((-0.1240, -0.0054), abs=6e-5)


@given(st.integers(0, 15), st.integers(0, 15), st.integers(1, 40), st.floats(-0.4, 0.4))
@settings(deadline=None, max_examples=60)
def test_the_restricted_estimate_is_the_most_likely(b: int, c: int, agreeing: int, delta: float) -> None:
    """Tango's score has the variance at the maximum of the likelihood under p12 = p21 + delta, found by search."""
    n = b + c + agreeing

    def unlikely(q: float) -> float:
        cells = (q + delta, q, 1 - 2 * q - delta)
        if min(cells) <= 0:
            return math.inf
        return -sum(k * math.log(p) for k, p in zip((b, c, agreeing), cells, strict=True) if k)

    low, high = max(0.0, -delta), (1 - delta) / 2
    q = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x
    variance = n * (2 * q + delta - delta**2)
    expected = (b - c - n * delta) / math.sqrt(variance)
    assert paired_score(b, c, n, delta) == pytest.approx(expected, rel=2e-3, abs=2e-3)


def test_unpaired_is_the_score_interval_and_its_p_value_agrees() -> None:
    """At the upper limit as margin the p-value is the error, and shown turns exactly there."""
    low, high = difference_interval(5, 3000, 8, 6000, error=0.05)
    found = unpaired(5, 3000, 8, 6000, margin=high)
    assert (found.difference.lower, found.difference.upper) == (low, high)
    assert found.p == pytest.approx(0.05, abs=1e-6)
    assert unpaired(5, 3000, 8, 6000, margin=high * 1.01).shown
    assert not unpaired(5, 3000, 8, 6000, margin=high * 0.99).shown


def test_paired_p_value_agrees_with_its_interval() -> None:
    """At the upper limit as margin the p-value is the error."""
    high = paired(5, 3, 3000, margin=0.01).difference.upper
    assert paired(5, 3, 3000, margin=high).p == pytest.approx(0.05, abs=1e-6)


def test_no_failure_at_all_still_leaves_doubt() -> None:
    """Without a discordant pair the limits are z^2/(n + z^2) around 0, and few pairs show nothing."""
    found = paired(0, 0, 100, margin=0.01)
    square = 1.6448536**2
    assert found.difference.upper == pytest.approx(square / (100 + square), abs=1e-6)
    assert not found.shown


@pytest.mark.parametrize(("rate", "margin"), [(0.01, 0.005), (0.05, 0.01), (0.2, 0.05)])
def test_requests_needed_give_their_power(rate: float, margin: float) -> None:
    """With as many requests as are needed, 89 to 92 % of 4,000 pairs of equal systems pass."""
    count = requests_needed(rate, margin=margin)
    drawn = np.random.default_rng(1).binomial(count, rate, (4000, 2))
    passed = [difference_score(int(x), count, int(y), count, margin) < norm.ppf(0.05) for x, y in drawn]
    assert 0.89 <= np.mean(passed) <= 0.92


def test_more_baseline_requests_need_fewer_of_the_candidate() -> None:
    """Two baseline arms save candidate requests, and a wider margin saves more."""
    alone = requests_needed(0.01, margin=0.005)
    assert requests_needed(0.01, margin=0.005, baselines=2) < alone
    assert requests_needed(0.01, margin=0.01) < alone / 3


def test_at_the_margin_the_exact_size_is_near_nominal() -> None:
    """Enumerated, not simulated: 1,000 and 2,000 requests at 1 % and 1.5 % pass in under 6 %."""
    x, y = np.arange(60), np.arange(80)
    chance = binom.pmf(x, 1000, 0.015)[:, None] * binom.pmf(y, 2000, 0.01)[None, :]
    likely = np.argwhere(chance > 1e-7)
    size = sum(chance[a, b] for a, b in likely if unpaired(int(a), 1000, int(b), 2000, margin=0.005).shown)
    assert size < 0.06


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: unpaired(0, 0, 0, 5, margin=0.1), "difference, candidate: 0 of 0"),
        (lambda: unpaired(0, 5, 0, 5, margin=0.0), "non-inferiority: margin is 0"),
        (lambda: paired(3, 3, 5, margin=0.1), "paired difference: 6 of 5"),
        (lambda: paired(-1, 3, 5, margin=0.1), "paired difference: discordant pairs of a side is -1"),
        (lambda: requests_needed(0.0, margin=0.1), "requests needed: rate is 0"),
        (lambda: requests_needed(0.1, margin=0.1, baselines=0), "requests needed: baselines is 0"),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], place: str) -> None:
    """What cannot be meant is a ValueError that names the place and the value."""
    with pytest.raises(ValueError, match=re.escape(place)):
        call()
