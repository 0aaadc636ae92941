"""What a session's looks may spend, and what they are judged with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loadtests import session
from loadtests.session import Case, Choices, Session
from loadtests.soundness import Run
from loadtests.target import Target, Terms
from tests.loadtests.kept import Kept
from verify.core.model import ErrorRate, LoadPermission
from verify.core.verdicts import Cause, inconclusive
from verify.stats.looks import shares


@dataclass
class Idle:
    """A crew that sends nothing and fails in nothing."""

    sent: list[tuple[int, int]] = field(default_factory=list)
    reason: str = ""
    lost: tuple[str, ...] = ()
    vitals: tuple[()] = ()
    paths: tuple[Path, ...] = ()

    def ready(self) -> None:
        """Warm."""

    def send(self, first: int, last: int) -> None:
        """The triples are noted."""
        self.sent.append((first, last))

    def end(self) -> None:
        """Nothing to close."""


def test_each_look_spends_its_calibrated_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of a run of 40 triples: O'Brien and Fleming's shares at 20, 30 and 40 of them, with the schedule's seed."""
    runs: list[Run] = []

    def judge(run: Run, **_: object) -> list[object]:
        runs.append(run)
        return [("success.error_rate", "mix/api", inconclusive(Cause.TOO_FEW, "go on"))]

    monkeypatch.setattr(session, "judge_run", judge)
    allowed = LoadPermission(allowed=True, max_rate=1000)
    terms = Terms(
        environment="shop/next", names=("one",), weights=(1,), permissions={"baseline": allowed, "candidate": allowed},
        latency=None, error_rate=ErrorRate(at_most=0.5, margin=0.5),
    )  # fmt: skip
    case = Case(terms=terms, prepare=lambda: Target(requests=()), begin=lambda _: Kept(tmp_path), apart=Path)
    crew = Idle()
    Session(case, Choices(rate=20, duration=120, seed=5, block=1.0), tell=lambda _: None, hire=lambda *_: crew).run()
    assert crew.sent == [(0, 20), (20, 30), (30, 40)]
    assert [(each.look, each.seed) for each in runs] == [(1, 5), (2, 5), (3, 5), (3, 5)]
    assert [each.share for each in runs[:3]] == pytest.approx(shares((0.5, 0.75, 1.0)))
    assert runs[0].share < 0.12
