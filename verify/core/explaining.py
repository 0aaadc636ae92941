"""What every run on record says about a claim, and why that counts or does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from verify.core.catalogue import Claim
from verify.core.evidence import Run
from verify.core.plan import Plan, freshness
from verify.core.relevance import Now, foreign, interrupted, mentions, newest, relevant, said, stale, unusable
from verify.core.standing import Standing
from verify.core.verdicts import Verdict
from verify.core.world import Found, World

State: TypeAlias = Literal["counts", "stale", "foreign", "superseded", "interrupted", "unusable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """
    What one run said about a claim. `verdict` is None where it said nothing; `age` is in seconds.

    `state` tells whether that counts, and `why` why not.
    """

    run: str
    tool: str
    kind: Literal["measured", "attested", "rejudged"]
    verdict: Verdict | None
    observed_at: datetime | None
    age: float | None
    state: State
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One claim of the plan: what the step asks of it, how it stands, and everything on record, newest first."""

    claim: Claim
    required: bool
    asked: bool
    waived: bool
    digest: str
    fresh: timedelta
    standing: Standing
    said: tuple[Said, ...]


def explain(plan: Plan, world: World, found: Found, since: datetime | None) -> tuple[Explained, ...]:
    """Every claim of the plan with all that is on record about it, sorted by claim; `since` as the standings had it."""
    digests = {**plan.required, **plan.others}
    return tuple(
        Explained(
            claim=claim,
            required=claim in plan.required,
            asked=claim in found.asked,
            waived=claim in found.waivers,
            digest=digests[claim],
            fresh=freshness(plan.step, claim.family),
            standing=each,
            said=_history(claim, digests[claim], plan, world, world.seen(since if claim in plan.required else None)),
        )
        for claim, each in sorted(found.standings.items())
    )


def _history(claim: Claim, digest: str, plan: Plan, world: World, now: Now) -> tuple[Said, ...]:
    fresh = freshness(plan.step, claim.family)
    speaking, _ = relevant(claim, digest, world.runs, now)
    counted = newest(claim, speaking) if speaking else None
    asked = [run for run in world.runs if mentions(run, claim)]
    asked.sort(key=lambda run: (run.started_at, run.id), reverse=True)
    return tuple(_said(claim, run, *_state(claim, run, digest, counted, fresh, now), now) for run in asked)


def _said(claim: Claim, run: Run, state: State, why: str, now: Now) -> Said:
    evidence = said(run, claim)
    return Said(
        run=run.id,
        tool=run.tool,
        kind=evidence.kind if evidence else "measured",
        verdict=evidence.verdict if evidence else None,
        observed_at=evidence.observed_at if evidence else None,
        age=(now.moment - evidence.observed_at).total_seconds() if evidence else None,
        state=state,
        why=why,
    )


def _state(claim: Claim, run: Run, digest: str, counted: Run | None, fresh: timedelta, now: Now) -> tuple[State, str]:
    evidence = said(run, claim)
    other = "" if run.blind else foreign(run, evidence, digest, now)
    if other:
        return "foreign", f"speaks of {other}"
    if counted is not None and run is not counted:
        return "superseded", f"run {counted.id} counts instead"
    if gap := interrupted(claim, run):
        return "interrupted", gap
    if evidence and (flaw := stale(claim, evidence, fresh, now)):
        return "stale", f"it {flaw}"
    if evidence and (flaw := unusable(claim, run, evidence, fresh, now)):
        return "unusable", f"it {flaw}"
    return "counts", ""
