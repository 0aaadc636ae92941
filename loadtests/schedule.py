"""Who is asked what and when: the whole run, known before its first request."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

BASELINE: Final = 0
CANDIDATE: Final = 1
AGAIN: Final = 2
ARMS: Final = ("baseline", "candidate", "baseline again")
FEWEST_TRIPLES: Final = 10
FULLEST_BLOCK: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """
    One block an arm, in `order`, with the same arrivals in each.

    `offsets` are seconds from a block's start, rising; `requests` are indices into the mix, one an offset.
    """

    index: int
    order: tuple[int, int, int]
    offsets: NDArray[np.float64]
    requests: NDArray[np.int64]

    @property
    def count(self) -> int:
        """Requests an arm."""
        return len(self.offsets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """
    Every triple of a run; `looks` are the numbers of triples after which a verdict may be reached.

    `rate` is requests/s while an arm's block lasts, `block` a block's seconds.
    """

    seed: int
    rate: float
    block: float
    looks: tuple[int, ...]
    triples: tuple[Triple, ...]

    @property
    def duration(self) -> float:
        """Seconds the arrivals span when every look is needed; pauses for judging come on top."""
        return len(self.triples) * 3 * self.block

    @property
    def fractions(self) -> tuple[float, ...]:
        """The part of the whole that each look sees."""
        return tuple(look / len(self.triples) for look in self.looks)

    def offered(self, triples: int) -> NDArray[np.int64]:
        """Requests an arm of each of the first triples, shape (triples,)."""
        return np.array([each.count for each in self.triples[:triples]], dtype=np.int64)


def block_seconds(rate: float) -> float:
    """One second, or as many as a block needs to hold 50 requests: p99 of fewer is only their slowest."""
    return float(max(1, math.ceil(FULLEST_BLOCK / rate)))


def looks_of(triples: int) -> tuple[int, ...]:
    """The looks of a run of that many triples: half, three quarters, all, none under ten triples."""
    found = {max(FEWEST_TRIPLES, round(triples * part)) for part in (0.5, 0.75, 1.0)}
    return tuple(sorted(look for look in found if look <= triples))


def plan_schedule(
    *, seed: int, rate: float, duration: float, weights: Sequence[int], block: float | None = None
) -> Schedule:
    """
    The schedule of a run of at most `duration` seconds.

    Arrivals are Poisson at `rate`/s in each block (at least one), the mix is drawn by `weights`. A longer
    duration with the same seed begins with the same triples. ValueError, with what to change, when the rate is
    not positive, no request has a weight, or fewer than ten triples fit.
    """
    if not (rate > 0 and math.isfinite(rate)):
        raise ValueError(f"the rate is {rate:g} requests/s; nothing would be sent; choose a rate over 0")
    if not sum(weights):
        raise ValueError("no endpoint takes part: none has a weight over 0 and writes: false")
    length = block_seconds(rate) if block is None else block
    triples = int(duration / (3 * length) + 1e-9)
    if triples < FEWEST_TRIPLES:
        needed = FEWEST_TRIPLES * 3 * length
        raise ValueError(
            f"{duration:g} s hold {triples} triples of 3 x {length:g} s; a verdict needs {FEWEST_TRIPLES}: "
            f"choose a duration of at least {needed:g} s"
        )
    share = np.asarray(weights, dtype=np.float64) / sum(weights)
    drawn = tuple(_triple(index, seed=seed, rate=rate, block=length, share=share) for index in range(triples))
    return Schedule(seed=seed, rate=rate, block=length, looks=looks_of(triples), triples=drawn)


def _triple(index: int, *, seed: int, rate: float, block: float, share: NDArray[np.float64]) -> Triple:
    random = np.random.default_rng([seed, index])
    first, second, third = (int(arm) for arm in random.permutation(3))
    count = max(1, int(random.poisson(rate * block)))
    return Triple(
        index=index,
        order=(first, second, third),
        offsets=np.sort(random.uniform(0, block, count)),
        requests=random.choice(len(share), size=count, p=share),
    )
