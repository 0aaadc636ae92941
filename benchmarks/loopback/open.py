"""A locustfile: our load run, all arms against one server; leaves its samples and its peak memory in a folder."""

from __future__ import annotations

import atexit
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measuring.memory import peak, resident
from loadtests.scenario import Arrivals, install
from loadtests.session import Case, Judged
from loadtests.target import PlannedRequest, Target, Terms
from verify.core.model import ErrorRate, Latency, LoadPermission

__all__ = ["Arrivals"]
FOLDER = Path(os.environ["BENCHMARK_FOLDER"])
SERVER = os.environ["BENCHMARK_SERVER"]
BEFORE = resident()


@dataclass(slots=True)
class Kept:
    """Evidence that is thrown away but for the peak memory; the samples lie beside it."""

    folder: Path = FOLDER

    def conclude(self, judged: Judged, *, duration: float) -> Judged:
        """The peak memory is in memory.json."""
        found = {"peak": peak() - BEFORE, "duration": duration}
        (self.folder / "memory.json").write_text(json.dumps(found), encoding="utf-8")
        return judged


def apart() -> Path:
    """The folder itself; the peak memory is written there when the process ends."""
    atexit.register(lambda: Kept().conclude([], duration=0.0))
    return FOLDER


def opened(name: str, options: Any) -> Case:
    """One server as both sides."""
    del options
    allowed = LoadPermission(allowed=True, max_rate=100_000)
    terms = Terms(
        environment=name, names=("root",), weights=(1,), permissions={"baseline": allowed, "candidate": allowed},
        latency=Latency.model_validate({"p50": {"max_ratio": 1.10}}), error_rate=ErrorRate(at_most=2.0, margin=2.0),
    )  # fmt: skip
    asked = PlannedRequest(name="root", method="GET", path="/", bases=(SERVER, SERVER))
    return Case(terms=terms, prepare=lambda: Target(requests=(asked,)), begin=lambda _: Kept(), apart=apart)


install(opened, lambda: "  loopback")
