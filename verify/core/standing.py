"""What the evidence on record says about one claim, now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from verify.core.catalogue import Claim
from verify.core.evidence import Evidence, Run
from verify.core.scalars import show_duration
from verify.core.verdicts import Cause, Verdict

CLOCK_SLACK: Final = timedelta(minutes=1)
FLIPS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The world at the time of the decision: clock, the candidate's build, and hashes of today's targets."""

    moment: datetime
    candidate: str | None
    targets: Mapping[str, str]
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    One claim's verdict for this decision; `why` says in words what it rests on.

    `unanswered` names the newest fresh failure that no PASS has replaced, when the verdict is INCONCLUSIVE.
    """

    claim: Claim
    verdict: Verdict
    cause: Cause | None = None
    why: str
    run: str = ""
    observed_at: datetime | None = None
    reproduce: str = ""
    evidence: Evidence | None = None
    superseded: tuple[str, ...] = ()
    unanswered: str = ""


def _unknown(
    claim: Claim, cause: Cause, why: str, *, run: Run | None = None, evidence: Evidence | None = None
) -> Standing:
    return Standing(
        claim=claim,
        verdict=Verdict.INCONCLUSIVE,
        cause=cause,
        why=why,
        run=run.id if run else "",
        observed_at=evidence.observed_at if evidence else None,
        reproduce=evidence.reproduce if evidence else "",
        evidence=evidence,
    )


def _worst(evidence: Sequence[Evidence]) -> Evidence:
    """Within a run the worst counts, so asking again cannot launder a failure."""
    return max(evidence, key=lambda each: (each.verdict, each.observed_at))


def _foreign(run: Run, evidence: Evidence | None, digest: str, now: Now) -> str:
    """Why this run speaks of something else than what is asked, or an empty string."""
    if run.started_as.candidate != now.candidate:
        return f"build {run.started_as.candidate or 'unknown'} (the candidate is now {now.candidate or 'unknown'})"
    if evidence and evidence.claim_digest != digest:
        return "an earlier description of this claim"
    moved = sorted(
        name for name, value in (evidence.targets if evidence else {}).items() if now.targets.get(name, value) != value
    )
    return f"another target ({', '.join(moved)})" if moved else ""


def _relevant(claim: Claim, digest: str, runs: Sequence[Run], now: Now) -> tuple[list[Run], str]:
    """The runs that speak of this claim as it is today, newest first, and why the newest other one does not."""
    asked = [run for run in runs if claim in run.claims or claim in run.deselected or run.blind]
    asked.sort(key=lambda run: (run.started_at, run.id), reverse=True)
    found, history = [], ""
    for run in asked:
        evidence = _worst(run.evidence[claim]) if run.evidence.get(claim) else None
        foreign = _foreign(run, evidence, digest, now)
        history = history or ("" if run.blind else foreign)
        if run.blind or not foreign:
            found.append(run)
    return found, history


def _flips(claim: Claim, runs: Sequence[Run], fresh: timedelta, now: Now) -> int:
    """How often PASS and FAIL alternated inside the freshness window."""
    verdicts = [
        _worst(run.evidence[claim]).verdict
        for run in reversed(runs)
        if run.evidence.get(claim) and now.moment - _worst(run.evidence[claim]).observed_at <= fresh
    ]
    told = [each for each in verdicts if each is not Verdict.INCONCLUSIVE]
    return sum(1 for one, two in pairwise(told) if one is not two)


def _unusable(claim: Claim, run: Run, evidence: Evidence, fresh: timedelta, now: Now) -> str:
    """Why this evidence cannot be used now, or an empty string."""
    old = now.moment - evidence.observed_at
    if old < -CLOCK_SLACK:
        return f"is dated {evidence.observed_at:%Y-%m-%d %H:%M:%S} UTC, which lies ahead of this clock"
    if old > fresh:
        return f"is stale: {show_duration(timedelta(seconds=round(old.total_seconds())))} old, {show_duration(fresh)} allowed"
    if now.since and not (evidence.observed_at - now.since).total_seconds() >= evidence.duration:
        entered = f"{now.since:%Y-%m-%d %H:%M:%S} UTC"
        return f"was observed before the previous step was entered ({entered}), or began before that"
    if evidence.verdict is not Verdict.PASS:
        return ""  # only a PASS needs a clean end; what else was said stands as it was said
    if not run.finished:
        return f"comes from run {run.id}, which never finished"
    if not run.steady:
        return f"comes from run {run.id}, during which a side changed its build"
    if not run.sealed.get(claim, False):
        return f"was not sealed: its test did not end cleanly in run {run.id}"
    return ""


def _interrupted(claim: Claim, run: Run) -> str:
    if claim in run.deselected:
        return f"run {run.id} was told to leave it out (-k, -m or --deselect)"
    if run.blind:
        return f"run {run.id} was cut short before it said what it would ask"
    if not run.evidence.get(claim):
        return f"run {run.id} set out to ask it and recorded no verdict"
    return ""


def _unanswered(claim: Claim, runs: Sequence[Run], fresh: timedelta, now: Now) -> str:
    """The newest fresh failure without a PASS after it, so that a killed or empty rerun launders nothing."""
    for run in runs:
        evidence = _worst(run.evidence[claim]) if run.evidence.get(claim) else None
        if (
            evidence
            and evidence.verdict is not Verdict.INCONCLUSIVE
            and not _unusable(claim, run, evidence, fresh, now)
        ):
            return f"{run.id}: {evidence.conclusion.summary}" if evidence.verdict is Verdict.FAIL else ""
    return ""


def _newest(claim: Claim, runs: Sequence[Run]) -> Run:
    """The run that started last, or an overlapping one that saw the claim fail after that run had judged it."""
    run = runs[0]
    if not run.evidence.get(claim):
        return run
    judged = _worst(run.evidence[claim]).observed_at
    for each in runs[1:]:
        if any(seen.verdict is Verdict.FAIL and seen.observed_at > judged for seen in each.evidence.get(claim, ())):
            return each
    return run


def standing(claim: Claim, digest: str, runs: Sequence[Run], *, fresh: timedelta, now: Now) -> Standing:
    """
    What counts for this claim: the newest run that set out to prove it, as it is described today.

    Runs of another build, description or target are history: shown, neither helping nor hurting.
    """
    found, history = _relevant(claim, digest, runs, now)
    if not found:
        about = f"no run proved it; the newest speaks of {history}" if history else "no run asked it"
        return _unknown(claim, Cause.INTERRUPTED, about)
    counted = _counted(claim, found, fresh, now)
    if counted.verdict is not Verdict.INCONCLUSIVE:
        return counted
    return replace(counted, unanswered=_unanswered(claim, found, fresh, now))


def _counted(claim: Claim, found: Sequence[Run], fresh: timedelta, now: Now) -> Standing:
    run = _newest(claim, found)
    if gap := _interrupted(claim, run):
        return _unknown(claim, Cause.INTERRUPTED, gap, run=run)
    evidence = _worst(run.evidence[claim])
    if flaw := _unusable(claim, run, evidence, fresh, now):
        return _unknown(claim, Cause.INTERRUPTED, f"its evidence {flaw}", run=run, evidence=evidence)
    if (flips := _flips(claim, found, fresh, now)) >= FLIPS:
        why = f"its verdict changed {flips} times within {show_duration(fresh)}"
        return _unknown(claim, Cause.FLAPPING, why, run=run, evidence=evidence)
    return _settled(claim, run, evidence, [each for each in found if each is not run])


def _settled(claim: Claim, run: Run, evidence: Evidence, earlier: Sequence[Run]) -> Standing:
    failures = tuple(
        f"{each.id}: {_worst(each.evidence[claim]).conclusion.summary}"
        for each in earlier
        if each.evidence.get(claim) and _worst(each.evidence[claim]).verdict is Verdict.FAIL
    )
    return Standing(
        claim=claim,
        verdict=evidence.verdict,
        cause=evidence.conclusion.cause,
        why=evidence.conclusion.summary,
        run=run.id,
        observed_at=evidence.observed_at,
        reproduce=evidence.reproduce,
        evidence=evidence,
        superseded=failures if evidence.verdict is Verdict.PASS else (),
    )
