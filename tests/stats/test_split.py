"""The split against exact values, and visitors against requests."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, chisquare

from verify.stats.split import Visitors, judge_split, judge_stickiness, tally, visitors_needed


@given(st.integers(60, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.1, 0.9))
@settings(deadline=None, max_examples=60)
def test_chi_square_equals_scipy(pair: tuple[int, int], declared: float) -> None:
    """Statistic and p-value are those of SciPy's goodness of fit where five are expected on either side."""
    mine, visitors = pair
    found = judge_split(mine, visitors, declared=declared)
    expected = chisquare([mine, visitors - mine], [visitors * declared, visitors * (1 - declared)])
    assert found.chi_square == pytest.approx(expected.statistic, rel=1e-6, abs=1e-9)
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)


def test_few_visitors_have_the_exact_p_value() -> None:
    """With two expected visitors the p-value is the binomial one."""
    assert judge_split(5, 20, declared=0.1).p == pytest.approx(binomtest(5, 20, 0.1).pvalue)


def test_15_percent_against_10_is_outside_and_10_is_within() -> None:
    """380 and 254 of 2,535 visitors against 10 % +- 2 points; with 200 visitors neither is shown."""
    wrong, right, few = (judge_split(*pair, declared=0.1) for pair in ((380, 2535), (254, 2535), (20, 200)))
    assert (wrong.outside, wrong.within) == (True, False)
    assert (right.outside, right.within) == (False, True)
    assert (few.outside, few.within) == (False, False)
    assert few.needed == 2535


def test_a_small_difference_among_many_is_significant_and_harmless() -> None:
    """10.3 % of 1,000,000 visitors has p < 0.001 and lies within 2 points: both are said."""
    found = judge_split(103_000, 1_000_000, declared=0.1)
    assert found.p < 0.001
    assert found.within


@pytest.mark.parametrize("declared", [0.1, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("margin", [0.01, 0.02])
def test_visitors_needed_give_their_power(declared: float, margin: float) -> None:
    """Enumerated: with as many as are needed a true share is shown with 89 to 92 % chance."""
    count = visitors_needed(declared, margin=margin)
    counts = np.arange(int(count * (declared - margin)), int(count * (declared + margin)) + 1)
    within = [judge_split(int(each), count, declared=declared, margin=margin).within for each in counts]
    assert 0.89 <= binom.pmf(counts[within], count, declared).sum() <= 0.92


@pytest.mark.parametrize("true", [0.08, 0.12])
def test_at_the_margin_at_most_5_percent_pass(true: float) -> None:
    """Enumerated: 2,535 visitors truly 2 points off are shown to be within 2 points in at most 5 %."""
    counts = np.arange(150, 400)
    within = [judge_split(int(each), 2535, declared=0.1).within for each in counts]
    assert binom.pmf(counts[within], 2535, true).sum() <= 0.05


def test_each_visitor_counts_once() -> None:
    """Three visitors: one always on the candidate, one never, one that switched and began on the baseline."""
    visitors = np.array([7, 7, 9, 3, 3, 3])
    found = tally(visitors, np.array([True, True, False, False, True, False]))
    assert found == Visitors(count=3, candidate=1, repeated=2, switched=1, alone=pytest.approx((5 / 9 + 1 / 3) / 2))


def test_stickiness_has_exact_limits() -> None:
    """3 of 400 visitors heard twice switched: limits of Clopper and Pearson, and 299 needed for 1 %."""
    found = judge_stickiness(Visitors(count=900, candidate=90, repeated=400, switched=3, alone=0.8))
    interval = binomtest(3, 400).proportion_ci(confidence_level=0.9, method="exact")
    assert (found.switched.lower, found.switched.upper) == pytest.approx((interval.low, interval.high))
    assert (found.visitors, found.needed) == (400, 299)
    assert found.expected == pytest.approx(0.2)


def test_what_would_switch_if_nothing_stuck_is_what_does() -> None:
    """Requests routed anew at 10 % switch as many visitors as `expected` says (within 3 points of 2,000)."""
    random = np.random.default_rng(8)
    visitors = np.repeat(np.arange(2000), random.integers(1, 9, 2000))
    found = judge_stickiness(tally(visitors, random.random(len(visitors)) < 0.1))
    assert found.switched.estimate == pytest.approx(found.expected, abs=0.03)
    assert found.switched.lower > 0.3


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: judge_split(0, 0, declared=0.1), "split: 0 of 0"),
        (lambda: judge_split(0, 5, declared=0.0), "split: declared is 0"),
        (lambda: judge_split(0, 5, declared=0.1, margin=0), "split: margin is 0"),
        (lambda: visitors_needed(0.1, margin=0.02, power=1), "visitors needed: power is 1"),
        (lambda: tally(np.array([1, 2]), np.array([True])), "visitors: 2 requests and 1 answers"),
        (lambda: tally(np.array([], dtype=int), np.array([], dtype=bool)), "visitors: 0 requests"),
        (
            lambda: judge_stickiness(Visitors(count=5, candidate=1, repeated=0, switched=0, alone=1.0)),
            "stickiness, visitors heard twice: 0 of 0",
        ),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], place: str) -> None:
    """What cannot be meant is a ValueError that names the place and the value."""
    with pytest.raises(ValueError, match=re.escape(place)):
        call()
