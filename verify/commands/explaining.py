"""The plan of a step with all that is on record, as lines and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from pydantic import JsonValue

from reports.terminal import deferred_lines
from verify.core.explaining import Explained, Said
from verify.core.plan import Plan
from verify.core.scalars import show_age, show_duration
from verify.core.verdicts import Verdict

SHOWN: Final = 5


def explained_lines(plan: Plan, explained: Sequence[Explained]) -> list[str]:
    """A heading a family, a line a claim with how it stands, and below it what each run said and whether that counts."""
    required = [each for each in explained if each.required]
    proven = sum(1 for each in required if each.standing.verdict is Verdict.PASS)
    lines = [f"{plan.environment}, step {plan.step.name}: {len(required)} claims needed, {proven} proven"]
    for title, group in ((False, required), (True, [each for each in explained if not each.required])):
        if title and group:
            lines.append("not required by this step")
        for family, claims in groupby(group, key=lambda each: each.claim.family):
            found = list(claims)
            lines.append(f"{family}, not older than {show_duration(found[0].fresh)}")
            lines += [line for each in found for line in _claim(each)]
    lines += [f"{family}: required, but nothing is declared it could be asked about" for family in plan.empty]
    return [*lines, *deferred_lines(plan)]


def _claim(each: Explained) -> list[str]:
    cause = f" ({each.standing.cause.value})" if each.standing.cause else ""
    waived = " (waived)" if each.waived else ""
    rest = len(each.said) - SHOWN
    return [
        f"  {each.standing.verdict.name}{cause}{waived} {each.claim}: {each.standing.why}",
        *(f"      {_entry(said)}" for said in each.said[:SHOWN]),
        *([f"      … and {rest} more runs"] if rest > 0 else []),
    ]


def _entry(said: Said) -> str:
    when = f"{show_age(timedelta(seconds=said.age))} old" if said.age is not None else "no verdict"
    verdict = said.verdict.name if said.verdict is not None else "-"
    by = " said by a person" if said.kind == "attested" else ""
    return f"{said.state:<11} {verdict:<12} {when}, run {said.run}{by}" + (f": {said.why}" if said.why else "")


def explained_plain(plan: Plan, explained: Sequence[Explained]) -> JsonValue:
    """The same as plain data, with every run."""
    return {
        "environment": plan.environment,
        "step": plan.step.name,
        "percent": plan.step.percent,
        "deferred": list(plan.deferred),
        "never_required": list(plan.never_required),
        "one_way": plan.one_way,
        "undeclared": list(plan.undeclared),
        "empty": list(plan.empty),
        "claims": [_plain(each) for each in explained],
    }


def _plain(each: Explained) -> JsonValue:
    standing = each.standing
    return {
        "check": each.claim.check,
        "subject": each.claim.subject,
        "required": each.required,
        "asked": each.asked,
        "waived": each.waived,
        "digest": each.digest,
        "fresh_seconds": each.fresh.total_seconds(),
        "verdict": standing.verdict.name,
        "cause": standing.cause.value if standing.cause else None,
        "why": standing.why,
        "evidence": [_said(said) for said in each.said],
    }


def _said(said: Said) -> JsonValue:
    return {
        "run": said.run,
        "tool": said.tool,
        "kind": said.kind,
        "verdict": said.verdict.name if said.verdict is not None else None,
        "observed_at": said.observed_at.isoformat() if said.observed_at else None,
        "age_seconds": said.age,
        "state": said.state,
        "why": said.why,
    }
