"""A worker's side: it sends its part when the master says so, and hands its samples over."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent

from loadtests.crew import Alone
from loadtests.fleet.messages import (
    BROKEN,
    END,
    ENDED,
    PIECE,
    PREPARE,
    PROGRESS,
    READY,
    ROWS,
    SEND,
    SENT,
    Said,
    choices_heard,
    vitals_said,
)
from loadtests.harness import Part, Report
from loadtests.session import Case
from verify.core.errors import CutoverError

Say = Callable[[str, dict[str, Any]], None]


class Hand:
    """One worker process; `say` reaches the master, `report` hears of every request."""

    def __init__(self, case: Case, *, say: Say, report: Report) -> None:
        self._case = case
        self._say = say
        self._report = report
        self._alone: Alone | None = None
        self._folder: Path | None = None
        self._given = 0

    def hear(self, kind: str, said: Said) -> None:
        """The master's message takes effect, without making its next one wait."""
        if kind == BROKEN:
            if self._alone and self._alone.harness:
                self._alone.harness.guard.stop(int(said["triple"]), str(said["why"]))
            return
        gevent.spawn({PREPARE: self._prepare, SEND: self._send, END: self._end}[kind], said)

    def _prepare(self, said: Said) -> None:
        problem = ""
        try:
            problem = self._begin(said)
        except (CutoverError, ValueError, OSError) as error:
            problem = str(error)
        self._say(READY, {"problem": problem})

    def _begin(self, said: Said) -> str:
        """Why this worker cannot take part; empty when it is warm."""
        choices = choices_heard(said["choices"])
        schedule = self._case.schedule(choices)
        if schedule.digest != said["digest"]:
            return "plans another schedule than the master; are environment files and recording the same on both?"
        self.forget()
        self._folder, self._given = Path(tempfile.mkdtemp(prefix="cutover-load-")), 0
        part = Part(index=int(said["part"]), of=int(said["of"]), fresh=choices.fresh, broken=self._broken)
        self._alone = Alone(
            self._case.prepare, schedule, self._folder, part=part, report=self._report,
            progress=self._progress if part.index == 0 else lambda _: None,
        )  # fmt: skip
        found = self._alone.ready()
        return f"{found.source}: {found.reason}" if found else ""

    def _send(self, said: Said) -> None:
        if self._alone:
            self._alone.send(int(said["first"]), int(said["last"]))
            self._hand_over()
            self._say(SENT, {"last": said["last"], "vitals": vitals_said(self._alone.vitals[0])})

    def _end(self, _: Said) -> None:
        if self._alone:
            self._alone.end()
            self._hand_over()
        self._say(ENDED, {})
        self.forget()

    def _hand_over(self) -> None:
        """Every byte of the file that the master does not have yet is on its way."""
        for path in self._alone.paths if self._alone else ():
            with path.open("rb") as file:
                file.seek(self._given)
                while data := file.read(PIECE):
                    self._say(ROWS, {"data": data})
                    self._given += len(data)

    def _broken(self, triple: int, why: str) -> None:
        self._say(BROKEN, {"triple": triple, "why": why})

    def _progress(self, triples: int) -> None:
        self._say(PROGRESS, {"triples": triples})

    def forget(self) -> None:
        """Nothing of the run is left on this machine."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
