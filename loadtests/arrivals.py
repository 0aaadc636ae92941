"""How requests arrive: at a constant rate, at random, ever faster, or as somebody recorded them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from loadtests.replay.recording import Recording

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
KINDS: Final = ("poisson", "constant", "ramp")
RAMP_FROM: Final = 0.1
FULLEST_BLOCK: Final = 50


class Pattern(Protocol):
    """What one arm is asked in one block."""

    def arrivals(self, random: np.random.Generator, index: int) -> tuple[Floats, Whole]:
        """Offsets in seconds from the start of triple `index`'s blocks, rising, and a request for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """
    Arrivals at `rate`/s in blocks of `block` seconds, the mix drawn by `share`.

    Poisson: exponential gaps. Constant: equal gaps, begun at a random part of one. Ramp: Poisson at a rate that rises
    evenly from a tenth of `rate` in the first of `triples` to `rate` in the last.
    """

    kind: str
    rate: float
    block: float
    share: Floats
    triples: int

    def arrivals(self, random: np.random.Generator, index: int) -> tuple[Floats, Whole]:
        """At least one arrival, with the request each asks."""
        offsets: Floats
        if self.kind == "constant":
            even = (np.arange(max(1, round(self.rate * self.block))) + random.uniform()) / self.rate
            offsets = np.minimum(even, float(np.nextafter(self.block, 0))).astype(np.float64)
        else:
            count = max(1, int(random.poisson(self.rate_of(index) * self.block)))
            offsets = np.sort(random.uniform(0, self.block, count))
        return offsets, random.choice(len(self.share), size=len(offsets), p=self.share)

    def rate_of(self, index: int) -> float:
        """The rate while triple `index` lasts."""
        if self.kind != "ramp":
            return self.rate
        done = index / max(self.triples - 1, 1)
        return self.rate * (RAMP_FROM + (1 - RAMP_FROM) * done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """
    A recording cut into windows of one block; triple i asks what window i holds, and after the last comes the first.

    What is left of the recording after its last whole window is not asked.
    """

    offsets: Floats
    chosen: Whole
    block: float

    @property
    def windows(self) -> int:
        """How many whole blocks the recording fills, at least one."""
        return max(1, int(float(self.offsets[-1]) / self.block + 1e-9))

    @property
    def used(self) -> int:
        """How many of its requests lie in a whole window."""
        return int(np.searchsorted(self.offsets, self.windows * self.block))

    @property
    def rate(self) -> float:
        """Requests/s while a block lasts, on average."""
        return self.used / (self.windows * self.block)

    @property
    def peak(self) -> float:
        """Requests in the busiest second; one that begins again before a second is over is as busy as its blocks."""
        busiest = (np.searchsorted(self.offsets, self.offsets + 1.0) - np.arange(len(self.offsets))).max()
        return max(float(busiest), self.rate)

    def arrivals(self, random: np.random.Generator, index: int) -> tuple[Floats, Whole]:
        """The window's arrivals; none where the recording is silent."""
        del random  # a recording leaves nothing to chance
        begin = (index % self.windows) * self.block
        first, last = np.searchsorted(self.offsets, (begin, begin + self.block))
        offsets = np.clip(self.offsets[first:last] - begin, 0, np.nextafter(self.block, 0))
        return offsets, self.chosen[first:last]


def replayed(recording: Recording, *, speed: float, seed: int, block: float | None) -> Replayed:
    """
    The recording at `speed` times its pace.

    Times known to the second only are spread evenly at random within it. ValueError when the speed is not positive.
    """
    if not (speed > 0 and math.isfinite(speed)):
        raise ValueError(f"--speed {speed:g}: choose a number over 0; 2 is twice as fast as recorded")
    random = np.random.default_rng([seed, len(recording.offsets)])
    spread = recording.grain >= 1
    moved = recording.offsets + (random.uniform(0, recording.grain, len(recording.offsets)) if spread else 0.0)
    order = np.argsort(moved, kind="stable")
    offsets = (moved[order] - moved[order[0]]) / speed
    mean = len(offsets) / max(float(offsets[-1]), 1.0)
    return Replayed(offsets=offsets, chosen=recording.chosen[order], block=block or block_seconds(mean))


def block_seconds(rate: float) -> float:
    """One second, or as many as a block needs to hold 50 requests: p99 of fewer is only their slowest."""
    return float(max(1, math.ceil(FULLEST_BLOCK / rate)))
