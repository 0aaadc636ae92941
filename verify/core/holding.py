"""Every reason not to advance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from verify.core.catalogue import Claim
from verify.core.decision import Decision
from verify.core.evidence import Evidence
from verify.core.passage import arrived, inside, position
from verify.core.plan import Plan
from verify.core.relevance import CLOCK_SLACK, foreign, said
from verify.core.scalars import show_duration
from verify.core.standing import Standing
from verify.core.subjects import Environment
from verify.core.verdicts import Cause, Verdict
from verify.core.world import Found, World

# The check judges the split; this only asks whether it was measured where the record says traffic is. Four points are three
# standard deviations of 500 visitors at 10 %; nobody and everybody leave no room for chance.
_SPLIT_SHARE: Final = 0.2
_SPLIT_POINTS: Final = 4.0
_SPLIT_AT_END: Final = 0.5


def reasons(
    environment: Environment, plan: Plan, world: World, found: Found, *, question: Literal["advance", "stay"]
) -> list[str]:
    """Every reason not to advance; none means that enough was proven."""
    held = [
        *_clock(world),
        *_gaps(plan, world),
        *_unheard(environment, world),
        *world.doubts,
        *_alone(environment, plan),
        *_open(found),
    ]
    held += [*_unchecked(found, world), *_split(world, found)]
    if question == "advance":
        held = [*_order(found), *held, *_spans(plan, found.standings)]
    else:
        held = [*_elsewhere(environment, plan, world), *held]
    if not found.proven and not held:
        return ["no required claim is proven; waivers alone prove nothing"]
    return held


def gone(plan: Plan, world: World) -> set[Claim]:
    """Claims of the last decision, and claims that failed, that left the plan unacknowledged; decisions carry them on."""
    planned = set(world.last.planned if world.last else ())
    return (planned | dropped(plan, world).keys()) - set(plan.required) - set(plan.others) - world.acknowledged


def dropped(plan: Plan, world: World) -> dict[Claim, Evidence]:
    """
    What failed in a run of these builds, passed in none after it, and is no longer described: striking a claim is no proof.

    A failure that an earlier decision acknowledged is left out.
    """
    found: dict[Claim, Evidence] = {}
    for run in world.runs:  # oldest first, so that the last word counts
        for claim in run.evidence:
            seen = said(run, claim)
            if seen and seen.verdict is not Verdict.INCONCLUSIVE and not foreign(run, None, "", world.seen()):
                found[claim] = seen
    planned = {*plan.required, *plan.others}
    return {
        claim: seen
        for claim, seen in found.items()
        if seen.verdict is Verdict.FAIL and claim.environment == plan.environment and claim not in planned
        if not _answered(claim, seen, world)
    }


def _answered(claim: Claim, seen: Evidence, world: World) -> bool:
    decisions = (each for each in world.chain if isinstance(each, Decision))
    return any(claim in each.acknowledged and each.decided_at >= seen.observed_at for each in decisions)


def _clock(world: World) -> list[str]:
    """A clock that stands before what is on record makes stale evidence fresh."""
    last = world.chain[-1].decided_at if world.chain else world.now
    if last - world.now <= CLOCK_SLACK:
        return []
    ahead = f"dated {last:%Y-%m-%d %H:%M:%S} UTC, which lies ahead of this clock ({world.now:%Y-%m-%d %H:%M:%S} UTC)"
    remedy = "set the clock right, or, where it was wrong then, say where traffic is with `cutover moved`"
    return [f"the newest entry of the chain is {ahead}, so no age can be trusted; {remedy}"]


def _gaps(plan: Plan, world: World) -> list[str]:
    """Reasons to hold that no single claim gives."""
    held = []
    if not plan.required:
        held.append(f"step {plan.step.name} requires no claim of {plan.environment}; nothing would be proven")
    held += [
        f"{family}: required by this step, and nothing is declared that it could be asked about"
        for family in plan.empty
    ]
    held += [
        f"{check}: CATALOGUE.lock and the checks do not say the same; no check asks it as locked"
        for check in sorted(world.unasked)
    ]
    if world.candidate is None:
        held.append(f"the candidate's build is unknown: {world.silence or 'give --candidate'}")
    failures = dropped(plan, world)
    for claim in sorted(gone(plan, world)):
        seen = failures.get(claim)
        left = f"failed in {seen.run} ({seen.conclusion.summary})" if seen else "planned by the previous decision"
        held.append(f"{claim}: {left}, no longer there; --acknowledge '{claim}' if meant")
    return held


def _unheard(environment: Environment, world: World) -> list[str]:
    """A baseline that says which build it is, and was not heard: evidence may speak of an earlier one."""
    declared = environment.baseline is not None and environment.baseline.file.identity is not None
    return [f"the baseline's build is unknown: {world.deaf}"] if declared and world.deaf else []


def _alone(environment: Environment, plan: Plan) -> list[str]:
    """The reason to hold of a candidate that was compared with nothing."""
    if environment.baseline is None and plan.step.of == "candidate":
        return [f"{environment.name} names no baseline, so it was compared with nothing; ask about the candidate"]
    return []


def _order(found: Found) -> list[str]:
    if found.before and found.since is None:
        return [f"step {found.before.name} comes first, and the gate never said ADVANCE to it for this build"]
    return []


def _elsewhere(environment: Environment, plan: Plan, world: World) -> list[str]:
    """Nobody stays where traffic is not."""
    steps = inside(environment, world.chain)
    if plan.step.name in steps:
        return []
    where = f"traffic is in step {' or '.join(steps)}" if steps else "no decision let traffic into any step"
    return [f"--stay asks about step {plan.step.name}, and {where}; say where it is with `cutover moved` or `adopt`"]


def _spans(plan: Plan, standings: Mapping[Claim, Standing]) -> list[str]:
    """Success evidence that does not cover the declared observation time."""
    needed = plan.step.observe
    if needed is None:
        return []
    # Probes go on all the while; a load run, a split or a drill is over in minutes, and speaks beside them.
    lasting = {claim for claim in plan.required if claim.check == "success.availability"}
    if not any(claim.family == "success" for claim in plan.required):
        lasts = show_duration(needed)
        return [f"step {plan.step.name} wants {lasts} observed, and requires no success claim that could show it"]
    return [
        f"{claim}: observed for {show_duration(timedelta(seconds=round(each.evidence.duration)))}, {show_duration(needed)} needed"
        for claim, each in sorted(standings.items())
        if claim in (lasting or plan.required) and claim.family == "success"
        if each.evidence and each.verdict is Verdict.PASS
        if each.evidence.duration < needed.total_seconds()
    ]


def _open(found: Found) -> list[str]:
    """One reason a claim that is not proven, FAIL before INCONCLUSIVE."""
    held = []
    for claim, each in sorted(found.standings.items(), key=lambda item: (-item[1].verdict, item[0])):
        asked = claim in found.asked
        if claim in found.waivers:
            continue
        if each.verdict is Verdict.FAIL:
            held.append(f"FAIL {claim}: {each.why}")
        elif each.verdict is Verdict.INCONCLUSIVE and (asked or each.cause is Cause.FLAPPING):
            cause = f" ({each.cause.value})" if each.cause else ""
            held.append(f"INCONCLUSIVE{cause} {claim}: {each.why}")
        elif each.unanswered:
            held.append(f"{claim}: failed in {each.unanswered}, and no PASS has replaced it")
    return held


def unchecked(found: Found) -> tuple[str, ...]:
    """The variables that what counts depends on and that the gate's shell lacks."""
    return tuple(sorted({name for claim in found.asked for name in found.standings[claim].unchecked}))


def _unchecked(found: Found, world: World) -> list[str]:
    names = unchecked(found)
    if not names or world.as_recorded:
        return []
    shown = ", ".join(f"${{{name}}}" for name in names)
    doubt = "not set in this shell, so nobody can tell whether evidence speaks of today's targets"
    return [f"{shown}: {doubt}; set them, or take them --as-recorded"]


def _split(world: World, found: Found) -> list[str]:
    """
    A share of traffic that was measured since traffic came here, and is not where the chain says it is.

    Before anybody let traffic in or said where it is, there is nothing to disagree with: then a split is rehearsed.
    """
    share, since = position(world.chain), arrived(world.chain)
    if since is None:
        return []
    smaller = min(share, 100 - share)
    allowed = max(_SPLIT_POINTS, _SPLIT_SHARE * smaller) if smaller else _SPLIT_AT_END
    return [
        f"{claim}: {each.evidence.traffic_percent:g} % of traffic measured on the candidate, {share:g} % on record; "
        "correct the router, or say where traffic is with `cutover moved`"
        for claim, each in sorted(found.standings.items())
        if claim.check == "success.split" and each.evidence and each.evidence.traffic_percent is not None
        if each.evidence.observed_at > since
        if abs(each.evidence.traffic_percent - share) > allowed or _nobody(each.evidence.traffic_percent, share)
    ]


def _nobody(measured: float, share: float) -> bool:
    """True when one side was met by nobody although some are to be there: a small share is not none."""
    return 0 < share < 100 and measured in {0.0, 100.0}
