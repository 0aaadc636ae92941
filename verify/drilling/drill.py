"""Each fault planted in a running twin, the suite run against it, and the gate asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from sandbox.faults.fault import Fault
from sandbox.faults.suite import VICTIMS, SuiteFault
from sandbox.sabotage import HOW, VICTIM
from sandbox.systems.twin import Twin
from sandbox.writing import writing
from verify.core.catalogue import Check
from verify.core.errors import CutoverError
from verify.core.selectors import availability, error_rate, headroom, latency, realtime
from verify.core.subjects import Environment
from verify.core.verdicts import Problem
from verify.drilling.gate import Bench, entered, with_one_step
from verify.drilling.outcome import Outcome, Seen, judge
from verify.drilling.warm import Warm
from verify.gating import candidate_build
from verify.recording import ROOT, home, utc_now

AnyFault = Fault | SuiteFault
_LIMIT_S: Final = 600
_LOAD_CLAIMS: Final = frozenset(
    {
        "load.headroom headroom/candidate",
        "load.latency mix/api",
        "load.realtime realtime/visitors",
        "success.error_rate mix/api",
    }
)
_OLD: Final = timedelta(hours=48)
_DELETED: Final = frozenset({"parity.errors"})
_VICTIM: Final = "verify/checks/test_parity.py::test_errors_agree"
CONTROL: Final = "no fault"


def loaded(environment: Environment) -> bool:
    """Whether the environment promises anything that a load run of both sides shows."""
    return bool(latency(environment) or error_rate(environment))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nothing:
    """The control: nothing planted, everything proven, traffic may move."""

    name: str = CONTROL
    advance: str = "ADVANCE"
    stay: str = "ADVANCE"

    def claims_of(self, system: str) -> Mapping[str, str]:  # noqa: ARG002 - nothing, in every system
        """No claim may change."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """
    One twin, one folder for evidence, and the commands a user would type; `writer` writes a second while pytest asks.

    `warm` is where pytest runs: in a process of its own each time, whose imports were done before.
    """

    name: str
    environment: Environment
    checks: Mapping[str, Check]
    twin: Twin
    folder: Path
    warm: Warm
    writer: float = 0.0
    say: Callable[[str], None] = field(default=print)

    @property
    def drilled(self) -> Environment:
        """The environment with the drill's one step."""
        return with_one_step(self.environment, self.checks)

    def control(self) -> Outcome:
        """The whole suite against the healthy twin; its evidence is what every fault is planted over."""
        started = time.monotonic()
        root = self.folder / "control"
        self._observe(root)
        self._pytest(root)
        self._load(root)
        return self._judged(_Nothing(), "control", root, started)

    def plant(self, fault: AnyFault) -> Outcome:
        """The fault planted over the control's evidence, the part of the suite that it concerns run again, judged."""
        started = time.monotonic()
        root = self.folder / fault.name
        shutil.copytree(self.folder / "control", root)
        if isinstance(fault, SuiteFault):
            return self._sabotaged(fault, root, started)
        self.twin.plant(fault.name)
        try:
            if fault.kind == "load":
                self._load(root)
            elif fault.kind == "observe":
                self._observe(root)
                self.twin.heal(fault.name)  # over when somebody looks
                self._pytest(root)
            else:
                self._pytest(root)
            return self._judged(fault, fault.kind, root, started)
        finally:
            self.twin.heal(fault.name)

    def _sabotaged(self, fault: SuiteFault, root: Path, started: float) -> Outcome:
        victim = f"{_VICTIM}[{self.environment.name}-error/{VICTIMS[self.environment.system.system]}]"
        later = timedelta()
        unasked: frozenset[str] = frozenset()
        if fault.how == "age":
            later = _OLD
        elif fault.how == "edit":
            _edit(home(root, self.environment))
        elif fault.how == "send-nothing":
            self._locust(root, "--run-time", "6s")
        elif fault.how == "deselect":
            self._pytest(root, "--deselect", victim)
        elif fault.how == "divert":
            self._pytest(root, values={told: self.twin.variables[place] for told, place in fault.diverted.items()})
        else:
            self._pytest(root, "-p", "sandbox.sabotage", sabotage=fault.how)
            unasked = _DELETED if fault.how == "delete" else unasked
        return self._judged(fault, "suite", root, started, later=later, unasked=unasked)

    def _judged(
        self,
        fault: AnyFault | _Nothing,
        kind: str,
        root: Path,
        started: float,
        *,
        later: timedelta = timedelta(),
        unasked: frozenset[str] = frozenset(),
    ) -> Outcome:
        drilled = self.drilled
        values = {**os.environ, **self.twin.variables}
        heard = candidate_build(self.environment, values=values, root=root)
        candidate = None if isinstance(heard, Problem) else heard.value
        bench = Bench(environment=drilled, checks=self.checks, root=root)
        now = utc_now() + later
        seen = Seen(
            advance=bench.decide(now, candidate, entered=None, unasked=unasked),
            stay=bench.decide(now, candidate, entered=entered(drilled, now), unasked=unasked),
            seconds=time.monotonic() - started,
            load_claims=_LOAD_CLAIMS,
        )
        return judge(fault, kind, self.environment.system.system, seen)

    def _pytest(
        self, root: Path, *more: str, sabotage: str = "", values: Mapping[str, str] | None = None
    ) -> None:  # fmt: skip
        words = [f"--env={self.name}", "-q", "-p", "no:cacheprovider", "--allow-writes", *more]
        told = {HOW: sabotage, VICTIM: VICTIMS[self.environment.system.system]} if sabotage else {}
        told = self._values(root, {**told, **(values or {})})
        with writing(self.twin, self.writer):
            self.warm.run(words, values=told, output=root / "output.txt", within=_LIMIT_S)

    def _observe(self, root: Path) -> None:
        if availability(self.environment):
            words = ["observe", "--env", self.name, "--for", "8s", "--every", "25ms"]
            self._run(["-c", "from verify.cli import main; main()", *words], root, {})

    def _load(self, root: Path) -> None:
        """Both sides are asked under load, the candidate alone where it has to bear something, and visitors who stay."""
        if loaded(self.environment):
            self._locust(root)
        if headroom(self.environment):
            self._locust(root, "--seconds", "1", file="capacity.py")
        if realtime(self.environment):
            self._locust(root, "--allow-writes", file="realtime.py")

    def _locust(self, root: Path, *more: str, file: str = "api.py") -> None:
        self._run(["-m", "locust", "-f", f"loadtests/{file}", "--env", self.name, "--headless", *more], root, {})

    def _values(self, root: Path, more: Mapping[str, str]) -> dict[str, str]:
        """The variables of a command whose evidence goes to a folder, which is there."""
        root.mkdir(parents=True, exist_ok=True)
        return {**os.environ, **self.twin.variables, "CUTOVER_EVIDENCE": str(root), **more}

    def _run(self, words: Sequence[str], root: Path, more: Mapping[str, str]) -> None:
        """The command run to its end; its output is kept beside the evidence, its exit code is never the verdict."""
        values = self._values(root, more)
        with (root / "output.txt").open("ab") as output:
            try:
                subprocess.run(
                    [sys.executable, *words],
                    cwd=ROOT,
                    env=values,
                    stdout=output,
                    stderr=output,
                    timeout=_LIMIT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise CutoverError(
                    f"{' '.join(words)}: did not end within {_LIMIT_S} s; see {root}/output.txt"
                ) from error


def _edit(folder: Path) -> None:
    """One recorded summary reads differently afterwards."""
    for path in sorted(folder.glob("runs/*/*.jsonl")):
        text = path.read_text(encoding="utf-8")
        if (changed := text.replace('"omitted":0', '"omitted":1', 1)) != text:
            path.write_text(changed, encoding="utf-8")
            return
    raise CutoverError(f"{folder}: no evidence line to edit")


def run_all(drill: Drill, faults: Sequence[AnyFault]) -> Iterator[Outcome]:
    """The control, then every fault; load faults first, while the control's health evidence is young."""
    yield drill.control()
    for fault in sorted(faults, key=lambda each: (each.kind != "load", each.kind, each.name)):
        yield drill.plant(fault)
