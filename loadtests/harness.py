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
import numpy as np

from loadtests.asking import Asker, failure
from loadtests.connections import Exchange
from loadtests.guard import Guard
from loadtests.pulse import Pulse, Vitals
from loadtests.samples import Row, SampleFile
from loadtests.schedule import CANDIDATE, Schedule
from loadtests.target import REPEATABLE, PlannedRequest, Target
from verify.recording import utc_now

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """
    The part of a schedule that one process sends: every `of`-th arrival of each block, from `index` on.

    `fresh` asks each request on a connection of its own; `broken` hears when the abort rule stops this part.
    """

    index: int = 0
    of: int = 1
    fresh: bool = False
    broken: Callable[[int, str], None] | None = None


class Harness:
    """
    Persistent greenlets each take the next planned arrival, sleep until its time and send it.

    One greenlet is always waiting: when the last one becomes busy another is started, and connections are opened as
    needed, so neither is ever the limit. Every request becomes one row of `file`.
    """

    def __init__(
        self,
        target: Target,
        schedule: Schedule,
        file: SampleFile,
        *,
        report: Report,
        progress: Progress,
        part: Part | None = None,
    ) -> None:
        self._target = target
        self._schedule = schedule
        self._file = file
        self._report = report
        self._progress = progress
        self._part = part or Part()
        planned = [len(range(self._part.index, each.count, self._part.of)) for each in schedule.triples]
        self.guard = Guard(target.abort, planned, broken=self._part.broken)
        used = np.unique(np.concatenate([each.requests for each in schedule.triples]))
        self._asker = Asker(target, fresh=self._part.fresh, used=used.tolist())
        self._pulse = Pulse(sleep=gevent.sleep)
        self._zero = time.perf_counter()
        self._greenlets = gevent.pool.Group()
        self._arrivals: list[Arrival] = []
        self._next = 0
        self._waiting = 0
        self._base = 0.0
        self._open: dict[int, tuple[Arrival, float]] = {}
        self._carriers = 1

    @property
    def vitals(self) -> Vitals:
        """How this process fared while it sent."""
        return self._pulse.vitals(f"process {self._part.index + 1} of {self._part.of}")

    def warm(self) -> None:
        """Connections are open and used once, more of them the slower the answers; nothing of it is recorded."""
        rate, arms = self._schedule.rate / self._part.of, self._schedule.arms
        known = [each for each in self._asker.known if self._target.requests[each].method in REPEATABLE][:WARMEST]
        if not known:  # nothing may be asked without being counted
            self._carriers = min(32, math.ceil(rate))
            return
        taken = 0.0
        for index in known:
            for arm in arms:
                started = time.perf_counter()
                self._asker.ask(index, arm)
                taken += time.perf_counter() - started
                gevent.sleep(min(0.05, 1 / (len(arms) * rate)))
        mean = taken / (len(arms) * len(known))
        wanted = max(min(32, math.ceil(rate / 2)), math.ceil(5 * rate * mean))
        self._carriers = min(wanted, WARMEST)
        asks = gevent.pool.Group()
        for number in range(self._carriers):
            for arm in arms:
                asks.spawn(self._asker.ask, known[number % len(known)], arm, fresh=True)
                gevent.sleep(1 / (len(arms) * rate))
        asks.join()
        gc.collect()
        gc.freeze()

    def send(self, first: int, last: int) -> None:
        """The triples first..last-1 are sent and answered, or cut off by the abort rule; every row is in the file."""
        self._arrivals = arrivals(self._schedule, first, last, part=self._part)
        self._next = 0
        self._base = time.perf_counter() + LEAD
        self._mind_the_window()
        watch, pulse = gevent.spawn(self._watch, first), gevent.spawn(self._pulse.run)
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
            gevent.killall([watch, pulse])
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
        self._asker.close()
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
        found = self._asker.ask(arrival.request, arrival.arm)
        del self._open[id(arrival)]
        self._record(arrival, started, found)

    def _record(self, arrival: Arrival, started: float, found: Exchange) -> None:
        planned = self._target.requests[arrival.request]
        error = failure(planned, found)
        scheduled, zero = self._base + arrival.at, self._zero
        row = Row(
            arrival.triple, arrival.position, arrival.arm, arrival.pair, arrival.request, scheduled - zero,
            started - zero, found.sent - zero, found.first - zero, found.done - zero,
            found.bytes, found.status, found.reconnects, error, self._part.index,
            found.dns, found.connect, found.tls,
        )  # fmt: skip
        self._file.append(row)
        self.guard.saw(arm=arrival.arm, triple=arrival.triple, failed=bool(error), taken=found.done - scheduled)
        self._report(row, planned)

    def _watch(self, triple: int) -> None:
        """Flushes and tells after each triple; lets the guard see requests that grow old unanswered."""
        length = len(self._schedule.arms) * self._schedule.block
        done, passed = triple, 0
        while True:
            gevent.sleep(TICK)
            self._mind_the_window()
            if self._target.journal:  # a disk must not make the next request wait
                gevent.get_hub().threadpool.apply(self._target.journal.sync)
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

    def _mind_the_window(self) -> None:
        if why := self._target.closed(utc_now()):
            self.guard.close(why)


def arrivals(schedule: Schedule, first: int, last: int, *, part: Part) -> list[Arrival]:
    """Every arrival of the part in the triples first..last-1, in order of time."""
    found = []
    for triple in schedule.triples[first:last]:
        asked = list(enumerate(zip(triple.offsets.tolist(), triple.requests.tolist(), strict=True)))
        mine = asked[part.index :: part.of]
        for position, arm in enumerate(triple.order):
            base = ((triple.index - first) * len(triple.order) + position) * schedule.block
            found += [
                Arrival(base + offset, triple.index, position, arm, pair, request) for pair, (offset, request) in mine
            ]
    return found
