"""Proportions against published values."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact

from verify.stats.proportions import clopper_pearson, difference_interval, fisher, mcnemar, sign_test, trials_needed

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


def test_cavos_pairs_give_the_published_exact_p_value() -> None:
    """16 and 6 discordant pairs (Cavo 2012, in Fagerland, Lydersen and Laake 2017, chapter 8) give 0.052479 / 2."""
    assert mcnemar(16, 6) == pytest.approx(0.052479 / 2, abs=5e-7)


def test_the_lady_tasting_tea() -> None:
    """Three of four cups right is p = 17/70 (Fisher 1935, The Design of Experiments, chapter II)."""
    assert fisher(3, 4, 1, 4) == pytest.approx(17 / 70)


@given(PAIR, PAIR)
@settings(deadline=None, max_examples=50)
def test_fisher_equals_scipy(a: tuple[int, int], b: tuple[int, int]) -> None:
    """The p-value is that of SciPy's exact test of the table of failures and successes."""
    table = [[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]
    assert fisher(*a, *b) == pytest.approx(fisher_exact(table, alternative="greater").pvalue, abs=1e-9)


@pytest.mark.parametrize(
    ("at_most", "needed"),
    [
        (0.01, [299, 473, 628, 773]),
        (0.001, [2995, 4742, 6294, 7752]),
        (0.0001, [29956, 47437, 62956, 77535]),
    ],
)
def test_how_many_a_rate_needs(at_most: float, needed: list[int]) -> None:
    """None to three failures need these counts at 95 %: the smallest n with P(Bin(n, rate) <= failures) <= 0.05."""
    assert [trials_needed(failures, at_most=at_most, error=0.05) for failures in range(4)] == needed


@given(st.integers(0, 30), st.floats(0.001, 0.5), st.sampled_from([0.01, 0.05, 0.2]))
@settings(deadline=None, max_examples=50)
def test_one_trial_less_is_too_few(failures: int, at_most: float, error: float) -> None:
    """The count needed shows the rate and the one before it does not."""
    needed = trials_needed(failures, at_most=at_most, error=error)
    assert clopper_pearson(failures, needed, error=error)[1] <= at_most + 1e-9
    assert needed - 1 <= failures or clopper_pearson(failures, needed - 1, error=error)[1] > at_most - 1e-9


def test_a_burst_counts_as_one_block() -> None:
    """200 failures in one of 40 blocks are no evidence, one in each of eight blocks is (p = 1/256)."""
    quiet = [0] * 40
    assert sign_test([200, *quiet[1:]], quiet) == pytest.approx(0.5)
    assert mcnemar(200, 0) < 1e-50
    assert sign_test([1] * 8 + quiet[8:], quiet) == pytest.approx(1 / 256)
    assert sign_test(quiet, quiet) == 1.0


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: mcnemar(-1, 2), "McNemar: -1"),
        (lambda: sign_test([1], [1, 2]), "sign test: 1 and 2 blocks"),
        (lambda: fisher(3, 2, 0, 5), "Fisher, candidate: 3 of 2"),
        (lambda: fisher(0, 2, 0, 0), "Fisher, baseline: 0 of 0"),
        (lambda: clopper_pearson(0, 5, error=0.0), "Clopper-Pearson: error is 0"),
        (lambda: trials_needed(-1, at_most=0.1, error=0.05), "trials needed: -1 failures"),
        (lambda: trials_needed(0, at_most=0.0, error=0.05), "trials needed: at_most is 0"),
        (lambda: difference_interval(0, 5, 0, 5, error=1.5), "difference: error is 1.5"),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], place: str) -> None:
    """What cannot be meant is a ValueError that names the place and the value."""
    with pytest.raises(ValueError, match=re.escape(place)):
        call()
