"""A drill asks short runs under load, and longer ones where those decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sandbox.systems.twin import Twin
from verify.core.decision import Decision
from verify.core.subjects import Environment
from verify.drilling.commands import Commands
from verify.drilling.drill import Drill
from verify.drilling.gate import Bench
from verify.drilling.load_runs import BOTH_SIDES, CAPACITY, LOAD_CLAIMS, LOAD_RUNS
from verify.drilling.warm import Warm
from verify.loading import load_environment
from verify.trial import locked_checks


class Noted(Commands):
    """Nothing runs; the words are noted."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def run(self, words: Sequence[str], *, values: Mapping[str, str], output: Path, within: float) -> None:  # noqa: ARG002
        """Noted."""
        self.words.append(" ".join(words))


class Unused(Warm):
    """No pytest is asked."""

    def __init__(self) -> None:
        pass


def drill(environment: Environment, folder: Path) -> tuple[Drill, Noted]:
    """A drill whose commands are only noted."""
    commands = Noted()
    twin = Twin(system=environment.system.system, variables={})
    found = Drill(
        name=environment.name, environment=environment, checks=locked_checks(), twin=twin, folder=folder, warm=Unused(),
        commands=commands,
    )  # fmt: skip
    return found, commands


def test_what_no_run_decided_is_asked_for_longer(tmp_path: Path) -> None:
    """With no evidence at all each run is asked twice, the second time at its usual length, and the claims are told."""
    found, commands = drill(load_environment("postgres"), tmp_path)
    again = found._load(tmp_path)

    assert set(again) == BOTH_SIDES.claims | CAPACITY.claims
    asked = [each.partition("--headless")[2].strip() for each in commands.words]
    assert asked == ["--duration 60", "", "--seconds 1", "--seconds 2"]


def test_what_was_decided_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate without a doubt, or with unusable evidence, lets every run be the last."""
    found, commands = drill(load_environment("postgres"), tmp_path)

    def decided(*_: object, **__: object) -> Decision | None:
        return None

    monkeypatch.setattr(Bench, "decide", decided)
    assert found._load(tmp_path) == ()
    assert len(commands.words) == 2


def test_only_what_is_promised_is_run(tmp_path: Path) -> None:
    """An environment without objectives has no run under load, one with visitors has theirs."""
    found, commands = drill(load_environment("production"), tmp_path)
    assert found._load(tmp_path) == ()
    assert commands.words == []
    assert [run.file for run in LOAD_RUNS if run.promised(load_environment("cluster"))] == ["realtime.py"]
    assert len(LOAD_CLAIMS) == 4
