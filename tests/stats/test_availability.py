"""Floors of availability, plain and clustered, and windows."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from verify.stats.availability import availability_floor, clustered_floor, probes_needed, windows


def test_300_clean_probes_never_show_999() -> None:
    """300 clean probes show 99.0 % and leave 99.9 % open: 2,995 are needed."""
    found = availability_floor(0, 300, objective=0.999)
    assert found.availability.lower == pytest.approx(0.99006, abs=1e-5)
    assert found.availability.lower < 0.999
    assert found.needed == 2995


def test_7752_probes_with_three_failures_show_999() -> None:
    """Three failures in 7,752 probes show 99.9 %, in 7,751 they do not."""
    assert availability_floor(3, 7752, objective=0.999).availability.lower >= 0.999
    assert availability_floor(3, 7751, objective=0.999).availability.lower < 0.999
    assert probes_needed(3, objective=0.999) == 7752


def test_limits_and_p_value_are_exact() -> None:
    """The limits are SciPy's exact ones and the p-value the binomial tail at the objective."""
    found = availability_floor(7, 9000, objective=0.999)
    interval = binomtest(7, 9000).proportion_ci(confidence_level=0.9, method="exact")
    limits = (found.availability.lower, found.availability.upper)
    assert limits == pytest.approx((1 - interval.high, 1 - interval.low))
    assert found.p == pytest.approx(binom.cdf(7, 9000, 0.001))


def test_windows_tell_where_failures_lie() -> None:
    """Six probes in four windows of 10 s: three hold a probe, two in a row are bad, and 19 s were not looked at."""
    times = np.array([1.0, 5.0, 12.0, 14.0, 33.0, 34.0])
    failed = np.array([False, True, True, True, False, False])
    found = windows(times, failed, start=0, end=40)
    assert (found.total, found.observed, found.bad, found.longest, found.gap) == (4, 3, 2, 2, 19.0)
    assert found.good.estimate == pytest.approx(1 / 3)
    assert found.covered == 0.75


def test_a_burst_is_one_bad_window_and_scattered_failures_are_many() -> None:
    """Ten failures within a window are 1 bad window; every 20 s one, they are 10."""
    times = np.arange(0, 200, 0.5)
    burst = (times >= 50) & (times < 55)
    scattered = times % 20 == 0
    assert windows(times, burst, start=0, end=200).bad == 1
    assert windows(times, scattered, start=0, end=200).bad == 10


def test_scattered_failures_are_no_clusters() -> None:
    """With failures that are draws of their own the effective number is nearly the number of probes."""
    random = np.random.default_rng(1)
    times = np.arange(0, 20_000, 0.5)
    found = clustered_floor(times, random.random(len(times)) < 0.002, objective=0.99)
    assert found.effective > 0.6 * found.probes


def test_failures_in_bursts_count_for_less() -> None:
    """The same number of failures in outages of 5 s leaves about a tenth of the probes, and a lower floor."""
    times = np.arange(0, 20_000, 0.5)
    burst = np.isin(np.arange(len(times)) // 10, np.arange(20) * 190)
    found = clustered_floor(times, burst, objective=0.99)
    plain = availability_floor(int(burst.sum()), len(times), objective=0.99)
    assert found.design == pytest.approx(10, rel=0.35)
    assert found.availability.lower < plain.availability.lower


def test_rao_and_scotts_design_effect() -> None:
    """Windows that are wholly good or wholly bad have a design effect of their size (20 probes in each)."""
    times = np.arange(0, 4000, 0.5)
    failed = np.isin(np.arange(len(times)) // 20, np.arange(0, 200, 10) * 2)
    assert clustered_floor(times, failed, objective=0.9).design == pytest.approx(20, rel=0.15)


def test_a_clean_record_says_less_when_outages_last() -> None:
    """7,200 clean probes in an hour show 99.9 % as draws of their own; with outages of 10 s they count as 360."""
    times = np.arange(0, 3600, 0.5)
    clean = np.zeros(len(times), dtype=bool)
    assert clustered_floor(times, clean, objective=0.999).availability.lower >= 0.999
    found = clustered_floor(times, clean, objective=0.999, outage=10)
    assert found.effective == pytest.approx(360)
    assert found.availability.lower < 0.999
    assert found.needed == 2995 * 20


def test_all_failed_or_one_probe_is_no_accident() -> None:
    """Nothing but failures has a floor of 0, and a single probe shows next to nothing."""
    times = np.arange(0, 500, 0.5)
    assert clustered_floor(times, np.ones(len(times), dtype=bool), objective=0.99).availability.lower == 0
    assert clustered_floor(times[:1], np.array([True]), objective=0.99).availability.lower == 0
    assert clustered_floor(times[:1], np.array([False]), objective=0.99).availability.lower == pytest.approx(0.05)


ONE = (np.array([1.0]), np.array([False]))


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: availability_floor(0, 0, objective=0.9), "availability: 0 of 0"),
        (lambda: availability_floor(0, 9, objective=1.0), "availability: objective is 1"),
        (lambda: probes_needed(0, objective=1.0), "probes needed: objective is 1"),
        (lambda: windows(*ONE, start=2, end=5), "windows: probes from 1 to 1 s"),
        (lambda: windows(*ONE, start=0, end=5, seconds=0), "windows: seconds is 0"),
        (lambda: windows(np.array([]), np.array([], dtype=bool), start=0, end=5), "windows: 0 times"),
        (lambda: clustered_floor(np.array([1.0]), np.array([]), objective=0.9), "clustered floor: 1 times and 0"),
        (lambda: clustered_floor(*ONE, objective=0.9, outage=-1), "clustered floor: outage is -1"),
    ],
)
def test_wrong_arguments_are_named(call: Callable[[], object], place: str) -> None:
    """What cannot be meant is a ValueError that names the place and the value."""
    with pytest.raises(ValueError, match=re.escape(place)):
        call()
