"""What was sent and what is still awaited: every answer, or its absence, becomes one row of the samples."""

from __future__ import annotations

import math
import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple

from loadtests.guard import Guard
from loadtests.samples import Row, SampleFile
from loadtests.schedule import CANDIDATE
from loadtests.visitors.plan import ACK, CONNECT, FANOUT, VisitPlan

MISSING: Final = "missing"
TWICE: Final = "heard twice"
STRAY: Final = "heard by somebody it was not meant for"
LEFT: Final = "disconnected unasked"
UNREACHABLE: Final = "unreachable"
UNPLANNED: Final = (TWICE, STRAY, LEFT)
_ID: Final = re.compile(r"cutover-(\d+)-(\d)-(\d+)-(\d+)")
GLANCE: Final = 0.05
Report = Callable[[Row], None]


class Awaited(NamedTuple):
    """What one visitor of an arm must get in a round: an acknowledgement of its own, or what `sender` said."""

    kind: int
    arm: int
    round: int
    visitor: int
    sender: int


class Sent(NamedTuple):
    """When something was to be sent and when it was; seconds of the visitors' clock."""

    scheduled: float
    started: float


class Ledger:
    """
    Awaits, receives and gives up; `guard` hears of each outcome, triple 0 the ramp's. Any thread may call it.

    `spoilt` is true once a visitor of the baseline met anything but success.
    """

    def __init__(
        self, plan: VisitPlan, file: SampleFile, *, guard: Guard, clock: Callable[[], float], report: Report
    ) -> None:
        self._plan, self._file, self._guard, self._clock, self._report = plan, file, guard, clock, report
        self._zero = clock()
        self._lock = threading.RLock()
        self._open: dict[Awaited, Sent] = {}
        self._heard: Counter[Awaited] = Counter()
        self._settled = threading.Event()
        self.spoilt = False

    def name(self, arm: int, round: int, sender: int) -> str:
        """The id of what a visitor says in a round, unlike that of any other."""
        return f"cutover-{self._plan.seed}-{arm}-{round}-{sender}"

    def expect(self, awaited: list[Awaited], sent: Sent) -> None:
        """These are awaited from now on."""
        with self._lock:
            self._settled.clear()
            self._open.update(dict.fromkeys(awaited, sent))

    def got(self, awaited: Awaited) -> None:
        """It came: in time, late (it stays missing), twice, or to somebody it was not meant for."""
        done = self._clock()
        with self._lock:
            sent = self._open.pop(awaited, None)
            self._heard[awaited] += 1
            if sent is not None:
                self._write(awaited, sent, done, "")
            elif not self._meant(awaited):
                self._write(awaited, Sent(done, done), done, STRAY)
            elif self._heard[awaited] > 1:
                self._write(awaited, Sent(done, done), done, TWICE)
            if not self._open:
                self._settled.set()

    def heard(self, arm: int, visitor: int, text: str) -> None:
        """A message arrived at a visitor; only those of this run and of its own arm count."""
        found = _ID.search(text)
        if found and int(found[1]) == self._plan.seed and int(found[2]) == arm:
            self.got(Awaited(FANOUT, arm, int(found[3]), visitor, int(found[4])))

    def entered(self, arm: int, visitor: int, done: float, error: str) -> None:
        """A visitor is in, or is not; `done` is when it was connected."""
        awaited = Awaited(CONNECT, arm, visitor, visitor, visitor)
        with self._lock:
            sent = self._open.pop(awaited, None)
            if sent is not None:
                self._write(awaited, sent, done, error)
            if not self._open:
                self._settled.set()

    def left(self, arm: int, visitor: int) -> None:
        """A visitor was disconnected unasked."""
        now = self._clock()
        with self._lock:
            self._write(Awaited(CONNECT, arm, visitor, visitor, visitor), Sent(now, now), now, LEFT)

    def refused(self, awaited: list[Awaited], error: str) -> None:
        """It could not even be sent."""
        for each in awaited:
            self._give_up(each, error)

    def settle(self, seconds: float) -> None:
        """
        Everything came, or what did not within the time is missing; rows are in the file.

        Time in which this process itself stood still does not count, so that its own stall loses nobody's message.
        """
        with self._lock:
            waiting, before = bool(self._open), self._clock()
        while waiting and seconds > 0:
            waiting = not self._settled.wait(GLANCE)
            now = self._clock()
            seconds -= min(now - before, 2 * GLANCE)
            before = now
        with self._lock:
            left = list(self._open)
        self.refused(left, MISSING)
        self.flush()

    def forget(self) -> None:
        """What is still awaited had no fair chance, and is dropped."""
        with self._lock:
            self._open.clear()
            self._settled.set()

    def flush(self) -> None:
        """Every row so far is in the file."""
        with self._lock:
            self._file.flush()

    def _meant(self, awaited: Awaited) -> bool:
        return awaited.kind == ACK or awaited.visitor in self._plan.hearers(awaited.sender)

    def _give_up(self, awaited: Awaited, error: str) -> None:
        with self._lock:
            sent = self._open.pop(awaited, None)
            if sent is not None:
                self._write(awaited, sent, math.nan, error)

    def _write(self, awaited: Awaited, sent: Sent, done: float, error: str) -> None:
        scheduled, started, ended = (each - self._zero for each in (sent.scheduled, sent.started, done))
        row = Row(
            awaited.round, 0, awaited.arm, awaited.visitor, awaited.kind, scheduled, started, started, ended, ended,
            0, 0, 0, error, 0,
        )  # fmt: skip
        self._file.append(row)
        self.spoilt = self.spoilt or bool(error and awaited.arm != CANDIDATE)
        triple = 0 if awaited.kind == CONNECT else awaited.round + 1
        self._guard.saw(arm=awaited.arm, triple=triple, failed=bool(error), taken=ended - scheduled)
        self._report(row)
