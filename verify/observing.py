"""Asking the health paths of both sides again and again, at a fixed pace, and writing down what was seen."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final, Literal

from verify.compare.health import ABOUT_THE_ENDPOINT, HealthRules, unhealthy
from verify.compare.shown import cut
from verify.core.errors import CutoverError
from verify.core.model import Health
from verify.core.probing import ObservationEnded, ProbeWindow
from verify.core.scalars import seconds
from verify.core.verdicts import Problem
from verify.probe_files import ProbeFiles
from verify.sides import LiveSide
from verify.trial import Trial

FLUSH: Final = 10.0
MOST_AT_ONCE: Final = 256
_REASONS: Final = 10
Role = Literal["baseline", "candidate"]


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: when it was sent, and why its answer is not healthy; `why` None when we could not send it."""

    at: datetime
    why: str | None


@dataclass(slots=True)
class Tally:
    """What one side answered so far."""

    sent: int = 0
    failed: int = 0
    unsent: int = 0

    def __str__(self) -> str:
        late = f", {self.unsent:,} not sent" if self.unsent else ""
        return f"{self.sent:,} probes, {self.failed:,} failed{late}"


@dataclass(slots=True)
class Prober:
    """One side on its way: probes in flight, answers not yet written, the build that was last heard."""

    role: Role
    side: LiveSide
    health: Health
    clock: Callable[[], datetime]
    mask: Callable[[str], str]
    pool: ThreadPoolExecutor
    most: int
    tally: Tally = field(default_factory=Tally)
    build: str | None = None
    _done: SimpleQueue[Probe] = field(default_factory=SimpleQueue)
    _flying: set[Future[None]] = field(default_factory=set)
    _late: int = 0

    def send(self) -> None:
        """A probe is on its way; it is one that could not be sent when too many still wait for an answer."""
        for each in [each for each in self._flying if each.done()]:
            each.result()  # one that crashed was neither good nor bad, and must not vanish
            self._flying.discard(each)
        if len(self._flying) >= self.most:
            self.skip(1)
            return
        self._flying.add(self.pool.submit(self._ask))

    def skip(self, count: int) -> None:
        """So many probes were due and not sent."""
        self._late += count

    def _ask(self) -> None:
        spec, at = self.health, self.clock()
        heard = self.side.exchange(spec.request, url=spec.url, deadline=seconds(spec.timeout))
        if isinstance(heard, Problem) and heard.cause not in ABOUT_THE_ENDPOINT:
            self._done.put(Probe(at, None))
            return
        why = unhealthy(heard, HealthRules(expected=spec.status, body=spec.body))
        self._done.put(Probe(at, cut(self.mask(why), 160) if why else ""))

    def finish(self) -> None:
        """Every probe in flight was answered, or its deadline passed."""
        for each in self._flying:
            each.result()

    def window(self) -> ProbeWindow | None:
        """What came in since the last one; None when nothing did."""
        probes = sorted(_drained(self._done), key=lambda each: each.at)
        unsent = self._late + sum(1 for each in probes if each.why is None)
        made = [each for each in probes if each.why is not None]
        if not made and not unsent:
            return None
        self._late = 0
        bad = [index for index, each in enumerate(made) if each.why]
        self.tally.sent += len(made)
        self.tally.failed += len(bad)
        self.tally.unsent += unsent
        begin = made[0].at if made else self.clock()
        return ProbeWindow(
            side=self.role, at=begin, sent=tuple(round((each.at - begin) / timedelta(milliseconds=1)) for each in made),
            failed=tuple(bad), unsent=unsent, build=self.build,
            why=dict(Counter(each.why for each in made if each.why).most_common(_REASONS)),
        )  # fmt: skip


def _drained(queue: SimpleQueue[Probe]) -> list[Probe]:
    found = []
    while True:
        try:
            found.append(queue.get_nowait())
        except Empty:
            return found


def at_once(health: Health, every: float) -> int:
    """
    How many probes of a side may wait for an answer when one is due every `every` seconds and none is answered.

    CutoverError for more than this machine can have on the wire: while a side hangs, fewer probes would be sent and
    fail than were due, and an outage would count for less than it is.
    """
    most = math.ceil(seconds(health.timeout) / every) + 2
    if most > MOST_AT_ONCE:
        slowest = seconds(health.timeout) / (MOST_AT_ONCE - 2)
        raise CutoverError(
            f"--every {every * 1000:g}ms with health.timeout {seconds(health.timeout):g}s: {most:,} probes of a hanging side "
            f"would wait at once, {MOST_AT_ONCE} are the most; write --every {math.ceil(slowest * 1000)}ms or more, or a "
            "shorter timeout"
        )
    return most


class Observer:
    """
    Probes both sides every `every` seconds for `lasts` seconds, or until `stop` is set.

    Arrivals are open: a probe is due at its time whether or not those before it were answered. One that is overdue by a
    whole turn is not made up for: it counts as not sent.
    """

    def __init__(self, trial: Trial, health: Health, files: ProbeFiles, *, every: float, clock: Callable[[], datetime]):
        most = at_once(health, every)
        sides: list[tuple[Role, LiveSide]] = [("candidate", trial.candidate)]
        sides += [("baseline", trial.baseline)] if trial.baseline else []
        self._trial, self._files, self._every, self._clock = trial, files, every, clock
        self._pool = ThreadPoolExecutor(max_workers=(most + 1) * len(sides), thread_name_prefix="probe")
        self.probers = [Prober(role, side, health, clock, trial.mask, self._pool, most) for role, side in sides]

    def run(self, lasts: float, *, stop: Event, tell: Callable[[float], None]) -> bool:
        """True when the whole time was observed; what was seen until then is on disk in any case."""
        self._identify()
        started = time.monotonic()
        flushed = 0.0
        for due in self._turns(started, lasts, stop):
            for each in self.probers:
                each.send()
            if due - flushed >= FLUSH:
                self._flush()
                flushed = due
                tell(due)
        whole = not stop.is_set()
        for each in self.probers:
            each.finish()
        self._flush()
        self._pool.shutdown()
        sent = sum(each.tally.sent for each in self.probers)
        self._files.write(ObservationEnded(at=self._clock(), how="reached" if whole else "interrupted", probes=sent))
        return whole

    def _turns(self, started: float, lasts: float, stop: Event) -> Iterator[float]:
        """Seconds since the start at which probes are due; overdue turns are skipped and counted."""
        number, last = 0, math.ceil(lasts / self._every)
        while number < last:
            late = time.monotonic() - started - number * self._every
            if late > self._every:
                missed = min(int(late / self._every), last - number)
                for each in self.probers:
                    each.skip(missed)
                number += missed
                continue
            if stop.wait(max(0.0, -late)):
                return
            yield number * self._every
            number += 1

    def _flush(self) -> None:
        for each in self.probers:
            if window := each.window():
                self._files.write(window)
        self._identify()

    def _identify(self) -> None:
        """Which build answers is asked beside the probes; one that is not heard is still taken to be the last one."""
        for each in self.probers:
            self._pool.submit(self._heard, each)

    def _heard(self, prober: Prober) -> None:
        found = self._trial.build(prober.side)
        if not isinstance(found, Problem):
            prober.build = found.value
