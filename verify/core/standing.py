"""What the evidence on record says about one claim, now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from verify.core.catalogue import Claim
from verify.core.evidence import Evidence, Run
from verify.core.relevance import Now, interrupted, newest, passed_over, relevant, said, unchecked, unusable, worst
from verify.core.scalars import show_duration
from verify.core.verdicts import Cause, Verdict

__all__ = ["FLIPS", "Now", "Standing", "standing"]
FLIPS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """
    One claim's verdict for this decision; `why` says in words what it rests on.

    `unanswered` names the newest fresh failure that no PASS has replaced, when the verdict is INCONCLUSIVE, and
    `failing` is that evidence. `unchecked` names targets that the gate's shell could not compare.
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
    failing: Evidence | None = None
    unchecked: frozenset[str] = frozenset()


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


def _flips(claim: Claim, runs: Sequence[Run], fresh: timedelta, now: Now) -> int:
    """How often PASS and FAIL alternated inside the freshness window."""
    seen = [evidence for run in reversed(runs) if (evidence := said(run, claim))]
    verdicts = [each.verdict for each in seen if now.moment - each.observed_at <= fresh]
    told = [each for each in verdicts if each is not Verdict.INCONCLUSIVE]
    return sum(1 for one, two in pairwise(told) if one is not two)


def _unanswered(claim: Claim, runs: Sequence[Run], fresh: timedelta, now: Now) -> Evidence | None:
    """The newest fresh failure without a PASS after it, so that a killed or empty rerun launders nothing."""
    for run in runs:
        evidence = said(run, claim)
        if evidence is None or evidence.verdict is Verdict.INCONCLUSIVE:
            continue
        if not unusable(claim, run, evidence, fresh, now):
            return evidence if evidence.verdict is Verdict.FAIL else None
    return None


def standing(claim: Claim, digest: str, runs: Sequence[Run], *, fresh: timedelta, now: Now) -> Standing:
    """
    What counts for this claim: the newest run that set out to prove it, as it is described today.

    Runs of another build, description or target are history: shown, neither helping nor hurting.
    """
    found, history = relevant(claim, digest, runs, now)
    if not found:
        about = f"no run proved it; the newest speaks of {history}" if history else "no run asked it"
        return _unknown(claim, Cause.INTERRUPTED, about)
    counted = _counted(claim, found, runs, fresh, now)
    if counted.verdict is not Verdict.INCONCLUSIVE:
        return counted
    failing = _unanswered(claim, found, fresh, now)
    words = f"{failing.run}: {failing.conclusion.summary}" if failing else ""
    return replace(counted, unanswered=words, failing=failing)


def _counted(claim: Claim, found: Sequence[Run], runs: Sequence[Run], fresh: timedelta, now: Now) -> Standing:
    run = newest(claim, found)
    if gap := interrupted(claim, run):
        return _unknown(claim, Cause.INTERRUPTED, gap, run=run)
    evidence = worst(run.evidence[claim])
    if flaw := unusable(claim, run, evidence, fresh, now) or passed_over(claim, run, evidence, runs, now):
        return _unknown(claim, Cause.INTERRUPTED, f"its evidence {flaw}", run=run, evidence=evidence)
    if (flips := _flips(claim, found, fresh, now)) >= FLIPS:
        why = f"its verdict changed {flips} times within {show_duration(fresh)}; it settles with time, or with a new build"
        return _unknown(claim, Cause.FLAPPING, why, run=run, evidence=evidence)
    return _settled(claim, run, evidence, [each for each in found if each is not run], now)


def _settled(claim: Claim, run: Run, evidence: Evidence, earlier: Sequence[Run], now: Now) -> Standing:
    failures = tuple(
        f"{each.id}: {seen.conclusion.summary}"
        for each in earlier
        if (seen := said(each, claim)) and seen.verdict is Verdict.FAIL
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
        unchecked=unchecked(evidence, now),
    )
