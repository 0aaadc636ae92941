"""Constant, rising and recorded arrivals."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.replay.recording import Asked, Recording
from loadtests.schedule import plan_replay, plan_schedule


def recording(offsets: list[float], *, grain: float = 0.001) -> Recording:
    """One request at each of these times."""
    return Recording(
        name="r", digest="0" * 64, requests=(Asked(method="GET", path="/"),), offsets=np.array(offsets, dtype=np.float64),
        chosen=np.zeros(len(offsets), dtype=np.int64), grain=grain,
    )  # fmt: skip


def test_constant_arrivals_have_equal_gaps() -> None:
    """Every block holds rate x length requests a gap apart, begun at a random part of one."""
    schedule = plan_schedule(seed=1, rate=100, duration=60, weights=[1], kind="constant")
    for triple in schedule.triples:
        assert triple.count == 100
        np.testing.assert_allclose(np.diff(triple.offsets), 0.01)
        assert 0 <= triple.offsets[0] < 0.01
        assert triple.offsets[-1] < 1
    assert len({float(each.offsets[0]) for each in schedule.triples}) == 20


def test_a_ramp_rises_from_a_tenth_to_the_rate() -> None:
    """The first blocks hold about 10 % of the last ones, and the peak is the rate."""
    schedule = plan_schedule(seed=1, rate=1000, duration=60, weights=[1], kind="ramp")
    counts = schedule.offered(20)
    assert counts[0] == pytest.approx(100, rel=0.4)
    assert counts[-1] == pytest.approx(1000, rel=0.2)
    assert schedule.peak == 1000


def test_another_kind_is_refused() -> None:
    """A kind that there is not is named with those there are."""
    with pytest.raises(ValueError, match="poisson, constant, ramp"):
        plan_schedule(seed=1, rate=100, duration=60, weights=[1], kind="burst")


def test_recorded_times_are_kept_within_each_block() -> None:
    """Window i of the recording is what triple i asks, at the recorded distances."""
    times = [window + part for window in range(12) for part in (0.0, 0.25, 0.5)] + [12.0]
    schedule = plan_replay(recording(times), seed=1, speed=1, duration=36, block=1.0)
    assert [each.offsets.tolist() for each in schedule.triples] == [[0.0, 0.25, 0.5]] * 12
    assert schedule.peak == 3


def test_twice_the_speed_is_twice_the_rate() -> None:
    """Distances halve, and rate and busiest second double."""
    times = [each / 10 for each in range(400)]
    one = plan_replay(recording(times), seed=1, speed=1, duration=60, block=1.0)
    two = plan_replay(recording(times), seed=1, speed=2, duration=60, block=1.0)
    assert (one.rate, two.rate) == (pytest.approx(10, rel=0.05), pytest.approx(20, rel=0.05))
    assert two.peak == pytest.approx(2 * one.peak, abs=1)


def test_a_short_recording_begins_again() -> None:
    """After its last whole block comes its first."""
    times = [0.0, 0.1, 1.2, 1.3, 1.4, 2.0]
    schedule = plan_replay(recording(times), seed=1, speed=1, duration=30, block=1.0)
    assert [each.count for each in schedule.triples] == [2, 3] * 5
    assert schedule.windows == 2


def test_a_silent_window_asks_nothing() -> None:
    """A gap in the recording is a gap in the run."""
    schedule = plan_replay(recording([0.0, 0.5, 2.5, 3.0]), seed=1, speed=1, duration=30, block=1.0)
    assert [each.count for each in schedule.triples[:3]] == [2, 0, 1]


def test_times_known_to_the_second_are_spread_within_it() -> None:
    """100 requests of the same second do not arrive at once, and the same seed spreads them alike."""
    times = [float(each // 100) for each in range(1200)]
    one = plan_replay(recording(times, grain=1.0), seed=1, speed=1, duration=30, block=1.0)
    assert np.diff(one.triples[0].offsets).max() < 0.1
    assert one.digest == plan_replay(recording(times, grain=1.0), seed=1, speed=1, duration=30, block=1.0).digest
    assert one.digest != plan_replay(recording(times, grain=1.0), seed=2, speed=1, duration=30, block=1.0).digest


@pytest.mark.parametrize(("speed", "said"), [(0.0, "--speed 0"), (-1.0, "--speed -1"), (float("nan"), "--speed nan")])
def test_a_speed_that_goes_nowhere_is_refused(speed: float, said: str) -> None:
    """Zero, negative and no number are refused."""
    with pytest.raises(ValueError, match=said):
        plan_replay(recording([0.0, 1.0]), seed=1, speed=speed, duration=30)


def test_a_recording_too_slow_for_the_duration_is_refused_with_the_duration_it_needs() -> None:
    """Two requests an hour need blocks of hours, and the message says how long a run would have to be."""
    with pytest.raises(ValueError, match="choose a duration of at least"):
        plan_replay(recording([0.0, 3600.0]), seed=1, speed=1, duration=120)


def test_a_recording_that_begins_again_within_a_second_is_as_busy_as_its_blocks() -> None:
    """300 requests in 0.15 s, asked again and again, are 2,000 requests/s and not 300."""
    schedule = plan_replay(recording([each / 2000 for each in range(300)]), seed=1, speed=1, duration=30, block=0.01)
    assert schedule.peak == pytest.approx(2000, rel=0.05)
