"""The rules that let traffic move, or do not. Pure and total."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from verify.core.catalogue import Claim
from verify.core.commitments import changed, commitments
from verify.core.decision import Action, Decision, Settled
from verify.core.holding import gone, reasons
from verify.core.model import Waiver
from verify.core.notes import notes, seen_elsewhere
from verify.core.overriding import covering, in_force, lost, outcome
from verify.core.passage import entered, exposed, position, target_of_going_back
from verify.core.plan import Plan, freshness
from verify.core.retreat import Retreat, act, at_stake, calls_back, going_back
from verify.core.standing import Standing, standing
from verify.core.subjects import Environment
from verify.core.verdicts import Verdict
from verify.core.world import Found, World

__all__ = ["LIVE", "World", "decide", "find"]
LIVE: Final = frozenset({"health", "parity", "session", "realtime", "files", "search", "consistency", "success"})


def _waiver(environment: Environment, each: Standing, now: datetime) -> Waiver | None:
    """The waiver of exactly this claim; none covers what says that data is lost."""
    if at_stake(each):
        return None
    for waiver in environment.file.waived:
        if (waiver.check, waiver.subject) == (each.claim.check, each.claim.subject) and waiver.until >= now.date():
            return waiver
    return None


def _settle(each: Standing, *, required: bool, waiver: Waiver | None) -> Settled:
    conclusion = each.evidence.conclusion if each.evidence else None
    waived = f"{waiver.instead} ({waiver.reason}; {waiver.approved_by}, until {waiver.until})" if waiver else ""
    return Settled(
        claim=each.claim,
        required=required,
        verdict=each.verdict,
        why=each.why,
        cause=each.cause,
        waived=waived if each.verdict is not Verdict.PASS else "",
        run=each.run,
        observed_at=each.observed_at,
        reproduce=each.reproduce,
        receipt=conclusion.receipt if conclusion else "",
        differences=conclusion.differences if conclusion else (),
        omitted=conclusion.omitted if conclusion else 0,
        accepted=conclusion.accepted if conclusion else {},
        normalised=conclusion.normalised if conclusion else {},
        superseded=each.superseded,
        kind=each.evidence.kind if each.evidence else "measured",
        remedy=conclusion.remedy if conclusion and conclusion.summary == each.why else "",
    )


def _standings(plan: Plan, world: World, since: datetime | None) -> dict[Claim, Standing]:
    """Every claim's standing; what is required is held against the step before, what is not only against now."""
    everything = {**plan.required, **plan.others}
    return {
        claim: standing(
            claim,
            digest,
            world.runs,
            fresh=freshness(plan.step, claim.family),
            now=world.seen(since if claim in plan.required else None),
        )
        for claim, digest in sorted(everything.items())
    }


def find(environment: Environment, plan: Plan, world: World, *, question: Literal["advance", "stay"]) -> Found:
    """What the world says about every claim of the plan, and which of them this question asks."""
    before, since = entered(plan.step, environment, world.chain, candidate=world.candidate)
    standings = _standings(plan, world, since if question == "advance" else None)
    waivers = {claim: _waiver(environment, each, world.now) for claim, each in standings.items()}
    families = LIVE if question == "stay" else frozenset(plan.step.requires)
    return Found(
        before=before,
        since=since,
        standings=standings,
        waivers={claim: waiver for claim, waiver in waivers.items() if waiver},
        asked=frozenset(claim for claim in plan.required if claim.family in families),
    )


def decide(environment: Environment, plan: Plan, world: World, *, question: Literal["advance", "stay"]) -> Decision:
    """
    The gate's answer.

    ADVANCE needs every required claim proven now, by sealed and fresh evidence of this build, description
    and target; anything else holds, and with traffic on the candidate a confirmed failure takes it back.
    """
    found = find(environment, plan, world, question=question)
    held = reasons(environment, plan, world, found, question=question)
    share = position(world.chain)
    safe, why = going_back(environment, found.standings, share, since=exposed(world.chain))
    retreat = Retreat(
        safe=safe,
        fails=_fails(found),
        why=why,
        target=target_of_going_back(environment, world.chain, staying=plan.step.name if question == "stay" else ""),
        calls=tuple(
            claim
            for claim, each in found.standings.items()
            if claim not in found.waivers and calls_back(plan.step, each, world.now)
        ),
    )
    action, held, target = act(held, share, retreat, found.earned)
    decision = replace(
        _decision(environment, plan, world, found, question=question), action=action, reasons=tuple(held),
        target=target, going_back=why, traffic_percent=share,
        person_decides=action is Action.HOLD and share > 0 and retreat.undecided,
    )  # fmt: skip
    return _answered_for(environment, plan, world, found, decision)


def _fails(found: Found) -> bool:
    """True when the candidate fails where it is asked under traffic; a drill says only how traffic would go back."""
    return any(
        each.verdict is Verdict.FAIL and claim.family in LIVE and claim.check != "success.rollback"
        for claim, each in found.standings.items()
        if claim not in found.waivers
    )


def _answered_for(environment: Environment, plan: Plan, world: World, found: Found, decision: Decision) -> Decision:
    """The decision with everything that holds beside the claims, and with who answers for it where somebody does."""
    overrides = in_force(environment, world.chain, world.now)
    override = covering(plan.step, overrides) if decision.action is not Action.ADVANCE else None
    used, words = outcome(override, lost(found.standings.values()), allowed=world.allow_override)
    told = notes(environment, world, found, overrides, override, words)
    told += tuple(seen_elsewhere(found, world)) if decision.question == "stay" else ()
    told = (plan.one_way, *told) if plan.one_way and decision.question == "advance" else told
    return replace(
        decision,
        notes=told,
        reasons=(*decision.reasons, *told),
        overridden_by=override.approvers if override and used == "used" else (),
    )


def _decision(
    environment: Environment, plan: Plan, world: World, found: Found, *, question: Literal["advance", "stay"]
) -> Decision:
    """Everything of the decision but its action; HOLD until that is known."""
    held = commitments(environment)
    return Decision(
        environment=environment.id,
        step=plan.step.name,
        percent=plan.step.percent,
        question=question,
        action=Action.HOLD,
        reasons=(),
        claims=tuple(
            _settle(each, required=claim in plan.required, waiver=found.waivers.get(claim))
            for claim, each in found.standings.items()
        ),
        deferred=plan.deferred,
        never_required=plan.never_required,
        undeclared=plan.undeclared,
        planned=tuple(sorted({*found.standings, *gone(plan, world)})),
        acknowledged=tuple(sorted(world.acknowledged)),
        commitments=held,
        changed=changed(held, world.chain),
        candidate=world.candidate,
        decided_at=world.now,
        of=plan.step.of,
        baseline=world.baseline,
        because=world.because,
        one_build=environment.file.identity is not None and environment.file.identity.build is None,
    )
