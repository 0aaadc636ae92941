"""Where traffic is, which steps it has passed, and where it would go back to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from verify.core.decision import Action, Decision
from verify.core.model import Step
from verify.core.subjects import Environment


def position(chain: Sequence[Decision]) -> float:
    """The share of traffic on the candidate, in percent, as the chain has it; 0 before any ADVANCE that names one."""
    shares = [
        d.percent for d in chain if d.question == "advance" and d.action is Action.ADVANCE and d.percent is not None
    ]
    return shares[-1] if shares else 0.0


def reached(environment: Environment, chain: Sequence[Decision]) -> list[Decision]:
    """The ADVANCE decisions that still hold: going back to a step voids those of every step after it."""
    names = [each.name for each in environment.system.steps]
    found: list[Decision] = []
    for decision in chain:
        if decision.action is Action.ROLL_BACK:
            kept = names[: names.index(decision.target) + 1] if decision.target in names else []
            found = [each for each in found if each.step in kept]
        elif decision.action is Action.ADVANCE and decision.question == "advance" and decision.step in names:
            found.append(decision)
    return found


def entered(
    step: Step, environment: Environment, chain: Sequence[Decision], *, candidate: str | None
) -> tuple[Step | None, datetime | None]:
    """
    The step before this one, and when the gate first let traffic into it; None where it never did.

    After a new build everything is proven again at the current step: an ADVANCE of another build opens no new
    step, and does let the step be asked again that traffic is already in.
    """
    steps = environment.system.steps
    index = next(i for i, each in enumerate(steps) if each.name == step.name)
    if index == 0:
        return None, None
    before = steps[index - 1]
    passed = reached(environment, chain)
    inside = any(each.step == step.name for each in passed)
    moments = [
        each.decided_at for each in passed if each.step == before.name and (inside or each.candidate == candidate)
    ]
    return before, moments[0] if moments else None


def target_of_going_back(environment: Environment, chain: Sequence[Decision]) -> str:
    """The step before the one that traffic is in, or `0`."""
    names = [each.name for each in environment.system.steps]
    entered = [d.step for d in chain if d.action is Action.ADVANCE and d.question == "advance" and d.step in names]
    index = names.index(entered[-1]) if entered else 0
    return names[index - 1] if index else "0"
