"""What a step needs proven, from data alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from verify.core.catalogue import Check, Claim, claims
from verify.core.model import Step
from verify.core.retreat import one_way
from verify.core.subjects import Environment, claim_digest

FRESH = timedelta(hours=24)
FRESH_HEALTH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    The claims of a step.

    `required` maps each claim the step needs to the digest of its description; `others` are claims of
    families the step does not require; `empty` names required families without any claim; `undeclared`
    names checks this environment gives nothing to ask about; `deferred` families, those of `others` among them, are
    required by another step, `never_required` ones by none. `one_way` says why going back from this step could never be proven.
    """

    environment: str
    step: Step
    required: Mapping[Claim, str]
    others: Mapping[Claim, str]
    empty: tuple[str, ...]
    undeclared: tuple[str, ...]
    deferred: tuple[str, ...] = ()
    never_required: tuple[str, ...] = ()
    one_way: str = ""


def freshness(step: Step, family: str) -> timedelta:
    """How old evidence of this family may be: declared, else 15 min for health and 24 h for the rest."""
    declared = {str(name): span for name, span in step.fresh.items()}
    if family in declared:
        return declared[family]
    return declared.get("default", by_itself(family))


def by_itself(family: str) -> timedelta:
    """How old evidence of this family may be where nothing is declared."""
    return FRESH_HEALTH if family == "health" else FRESH


def plan(environment: Environment, step: Step, checks: Mapping[str, Check]) -> Plan:
    """Every claim that needs evidence before the step, computed from the lock and the description."""
    found = claims(environment, checks)
    digests = {claim: claim_digest(environment, claim.check, subject) for claim, subject in found.items()}
    required = {claim: digest for claim, digest in digests.items() if claim.family in step.requires}
    others = {claim: digest for claim, digest in digests.items() if claim not in required}
    covered = {claim.family for claim in required}
    put_off = (*step.deferred, *sorted({claim.family for claim in others} - set(step.deferred)))
    asked = {claim.check for claim in found}
    somewhere = {family for each in environment.system.steps for family in each.requires}
    return Plan(
        environment=environment.id,
        step=step,
        required=required,
        others=others,
        empty=tuple(family for family in step.requires if family not in covered),
        undeclared=tuple(sorted(set(checks) - asked)),
        deferred=tuple(family for family in put_off if family in somewhere),
        never_required=tuple(family for family in put_off if family not in somewhere),
        one_way=_stranded(environment, step, found),
    )


def _stranded(environment: Environment, step: Step, found: Iterable[Claim]) -> str:
    """Why nobody could ever prove that traffic may leave this step again; a step that brings none there is left anyhow."""
    never = one_way(environment, found) if step.percent and step.of == "candidate" else ""
    return (
        f"step {step.name} puts traffic on the candidate, and going back can never be proven: {never}" if never else ""
    )
