"""A closed-loop run from its first request to its last line; it judges no claim."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from loadtests.draining import Drain, Drained, DrainPlan, document
from loadtests.harness import Report
from loadtests.samples import SampleFile
from loadtests.schedule import BASELINE, CANDIDATE
from loadtests.session import Case
from verify.core.verdicts import Problem

NO_CLAIM: Final = "no claim is judged: in a closed loop a stall delays its own next request and hides itself"


class DrainSession:
    """One closed-loop run; `line` is its last line, empty until it is over, and `code` its exit code."""

    def __init__(self, case: Case, plan: DrainPlan, folder: Path, *, report: Report) -> None:
        self._case = case
        self._plan = plan
        self._report = report
        self.folder = folder
        self.line = ""
        self.code = 1
        self.told: tuple[str, ...] = ()

    def run(self) -> None:
        """Everything was asked, or why not; samples and drain.json are in the folder."""
        target = self._case.prepare()
        if isinstance(target, Problem):
            self.give_up(f"{target.source}: {target.reason}")
            return
        file = SampleFile(self.folder / "samples-0.arrows", about={"drain": "closed loop"})
        drain = Drain(target, self._plan, file, report=self._report)
        try:
            found = drain.run()
        finally:
            file.close()
        said = document(found, self._plan, stopped=drain.guard.reason)
        (self.folder / "drain.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        self._conclude(found, drain.guard.reason)

    def give_up(self, why: str) -> None:
        """A run that did not get to its end says so, once."""
        if not self.line:
            self.line = f"NOT DRAINED {self._case.terms.environment}: {why}"

    def _conclude(self, found: tuple[Drained, ...], stopped: str) -> None:
        short = [each for each in found if each.requests < self._plan.requests or each.failed]
        ours, theirs = found[CANDIDATE], found[BASELINE]
        self.told = (*(each.words for each in found), NO_CLAIM)
        self.code = 1 if short or stopped else 0
        why = stopped or ", ".join(f"{each.arm}: {each.failed:,} of {each.requests:,} failed" for each in short)
        self.line = (
            f"NOT DRAINED {self._case.terms.environment}: {why}"
            if self.code
            else (
                f"DRAINED {self._case.terms.environment}: {self._plan.requests:,} requests an arm, {self._plan.users} at "
                f"once: candidate {ours.per_second:,.1f}/s, p50 {ours.p50 or 0:.2f} ms, baseline {theirs.per_second:,.1f}/s, "
                f"p50 {theirs.p50 or 0:.2f} ms"
            )
        )
