"""The rules that let traffic move, or do not. Pure and total."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from verify.core.catalogue import Claim
from verify.core.decision import Action, Decision, Settled
from verify.core.evidence import Run
from verify.core.model import Step, Waiver
from verify.core.plan import Plan, freshness
from verify.core.scalars import show_duration
from verify.core.standing import Now, Standing, standing
from verify.core.subjects import Environment
from verify.core.verdicts import Cause, Verdict

LIVE: Final = frozenset({"health", "parity", "session", "realtime", "files", "search", "consistency", "success"})
_ROLLS_BACK: Final = frozenset({"health", "parity", "session", "realtime", "files"})
_ROLLING_CHECKS: Final = frozenset({"success.availability", "success.error_rate", "success.data_loss"})
_PROMISED: Final = ("requires", "fresh", "observe", "on_fail")
_YOUNG: Final = timedelta(minutes=15)


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


def position(chain: Sequence[Decision]) -> float:
    """The share of traffic on the candidate, in percent, as the chain has it; 0 before any ADVANCE that names one."""
    shares = [d.percent for d in chain if d.question == "advance" and d.action is Action.ADVANCE and d.percent is not None]
    return shares[-1] if shares else 0.0


def _reached(environment: Environment, chain: Sequence[Decision]) -> list[Decision]:
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


def _entered(step: Step, environment: Environment, chain: Sequence[Decision]) -> tuple[Step | None, datetime | None]:
    """The step before this one, and when the gate first let traffic into it; None where there is none."""
    steps = environment.system.steps
    index = next(i for i, each in enumerate(steps) if each.name == step.name)
    if index == 0:
        return None, None
    before = steps[index - 1]
    moments = [each.decided_at for each in _reached(environment, chain) if each.step == before.name]
    return before, moments[0] if moments else None


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
    reasons += [f"{family}: required by this step, and nothing is declared that it could be asked about" for family in plan.empty]
    reasons += [f"{id}: CATALOGUE.lock and the checks do not say the same; no check asks it as locked" for id in sorted(world.unasked)]
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


def _order(plan: Plan, before: Step | None, since: datetime | None) -> list[str]:
    if before and since is None:
        return [f"step {before.name} comes first, and the gate never said ADVANCE to it"]
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


def _open(plan: Plan, standings: Mapping[Claim, Standing], waived: frozenset[Claim], families: frozenset[str]) -> list[str]:
    """One reason a claim that is not proven, FAIL before INCONCLUSIVE."""
    reasons = []
    for claim, each in sorted(standings.items(), key=lambda item: (-item[1].verdict, item[0])):
        asked = claim in plan.required and claim.family in families
        if claim in waived:
            continue
        if each.verdict is Verdict.FAIL:
            reasons.append(f"FAIL {claim}: {each.why}")
        elif each.verdict is Verdict.INCONCLUSIVE and (asked or each.cause is Cause.FLAPPING):
            cause = f" ({each.cause.value})" if each.cause else ""
            reasons.append(f"INCONCLUSIVE{cause} {claim}: {each.why}")
        elif each.unanswered:
            reasons.append(f"{claim}: failed in {each.unanswered}, and no PASS has replaced it")
    return reasons


def _calls_back(step: Step, each: Standing, now: datetime) -> bool:
    """True when this standing alone is reason to take traffic back."""
    if each.verdict is not Verdict.FAIL or each.evidence is None:
        return False
    if not each.evidence.conclusion.confirmed or now - each.evidence.observed_at > _YOUNG:
        return False
    declared = {str(family): what for family, what in step.on_fail.items()}.get(each.claim.family)
    if declared:
        return declared == "roll-back"
    return each.claim.family in _ROLLS_BACK or each.claim.check in _ROLLING_CHECKS


def _going_back(environment: Environment, standings: Mapping[Claim, Standing], share: float) -> tuple[bool, str]:
    """Whether traffic can go back without losing what was written, and why."""
    if share <= 0:
        return True, "yes: no traffic is on the candidate yet"
    kinds = set(environment.system.data.values())
    if kinds == {"shared"}:
        return True, "yes: both sides use the same store, so nothing written meanwhile is left behind"
    records = [each for claim, each in standings.items() if claim.family == "consistency"]
    if kinds <= {"shared", "dual-write", "replicated"} and records and all(r.verdict is Verdict.PASS for r in records):
        return True, "yes: every dataset is equal on both sides"
    return False, "not proven: rows may exist on the candidate alone, and no fresh consistency evidence says otherwise"


def _target(environment: Environment, chain: Sequence[Decision]) -> str:
    """The step before the one that traffic is in, or `0`."""
    names = [each.name for each in environment.system.steps]
    entered = [d.step for d in chain if d.action is Action.ADVANCE and d.question == "advance" and d.step in names]
    index = names.index(entered[-1]) if entered else 0
    return names[index - 1] if index else "0"


def commitments(environment: Environment) -> dict[str, str]:
    """What was promised, accepted and waived, by name, so that a loosened promise shows."""
    system = environment.system
    found = {f"objective {name}": json.dumps(value, sort_keys=True) for name, value in system.objectives.model_dump(mode="json").items()}
    found |= {f"minimum dataset/{name}": str(spec.minimum) for name, spec in system.datasets.items()}
    found |= {f"accepted {a.check} {a.subject} {a.path}": f"until {a.until}: {a.reason}" for a in system.accepted}
    found |= {f"waived {w.check} {w.subject}": f"until {w.until}: {w.reason}" for w in environment.file.waived}
    for step in system.steps:
        said = step.model_dump(mode="json")
        found |= {f"step {step.name} {part}": json.dumps(said[part], sort_keys=True) for part in _PROMISED}
    return dict(sorted(found.items()))


def _changed(now: Mapping[str, str], chain: Sequence[Decision]) -> tuple[str, ...]:
    if not chain:
        return ()
    then = chain[-1].commitments
    names = sorted(set(now) | set(then))
    return tuple(
        f"{name}: was {then.get(name, 'absent')}, is {now.get(name, 'absent')}" for name in names if now.get(name) != then.get(name)
    )


def decide(environment: Environment, plan: Plan, world: World, *, question: Literal["advance", "stay"]) -> Decision:
    """
    The gate's answer.

    ADVANCE needs every required claim proven now, by sealed and fresh evidence of this build, description
    and target; anything else holds, and with traffic on the candidate a confirmed failure takes it back.
    """
    before, since = _entered(plan.step, environment, world.chain)
    standings = _standings(plan, world, since if question == "advance" else None)
    waivers = {claim: _waiver(environment, claim, world.now) for claim in standings}
    waived = frozenset(claim for claim, waiver in waivers.items() if waiver)
    families = LIVE if question == "stay" else frozenset(plan.step.requires)
    asked = [claim for claim in plan.required if claim.family in families]
    proven = sum(1 for claim in asked if standings[claim].verdict is Verdict.PASS)
    reasons = _gaps(plan, world) + _alone(environment, plan) + _open(plan, standings, waived, families)
    if question == "advance":
        reasons = _order(plan, before, since) + reasons + _spans(plan, standings)
    if not proven and not reasons:
        reasons = ["no required claim is proven; waivers alone prove nothing"]
    share = position(world.chain)
    safe, going_back = _going_back(environment, standings, share)
    calls = tuple(c for c, s in standings.items() if c not in waived and _calls_back(plan.step, s, world.now))
    retreat = _Retreat(safe=safe, why=going_back, target=_target(environment, world.chain), calls=calls)
    earned = f"{proven} of {len(asked)} required claims proven" + (f", {len(asked) - proven} waived" if proven < len(asked) else "")
    action, reasons, target = _act(reasons, share, retreat, earned)
    held = commitments(environment)
    return Decision(
        environment=environment.id,
        step=plan.step.name,
        percent=plan.step.percent,
        question=question,
        action=action,
        reasons=tuple(reasons),
        claims=tuple(_settle(s, required=c in plan.required, waiver=waivers[c]) for c, s in standings.items()),
        deferred=plan.deferred,
        undeclared=plan.undeclared,
        planned=tuple(sorted({*standings, *_gone(plan, world)})),
        acknowledged=tuple(sorted(world.acknowledged)),
        commitments=held,
        changed=_changed(held, world.chain),
        candidate=world.candidate,
        traffic_percent=share,
        target=target,
        going_back=going_back,
        decided_at=world.now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Retreat:
    """Whether traffic can go back, why, where to, and which claims call for it."""

    safe: bool
    why: str
    target: str
    calls: tuple[Claim, ...]


def _act(reasons: list[str], share: float, retreat: _Retreat, earned: str) -> tuple[Action, list[str], str]:
    """The action, its reasons and, for a rollback, its target."""
    if not reasons:
        return Action.ADVANCE, [earned], ""
    if share <= 0 or not retreat.calls:
        return Action.HOLD, reasons, ""
    if not retreat.safe:
        return Action.HOLD, [*reasons, f"going back is {retreat.why}"], ""
    return Action.ROLL_BACK, reasons, retreat.target
