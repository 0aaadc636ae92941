"""Verdicts made anew from what a run stored, as far as that suffices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Final

from pydantic import JsonValue

from verify.core.accepted import settle
from verify.core.catalogue import Check, Claim, claims
from verify.core.evidence import Evidence, Run
from verify.core.model import Accepted
from verify.core.relevance import worst
from verify.core.spec import Spec
from verify.core.subjects import Environment, Subject, accepted_for, depends, digest
from verify.core.verdicts import Conclusion, Verdict

# Every subset of a claim's acceptances is tried; more than this and the claim is asked again instead.
_MOST: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Anew:
    """What stored observations show by today's rules; without a conclusion, `why` says what is missing."""

    conclusion: Conclusion | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """
    One claim of a run: its verdict then, its verdict by today's rules (None where what is stored cannot say), and why.

    `was` is what was said then. `conclusion` is there where stored observations were judged, `evidence` what held them.
    """

    claim: Claim
    then: Verdict
    now: Verdict | None
    why: str
    reproduce: str
    was: str = ""
    conclusion: Conclusion | None = None
    evidence: Evidence | None = None

    @property
    def changed(self) -> bool:
        """True when today's rules give another verdict."""
        return self.now is not None and self.now is not self.then


def rejudge(
    environment: Environment,
    run: Run,
    checks: Mapping[str, Check],
    *,
    today: date,
    anew: Mapping[Claim, Anew] | None = None,
) -> tuple[Rejudged, ...]:
    """
    Every claim of the run, sorted, judged by today's acceptances where the differences it stored suffice.

    `anew` is what stored observations show. What both sides answered is not stored; so a claim whose description changed
    in anything but acceptances, or whose differences were too many to keep, has to be asked again. Nothing is guessed.
    """
    subjects = claims(environment, checks)
    found = []
    for claim, seen in sorted(run.evidence.items()):
        evidence = worst(seen)
        drawn = (anew or {}).get(claim)
        conclusion = _drawn(environment, claim, drawn, today) if drawn else None
        now, why = (None, drawn.why) if drawn else _again(environment, claim, subjects.get(claim), evidence, today)
        if conclusion:
            now, why = conclusion.verdict, conclusion.summary
        found.append(
            Rejudged(
                claim=claim,
                then=evidence.verdict,
                now=now,
                why=why,
                reproduce=evidence.reproduce,
                was=evidence.conclusion.summary,
                conclusion=conclusion,
                evidence=evidence,
            )
        )
    return tuple(found)


def _drawn(environment: Environment, claim: Claim, drawn: Anew, today: date) -> Conclusion | None:
    """The conclusion as any other is settled; None where there is none."""
    accepted = accepted_for(environment, claim.check, claim.subject)
    return settle(drawn.conclusion, accepted, today=today) if drawn.conclusion else None


def _again(
    environment: Environment, claim: Claim, subject: Subject[Spec] | None, evidence: Evidence, today: date
) -> tuple[Verdict | None, str]:
    if subject is None:
        return None, "is planned no longer"
    if evidence.kind == "attested":
        return evidence.verdict, f"the word of {evidence.by or 'a person'} is not judged"
    if evidence.verdict is Verdict.INCONCLUSIVE:
        return evidence.verdict, "nothing was observed that a rule could judge"
    accepted = accepted_for(environment, claim.check, claim.subject)
    then = _accepted_then(environment, claim, subject, evidence, accepted)
    if then is None:
        return None, "its description changed in more than acceptances, and answers are not stored; ask it again"
    return _settled(evidence.conclusion, accepted, then, today)


def _accepted_then(
    environment: Environment, claim: Claim, subject: Subject[Spec], evidence: Evidence, accepted: Sequence[Accepted]
) -> tuple[Accepted, ...] | None:
    """Which of today's acceptances held when the evidence was made: those that give its digest; None for no such choice."""
    parts = depends(environment, claim.check, subject)
    if len(accepted) > _MOST:
        return tuple(accepted) if _digest(parts, accepted) == evidence.claim_digest else None
    for count in range(len(accepted), -1, -1):
        for chosen in combinations(accepted, count):
            if _digest(parts, chosen) == evidence.claim_digest:
                return chosen
    return None


def _digest(parts: Mapping[str, JsonValue], accepted: Sequence[Accepted]) -> str:
    plain: list[JsonValue] = [each.model_dump(mode="json", by_alias=True) for each in accepted]
    return digest({**parts, "accepted": plain})[:32]


def _settled(
    conclusion: Conclusion, accepted: Sequence[Accepted], then: Sequence[Accepted], today: date
) -> tuple[Verdict | None, str]:
    past = [each.path for each in accepted if each.until < today]
    if past:
        return Verdict.FAIL, f"accepted until a day that has passed: {', '.join(past)}"
    added = [each for each in accepted if each not in then]
    if not added:
        return conclusion.verdict, "by the same rules"
    if conclusion.omitted:
        return None, f"{conclusion.omitted:,} differences were counted and not stored; ask it again"
    if conclusion.verdict is Verdict.FAIL and not conclusion.differences:
        return None, "it failed without a difference that could be accepted; ask it again"
    settled = settle(replace(conclusion, accepted={}), added, today=today)
    return settled.verdict, settled.summary
