"""The generator's own health while it sends: does its loop come round in time, and do its clocks agree?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np

BEAT: Final = 0.010
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """
    One process of the generator: the 99 % quantile of how late its loop woke, in seconds, and by how many seconds at
    most its wall clock moved against its monotonic one.
    """

    process: str
    lag: float
    step: float


class Pulse:
    """Sleeps 10 ms again and again and notes how much longer each sleep took; the clocks are arguments."""

    def __init__(
        self, *, sleep: Callable[[float], object], monotonic: Clock = time.perf_counter, wall: Clock = time.time
    ) -> None:
        self._sleep = sleep
        self._monotonic = monotonic
        self._wall = wall
        self._late: list[float] = []
        self._apart = wall() - monotonic()
        self._step = 0.0

    def run(self) -> NoReturn:
        """Beats until its greenlet is ended."""
        while True:
            self.beat()

    def beat(self) -> None:
        """One sleep is noted, and how far the clocks are apart after it."""
        due = self._monotonic() + BEAT
        self._sleep(BEAT)
        self._late.append(self._monotonic() - due)
        self.compare()

    def compare(self) -> None:
        """How far the wall clock moved against the monotonic one since the beginning is noted."""
        self._step = max(self._step, abs(self._wall() - self._monotonic() - self._apart))

    def vitals(self, process: str) -> Vitals:
        """What was seen so far; a loop that never woke is late without limit."""
        self.compare()
        lag = float(np.quantile(self._late, 0.99)) if self._late else float("inf")
        return Vitals(process=process, lag=lag, step=self._step)
