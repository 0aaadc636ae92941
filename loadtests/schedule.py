"""Who is asked what and when: the whole run, known before its first request."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.arrivals import KINDS, Drawn, Pattern, block_seconds, replayed
from loadtests.replay.recording import Recording

BASELINE: Final = 0
CANDIDATE: Final = 1
AGAIN: Final = 2
ARMS: Final = ("baseline", "candidate", "baseline again")
FEWEST_TRIPLES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """
    One block an arm, in `order`, with the same arrivals in each; where the candidate is alone, its block only.

    `offsets` are seconds from a block's start, rising; `requests` are indices into the mix, one an offset.
    """

    index: int
    order: tuple[int, ...]
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

    `rate` is requests/s while an arm's block lasts, `peak` those of the busiest second, `block` a block's seconds,
    `windows` the blocks that a replayed recording fills (0 without one).
    """

    seed: int
    rate: float
    peak: float
    block: float
    looks: tuple[int, ...]
    triples: tuple[Triple, ...]
    windows: int = 0

    @property
    def arms(self) -> tuple[int, ...]:
        """The arms that are asked."""
        return tuple(sorted(self.triples[0].order))

    @property
    def duration(self) -> float:
        """Seconds the arrivals span when every look is needed; pauses for judging come on top."""
        return len(self.triples) * len(self.arms) * self.block

    @property
    def digest(self) -> str:
        """Equal for schedules that ask the same at the same times, and for no others."""
        found = hashlib.sha256(f"{self.block!r} {self.looks}".encode())
        for each in self.triples:
            found.update(repr(each.order).encode() + each.offsets.tobytes() + each.requests.tobytes())
        return found.hexdigest()

    @property
    def fractions(self) -> tuple[float, ...]:
        """The part of the whole that each look sees."""
        return tuple(look / len(self.triples) for look in self.looks)

    def offered(self, triples: int) -> NDArray[np.int64]:
        """Requests an arm of each of the first triples, shape (triples,)."""
        return np.array([each.count for each in self.triples[:triples]], dtype=np.int64)


def looks_of(triples: int) -> tuple[int, ...]:
    """The looks of a run of that many triples: half, three quarters, all, none under ten triples."""
    found = {max(FEWEST_TRIPLES, round(triples * part)) for part in (0.5, 0.75, 1.0)}
    return tuple(sorted(look for look in found if look <= triples))


def plan_schedule(
    *,
    seed: int,
    rate: float,
    duration: float,
    weights: Sequence[int],
    block: float | None = None,
    kind: str = "poisson",
) -> Schedule:
    """
    The schedule of a run of at most `duration` seconds.

    Arrivals come by `kind` (poisson, constant, ramp) at `rate`/s in each block (at least one), the mix is drawn by
    `weights`. A longer duration with the same seed begins with the same triples, but for a ramp. ValueError, with
    what to change, when the rate is not positive, no request has a weight, or fewer than ten triples fit.
    """
    if not (rate > 0 and math.isfinite(rate)):
        raise ValueError(f"the rate is {rate:g} requests/s; nothing would be sent; choose a rate over 0")
    if kind not in KINDS:
        raise ValueError(f"--arrivals {kind!r} is not one of {', '.join(KINDS)}")
    if not sum(weights):
        raise ValueError("no endpoint takes part: none has a weight over 0 and writes: false")
    length = block_seconds(rate) if block is None else block
    triples = _fitting(duration, length)
    share = np.asarray(weights, dtype=np.float64) / sum(weights)
    pattern = Drawn(kind=kind, rate=rate, block=length, share=share, triples=triples)
    return _planned(pattern, seed=seed, rate=rate, peak=rate, block=length, triples=triples)


def plan_replay(
    recording: Recording, *, seed: int, speed: float, duration: float, block: float | None = None
) -> Schedule:
    """
    The schedule that replays the recording for at most `duration` seconds; ValueError, with what to change, if none.
    """
    pattern = replayed(recording, speed=speed, seed=seed, block=block)
    triples = _fitting(duration, pattern.block)
    return _planned(
        pattern, seed=seed, rate=pattern.rate, peak=pattern.peak, block=pattern.block, triples=triples,
        windows=pattern.windows,
    )  # fmt: skip


def _fitting(duration: float, length: float) -> int:
    """How many triples of blocks of that length fit."""
    if not (length > 0 and math.isfinite(length)):
        raise ValueError(f"--block {length:g}: choose a number of seconds over 0")
    triples = int(duration / (3 * length) + 1e-9)
    if triples < FEWEST_TRIPLES:
        raise ValueError(
            f"{duration:g} s hold {triples} triples of 3 x {length:g} s; a verdict needs {FEWEST_TRIPLES}: "
            f"choose a duration of at least {FEWEST_TRIPLES * 3 * length:g} s"
        )
    return triples


def _planned(
    pattern: Pattern, *, seed: int, rate: float, peak: float, block: float, triples: int, windows: int = 0
) -> Schedule:
    drawn = tuple(_triple(pattern, index, seed=seed) for index in range(triples))
    return Schedule(
        seed=seed, rate=rate, peak=peak, block=block, looks=looks_of(triples), triples=drawn, windows=windows
    )


def _triple(pattern: Pattern, index: int, *, seed: int) -> Triple:
    random = np.random.default_rng([seed, index])
    first, second, third = (int(arm) for arm in random.permutation(3))
    offsets, requests = pattern.arrivals(random, index)
    return Triple(index=index, order=(first, second, third), offsets=offsets, requests=requests)
