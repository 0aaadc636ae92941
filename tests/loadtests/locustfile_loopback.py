"""The load run against two loopback addresses, with evidence in memory; the settings come from the environment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.scenario import Arrivals, install
from loadtests.session import Case, Judged
from loadtests.target import PlannedRequest, Target, Terms
from verify.core.model import ErrorRate, Latency, LoadPermission

__all__ = ["Arrivals"]
FOLDER = Path(os.environ["LOOPBACK_FOLDER"])


@dataclass(slots=True)
class Kept:
    """Evidence as a JSON file."""

    folder: Path = FOLDER

    def conclude(self, judged: Judged, *, duration: float) -> Judged:  # noqa: ARG002
        """The conclusions are in results.json."""
        said = [
            {"check": check, "subject": subject, "verdict": each.verdict.name, "cause": each.cause and each.cause.value,
             "summary": each.summary, "receipt": each.receipt}
            for check, subject, each in judged
        ]  # fmt: skip
        (self.folder / "results.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
        return judged


def opened(name: str, options: Any) -> Case:
    """Two loopback sides."""
    allowed = LoadPermission(allowed=os.environ.get("LOOPBACK_ALLOWED") != "no", max_rate=5000)
    terms = Terms(
        environment=name,
        names=("one", "two"),
        weights=(3, 1),
        permissions={"baseline": allowed, "candidate": allowed},
        latency=Latency.model_validate({"p50": {"max_ratio": 1.10}, "p95": {"max_ratio": 1.15}}),
        error_rate=ErrorRate(at_most=2.0, margin=2.0),
    )
    bases = (os.environ["LOOPBACK_BASELINE"], os.environ["LOOPBACK_CANDIDATE"])
    requests = tuple(
        PlannedRequest(name=each, method="GET", path=f"/{each}", bases=bases, timeout=2.0, weight=weight)
        for each, weight in zip(terms.names, terms.weights, strict=True)
    )
    return Case(
        terms=terms, prepare=lambda: Target(requests=requests), begin=lambda _: Kept(), apart=lambda: FOLDER / "drain"
    )


install(opened, lambda: "  loopback")
