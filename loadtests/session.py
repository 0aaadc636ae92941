"""One load run from its first refusal to its last line: plan, send, look, judge."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

from loadtests.class_words import plan_words
from loadtests.classes import classes_of
from loadtests.crew import Crew
from loadtests.harness import Progress
from loadtests.judge import judge_run, rules_of
from loadtests.replay.recording import Recording
from loadtests.samples import read_samples, samples_of
from loadtests.schedule import Schedule, plan_replay, plan_schedule
from loadtests.sending import keep_sending
from loadtests.soundness import Run
from loadtests.target import Target, Terms
from verify.core.verdicts import Cause, Conclusion, Problem, Verdict, inconclusive
from verify.removing import Cleaned
from verify.stats.looks import shares

Judged = list[tuple[str, str, Conclusion]]
CHECKS: Final = (("load.latency", "latency"), ("success.error_rate", "error_rate"))
NOT_RUN: Final = "the run ended before its first request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """
    What the command line chose; `block` in seconds, None for what the rate asks.

    `speed` counts for a recording only, `rate` and `arrivals` for the declared mix only.
    """

    rate: float
    duration: float
    seed: int
    block: float | None = None
    arrivals: str = "poisson"
    speed: float = 1.0
    fresh: bool = False

    def schedule(self, terms: Terms, recording: Recording | None = None) -> Schedule:
        """The schedule of these choices; ValueError, with what to change, when there is none."""
        if recording is not None:
            return plan_replay(recording, seed=self.seed, speed=self.speed, duration=self.duration, block=self.block)
        return plan_schedule(
            seed=self.seed, rate=self.rate, duration=self.duration, weights=terms.weights, block=self.block,
            kind=self.arrivals,
        )  # fmt: skip

    def options(self, *, replays: bool) -> str:
        """The options that choose the same again."""
        found = [f"--speed {self.speed:g}"] if replays else [f"--rate {self.rate:g}"]
        if not replays and self.arrivals != "poisson":
            found.append(f"--arrivals {self.arrivals}")
        found += [f"--duration {self.duration:g}", f"--seed {self.seed}"]
        if self.block:
            found.append(f"--block {self.block:g}")
        if self.fresh:
            found.append("--fresh-connections")
        return " ".join(found)


class Evidence(Protocol):
    """Where one run's evidence goes; `folder` also takes its samples."""

    @property
    def folder(self) -> Path:
        """Where the run's records and samples are."""

    def conclude(self, judged: Judged, *, duration: float) -> Judged:
        """The conclusions are on disk, settled against what was accepted, and the run is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    One environment as the composition root opens it: terms, live target, evidence.

    `begin` takes the command that repeats the run, `apart` gives a folder for what is no evidence. `given` are options
    that say what is asked, as words of that command. `clean` removes what the run wrote, None where it writes nothing.
    `unasked` are the endpoints of the declared mix that the recording never asks.
    """

    terms: Terms
    prepare: Callable[[], Target | Problem]
    begin: Callable[[str], Evidence]
    apart: Callable[[], Path]
    command: str = "locust -f loadtests/api.py"
    recording: Recording | None = None
    given: tuple[str, ...] = ()
    clean: Callable[[], Cleaned | None] | None = None
    unasked: tuple[str, ...] = ()

    def again(self, choices: Choices) -> str:
        """The command that repeats exactly this run."""
        chosen = choices.options(replays=self.recording is not None)
        return " ".join([self.command, f"--env {self.terms.environment} --headless", *self.given, chosen])

    def schedule(self, choices: Choices) -> Schedule:
        """The schedule of these choices; ValueError, with what to change, when there is none."""
        return choices.schedule(self.terms, self.recording)

    def about(self, choices: Choices) -> str:
        """What is asked, where it is not the declared mix on kept connections."""
        said = []
        if self.recording is not None:
            said.append(f"{self.recording.words}, {choices.speed:g} x its pace")
            if self.unasked:
                said.append(f"never asked of the declared mix: {', '.join(self.unasked)}")
        elif choices.arrivals != "poisson":
            said.append(f"{choices.arrivals} arrivals")
        if choices.fresh:
            said.append("every request on a connection of its own")
        return ", ".join(said)


Hire = Callable[[Schedule, Path, Progress], Crew]


def everything(terms: Terms, conclusion: Conclusion) -> Judged:
    """The same conclusion for each declared objective."""
    return [(check, "mix/api", conclusion) for check, name in CHECKS if getattr(terms, name) is not None]


def refuse(case: Case, choices: Choices) -> Judged:
    """INCONCLUSIVE not-permitted is on disk for every claim; nothing was sent."""
    evidence = case.begin(case.again(choices))
    refused = inconclusive(Cause.NOT_PERMITTED, case.terms.refusal)
    return evidence.conclude(everything(case.terms, refused), duration=0.0)


class Session:
    """
    One run. `results` is empty until it is over, and then holds one conclusion a declared objective.

    `tell` shows progress; `hire` gives the crew that sends a schedule, with its files in a folder.
    """

    def __init__(self, case: Case, choices: Choices, *, tell: Callable[[str], None], hire: Hire) -> None:
        self.case = case
        self._choices = choices
        self._schedule = case.schedule(choices)
        self._tell = tell
        self._evidence = case.begin(case.again(choices))
        self._crew = hire(self._schedule, self._evidence.folder, self._progress)
        self._look = 0
        self._started = time.monotonic()
        self._cleaned: Cleaned | None = None
        self.results: Judged = []

    @property
    def folder(self) -> Path:
        """Where the evidence and the samples are."""
        return self._evidence.folder

    @property
    def remark(self) -> str:
        """What of its writing is left; empty when nothing is."""
        return self._cleaned.remark if self._cleaned else ""

    def run(self) -> None:
        """The schedule was sent as far as it took to conclude, and the conclusions are on disk."""
        stopped = "it was ended from outside"
        try:
            self._tell(f"warming up; then at most {self._schedule.duration:g} s, seed {self._schedule.seed}")
            problem = self._crew.ready()
            if problem:
                self._clean()
                unheard = inconclusive(problem.cause, f"{problem.source}: {problem.reason}")
                self._conclude(everything(self.case.terms, unheard))
                return
            stopped = self._send()
        finally:
            if not self.results:
                self._finish(stopped)

    def give_up(self, why: str) -> None:
        """A session that never ran, or was cut off, is on disk as interrupted."""
        if not self.results:
            self._finish(why)

    def _send(self) -> str:
        """Why the run ended early; empty when every look it needed was taken."""
        sent = 0
        for number, look in enumerate(self._schedule.looks):
            self._crew.send(sent, look)
            sent, self._look = look, number
            if self._crew.reason or self._crew.lost:
                break
            verdicts = {each.verdict for _, _, each in self._judged("", whole=False)}
            if Verdict.INCONCLUSIVE not in verdicts:
                break
        return self._crew.reason

    def _progress(self, triples: int) -> None:
        self._tell(f"{triples} of at most {len(self._schedule.triples)} triples")

    def _judged(self, stopped: str, *, whole: bool) -> Judged:
        """What is known so far; unless `whole`, files may still be open."""
        paths = self._crew.paths
        samples = read_samples(paths) if paths else samples_of([])
        samples = samples if whole else replace(samples, unsealed=())
        terms, schedule = self.case.terms, self._schedule
        run = Run(
            samples=samples,
            offered=schedule.offered(schedule.looks[self._look]),
            names=terms.names,
            share=shares(schedule.fractions)[self._look],
            look=self._look + 1,
            looks=len(schedule.looks),
            seed=schedule.seed,
            stopped=stopped,
            vitals=self._crew.vitals,
            lost=self._crew.lost,
            about=self._about(),
            classes=classes_of(terms.classes or terms.names, schedule),
            lasting=schedule.duration,
        )
        if whole:
            keep_sending(run, self.folder)
        return judge_run(run, latency=terms.latency, error_rate=terms.error_rate)

    def _about(self) -> str:
        said = [self.case.about(self._choices), self._cleaned.words if self._cleaned else ""]
        return "; ".join(each for each in said if each)

    def _finish(self, stopped: str) -> None:
        self._crew.end()
        self._clean()
        self._conclude(self._judged(stopped, whole=True))

    def _clean(self) -> None:
        """What was written is removed again, at a bounded rate."""
        self._cleaned = self.case.clean() if self.case.clean else None
        if self._cleaned:
            self._tell(self._cleaned.words)

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


def plan_lines(case: Case, schedule: Schedule, *, now: datetime) -> Sequence[str]:
    """What a run that began `now` would send, without sending it."""
    terms = case.terms
    totals = [int(schedule.offered(look).sum()) for look in schedule.looks]
    lines = [f"{terms.environment}: {schedule.rate:,.6g} requests/s while an arm's block of {schedule.block:g} s lasts"]
    lines += replay_lines(case.recording, schedule) if case.recording else []
    for look, total in zip(schedule.looks, totals, strict=True):
        lines.append(
            f"  after {look} triples, {look * 3 * schedule.block:g} s: {total:,} requests an arm "
            f"({total:,} to the candidate, {2 * total:,} to the baseline)"
        )
    classes = classes_of(terms.classes or terms.names, schedule)
    if classes and terms.latency:
        lines += plan_words(classes, rules_of(terms.latency), schedule.duration)
    if refusal := terms.refusal:
        lines.append(f"  not permitted: {refusal}")
    if why := terms.shut(now, schedule.duration):
        lines.append(f"  not permitted now: {why}")
    return lines


def replay_lines(recording: Recording, schedule: Schedule) -> list[str]:
    """What of a recording is asked, how often, and every reason why something of it is not."""
    found = [f"  {recording.words}; the busiest second holds {schedule.peak:,.0f}"]
    found += [f"  left out: {each.words}" for each in recording.left_out]
    triples, windows = len(schedule.triples), schedule.windows
    if triples < windows:
        found.append(f"  only its first {triples} of {windows} blocks fit into --duration")
    elif triples > windows:
        found.append(f"  its {windows} blocks are asked again from the first on until {triples} are full")
    return found
