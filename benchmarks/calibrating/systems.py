"""
Runs of two simulated systems, as a perfect generator would have recorded them.

What makes real measurements hard is in them: a day that drifts for all, neighbours that slow one machine for a while
(autocorrelation), bursts, and collections of garbage that make whoever arrives wait until they end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

ARMS: Final = 3
CANDIDATE: Final = 1
TICK: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint class: its weight in the mix, its median (s) and the spread of its logarithms."""

    weight: float
    median: float
    spread: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """
    What slows down both systems alike or each at its own times.

    `drift` is the logarithm by which the whole run becomes slower from first to last; `shared` and `own` are standard
    deviations of autocorrelated logarithms (0.9 from second to second) of everybody and of each system. Bursts come
    `bursts` times a second, last 1 s in the mean and slow one system by `burst` (logarithm). Stalls come `stalls`
    times a second and last 20 to 150 ms: requests wait for their end.
    """

    drift: float = 0.0
    shared: float = 0.0
    own: float = 0.0
    bursts: float = 0.0
    burst: float = 0.0
    stalls: float = 0.0


CALM: Final = Weather(own=0.02)
DRIFT: Final = Weather(drift=0.5, shared=0.15, own=0.05)
BURSTS: Final = Weather(shared=0.10, own=0.03, bursts=0.05, burst=0.6)
STALLS: Final = Weather(shared=0.05, own=0.03, stalls=0.2)
MIX: Final = (
    Endpoint(weight=0.5, median=0.006),
    Endpoint(weight=0.3, median=0.010),
    Endpoint(weight=0.2, median=0.030, spread=0.5),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    How the candidate differs: everything `slower` times as slow, or `endpoint` (its number) alone; the part `tail` of
    requests five times as slow, scattered, or with `clustered` the same part in spells of a second; `stalls` more
    stalls a second.
    """

    slower: float = 1.0
    tail: float = 0.0
    clustered: bool = False
    stalls: float = 0.0
    endpoint: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A run: so many triples of blocks of one second, requests/s while an arm's block lasts, endpoints, weather."""

    triples: int = 40
    rate: float = 200.0
    endpoints: tuple[Endpoint, ...] = (Endpoint(weight=1.0, median=0.010),)
    weather: Weather = field(default_factory=lambda: CALM)
    candidate: Candidate = field(default_factory=Candidate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One entry an answer: seconds, arm (A, B, A' as 0, 1, 2), triple and endpoint."""

    seconds: Floats
    arms: Whole
    triples: Whole
    endpoints: Whole


def simulated(design: Design, random: np.random.Generator) -> Answers:
    """The answers of one run; the same state of `random` gives the same."""
    counts = np.maximum(random.poisson(design.rate, design.triples), 1)
    places = np.argsort(random.random((design.triples, ARMS)), axis=1)
    triples = np.repeat(np.arange(design.triples), counts)
    offsets = random.random(len(triples))
    shares = np.array([each.weight for each in design.endpoints])
    endpoints = random.choice(len(shares), size=len(triples), p=shares / shares.sum())
    shared = _shared(design, random)
    baseline = _own(design.weather, design.triples, 0.0, random)
    candidate = _own(design.weather, design.triples, design.candidate.stalls, random)
    taken = []
    for arm in range(ARMS):
        when = 3 * triples + places[triples, arm] + offsets
        level, ends = candidate if arm == CANDIDATE else baseline
        seconds = _service(design, endpoints, random) * np.exp((shared + level)[(when / TICK).astype(np.int64)])
        if arm == CANDIDATE:
            seconds = seconds * _slower(design.candidate, endpoints) * _tail(design.candidate, when, random)
        taken.append(seconds + _waiting(when, ends))
    return Answers(
        seconds=np.concatenate(taken),
        arms=np.repeat(np.arange(ARMS), len(triples)),
        triples=np.tile(triples, ARMS),
        endpoints=np.tile(endpoints, ARMS),
    )


def autocorrelated(random: np.random.Generator, count: int, correlation: float) -> Floats:
    """A stationary autoregressive series of order 1 with standard deviation 1."""
    fresh = random.normal(0, np.sqrt(1 - correlation**2), count)
    fresh[0] = random.normal()
    return np.asarray(lfilter([1.0], [1.0, -correlation], fresh), dtype=np.float64)


def _ticks(triples: int) -> int:
    return int(triples * ARMS / TICK) + 1


def _shared(design: Design, random: np.random.Generator) -> Floats:
    ticks = _ticks(design.triples)
    weather = design.weather
    return np.linspace(0, weather.drift, ticks) + weather.shared * autocorrelated(random, ticks, 0.9**TICK)


def _own(weather: Weather, triples: int, more: float, random: np.random.Generator) -> tuple[Floats, Floats]:
    """The logarithm by which a system is slower at each tick, and the stalls' begins and ends, shape (stalls, 2)."""
    ticks = _ticks(triples)
    level = weather.own * autocorrelated(random, ticks, 0.9**TICK)
    span = triples * ARMS
    for begin in random.random(random.poisson(weather.bursts * span)) * span:
        until = begin + random.exponential(1.0)
        level[int(begin / TICK) : int(until / TICK) + 1] += weather.burst
    begins = np.sort(random.random(random.poisson((weather.stalls + more) * span)) * span)
    return level, np.stack([begins, begins + random.uniform(0.02, 0.15, len(begins))], axis=1)


def _service(design: Design, endpoints: Whole, random: np.random.Generator) -> Floats:
    medians = np.array([each.median for each in design.endpoints])
    spreads = np.array([each.spread for each in design.endpoints])
    return np.asarray(medians[endpoints] * np.exp(random.normal(0, 1, len(endpoints)) * spreads[endpoints]))


def _slower(candidate: Candidate, endpoints: Whole) -> Floats:
    mine = candidate.endpoint is None or endpoints == candidate.endpoint
    return np.where(mine, candidate.slower, 1.0)


def _tail(candidate: Candidate, when: Floats, random: np.random.Generator) -> Floats:
    if candidate.clustered:
        spells = random.random(int(when.max()) + 1) < candidate.tail
        return np.where(spells[when.astype(np.int64)], 5.0, 1.0)
    return np.where(random.random(len(when)) < candidate.tail, 5.0, 1.0)


def _waiting(when: Floats, stalls: Floats) -> Floats:
    """The seconds that each arrival waits for the end of the stall it meets, 0 where it meets none."""
    if not len(stalls):
        return np.zeros(len(when))
    ends = np.maximum.accumulate(stalls[:, 1])
    place = np.searchsorted(stalls[:, 0], when, side="right") - 1
    return np.where(place >= 0, np.maximum(ends[np.maximum(place, 0)] - when, 0.0), 0.0)
