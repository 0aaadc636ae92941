"""Defects in the suite's own world: a check that is not asked, a run cut short, evidence that is old or edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.faults.fault import EASYPICKS, FAIL, HOLD, INCONCLUSIVE

# The one claim that is left out, crashed or killed: each system's probe for a thing that does not exist.
VICTIMS: Mapping[str, str] = {
    "easypicks": "unknown_product", "pickup": "unknown_product", "algoitny": "unknown_plan",
    "database-api": "unknown_document", "dispatch": "unknown_delivery",
}  # fmt: skip
OF_THE_VICTIM = "victim"
EVERY_CLAIM = "*"
OF_THE_RUN = "pytest:*"
UNUSABLE = "UNUSABLE"


How = Literal["deselect", "delete", "crash", "crash-after-pass", "kill", "age", "edit", "send-nothing", "divert"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteFault:
    """
    One defect of the verification itself.

    `how` names what the drill does; `claims` maps "check subject" (`*` for every claim, `pytest:*` for those pytest
    asks, `victim` for the system's own) to the verdict the gate must see. `advance` and `stay` are the gate's
    decisions, or UNUSABLE for exit code 30. `systems` are those it exists for, every one unless told. `diverted`
    maps a variable of the description to the twin's variable whose value it gets.
    """

    name: str
    summary: str
    how: How
    claims: Mapping[str, str] = field(default_factory=dict)
    advance: str = HOLD
    stay: str = HOLD
    kind: str = "suite"
    systems: frozenset[str] | None = None
    diverted: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, system: str) -> bool:
        """Whether it exists for that system."""
        return self.systems is None or system in self.systems

    def claims_of(self, system: str) -> Mapping[str, str]:
        """Every claim this fault must alter, with its verdict; none in a system it does not exist for."""
        if not self.concerns(system):
            return {}
        victim = f"parity.errors error/{VICTIMS[system]}" if system in VICTIMS else OF_THE_VICTIM
        return {victim if claim == OF_THE_VICTIM else claim: verdict for claim, verdict in self.claims.items()}


SUITE_FAULTS = (
    SuiteFault(
        name="check-deselected",
        summary="pytest ends green after --deselect dropped one check",
        how="deselect",
        claims={OF_THE_VICTIM: INCONCLUSIVE},
    ),
    SuiteFault(
        name="check-deleted",
        summary="the function that asks parity.errors is gone; CATALOGUE.lock still names it",
        how="delete",
        claims={},
    ),
    SuiteFault(
        name="check-crashes",
        summary="a check raises before it judges",
        how="crash",
        claims={OF_THE_VICTIM: INCONCLUSIVE},
    ),
    SuiteFault(
        name="crash-after-pass",
        summary="a check says PASS and then raises",
        how="crash-after-pass",
        claims={OF_THE_VICTIM: INCONCLUSIVE},
    ),
    SuiteFault(
        name="run-killed",
        summary="the run is killed after a green one, in the middle of a check",
        how="kill",
        claims={OF_THE_RUN: INCONCLUSIVE},
    ),
    SuiteFault(
        name="evidence-stale",
        summary="green evidence is older than the step allows",
        how="age",
        claims={EVERY_CLAIM: INCONCLUSIVE},
    ),
    SuiteFault(
        name="evidence-edited",
        summary="a line of the evidence was edited after it was written",
        how="edit",
        advance=UNUSABLE,
        stay=UNUSABLE,
    ),
    SuiteFault(
        name="zero-requests",
        summary="the load run ends before it has sent what it planned",
        how="send-nothing",
        claims={"load.latency mix/api": INCONCLUSIVE, "success.error_rate mix/api": INCONCLUSIVE},
    ),
    SuiteFault(
        name="database-diverted",
        summary="the candidate's variable leads to another database on the same server",
        how="divert",
        systems=frozenset({EASYPICKS}),
        diverted={"LIGHTSAIL_DATABASE_DSN": "EASYPICKS_REHEARSAL_DSN"},
        claims={"consistency.same_store store/main": FAIL},
    ),
)


def suite_faults_of(system: str) -> tuple[SuiteFault, ...]:
    """Those that exist for that system."""
    return tuple(each for each in SUITE_FAULTS if each.concerns(system))
