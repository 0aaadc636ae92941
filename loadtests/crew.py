"""Who sends the requests of a run: this process alone, or others for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from loadtests.harness import Harness, Part, Progress, Report
from loadtests.pulse import Vitals
from loadtests.samples import SampleFile
from loadtests.schedule import Schedule
from loadtests.target import Target
from verify.core.verdicts import Problem


class Crew(Protocol):
    """The senders of one run; `reason` is why the abort rule ended it, `lost` who never said how it ended."""

    @property
    def reason(self) -> str:
        """Why the run stopped early; empty when it did not."""

    @property
    def lost(self) -> tuple[str, ...]:
        """The processes that are gone, each in a few words."""

    @property
    def vitals(self) -> tuple[Vitals, ...]:
        """How each process fared while it sent."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files of samples, one a process."""

    def ready(self) -> Problem | None:
        """Every process is signed in and warm, or why one could not be."""

    def send(self, first: int, last: int) -> None:
        """The triples first..last-1 are sent, and their rows are in the files."""

    def end(self) -> None:
        """Every connection is closed, and every file of a process that is there is sealed."""


class Alone:
    """This process sends everything."""

    def __init__(
        self,
        prepare: Callable[[], Target | Problem],
        schedule: Schedule,
        folder: Path,
        *,
        part: Part,
        report: Report,
        progress: Progress,
    ) -> None:
        self._prepare = prepare
        self._schedule = schedule
        self._folder = folder
        self._part = part
        self._report = report
        self._progress = progress
        self._file: SampleFile | None = None
        self.harness: Harness | None = None
        self.lost: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why the abort rule ended it."""
        return self.harness.guard.reason if self.harness else ""

    @property
    def vitals(self) -> tuple[Vitals, ...]:
        """Of this process."""
        return (self.harness.vitals,) if self.harness else ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The one file, once there is one."""
        return (self._file.path,) if self._file else ()

    def ready(self) -> Problem | None:
        """Signed in and warm, or why not."""
        target = self._prepare()
        if isinstance(target, Problem):
            return target
        schedule = self._schedule
        about = {"seed": str(schedule.seed), "rate": str(schedule.rate), "block": str(schedule.block)}
        self._file = SampleFile(self._folder / f"samples-{os.getpid()}.arrows", about=about)
        self.harness = Harness(
            target, schedule, self._file, report=self._report, progress=self._progress, part=self._part
        )
        self.harness.warm()
        return None

    def send(self, first: int, last: int) -> None:
        """Sent, answered and in the file."""
        if self.harness:
            self.harness.send(first, last)

    def end(self) -> None:
        """Connections closed, file sealed; a second call changes nothing."""
        if self.harness:
            self.harness.close()
        if self._file:
            self._file.close()
