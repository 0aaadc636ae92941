"""Which runs speak of a claim as it is today, and whether what they say can be used now."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from verify.core.catalogue import Claim
from verify.core.evidence import Evidence, Run
from verify.core.scalars import show_age
from verify.core.verdicts import Verdict

CLOCK_SLACK: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """
    The world at the time of the decision: clock, both builds, and hashes of today's targets.

    The baseline's build counts only where `compared`. `unset` names variables that the gate's shell lacks: what
    they stood for cannot be compared.
    """

    moment: datetime
    candidate: str | None
    targets: Mapping[str, str]
    since: datetime | None = None
    baseline: str | None = None
    compared: bool = False
    unset: frozenset[str] = frozenset()


def worst(evidence: Sequence[Evidence]) -> Evidence:
    """Within a run the worst counts, so asking again cannot launder a failure."""
    return max(evidence, key=lambda each: (each.verdict, each.observed_at))


def said(run: Run, claim: Claim) -> Evidence | None:
    """What the run concluded about the claim, the worst of it; None when nothing."""
    return worst(run.evidence[claim]) if run.evidence.get(claim) else None


def mentions(run: Run, claim: Claim) -> bool:
    """True when the run set out to ask the claim, was told to leave it out, or may have been meant to ask anything."""
    return claim in run.claims or claim in run.deselected or run.blind


def foreign(run: Run, evidence: Evidence | None, digest: str, now: Now) -> str:
    """
    Why this run speaks of something else than what is asked, or an empty string.

    A side that nobody could hear when the run began may have been the build of today, and a candidate that nobody hears now
    may be the build of then: such a run can hold, and prove nothing.
    """
    then = run.started_as
    if then.candidate is not None and now.candidate is not None and then.candidate != now.candidate:
        return f"build {then.candidate} (the candidate is now {now.candidate})"
    if now.compared and then.baseline is not None and then.baseline != now.baseline:
        return f"another baseline: build {then.baseline} (the baseline is now {now.baseline or 'unknown'})"
    if evidence and evidence.claim_digest != digest:
        return "an earlier description of this claim"
    moved = sorted(
        name
        for name, value in (evidence.targets if evidence else {}).items()
        if now.targets.get(name, value) != value and name not in now.unset
    )
    return f"another target ({', '.join(moved)})" if moved else ""


def unchecked(evidence: Evidence, now: Now) -> frozenset[str]:
    """The variables that this evidence depends on and that cannot be compared, because the gate's shell lacks them."""
    return frozenset(
        name for name, value in evidence.targets.items() if name in now.unset and now.targets.get(name, value) != value
    )


def relevant(claim: Claim, digest: str, runs: Sequence[Run], now: Now) -> tuple[list[Run], str]:
    """The runs that speak of this claim as it is today, newest first, and why the newest other one does not."""
    asked = sorted(
        (run for run in runs if mentions(run, claim)), key=lambda run: (run.started_at, run.id), reverse=True
    )
    found, history = [], ""
    for run in asked:
        other = foreign(run, said(run, claim), digest, now)
        history = history or ("" if run.blind else other)
        if run.blind or not other:
            found.append(run)
    return found, history


def newest(claim: Claim, runs: Sequence[Run]) -> Run:
    """The run that started last, or an overlapping one that saw the claim fail after that run had judged it."""
    run = runs[0]
    if not run.evidence.get(claim):
        return run
    judged = worst(run.evidence[claim]).observed_at
    for each in runs[1:]:
        if any(seen.verdict is Verdict.FAIL and seen.observed_at > judged for seen in each.evidence.get(claim, ())):
            return each
    return run


def interrupted(claim: Claim, run: Run) -> str:
    """Why the run said nothing about a claim that it mentions, or an empty string."""
    if claim in run.deselected:
        return f"run {run.id} was told to leave it out (-k, -m or --deselect)"
    if run.blind:
        return f"run {run.id} was cut short before it said what it would ask"
    if not run.evidence.get(claim):
        return f"run {run.id} set out to ask it and recorded no verdict"
    return ""


def stale(claim: Claim, evidence: Evidence, fresh: timedelta, now: Now) -> str:
    """Why this evidence is of no use at this time, or an empty string. What a person said holds until it expires."""
    old = now.moment - evidence.observed_at
    if evidence.kind == "attested" and claim.family != "attest":
        return f"is what {evidence.by or 'a person'} said; only a measurement counts here"
    if old < -CLOCK_SLACK:
        return f"is dated {_utc(evidence.observed_at)}, which lies ahead of this clock"
    if evidence.expires_at and now.moment > evidence.expires_at:
        return f"expired on {_utc(evidence.expires_at)}"
    if old > fresh and not evidence.expires_at:
        age = timedelta(seconds=math.ceil(old.total_seconds()))  # rounded down it could read as young enough
        return f"is stale: {show_age(age)} old, {show_age(fresh)} allowed"
    if now.since and not (evidence.observed_at - now.since).total_seconds() >= evidence.duration:
        told = f"the previous step was entered, or traffic was last said to be there ({_utc(now.since)})"
        return f"was observed before {told}, or began before that"
    return ""


def unusable(claim: Claim, run: Run, evidence: Evidence, fresh: timedelta, now: Now) -> str:
    """Why this evidence cannot be used now, or an empty string."""
    if flaw := stale(claim, evidence, fresh, now):
        return flaw
    if evidence.verdict is not Verdict.PASS:
        return ""  # only a PASS needs a clean end; what else was said stands as it was said
    if not run.finished:
        return f"comes from run {run.id}, which never finished"
    if run.started_as.candidate is None or (now.compared and run.started_as.baseline is None):
        return f"comes from run {run.id}, which could not tell which builds answered"
    if now.candidate is None:
        return f"speaks of build {run.started_as.candidate}, and which one answers now is unknown"
    if not run.steady:
        return f"comes from run {run.id}, during which a side changed its build"
    if not run.sealed.get(claim, False):
        return f"was not sealed: its test did not end cleanly in run {run.id}"
    return ""


def passed_over(claim: Claim, run: Run, evidence: Evidence, runs: Sequence[Run], now: Now) -> str:
    """
    Why a PASS that was drawn anew cannot be used, or an empty string: a later run asked the same, by the earlier rules.

    Else who changes a rule could choose which of several runs is judged by the new one.
    """
    if evidence.kind != "rejudged" or evidence.verdict is not Verdict.PASS or not evidence.asked_digest:
        return ""
    for each in sorted(runs, key=lambda one: (one.started_at, one.id), reverse=True):
        seen = said(each, claim) if each.started_at > run.started_at else None
        if seen and _same_question(seen, evidence) and not foreign(each, seen, seen.claim_digest, now):
            return f"was drawn anew from an earlier run than {each.id}, which asked the same; judge that one: cutover rejudge"
    return ""


def _same_question(seen: Evidence, evidence: Evidence) -> bool:
    return seen.kind == "measured" and seen.asked_digest == evidence.asked_digest


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
