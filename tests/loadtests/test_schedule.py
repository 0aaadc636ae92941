"""The whole run is known before its first request."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.schedule import looks_of, plan_schedule

SEEDS = st.integers(0, 2**32 - 1)
RATES = st.sampled_from([1.0, 20.0, 200.0, 1500.0])


@given(SEEDS, RATES)
@settings(max_examples=30, deadline=None)
def test_each_triple_asks_each_arm_once_with_rising_offsets_inside_the_block(seed: int, rate: float) -> None:
    """Orders are permutations, offsets rise inside the block, every arrival has a request with a weight."""
    schedule = plan_schedule(seed=seed, rate=rate, duration=60, weights=[3, 0, 1], block=1.0)
    assert len(schedule.triples) == 20
    for triple in schedule.triples:
        assert sorted(triple.order) == [0, 1, 2]
        assert triple.count >= 1
        assert (np.diff(triple.offsets) >= 0).all()
        assert triple.offsets.min() >= 0
        assert triple.offsets.max() < 1.0
        assert set(triple.requests.tolist()) <= {0, 2}


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_same_seed_gives_the_same_schedule_and_a_longer_run_begins_alike(seed: int) -> None:
    """A schedule is a function of its seed, and a prefix of the longer one."""
    short = plan_schedule(seed=seed, rate=100, duration=30, weights=[1, 2])
    long = plan_schedule(seed=seed, rate=100, duration=60, weights=[1, 2])
    for one, other in zip(short.triples, long.triples, strict=False):
        assert one.order == other.order
        np.testing.assert_array_equal(one.offsets, other.offsets)
        np.testing.assert_array_equal(one.requests, other.requests)


def test_other_seeds_give_other_schedules() -> None:
    """Two seeds do not share their first triple."""
    one = plan_schedule(seed=1, rate=100, duration=30, weights=[1])
    other = plan_schedule(seed=2, rate=100, duration=30, weights=[1])
    assert one.triples[0].offsets.tolist() != other.triples[0].offsets.tolist()


def test_arrivals_are_poisson_at_the_rate() -> None:
    """Counts a block have mean and variance near the rate, and all six orders appear."""
    schedule = plan_schedule(seed=5, rate=100, duration=3000, weights=[1])
    counts = schedule.offered(len(schedule.triples))
    assert counts.mean() == pytest.approx(100, rel=0.02)
    assert counts.var() == pytest.approx(100, rel=0.2)
    assert len({each.order for each in schedule.triples}) == 6


def test_the_mix_follows_the_weights() -> None:
    """A request of weight 3 is drawn three times as often as one of weight 1."""
    schedule = plan_schedule(seed=5, rate=200, duration=300, weights=[3, 1])
    drawn = np.concatenate([each.requests for each in schedule.triples])
    assert (drawn == 0).mean() == pytest.approx(0.75, abs=0.01)


def test_two_minutes_have_looks_after_60_90_and_120_seconds() -> None:
    """The default run is 40 triples of three seconds with looks at 20, 30 and 40."""
    schedule = plan_schedule(seed=1, rate=200, duration=120, weights=[1])
    assert schedule.looks == (20, 30, 40)
    assert schedule.duration == 120
    assert schedule.fractions == (0.5, 0.75, 1.0)


@pytest.mark.parametrize(("triples", "looks"), [(10, (10,)), (12, (10, 12)), (20, (10, 15, 20)), (9, ())])
def test_no_look_sees_under_ten_triples(triples: int, looks: tuple[int, ...]) -> None:
    """A short run has fewer looks, and one under ten triples none."""
    assert looks_of(triples) == looks


@pytest.mark.parametrize(
    ("rate", "duration", "weights", "said"),
    [
        (0.0, 120, [1], "nothing would be sent"),
        (-5.0, 120, [1], "nothing would be sent"),
        (float("inf"), 120, [1], "nothing would be sent"),
        (200.0, 120, [], "no endpoint takes part"),
        (200.0, 120, [0, 0], "no endpoint takes part"),
        (200.0, 20, [1], "at least 30 s"),
        (5.0, 120, [1], "at least 300 s"),
    ],
)
def test_a_run_that_could_prove_nothing_is_refused(rate: float, duration: float, weights: list[int], said: str) -> None:
    """No rate, no requests and too little time are refused with what to change."""
    with pytest.raises(ValueError, match=said):
        plan_schedule(seed=1, rate=rate, duration=duration, weights=weights)
