"""Each fault planted in a running twin, the suite run against it, and the gate asked."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from sandbox.faults.suite import VICTIMS, SuiteFault
from sandbox.sabotage import HOW, VICTIM
from sandbox.systems.twin import Twin
from sandbox.writing import writing
from verify.core.catalogue import Check
from verify.core.errors import CutoverError
from verify.core.selectors import availability
from verify.core.subjects import Environment
from verify.core.verdicts import Problem, Verdict
from verify.drilling.commands import Commands
from verify.drilling.gate import Bench, entered, with_one_step
from verify.drilling.lanes import AnyFault
from verify.drilling.load_runs import BOTH_SIDES, LOAD_CLAIMS, LOAD_RUNS, LoadRun
from verify.drilling.outcome import CONTROL, Outcome, Seen, judge
from verify.drilling.warm import Warm
from verify.gating import candidate_build
from verify.recording import home, utc_now

_LIMIT_S: Final = 600
_OLD: Final = timedelta(hours=48)
_DELETED: Final = frozenset({"parity.errors"})
_VICTIM: Final = "verify/checks/test_parity.py::test_errors_agree"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nothing:
    """The control: nothing planted, everything proven, traffic may move."""

    name: str
    advance: str = "ADVANCE"
    stay: str = "ADVANCE"

    def claims_of(self, system: str) -> Mapping[str, str]:  # noqa: ARG002 - nothing, in every system
        """No claim may change."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """
    One twin, a folder for evidence, and the commands a user would type; `writer` writes a second while pytest asks.

    `warm` is where pytest runs: in a process of its own each time, whose imports were done before. `number` tells twins
    of one folder apart: faults are planted over the evidence of their own twin's control.
    """

    name: str
    environment: Environment
    checks: Mapping[str, Check]
    twin: Twin
    folder: Path
    warm: Warm
    writer: float = 0.0
    number: int = 1
    commands: Commands = field(default_factory=Commands)

    @property
    def drilled(self) -> Environment:
        """The environment with the drill's one step."""
        return with_one_step(self.environment, self.checks)

    def control(self) -> Outcome:
        """The whole suite against the healthy twin; its evidence is what every fault is planted over."""
        started = time.monotonic()
        root = self._base()
        self._observe(root)
        self._pytest(root)
        again = self._load(root)
        return self._judged(_Nothing(name=CONTROL), "control", root, started, again=again)

    def control_again(self) -> Outcome:
        """As `control`, of a further healthy twin; what a load run shows was shown of the first."""
        started = time.monotonic()
        root = self._base()
        shutil.copytree(self.folder / "control", root)
        self._observe(root)
        self._pytest(root)
        return self._judged(_Nothing(name=f"{CONTROL}, twin {self.number}"), "control", root, started)

    def plant(self, fault: AnyFault) -> Outcome:
        """The fault planted over the control's evidence, the part of the suite that it concerns run again, judged."""
        started = time.monotonic()
        root = self.folder / fault.name
        shutil.copytree(self._base(), root)
        if isinstance(fault, SuiteFault):
            return self._sabotaged(fault, root, started)
        self.twin.plant(fault.name)
        try:
            again: tuple[str, ...] = ()
            if fault.kind == "load":
                again = self._load(root, long=fault.long)
            elif fault.kind == "observe":
                self._observe(root)
                self.twin.heal(fault.name)  # over when somebody looks
                self._pytest(root)
            else:
                self._pytest(root)
            return self._judged(fault, fault.kind, root, started, again=again)
        finally:
            self.twin.heal(fault.name)

    def stop(self) -> None:
        """What runs now was killed: whoever waits for it, in another thread, is told so."""
        self.commands.stop()
        self.warm.stop()

    def _base(self) -> Path:
        """Where the control's evidence of this twin lies."""
        return self.folder / ("control" if self.number == 1 else f"control-{self.number}")

    def _sabotaged(self, fault: SuiteFault, root: Path, started: float) -> Outcome:
        victim = f"{_VICTIM}[{self.environment.name}-error/{VICTIMS[self.environment.system.system]}]"
        later = timedelta()
        unasked: frozenset[str] = frozenset()
        if fault.how == "age":
            later = _OLD
        elif fault.how == "edit":
            _edit(home(root, self.environment))
        elif fault.how == "send-nothing":
            self._locust(root, BOTH_SIDES, ("--run-time", "6s"))
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
        again: tuple[str, ...] = (),
    ) -> Outcome:
        drilled = self.drilled
        candidate, bench = self._candidate(root), Bench(environment=drilled, checks=self.checks, root=root)
        now = utc_now() + later
        seen = Seen(
            advance=bench.decide(now, candidate, entered=None, unasked=unasked),
            stay=bench.decide(now, candidate, entered=entered(drilled, now), unasked=unasked),
            seconds=time.monotonic() - started,
            load_claims=LOAD_CLAIMS,
            again=again,
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

    def _candidate(self, root: Path) -> str | None:
        """The build that answers on the candidate; None when it says none."""
        heard = candidate_build(self.environment, values={**os.environ, **self.twin.variables}, root=root)
        return None if isinstance(heard, Problem) else heard.value

    def _observe(self, root: Path) -> None:
        if availability(self.environment):
            words = ["observe", "--env", self.name, "--for", "8s", "--every", "25ms"]
            self._run(["-c", "from verify.cli import main; main()", *words], root)

    def _load(self, root: Path, *, long: bool = False) -> tuple[str, ...]:
        """
        Both sides are asked under load, the candidate alone where it has to bear something, and visitors who stay.

        What a short run leaves undecided a longer one is asked again; the claims that this happened to. None with `long`:
        then the usual length is asked at once.
        """
        again: list[str] = []
        for run in (each for each in LOAD_RUNS if each.promised(self.environment)):
            self._locust(root, run, run.whole if long else run.quick)
            if not long and (undecided := self._undecided(root, run)):
                self._locust(root, run, run.whole)
                again += undecided
        return tuple(again)

    def _undecided(self, root: Path, run: LoadRun) -> list[str]:
        """The claims of the run that the gate finds INCONCLUSIVE."""
        bench = Bench(environment=self.drilled, checks=self.checks, root=root)
        said = bench.decide(utc_now(), self._candidate(root), entered=None)
        found = {str(each.claim): each.verdict for each in said.claims} if said else {}
        return sorted(claim for claim in run.claims if found.get(claim) is Verdict.INCONCLUSIVE)

    def _locust(self, root: Path, run: LoadRun, words: Sequence[str]) -> None:
        self._run(["-m", "locust", "-f", f"loadtests/{run.file}", "--env", self.name, "--headless", *words], root)

    def _values(self, root: Path, more: Mapping[str, str]) -> dict[str, str]:
        """The variables of a command whose evidence goes to a folder, which is there."""
        root.mkdir(parents=True, exist_ok=True)
        return {**os.environ, **self.twin.variables, "CUTOVER_EVIDENCE": str(root), **more}

    def _run(self, words: Sequence[str], root: Path) -> None:
        self.commands.run(words, values=self._values(root, {}), output=root / "output.txt", within=_LIMIT_S)


def _edit(folder: Path) -> None:
    """One recorded summary reads differently afterwards."""
    for path in sorted(folder.glob("runs/*/*.jsonl")):
        text = path.read_text(encoding="utf-8")
        if (changed := text.replace('"omitted":0', '"omitted":1', 1)) != text:
            path.write_text(changed, encoding="utf-8")
            return
    raise CutoverError(f"{folder}: no evidence line to edit")
