"""The candidate alone, asked ever more: which rates, for how long, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from loadtests.arrivals import Drawn
from loadtests.pulse import Vitals
from loadtests.samples import Samples
from loadtests.schedule import CANDIDATE, Schedule, Triple

BELOW: Final = (0.25, 0.5, 0.75)
ABOVE: Final = (1.25, 1.5, 2.0)
BLOCK: Final = 1.0
LONGER: Final = 3  # the rate that is promised is held so many times as long


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rate, requests/s, and the blocks `first`..`last` - 1 of the schedule in which it is asked."""

    rate: float
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """
    What was planned and what came of it.

    `needed` is the rate that has to be held; `rungs` are the rates that were asked, `samples` of all of them, `planned`
    the requests of each block.
    """

    needed: float
    rungs: tuple[Rung, ...]
    samples: Samples
    planned: tuple[int, ...]
    vitals: tuple[Vitals, ...] = ()
    stopped: str = ""


def plan_climb(
    *, seed: int, needed: float, ceiling: float, seconds: int, weights: tuple[int, ...]
) -> tuple[Schedule, tuple[Rung, ...]]:
    """
    A schedule of the candidate alone: a quarter, half and three quarters of `needed` for `seconds` each, then `needed`
    three times as long, then up to twice as much as long as `ceiling` allows.

    ValueError, with what to change, when nothing would be sent or the ceiling is under what is needed.
    """
    if seconds < 1 or not sum(weights) or needed <= 0:
        raise ValueError("nothing would be sent; choose --seconds of at least 1 and endpoints with a weight")
    if needed > ceiling:
        raise ValueError(
            f"{needed:,.0f} requests/s have to be shown and load.max_rate allows {ceiling:,.0f}; raise it once its owner "
            "agrees, or ask a copy of the candidate"
        )
    share = np.asarray(weights, dtype=np.float64) / sum(weights)
    rungs: list[Rung] = []
    triples: list[Triple] = []
    for part in (*BELOW, 1.0, *(each for each in ABOVE if each * needed <= ceiling)):
        first, count = len(triples), seconds * (LONGER if part == 1.0 else 1)
        drawn = Drawn(kind="poisson", rate=part * needed, block=BLOCK, share=share, triples=count)
        for index in range(first, first + count):
            offsets, requests = drawn.arrivals(np.random.default_rng([seed, index]), index)
            triples.append(Triple(index=index, order=(CANDIDATE,), offsets=offsets, requests=requests))
        rungs.append(Rung(rate=part * needed, first=first, last=len(triples)))
    schedule = Schedule(
        seed=seed, rate=rungs[0].rate, peak=rungs[-1].rate, block=BLOCK, looks=tuple(each.last for each in rungs),
        triples=tuple(triples),
    )  # fmt: skip
    return schedule, tuple(rungs)
