"""The gate asked about a drill: one step that needs every family, before traffic and with traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from verify.core.catalogue import Check, claims
from verify.core.decision import Action, Decision
from verify.core.errors import EvidenceError
from verify.core.gate import World, decide
from verify.core.model import Step
from verify.core.plan import plan
from verify.core.subjects import Environment
from verify.reading import read_runs
from verify.recording import home

STEP: Final = "drill"
_FRESH: Final = timedelta(hours=2)


def with_one_step(environment: Environment, checks: Mapping[str, Check]) -> Environment:
    """The environment with a single step that requires every family it has claims of."""
    families = sorted({claim.family for claim in claims(environment, checks)})
    step = Step.model_validate({"name": STEP, "percent": 10.0, "requires": families, "fresh": {"default": _FRESH}})
    return replace(environment, system=environment.system.model_copy(update={"steps": (step,)}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where a drill's evidence lies and what the gate compares it with."""

    environment: Environment
    checks: Mapping[str, Check]
    root: Path

    def decide(
        self, now: datetime, candidate: str | None, *, entered: Decision | None, unasked: frozenset[str] = frozenset()
    ) -> Decision | None:
        """
        The gate's answer from the evidence on disk; None when that is unusable.

        Without `entered` it is asked before traffic moves, with it whether traffic may stay.
        """
        try:
            runs = read_runs(home(self.root, self.environment), environment=self.environment.id)
        except EvidenceError:
            return None
        world = World(
            runs=runs,
            chain=[entered] if entered else [],
            now=now,
            candidate=candidate,
            targets={},
            unasked=unasked,
        )
        step = self.environment.system.steps[0]
        question = "stay" if entered else "advance"
        found = plan(self.environment, step, self.checks)
        return decide(self.environment, found, world, question="stay" if question == "stay" else "advance")


def entered(environment: Environment, moment: datetime) -> Decision:
    """The decision that once let traffic into the drill's step, before anything that counts at that moment was observed."""
    step = environment.system.steps[0]
    return Decision(
        environment=environment.id,
        step=step.name,
        percent=step.percent,
        question="advance",
        action=Action.ADVANCE,
        reasons=("the drill's own start",),
        claims=(),
        decided_at=moment - _FRESH,
    )
