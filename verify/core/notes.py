"""What holds beside the claims and belongs into every decision: who answered for what, and what was taken on trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from verify.core.catalogue import Claim
from verify.core.decision import Decision
from verify.core.evidence import Evidence
from verify.core.holding import unchecked
from verify.core.links import Adopted, Override
from verify.core.model import Accepted, Waiver
from verify.core.outset import from_the_start
from verify.core.overriding import told
from verify.core.passage import arrived, lets_in, reached
from verify.core.relevance import foreign, said
from verify.core.scalars import show_duration
from verify.core.standing import Standing
from verify.core.subjects import Environment
from verify.core.verdicts import Verdict
from verify.core.world import Found, World

# What somebody answers for beyond a quarter of a year is told again in each decision, and so is evidence that may be as old.
FAR: Final = timedelta(days=90)
_SAID: Final = {Verdict.PASS: "PASSED", Verdict.FAIL: "FAILED", Verdict.INCONCLUSIVE: "was INCONCLUSIVE"}


def notes(
    environment: Environment,
    world: World,
    found: Found,
    overrides: Sequence[Override],
    used: Override | None,
    words: str,
) -> tuple[str, ...]:
    """One sentence each: overrides in force, an adopted step, what was left out, what persons said, replaced failures."""
    return (
        *(f"{words}: {told(each)}" if each is used and words else told(each) for each in overrides),
        *_adopted(environment, world),
        *_left_out(found, world),
        *_far_ahead(environment, world),
        *_long_fresh(environment),
        *from_the_start(environment, world.chain),
        *(_attested(each) for each in found.standings.values() if _said_by_a_person(each)),
        *_rejudged(found),
        *(
            f"{each.claim}: failed before it passed, in {failure}; because: {world.because or 'nobody said why (--because)'}"
            for each in found.standings.values()
            for failure in each.superseded
        ),
        *_taken(found, world),
        *_suites(found, world),
    )


def _adopted(environment: Environment, world: World) -> list[str]:
    steps = {each.step for each in reached(environment, world.chain)}
    return [
        f"step {each.step} was adopted on {each.decided_at:%Y-%m-%d} on the word of {each.attested_by}: {each.reason}"
        + (f"; its build {each.candidate} was typed, nobody was asked" if each.typed else "")
        for each in world.chain
        if isinstance(each, Adopted) and each.step in steps
    ]


def _far_ahead(environment: Environment, world: World) -> list[str]:
    """Waivers and accepted differences whose last day is so far away that nobody is asked about them again."""
    last = (world.now + FAR).date()
    places: list[tuple[Waiver | Accepted, str]] = [
        *((each, f"{each.subject}: waived") for each in environment.file.waived),
        *((each, f"{each.subject} {each.path}: accepted") for each in environment.system.accepted),
    ]
    return [
        f"{each.check} {place} by {each.approved_by} until {each.until}, over {FAR.days} days ahead"
        for each, place in places
        if each.until > last
    ]


def _long_fresh(environment: Environment) -> list[str]:
    """Steps that take evidence for today's which is so old that it speaks of another time."""
    found = []
    for step in environment.system.steps:
        long = [f"{family} {show_duration(span)}" for family, span in sorted(step.fresh.items()) if span > FAR]
        if long:
            found.append(f"step {step.name}: evidence counts for over {FAR.days} days: fresh {', '.join(long)}")
    return found


def _left_out(found: Found, world: World) -> list[str]:
    """Claims that somebody took out of the description on purpose, each with the last that is known of it."""
    return [
        f"left out on purpose: {claim}, {_known_of(claim, world)}"
        for claim in sorted(_acknowledged(world) - found.standings.keys())
    ]


def _acknowledged(world: World) -> frozenset[Claim]:
    """What is acknowledged now, and what was since traffic was last let in: no ADVANCE was given in its sight yet."""
    earlier: frozenset[Claim] = frozenset()
    for each in world.chain:
        if isinstance(each, Decision):
            earlier = frozenset() if lets_in(each) else earlier | set(each.acknowledged)
    return world.acknowledged | (earlier - set(world.last.planned if world.last else ()))


def _known_of(claim: Claim, world: World) -> str:
    seen: Evidence | None = None
    for run in world.runs:  # oldest first; that a later run could not tell replaces no verdict
        heard = None if foreign(run, None, "", world.seen()) else said(run, claim)
        if heard and (seen is None or heard.verdict is not Verdict.INCONCLUSIVE):
            seen = heard
    return f"which {_SAID[seen.verdict]} in {seen.run}" if seen else "of which no run of these builds says anything"


def _rejudged(found: Found) -> list[str]:
    """Claims whose verdict was drawn a second time from the same observations."""
    return [
        f"{each.claim}: {each.verdict.name} by later rules, from what was observed before (cutover rejudge, {each.run})"
        for each in found.standings.values()
        if each.evidence is not None and each.evidence.kind == "rejudged"
    ]


def _said_by_a_person(each: Standing) -> bool:
    return each.evidence is not None and each.evidence.kind == "attested" and each.verdict is not Verdict.INCONCLUSIVE


def _attested(each: Standing) -> str:
    evidence = each.evidence
    until = f", until {evidence.expires_at:%Y-%m-%d %H:%M} UTC" if evidence and evidence.expires_at else ""
    return f"{each.claim}: nobody measured it; {each.why}{until}"


def _suites(found: Found, world: World) -> list[str]:
    """Runs that count and were made by another revision of the suite: its checks may have asked less."""
    counted = {found.standings[claim].run for claim in found.asked if found.standings[claim].verdict is Verdict.PASS}
    others = sorted({each.suite for each in world.runs if each.id in counted and each.suite not in {"", world.suite}})
    if not others or not world.suite:
        return []
    return [f"what counts was asked by another revision of cutover, {', '.join(others)}; this one is {world.suite}"]


def noted(decision: Decision, more: Sequence[str]) -> Decision:
    """The decision with more notes, before those it has."""
    why = decision.reasons[: len(decision.reasons) - len(decision.notes)]
    told = (*more, *decision.notes)
    return replace(decision, notes=told, reasons=(*why, *told))


def seen_elsewhere(found: Found, world: World) -> list[str]:
    """Success claims that were proven before traffic came to where it is: at another share, by other users."""
    since = arrived(world.chain)
    return [
        f"{claim}: observed before traffic came to where it is ({since:%Y-%m-%d %H:%M} UTC), not since"
        for claim in sorted(found.asked)
        if since and claim.family == "success" and _began_before(found.standings[claim], since)
    ]


def _began_before(each: Standing, since: datetime) -> bool:
    seen = each.evidence
    return (
        each.verdict is Verdict.PASS and seen is not None and (seen.observed_at - since).total_seconds() < seen.duration
    )


def _taken(found: Found, world: World) -> list[str]:
    names = unchecked(found) if world.as_recorded else ()
    return [f"targets taken as recorded, not compared: {', '.join(f'${{{name}}}' for name in names)}"] if names else []
