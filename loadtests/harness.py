"""Sends the schedule: each arrival at its time, whatever the others do."""

from __future__ import annotations

import gc
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import gevent
import gevent.pool

from loadtests.connections import Connections, Exchange, exchange
from loadtests.guard import Guard
from loadtests.samples import Row, SampleFile
from loadtests.schedule import AGAIN, BASELINE, CANDIDATE, Schedule
from loadtests.target import REPEATABLE, Origin, PlannedRequest, Target
from verify.core.scalars import status_matches

SIDE_OF_ARM: Final = {BASELINE: 0, CANDIDATE: 1, AGAIN: 0}
TICK: Final = 0.1
LEAD: Final = 0.05
WARMEST: Final = 256
AFTER_STOP: Final = 1.0
CUT_OFF: Final = "unanswered when the run stopped"
Report = Callable[[Row, PlannedRequest], None]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One planned request; `at` in seconds from the segment's start."""

    at: float
    triple: int
    position: int
    arm: int
    pair: int
    request: int


class Harness:
    """
    Persistent greenlets each take the next planned arrival, sleep until its time and send it.

    One greenlet is always waiting: when the last one becomes busy another is started, and connections are opened as
    needed, so neither is ever the limit. Every request becomes one row of `file`.
    """

    def __init__(
        self, target: Target, schedule: Schedule, file: SampleFile, *, report: Report, progress: Progress
    ) -> None:
        self._target = target
        self._schedule = schedule
        self._file = file
        self._report = report
        self._progress = progress
        self.guard = Guard(target.abort, schedule)
        self._messages = [tuple(each.message(side) for side in (0, 1)) for each in target.requests]
        arms = [(arm, each.origin(side)) for arm, side in SIDE_OF_ARM.items() for each in target.requests]
        self._pools: dict[tuple[int, Origin], Connections] = {key: Connections(key[1]) for key in dict.fromkeys(arms)}
        self._pool_of = [self._pools_of(each) for each in target.requests]
        self._zero = time.perf_counter()
        self._greenlets = gevent.pool.Group()
        self._arrivals: list[Arrival] = []
        self._next = 0
        self._waiting = 0
        self._base = 0.0
        self._open: dict[int, tuple[Arrival, float]] = {}
        self._carriers = 1

    def _pools_of(self, planned: PlannedRequest) -> list[Connections]:
        return [self._pools[arm, planned.origin(side)] for arm, side in sorted(SIDE_OF_ARM.items())]

    def warm(self) -> None:
        """Connections are open and used once, more of them the slower the answers; nothing of it is recorded."""
        started = time.perf_counter()
        for index in range(len(self._target.requests)):
            for arm in range(3):
                self._ask(index, arm)
        mean = (time.perf_counter() - started) / (3 * len(self._target.requests))
        wanted = max(min(32, math.ceil(self._schedule.rate / 2)), math.ceil(5 * self._schedule.rate * mean))
        self._carriers = min(wanted, WARMEST)
        asks = gevent.pool.Group()
        for number in range(self._carriers):
            for arm in range(3):
                asks.spawn(self._ask, number % len(self._target.requests), arm, fresh=True)
                gevent.sleep(1 / (3 * self._schedule.rate))
        asks.join()
        gc.collect()
        gc.freeze()

    def _ask(self, index: int, arm: int, *, fresh: bool = False) -> Exchange:
        planned = self._target.requests[index]
        return exchange(
            self._pool_of[index][arm],
            self._messages[index][SIDE_OF_ARM[arm]],
            method=planned.method,
            repeatable=planned.method in REPEATABLE,
            timeout=planned.timeout,
            max_bytes=self._target.max_bytes,
            fresh=fresh,
        )

    def send(self, first: int, last: int) -> None:
        """The triples first..last-1 are sent and answered, or cut off by the abort rule; every row is in the file."""
        self._arrivals = arrivals(self._schedule, first, last)
        self._next = 0
        self._base = time.perf_counter() + LEAD
        watch = gevent.spawn(self._watch, first)
        try:
            for _ in range(self._carriers):
                self._start_carrier()
            patience = None
            while self._greenlets:
                self._greenlets.join(timeout=TICK)
                if self.guard.reason and self._next >= len(self._arrivals) and patience is None:
                    patience = time.perf_counter() + AFTER_STOP
                if patience is not None and time.perf_counter() > patience:
                    break
        finally:
            watch.kill()
            self._cut_off()
            self._file.flush()

    def _cut_off(self) -> None:
        """
        After an abort, requests still open become rows, so that what never answered is counted.

        When somebody else ended the run they had no fair chance to be answered and are dropped.
        """
        self._greenlets.kill()
        now = time.perf_counter()
        for arrival, started in list(self._open.values()) if self.guard.reason else ():
            self._record(arrival, started, Exchange(math.nan, math.nan, now, 0, 0, 0, CUT_OFF))
        self._open.clear()
        self._waiting = 0

    def close(self) -> None:
        """Every connection is closed."""
        self._greenlets.kill()
        for pool in self._pools.values():
            pool.close()
        gc.unfreeze()

    def _start_carrier(self) -> None:
        self._waiting += 1
        self._greenlets.spawn(self._carry)

    def _claim(self) -> Arrival | None:
        """The next arrival that is still to be sent; after an abort the baseline finishes its triple."""
        while self._next < len(self._arrivals):
            arrival = self._arrivals[self._next]
            self._next += 1
            if not self._dropped(arrival):
                return arrival
        return None

    def _dropped(self, arrival: Arrival) -> bool:
        guard = self.guard
        return bool(guard.reason) and (arrival.arm == CANDIDATE or arrival.triple > guard.triple)

    def _carry(self) -> None:
        while (arrival := self._claim()) is not None:
            wait = self._base + arrival.at - time.perf_counter()
            if wait > 0:
                gevent.sleep(wait)
            if self._dropped(arrival):
                continue
            self._waiting -= 1
            if not self._waiting and self._next < len(self._arrivals):
                self._start_carrier()
            self._carry_out(arrival)
            self._waiting += 1
        self._waiting -= 1

    def _carry_out(self, arrival: Arrival) -> None:
        started = time.perf_counter()
        self._open[id(arrival)] = (arrival, started)
        found = self._ask(arrival.request, arrival.arm)
        del self._open[id(arrival)]
        self._record(arrival, started, found)

    def _record(self, arrival: Arrival, started: float, found: Exchange) -> None:
        planned = self._target.requests[arrival.request]
        error = found.error or ("" if status_matches(found.status, planned.status) else f"status {found.status}")
        scheduled, zero = self._base + arrival.at, self._zero
        row = Row(
            arrival.triple, arrival.position, arrival.arm, arrival.pair, arrival.request, scheduled - zero,
            started - zero, found.sent - zero, found.first - zero, found.done - zero,
            found.bytes, found.status, found.reconnects, error, 0,
        )  # fmt: skip
        self._file.append(row)
        self.guard.saw(arm=arrival.arm, triple=arrival.triple, failed=bool(error), taken=found.done - scheduled)
        self._report(row, planned)

    def _watch(self, triple: int) -> None:
        """Flushes and tells after each triple; lets the guard see requests that grow old unanswered."""
        length = 3 * self._schedule.block
        done, passed = triple, 0
        while True:
            gevent.sleep(TICK)
            now = time.perf_counter()
            ages: Counter[int] = Counter(
                arrival.triple
                for arrival, started in self._open.values()
                if arrival.arm == CANDIDATE and self.guard.too_slow(now - started)
            )
            self.guard.waiting(ages)
            passed = int((now - self._base) / length)
            if triple + passed > done:
                done = triple + passed
                self._file.flush()
                self._progress(done)


def arrivals(schedule: Schedule, first: int, last: int) -> list[Arrival]:
    """Every arrival of the triples first..last-1 in order of time."""
    found = []
    for triple in schedule.triples[first:last]:
        asked = list(enumerate(zip(triple.offsets.tolist(), triple.requests.tolist(), strict=True)))
        for position, arm in enumerate(triple.order):
            base = ((triple.index - first) * 3 + position) * schedule.block
            found += [
                Arrival(base + offset, triple.index, position, arm, pair, request) for pair, (offset, request) in asked
            ]
    return found
