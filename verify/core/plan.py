"""What a step needs proven, from data alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from verify.core.catalogue import Check, Claim, claims
from verify.core.model import Step
from verify.core.subjects import Environment, claim_digest

FRESH = timedelta(hours=24)
FRESH_HEALTH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    The claims of a step.

    `required` maps each claim the step needs to the digest of its description; `others` are claims of
    families the step does not require; `empty` names required families without any claim; `undeclared`
    names checks this environment gives nothing to ask about; `deferred` families are not yet required.
    """

    environment: str
    step: Step
    required: Mapping[Claim, str]
    others: Mapping[Claim, str]
    empty: tuple[str, ...]
    undeclared: tuple[str, ...]

    @property
    def deferred(self) -> tuple[str, ...]:
        """Families the step declares as not yet required."""
        return self.step.deferred


def freshness(step: Step, family: str) -> timedelta:
    """How old evidence of this family may be: declared, else 15 min for health and 24 h for the rest."""
    declared = {str(name): span for name, span in step.fresh.items()}
    if family in declared:
        return declared[family]
    return declared.get("default", FRESH_HEALTH if family == "health" else FRESH)


def plan(environment: Environment, step: Step, checks: Mapping[str, Check]) -> Plan:
    """Every claim that needs evidence before the step, computed from the lock and the description."""
    found = claims(environment, checks)
    digests = {claim: claim_digest(environment, claim.check, subject) for claim, subject in found.items()}
    required = {claim: digest for claim, digest in digests.items() if claim.family in step.requires}
    covered = {claim.family for claim in required}
    asked = {claim.check for claim in found}
    return Plan(
        environment=environment.id,
        step=step,
        required=required,
        others={claim: digest for claim, digest in digests.items() if claim not in required},
        empty=tuple(family for family in step.requires if family not in covered),
        undeclared=tuple(sorted(set(checks) - asked)),
    )
