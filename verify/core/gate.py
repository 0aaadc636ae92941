"""The rules that let traffic move, or do not. Pure and total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from verify.core.catalogue import Claim
from verify.core.commitments import changed, commitments
from verify.core.decision import Action, Decision, Settled
from verify.core.evidence import Run
from verify.core.model import Step, Waiver
from verify.core.passage import entered, position, target_of_going_back
from verify.core.plan import Plan, freshness
from verify.core.retreat import Retreat, act, calls_back, going_back
from verify.core.scalars import show_duration
from verify.core.standing import Now, Standing, standing
from verify.core.subjects import Environment
from verify.core.verdicts import Cause, Verdict

LIVE: Final = frozenset({"health", "parity", "session", "realtime", "files", "search", "consistency", "success"})


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a decision may look at besides the plan."""

    runs: Sequence[Run]
    chain: Sequence[Decision]
    now: datetime
    candidate: str | None
    targets: Mapping[str, str]
    silence: str = ""
    unasked: frozenset[str] = frozenset()
    acknowledged: frozenset[Claim] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Every claim's standing, and what this question asks of them."""

    before: Step | None
    since: datetime | None
    standings: Mapping[Claim, Standing]
    waivers: Mapping[Claim, Waiver]
    asked: frozenset[Claim]

    @property
    def proven(self) -> int:
        """How many of the claims asked for are proven."""
        return sum(1 for claim in self.asked if self.standings[claim].verdict is Verdict.PASS)

    @property
    def earned(self) -> str:
        """What an ADVANCE rests on, in words."""
        waived = len(self.asked) - self.proven
        return f"{self.proven} of {len(self.asked)} required claims proven" + (f", {waived} waived" if waived else "")


def _waiver(environment: Environment, claim: Claim, now: datetime) -> Waiver | None:
    for each in environment.file.waived:
        if (each.check, each.subject) == (claim.check, claim.subject) and each.until >= now.date():
            return each
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
    )


def _standings(plan: Plan, world: World, since: datetime | None) -> dict[Claim, Standing]:
    now = Now(moment=world.now, candidate=world.candidate, targets=world.targets)
    after = replace(now, since=since)
    everything = {**plan.required, **plan.others}
    return {
        claim: standing(
            claim,
            digest,
            world.runs,
            fresh=freshness(plan.step, claim.family),
            now=after if claim in plan.required else now,
        )
        for claim, digest in sorted(everything.items())
    }


def _gaps(plan: Plan, world: World) -> list[str]:
    """Reasons to hold that no single claim gives."""
    reasons = []
    if not plan.required:
        reasons.append(f"step {plan.step.name} requires no claim of {plan.environment}; nothing would be proven")
    reasons += [
        f"{family}: required by this step, and nothing is declared that it could be asked about"
        for family in plan.empty
    ]
    reasons += [
        f"{check}: CATALOGUE.lock and the checks do not say the same; no check asks it as locked"
        for check in sorted(world.unasked)
    ]
    if world.candidate is None:
        reasons.append(f"the candidate's build is unknown: {world.silence or 'give --candidate'}")
    left = "planned by the previous decision, no longer there"
    return reasons + [f"{claim}: {left}; --acknowledge '{claim}' if meant" for claim in sorted(_gone(plan, world))]


def _gone(plan: Plan, world: World) -> set[Claim]:
    """Claims of the last decision that left the plan unacknowledged; the next decision carries them on."""
    last = world.chain[-1] if world.chain else None
    return set(last.planned if last else ()) - set(plan.required) - set(plan.others) - world.acknowledged


def _alone(environment: Environment, plan: Plan) -> list[str]:
    """The reason to hold of a candidate that was compared with nothing."""
    if environment.baseline is None and plan.step.of == "candidate":
        return [f"{environment.name} names no baseline, so it was compared with nothing; ask about the candidate"]
    return []


def _order(found: _Found) -> list[str]:
    if found.before and found.since is None:
        return [f"step {found.before.name} comes first, and the gate never said ADVANCE to it for this build"]
    return []


def _spans(plan: Plan, standings: Mapping[Claim, Standing]) -> list[str]:
    """Success evidence that does not cover the declared observation time."""
    needed = plan.step.observe
    if needed is None:
        return []
    return [
        f"{claim}: observed for {show_duration(timedelta(seconds=round(each.evidence.duration)))}, {show_duration(needed)} needed"
        for claim, each in sorted(standings.items())
        if claim in plan.required and claim.family == "success" and each.evidence and each.verdict is Verdict.PASS
        if each.evidence.duration < needed.total_seconds()
    ]


def _open(found: _Found) -> list[str]:
    """One reason a claim that is not proven, FAIL before INCONCLUSIVE."""
    reasons = []
    for claim, each in sorted(found.standings.items(), key=lambda item: (-item[1].verdict, item[0])):
        asked = claim in found.asked
        if claim in found.waivers:
            continue
        if each.verdict is Verdict.FAIL:
            reasons.append(f"FAIL {claim}: {each.why}")
        elif each.verdict is Verdict.INCONCLUSIVE and (asked or each.cause is Cause.FLAPPING):
            cause = f" ({each.cause.value})" if each.cause else ""
            reasons.append(f"INCONCLUSIVE{cause} {claim}: {each.why}")
        elif each.unanswered:
            reasons.append(f"{claim}: failed in {each.unanswered}, and no PASS has replaced it")
    return reasons


def _reasons(
    environment: Environment, plan: Plan, world: World, found: _Found, *, question: Literal["advance", "stay"]
) -> list[str]:
    """Every reason not to advance; none means that enough was proven."""
    reasons = _gaps(plan, world) + _alone(environment, plan) + _open(found)
    if question == "advance":
        reasons = _order(found) + reasons + _spans(plan, found.standings)
    if not found.proven and not reasons:
        return ["no required claim is proven; waivers alone prove nothing"]
    return reasons


def _find(environment: Environment, plan: Plan, world: World, *, question: Literal["advance", "stay"]) -> _Found:
    before, since = entered(plan.step, environment, world.chain, candidate=world.candidate)
    standings = _standings(plan, world, since if question == "advance" else None)
    waivers = {claim: _waiver(environment, claim, world.now) for claim in standings}
    families = LIVE if question == "stay" else frozenset(plan.step.requires)
    return _Found(
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
    found = _find(environment, plan, world, question=question)
    reasons = _reasons(environment, plan, world, found, question=question)
    share = position(world.chain)
    safe, why = going_back(environment, found.standings, share)
    retreat = Retreat(
        safe=safe,
        why=why,
        target=target_of_going_back(environment, world.chain),
        calls=tuple(
            claim
            for claim, each in found.standings.items()
            if claim not in found.waivers and calls_back(plan.step, each, world.now)
        ),
    )
    action, reasons, target = act(reasons, share, retreat, found.earned)
    decision = _decision(environment, plan, world, found, question=question)
    return replace(
        decision, action=action, reasons=tuple(reasons), target=target, going_back=why, traffic_percent=share
    )


def _decision(
    environment: Environment, plan: Plan, world: World, found: _Found, *, question: Literal["advance", "stay"]
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
        undeclared=plan.undeclared,
        planned=tuple(sorted({*found.standings, *_gone(plan, world)})),
        acknowledged=tuple(sorted(world.acknowledged)),
        commitments=held,
        changed=changed(held, world.chain),
        candidate=world.candidate,
        decided_at=world.now,
    )
