"""One climb of the candidate alone, from its first request to its last line."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from loadtests.climbing import Climb, Rung, plan_climb
from loadtests.crew import Alone
from loadtests.harness import Part, Report
from loadtests.headroom import judge_headroom, stand
from loadtests.samples import read_samples, samples_of
from loadtests.schedule import Schedule
from loadtests.sending import keep_climb
from loadtests.session import Evidence, Judged
from loadtests.stage import say
from loadtests.target import Target, Terms
from verify.core.model import Headroom
from verify.core.verdicts import Cause, Conclusion, Problem, inconclusive

CHECK: Final = "load.headroom"
SUBJECT: Final = "headroom/candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityCase:
    """One environment as the composition root opens it; `terms` hold the candidate's permission alone."""

    terms: Terms
    limit: Headroom
    prepare: Callable[[], Target | Problem]
    begin: Callable[[str], Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityChoices:
    """What the command line chose."""

    seconds: int
    seed: int

    def plan(self, case: CapacityCase) -> tuple[Schedule, tuple[Rung, ...]]:
        """The climb; ValueError, with what to change, when there is none."""
        terms = case.terms
        return plan_climb(
            seed=self.seed,
            needed=case.limit.needed,
            ceiling=terms.max_rate,
            seconds=self.seconds,
            weights=terms.weights,
        )

    def again(self, case: CapacityCase) -> str:
        """The command that repeats exactly this climb."""
        return (
            f"locust -f loadtests/capacity.py --env {case.terms.environment} --headless --seconds {self.seconds} "
            f"--seed {self.seed}"
        )


class CapacitySession:
    """One climb; `results` is empty until it is over."""

    def __init__(self, case: CapacityCase, choices: CapacityChoices, *, report: Report) -> None:
        self._case = case
        self._schedule, self._rungs = choices.plan(case)
        self._evidence = case.begin(choices.again(case))
        part = Part()
        self._crew = Alone(
            case.prepare, self._schedule, self._evidence.folder, part=part, report=report, progress=lambda _: None
        )
        self._asked = 0
        self._started = time.monotonic()
        self.results: Judged = []

    @property
    def folder(self) -> Path:
        """Where the evidence and the samples are."""
        return self._evidence.folder

    def run(self) -> None:
        """The rates were asked until one was too much, and the conclusion is on disk."""
        stopped = "it was ended from outside"
        try:
            problem = self._crew.ready()
            if problem:
                self._conclude(inconclusive(problem.cause, f"{problem.source}: {problem.reason}"))
                return
            stopped = self._climb()
        finally:
            self.give_up(stopped)

    def give_up(self, stopped: str) -> None:
        """What was seen is judged, once."""
        if not self.results:
            self._crew.end()
            seen = self._seen(stopped)
            keep_climb(seen, self.folder)
            self._conclude(judge_headroom(seen, self._case.limit))

    def _climb(self) -> str:
        """Why it ended before its time; empty when a rate was too much or the last one was asked."""
        for number, rung in enumerate(self._rungs):
            self._crew.send(rung.first, rung.last)
            self._asked = number + 1
            if self._crew.reason:
                return self._crew.reason
            found = stand(replace(self._seen(""), vitals=()), rung, self._case.limit)
            say(found.words)
            if found.ends(self._case.limit.needed, self._case.limit):
                break
        return ""

    def _seen(self, stopped: str) -> Climb:
        paths = self._crew.paths
        return Climb(
            needed=self._case.limit.needed,
            rungs=self._rungs[: self._asked + bool(stopped)],
            samples=read_samples(paths) if paths else samples_of([]),
            planned=tuple(each.count for each in self._schedule.triples),
            vitals=self._crew.vitals if self._asked else (),
            stopped=stopped,
        )

    def _conclude(self, found: Conclusion) -> None:
        judged = [(CHECK, SUBJECT, found)]
        self.results = self._evidence.conclude(judged, duration=time.monotonic() - self._started)


def refuse(case: CapacityCase, choices: CapacityChoices, why: str) -> Judged:
    """INCONCLUSIVE not-permitted is on disk; nothing was sent."""
    evidence = case.begin(choices.again(case))
    return evidence.conclude([(CHECK, SUBJECT, inconclusive(Cause.NOT_PERMITTED, why))], duration=0.0)
