"""Proportions against published values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from verify.stats.proportions import clopper_pearson, difference_interval, mcnemar

PAIR = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("candidate", "baseline", "limits"),
    [
        ((56, 70), (48, 80), (0.0528, 0.3382)),
        ((9, 10), (3, 10), (0.1700, 0.8406)),
        ((5, 56), (0, 29), (-0.0326, 0.1933)),
        ((10, 10), (0, 20), (0.7156, 1.0)),
    ],
)
def test_published_score_intervals(
    candidate: tuple[int, int], baseline: tuple[int, int], limits: tuple[float, float]
) -> None:
    """Newcombe 1998 (Statistics in Medicine 17:873-890), table II, the method of Miettinen and Nurminen, 95 %."""
    assert difference_interval(*candidate, *baseline, error=0.025) == pytest.approx(limits, abs=6e-5)


@pytest.mark.parametrize(("failures", "count"), [(0, 2995), (1, 4742), (3, 7752)])
def test_availability_of_999_needs_these_counts(failures: int, count: int) -> None:
    """99.9 % is shown at 95 % by 2,995 probes without a failure, 4,742 with one, 7,752 with three, and not by fewer."""
    assert clopper_pearson(failures, count, error=0.05)[1] <= 0.001
    assert clopper_pearson(failures, count - 2, error=0.05)[1] > 0.001


@given(PAIR, st.sampled_from([0.005, 0.025, 0.05]))
@settings(deadline=None, max_examples=50)
def test_clopper_pearson_equals_scipy(pair: tuple[int, int], error: float) -> None:
    """The limits are those of SciPy's exact interval."""
    expected = binomtest(*pair).proportion_ci(confidence_level=1 - 2 * error, method="exact")
    assert clopper_pearson(*pair, error=error) == pytest.approx((expected.low, expected.high), abs=1e-9)


@given(st.integers(0, 40), st.integers(0, 40))
@settings(deadline=None, max_examples=50)
def test_mcnemar_is_a_sign_test(worse: int, better: int) -> None:
    """The p-value is the exact binomial one; without a discordant pair it is 1."""
    expected = binomtest(worse, worse + better, 0.5, alternative="greater").pvalue if worse + better else 1.0
    assert mcnemar(worse, better) == pytest.approx(expected)


def test_five_to_nothing_is_significant() -> None:
    """Five failures only on the candidate give p = 0.031, four give 0.0625."""
    assert mcnemar(5, 0) == pytest.approx(0.03125)
    assert mcnemar(4, 0) == pytest.approx(0.0625)


@given(PAIR, PAIR, st.sampled_from([0.01, 0.05]))
@settings(deadline=None, max_examples=100)
def test_the_interval_holds_the_estimate_and_mirrors(a: tuple[int, int], b: tuple[int, int], error: float) -> None:
    """The limits are around the observed difference, inside -1..1, and swap their signs with the sides."""
    low, high = difference_interval(*a, *b, error=error)
    estimate = a[0] / a[1] - b[0] / b[1]
    assert -1 <= low <= estimate + 1e-9
    assert estimate - 1e-9 <= high <= 1
    back = difference_interval(*b, *a, error=error)
    assert back == pytest.approx((-high, -low), abs=1e-6)


def test_nothing_observed_is_an_error() -> None:
    """No observation has no limits."""
    with pytest.raises(ValueError, match="nothing was observed"):
        clopper_pearson(0, 0, error=0.05)
    with pytest.raises(ValueError, match="nothing was observed"):
        difference_interval(0, 10, 0, 0, error=0.05)
