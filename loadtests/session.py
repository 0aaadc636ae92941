"""One load run from its first refusal to its last line: plan, send, look, judge."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from loadtests.harness import Harness, Report
from loadtests.judge import judge_run
from loadtests.samples import SampleFile, read_samples, samples_of
from loadtests.schedule import Schedule, plan_schedule
from loadtests.soundness import Run
from loadtests.target import Target, Terms
from verify.core.verdicts import Cause, Conclusion, Problem, Verdict, inconclusive
from verify.stats.quantiles import spending

Judged = list[tuple[str, str, Conclusion]]
CHECKS: Final = (("load.latency", "latency"), ("success.error_rate", "error_rate"))
NOT_RUN: Final = "the run ended before its first request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the command line chose; `block` in seconds, None for what the rate asks."""

    rate: float
    duration: float
    seed: int
    block: float | None = None

    def schedule(self, terms: Terms) -> Schedule:
        """The schedule of these choices; ValueError, with what to change, when there is none."""
        return plan_schedule(
            seed=self.seed, rate=self.rate, duration=self.duration, weights=terms.weights, block=self.block
        )


class Evidence(Protocol):
    """Where one run's evidence goes; `folder` also takes its samples."""

    @property
    def folder(self) -> Path:
        """Where the run's records and samples are."""

    def conclude(self, judged: Judged, *, duration: float) -> Judged:
        """The conclusions are on disk, settled against what was accepted, and the run is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One environment as the composition root opens it: terms, live target, evidence."""

    terms: Terms
    prepare: Callable[[], Target | Problem]
    begin: Callable[[], Evidence]
    command: str = "locust -f loadtests/api.py"

    def again(self, choices: Choices) -> str:
        """The command that repeats exactly this run."""
        block = f" --block {choices.block:g}" if choices.block else ""
        return (
            f"{self.command} --env {self.terms.environment} --headless --rate {choices.rate:g} "
            f"--duration {choices.duration:g} --seed {choices.seed}{block}"
        )


def everything(terms: Terms, conclusion: Conclusion) -> Judged:
    """The same conclusion for each declared objective."""
    return [(check, "mix/api", conclusion) for check, name in CHECKS if getattr(terms, name) is not None]


def refuse(case: Case) -> Judged:
    """INCONCLUSIVE not-permitted is on disk for every claim; nothing was sent."""
    evidence = case.begin()
    refused = inconclusive(Cause.NOT_PERMITTED, case.terms.refusal)
    return evidence.conclude(everything(case.terms, refused), duration=0.0)


class Session:
    """
    One run. `results` is empty until it is over, and then holds one conclusion a declared objective.

    `tell` shows progress; `report` hears of every request.
    """

    def __init__(self, case: Case, choices: Choices, *, tell: Callable[[str], None], report: Report) -> None:
        self.case = case
        self._choices = choices
        self._schedule = choices.schedule(case.terms)
        self._tell = tell
        self._report = report
        self._evidence = case.begin()
        self._file: SampleFile | None = None
        self._look = 0
        self._closed = False
        self._started = time.monotonic()
        self.results: Judged = []

    @property
    def folder(self) -> Path:
        """Where the evidence and the samples are."""
        return self._evidence.folder

    def run(self) -> None:
        """The schedule was sent as far as it took to conclude, and the conclusions are on disk."""
        stopped = "it was ended from outside"
        try:
            target = self.case.prepare()
            if isinstance(target, Problem):
                unheard = inconclusive(target.cause, f"{target.source}: {target.reason}")
                self._conclude(everything(self.case.terms, unheard))
                return
            stopped = self._send(target)
        finally:
            if not self.results:
                self._finish(stopped)

    def give_up(self, why: str) -> None:
        """A session that never ran, or was cut off, is on disk as interrupted."""
        if not self.results:
            self._finish(why)

    def _send(self, target: Target) -> str:
        """Why the run ended early; empty when every look it needed was taken."""
        schedule = self._schedule
        about = {"seed": str(schedule.seed), "rate": str(schedule.rate), "block": str(schedule.block)}
        self._file = SampleFile(self.folder / f"samples-{os.getpid()}.arrows", about=about)
        harness = Harness(target, schedule, self._file, report=self._report, progress=self._progress)
        try:
            self._tell(f"warming up; then at most {schedule.duration:g} s, seed {schedule.seed}")
            harness.warm()
            sent = 0
            for number, look in enumerate(schedule.looks):
                harness.send(sent, look)
                sent, self._look = look, number
                if harness.guard.reason:
                    break
                verdicts = {each.verdict for _, _, each in self._judged("")}
                if Verdict.INCONCLUSIVE not in verdicts:
                    break
            return harness.guard.reason
        finally:
            harness.close()

    def _progress(self, triples: int) -> None:
        self._tell(f"{triples} of at most {len(self._schedule.triples)} triples")

    def _judged(self, stopped: str) -> Judged:
        samples = read_samples([self._file.path]) if self._file else samples_of([])
        samples = replace(samples, unsealed=()) if not stopped and not self._closed else samples
        terms, schedule = self.case.terms, self._schedule
        run = Run(
            samples=samples,
            offered=schedule.offered(schedule.looks[self._look]),
            names=terms.names,
            share=spending(schedule.fractions, 1.0)[self._look],
            look=self._look + 1,
            looks=len(schedule.looks),
            stopped=stopped,
        )
        return judge_run(run, latency=terms.latency, error_rate=terms.error_rate)

    def _finish(self, stopped: str) -> None:
        if self._file:
            self._file.close()
            self._closed = True
        self._conclude(self._judged(stopped))

    def _conclude(self, judged: Judged) -> None:
        self.results = self._evidence.conclude(judged, duration=time.monotonic() - self._started)


def exit_code(results: Judged) -> int:
    """0 only when there are results and all PASS."""
    return 0 if Verdict.worst(each.verdict for _, _, each in results) is Verdict.PASS else 1


def verdict_line(environment: str, results: Judged) -> str:
    """The run in one line, worst first."""
    if not results:
        return f"INCONCLUSIVE {environment}: {NOT_RUN}"
    worst = Verdict.worst(each.verdict for _, _, each in results)
    ordered = sorted(results, key=lambda each: (-each[2].verdict, each[0]))
    said = " · ".join(f"{check} {each.verdict.name}{_cause(each)}" for check, _, each in ordered)
    return f"{worst.name} {environment}: {said}"


def _cause(conclusion: Conclusion) -> str:
    return f" ({conclusion.cause.value})" if conclusion.cause else ""


def plan_lines(terms: Terms, schedule: Schedule) -> Sequence[str]:
    """What a run would send, without sending it."""
    totals = [int(schedule.offered(look).sum()) for look in schedule.looks]
    lines = [f"{terms.environment}: {schedule.rate:g} requests/s while an arm's block of {schedule.block:g} s lasts"]
    for look, total in zip(schedule.looks, totals, strict=True):
        lines.append(
            f"  after {look} triples, {look * 3 * schedule.block:g} s: {total:,} requests an arm "
            f"({total:,} to the candidate, {2 * total:,} to the baseline)"
        )
    if refusal := terms.refusal:
        lines.append(f"  not permitted: {refusal}")
    return lines
