"""The master's side: every worker sends its part of the schedule, and its samples arrive here."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, BinaryIO, Final

import gevent

from loadtests.fleet.messages import (
    BROKEN,
    END,
    ENDED,
    PREPARE,
    PROGRESS,
    READY,
    ROWS,
    SEND,
    SENT,
    Said,
    choices_said,
    vitals_heard,
)
from loadtests.harness import Progress
from loadtests.pulse import Vitals
from loadtests.schedule import Schedule
from loadtests.session import Choices
from verify.core.verdicts import Problem

TICK: Final = 0.05
GRACE: Final = 60.0  # seconds for what takes no time of the schedule: signing in, warming up, sending samples
STOPPING: Final = frozenset({"stopping", "stopped"})
GONE: Final = frozenset({"missing", "quit"})


class Fleet:
    """
    The crew of a run with workers. Each worker's samples are kept in a file of their own, byte for byte its own.

    A worker that is gone, or does not report in time, is `lost` and stays so; nothing waits for it any longer.
    """

    def __init__(self, runner: Any, choices: Choices, schedule: Schedule, folder: Path, *, progress: Progress) -> None:
        self._runner = runner
        self._choices = choices
        self._schedule = schedule
        self._progress = progress
        ids = sorted((each.id for each in runner.clients.all), key=runner.get_worker_index)
        self._part = {who: number for number, who in enumerate(ids)}
        self._files: dict[str, BinaryIO] = {}
        self._folder = folder
        self._said: dict[tuple[str, str], Said] = {}
        self._lost: dict[str, str] = {}
        self._ended = False
        self.reason = ""

    @property
    def lost(self) -> tuple[str, ...]:
        """The workers that are gone, and since when."""
        return tuple(self._lost[who] for who in sorted(self._lost, key=self._part.__getitem__))

    @property
    def vitals(self) -> tuple[Vitals, ...]:
        """Of every worker that sent something."""
        found = [self._said.get((SENT, who)) for who in self._part]
        return tuple(vitals_heard(each["vitals"]) for each in found if each)

    @property
    def paths(self) -> tuple[Path, ...]:
        """One file a worker."""
        found = [Path(each.name) for each in self._files.values()]
        return tuple(each for each in found if each.stat().st_size)  # a worker that never sent anything is lost

    def ready(self) -> Problem | None:
        """Every worker is signed in and warm, with the same schedule, or why one is not."""
        if not self._part:
            return Problem(source="the master", reason="has no workers; start some with --worker")
        self._folder.mkdir(parents=True, exist_ok=True)
        for who, part in self._part.items():
            self._files[who] = (self._folder / f"samples-{part}.arrows").open("xb")
            self._say(PREPARE, who, part=part, of=len(self._part), choices=choices_said(self._choices),
                      digest=self._schedule.digest)  # fmt: skip
        self._await(READY, GRACE, "while it was warming up")
        problems = [f"{self._name(who)}: {self._said[READY, who]['problem']}" for who in self._part
                    if self._said.get((READY, who), {}).get("problem")]  # fmt: skip
        return Problem(source="workers", reason="; ".join(problems)) if problems else None

    def send(self, first: int, last: int) -> None:
        """Every worker that is there sent its part of these triples, and its rows are here."""
        if self._lost:
            return
        for who in self._part:
            self._said.pop((SENT, who), None)
            self._say(SEND, who, first=first, last=last)
        seconds = (last - first) * 3 * self._schedule.block
        self._await(SENT, seconds + GRACE, f"while it sent triples {first + 1} to {last}")
        self._flush()

    def end(self) -> None:
        """
        Every worker that is there sealed its file, and its last bytes are here; a second call changes nothing.

        When Locust is stopping already, nobody is listening any more, and the files stay without their end.
        """
        if self._ended:
            return
        self._ended = True
        if self._runner.state not in STOPPING:
            for who in self._files:
                if who not in self._lost:
                    self._say(END, who)
            self._await(ENDED, GRACE, "before it handed over its last samples")
        for file in self._files.values():
            file.close()

    def hear(self, who: str, kind: str, said: Said) -> None:
        """A worker's message takes effect."""
        if who not in self._part:
            return
        if kind == ROWS and not self._files[who].closed:
            self._files[who].write(said["data"])
        elif kind == BROKEN and not self.reason:
            self.reason = str(said["why"])
            self._tell_broken(who, said)
        elif kind == PROGRESS:
            self._progress(int(said["triples"]))
        elif kind in {READY, SENT, ENDED}:
            self._said[kind, who] = said

    def _tell_broken(self, by: str, said: Said) -> None:
        for who in self._part:
            if who != by:
                self._say(BROKEN, who, triple=said["triple"], why=said["why"])

    def _say(self, kind: str, who: str, **said: Any) -> None:
        self._runner.send_message(kind, said, client_id=who)

    def _await(self, kind: str, patience: float, doing: str) -> None:
        """Every worker said so, or is lost."""
        until = time.monotonic() + patience
        while waited := [who for who in self._part if who not in self._lost and (kind, who) not in self._said]:
            for who in waited:
                if self._is_gone(who):
                    self._lost[who] = f"{self._name(who)} was gone {doing}"
                elif time.monotonic() > until:
                    self._lost[who] = f"{self._name(who)} did not report within {patience:.0f} s {doing}"
            if kind == SENT and self._lost:
                return  # what the others still send is not the planned load
            gevent.sleep(TICK)

    def _is_gone(self, who: str) -> bool:
        client = self._runner.clients.get(who)
        return client is None or client.state in GONE

    def _name(self, who: str) -> str:
        return f"worker {self._part[who] + 1} of {len(self._part)}"

    def _flush(self) -> None:
        for file in self._files.values():
            file.flush()
