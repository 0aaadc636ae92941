"""All visitors of a run: they connect in turn, stay, speak by the plan, and leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from loadtests.asking import SIDE_OF_ARM
from loadtests.guard import NOTHING_MORE, Guard
from loadtests.pulse import Pulse, Vitals
from loadtests.samples import SampleFile
from loadtests.schedule import ARMS, CANDIDATE
from loadtests.visitors.ledger import Awaited, Ledger, Report, Sent
from loadtests.visitors.plan import ACK, CONNECT, FANOUT, Entry, Round, Send, VisitPlan
from loadtests.visitors.visitor import Line, Visitor, Words, clock, scout
from verify.core.model import Abort
from verify.core.realtime import Acknowledged, Fanout, Realtime
from verify.core.scalars import seconds

LEAD: Final = 0.02
LEAVING: Final = 1.0
# Requests of one connection, each of which may take the whole timeout.
STEPS: Final = 3
REST: Final = 0.2


class Crowd:
    """
    The visitors of all three arms; `guard` holds why the environment's abort rule ended the run.

    Everything is threads and clocks of the standard library: under Locust they are greenlets.
    """

    def __init__(
        self,
        lines: tuple[Line, Line],
        spec: Realtime,
        plan: VisitPlan,
        file: SampleFile,
        *,
        abort: Abort,
        closed: Callable[[], str],
        report: Report,
    ) -> None:
        self._lines, self._spec, self._plan, self._closed = lines, spec, plan, closed
        self._wait = seconds(spec.timeout)
        planned = [plan.visitors, *(_planned(plan, each) for each in plan.rounds)]
        self.guard = Guard(abort, planned)
        self._ledger = Ledger(plan, file, guard=self.guard, clock=clock, report=report)
        self._pulse = Pulse(sleep=time.sleep)
        self._over = threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True)
        self._visitors = {
            (arm, number): self._visitor(arm, number) for arm in range(len(ARMS)) for number in range(plan.visitors)
        }

    @property
    def pointless(self) -> bool:
        """True when nothing that is still sent can change what is concluded: an abort, or a baseline that fails."""
        return bool(self.guard.reason) or self._ledger.spoilt

    @property
    def vitals(self) -> Vitals:
        """How this process fared meanwhile."""
        return self._pulse.vitals("process 1 of 1")

    def connect(self) -> None:
        """Every visitor is in its room, or a row says why not."""
        _leave([scout(line, self._spec) for line in self._lines], within=0.0)
        self._beating.start()
        base = clock() + LEAD
        for entry in self._plan.entries:
            time.sleep(max(0.0, base + entry.at - clock()))  # until its planned time
            if not self._barred(entry.arm):
                awaited = Awaited(CONNECT, entry.arm, entry.visitor, entry.visitor, entry.visitor)
                self._ledger.expect([awaited], Sent(base + entry.at, clock()))
                threading.Thread(target=self._enter, args=(entry,), daemon=True).start()
        self._ledger.settle(STEPS * self._wait)
        time.sleep(REST)  # what a late visitor's upgrade still costs is over before anybody speaks

    def ask(self, planned: Round) -> None:
        """The round's blocks were sent, and what came of each send is in the file."""
        for arm in planned.order:
            if why := self._closed():
                self.guard.close(why)
            if self._barred(arm):
                continue
            base = clock() + LEAD
            for send in planned.sends:
                time.sleep(max(0.0, base + send.at - clock()))  # until its planned time
                self._send(arm, planned.index, send, base + send.at)
            self._ledger.settle(self._wait)

    def end(self) -> None:
        """Every visitor has left; what was still awaited is dropped."""
        self._ledger.forget()
        self._over.set()
        _leave(self._visitors.values(), within=LEAVING)
        self._ledger.flush()

    def _barred(self, arm: int) -> bool:
        """After an abort the candidate is asked nothing more, after the window closed nobody is."""
        return bool(self.guard.reason) and (arm == CANDIDATE or self.guard.triple == NOTHING_MORE)

    def _visitor(self, arm: int, number: int) -> Visitor:
        room = f"cutover-{self._plan.seed}-{arm}-{self._plan.places[number]}"
        return Visitor(
            self._lines[SIDE_OF_ARM[arm]], self._spec, Words(room=room, visitor=f"{arm}-{number}"),
            heard=lambda text: self._ledger.heard(arm, number, text),
            gone=lambda _: self._ledger.left(arm, number),
        )  # fmt: skip

    def _enter(self, entry: Entry) -> None:
        visitor = self._visitors[entry.arm, entry.visitor]
        error = visitor.connect()
        done = clock()
        entering = visitor.enter() if visitor.connected else ""
        self._ledger.entered(entry.arm, entry.visitor, done, error or entering)

    def _send(self, arm: int, round: int, send: Send, scheduled: float) -> None:
        visitor = self._visitors[arm, send.visitor]
        sent = Sent(scheduled, clock())
        if send.kind == ACK and self._spec.ack:
            self._ask(visitor, self._spec.ack, Awaited(ACK, arm, round, send.visitor, send.visitor), sent)
        elif send.kind == FANOUT and self._spec.fanout:
            hearers = self._plan.hearers(send.visitor)
            awaited = [Awaited(FANOUT, arm, round, each, send.visitor) for each in hearers]
            self._tell(visitor, self._spec.fanout, awaited, sent)

    def _ask(self, visitor: Visitor, ack: Acknowledged, awaited: Awaited, sent: Sent) -> None:
        self._ledger.expect([awaited], sent)
        if error := visitor.say(ack.event, ack.body, acked=lambda: self._ledger.got(awaited)):
            self._ledger.refused([awaited], error)

    def _tell(self, visitor: Visitor, fanout: Fanout, awaited: list[Awaited], sent: Sent) -> None:
        self._ledger.expect(awaited, sent)
        name = self._ledger.name(awaited[0].arm, awaited[0].round, awaited[0].sender) if awaited else ""
        if error := visitor.say(fanout.emit, fanout.body, id=name):
            self._ledger.refused(awaited, error)

    def _beat(self) -> None:
        while not self._over.is_set():
            self._pulse.beat()


def _planned(plan: VisitPlan, planned: Round) -> int:
    """How many rows of an arm a round has."""
    return sum(1 if send.kind == ACK else len(plan.hearers(send.visitor)) for send in planned.sends)


def _leave(visitors: Iterable[Visitor], *, within: float) -> None:
    """They have left, or the time is over: one who polls hears of its own leaving only when its server answers."""
    threads = [threading.Thread(target=each.leave, daemon=True) for each in visitors]
    for each in threads:
        each.start()
    deadline = clock() + within
    for each in threads:
        each.join(max(0.0, deadline - clock()))
