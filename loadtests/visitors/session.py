"""One run of visitors, from its first connection to its last line."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from loadtests.samples import Row, SampleFile, read_samples, samples_of
from loadtests.schedule import ARMS
from loadtests.sending import keep_visits
from loadtests.session import Evidence, Judged
from loadtests.target import Terms
from loadtests.visitors.crowd import Crowd
from loadtests.visitors.judging import Visits, judge_realtime, met
from loadtests.visitors.ledger import Report
from loadtests.visitors.plan import KINDS, VisitPlan, plan_visits
from loadtests.visitors.visitor import Line
from verify.core.model import Abort
from verify.core.realtime import Realtime
from verify.core.verdicts import Cause, Conclusion, Problem, inconclusive

CHECK: Final = "load.realtime"
SUBJECT: Final = "realtime/visitors"
TOLD: Final = 4  # times a run says how far it is


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCase:
    """One environment as the composition root opens it; `refusal` and `closed` say why nothing may be sent (any more)."""

    terms: Terms
    spec: Realtime
    abort: Abort
    refusal: str
    closed: Callable[[], str]
    prepare: Callable[[], tuple[Line, Line] | Problem]
    begin: Callable[[str], Evidence]

    def again(self, seed: int) -> str:
        """The command that repeats exactly this run."""
        writes = " --allow-writes" if self.spec.writes else ""
        return f"locust -f loadtests/realtime.py --env {self.terms.environment} --headless{writes} --seed {seed}"


class VisitSession:
    """One run; `results` is empty until it is over."""

    def __init__(self, case: VisitCase, seed: int, *, report: Report, tell: Callable[[str], None]) -> None:
        self._case, self._report, self._tell = case, report, tell
        self._plan: VisitPlan = plan_visits(case.spec, seed=seed)
        self._evidence = case.begin(case.again(seed))
        self._crowd: Crowd | None = None
        self._file: SampleFile | None = None
        self._rounds = 0
        self._ended = False
        self._started = time.monotonic()
        self.results: Judged = []

    @property
    def folder(self) -> Path:
        """Where the evidence and the samples are."""
        return self._evidence.folder

    def run(self) -> None:
        """The visitors came, spoke and left, and the conclusion is on disk."""
        stopped = "it was ended from outside"
        try:
            lines = self._case.prepare()
            if isinstance(lines, Problem):
                self._conclude(inconclusive(lines.cause, f"{lines.source}: {lines.reason}"))
                return
            self._visit(lines)
            stopped = ""
        finally:
            self.give_up(stopped)

    def give_up(self, stopped: str) -> None:
        """What was seen is judged, once."""
        if self.results or self._ended:
            return
        self._ended = True
        if self._crowd:
            self._crowd.end()
        if self._file:
            self._file.close()
        seen = self._seen(stopped)
        keep_visits(seen, self.folder)
        self._conclude(judge_realtime(seen, self._case.spec))

    def _visit(self, lines: tuple[Line, Line]) -> None:
        plan = self._plan
        about = {"seed": str(plan.seed), "visitors": str(plan.visitors), "kinds": " ".join(KINDS)}
        self._file = SampleFile(self.folder / f"samples-{os.getpid()}.arrows", about=about)
        self._crowd = Crowd(
            lines, self._case.spec, plan, self._file, abort=self._case.abort, closed=self._case.closed,
            report=self._report,
        )  # fmt: skip
        self._tell(f"{plan.visitors} visitors an arm connect within {plan.ramp:g} s, seed {plan.seed}")
        self._crowd.connect()
        for each in plan.rounds:
            if self._crowd.pointless:
                break
            self._crowd.ask(each)
            self._rounds += 1
            if self._rounds % -(-len(plan.rounds) // TOLD) == 0:
                self._tell(f"{self._rounds} of {len(plan.rounds)} rounds: {met(self._seen(''))}")

    def _seen(self, stopped: str) -> Visits:
        return Visits(
            samples=read_samples([self._file.path]) if self._file else samples_of([]),
            expected=self._plan.expected(self._rounds), rounds=self._rounds, seed=self._plan.seed, stopped=stopped,
            vitals=(self._crowd.vitals,) if self._crowd else (),
            aborted=self._crowd.guard.reason if self._crowd else "",
        )  # fmt: skip

    def _conclude(self, found: Conclusion) -> None:
        self.results = self._evidence.conclude([(CHECK, SUBJECT, found)], duration=time.monotonic() - self._started)


def refuse(case: VisitCase, seed: int) -> Judged:
    """INCONCLUSIVE not-permitted is on disk; nothing was sent."""
    found = inconclusive(Cause.NOT_PERMITTED, case.refusal)
    return case.begin(case.again(seed)).conclude([(CHECK, SUBJECT, found)], duration=0.0)


def reporter(environment: Any) -> Report:
    """Shows each connection, acknowledgement and message on Locust's screen, in milliseconds from its planned time."""

    def report(row: Row) -> None:
        environment.events.request.fire(
            request_type="WS", name=f"{KINDS[row.request]} ({ARMS[row.arm]})",
            response_time=0.0 if row.error else (row.done - row.scheduled) * 1000, response_length=0,
            exception=RuntimeError(row.error) if row.error else None, context={},
        )  # fmt: skip

    return report


def plan_lines(case: VisitCase, plan: VisitPlan) -> str:
    """What a run would send, without sending it."""
    expected: Mapping[int, int] = plan.expected(len(plan.rounds))
    counts = ", ".join(f"{expected[kind]:,} {name}" for kind, name in enumerate(KINDS))
    said = (
        f"{case.terms.environment}: {plan.visitors} visitors an arm in {plan.rooms} rooms, {counts} an arm; "
        f"{plan.duration:g} s, at most {plan.peak:,.0f} requests/s"
    )
    return f"{said}\n  not permitted: {case.refusal}" if case.refusal else said
