"""A decision in Markdown, readable in one minute and small enough for any place that shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from reports.grouping import causes
from reports.terminal import build_said, counts, deferred_lines, headline, inert
from verify.core.decision import Action, Decision, Settled
from verify.core.links import Adopted, Link, Moved, Override
from verify.core.verdicts import Verdict

LIMIT: Final = 60_000
_LONGEST: Final = 2_000
_KINDS: Final = {"measured": "", "attested": " (attested by a person)", "rejudged": " (judged anew)"}
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def escaped(text: str) -> str:
    """The text without anything Markdown or HTML would read as its own, on one line."""
    words = inert(text)
    rest = len(words) - _LONGEST
    return _SPECIAL.sub(r"\\\1", words if rest <= 0 else f"{words[:_LONGEST]}… {rest:,} more characters")


def _table(settled: list[Settled]) -> list[str]:
    lines = ["| verdict | claim | what was found | observed |", "|---|---|---|---|"]
    for each in settled:
        verdict = f"WAIVED ({each.verdict.name})" if each.waived else f"{each.verdict.name}{_KINDS[each.kind]}"
        when = f"{each.observed_at:%Y-%m-%d %H:%M:%S} UTC" if each.observed_at else "never"
        found = each.receipt if each.verdict is Verdict.PASS else each.why
        lines.append(f"| {verdict} | {escaped(str(each.claim))} | {escaped(found)} | {when} |")
    return lines


def _reasons(decision: Decision) -> list[str]:
    notes = [f"- {escaped(each)}" for each in decision.notes]
    force = ["", "## Also in force", "", *notes] if notes else []
    if decision.action is Action.ADVANCE:
        return [*(f"Why: {escaped(each)}" for each in decision.reasons if each not in decision.notes), *force]
    lines = ["## Why", ""]
    for cause in causes(decision):
        if cause.text not in decision.notes:
            lines.append(f"- **{escaped(cause.text)}**")
            lines += [f"  - {escaped(each)}" for each in cause.details]
    return [*lines, *force]


def _no_verdict(decision: Decision) -> list[str]:
    """The claims that nobody knows to be right or wrong, those that hold the step first."""
    found = [each for each in decision.claims if each.verdict is Verdict.INCONCLUSIVE and not each.waived]
    return [
        f"- No verdict{'' if each.required else ', and not required by this step'}: {escaped(f'{each.claim}: {each.why}')}"
        for each in sorted(found, key=lambda each: (not each.required, each.claim))
    ]


def _unknown(decision: Decision) -> list[str]:
    lines = _no_verdict(decision)
    lines += [f"- {escaped(each[:1].upper() + each[1:])}" for each in deferred_lines(decision)]
    if decision.undeclared:
        lines.append(f"- Not declared by this environment: {escaped(', '.join(decision.undeclared))}")
    lines += [
        f"- Waived: {escaped(str(each.claim))}: {escaped(each.waived)}" for each in decision.claims if each.waived
    ]
    lines += [
        f"- Accepted difference: {escaped(str(each.claim))}: {count:,} x {escaped(path)}"
        for each in decision.claims
        for path, count in sorted(each.accepted.items())
    ]
    lines += [
        f"- Superseded failure of {escaped(str(each.claim))}: {escaped(text)}"
        for each in decision.claims
        for text in each.superseded
    ]
    lines += [f"- Changed since the last ADVANCE: {escaped(each)}" for each in decision.changed]
    return ["## What was not verified, or not as first declared", "", *(lines or ["- Nothing."])]


def _basis(decision: Decision) -> str:
    """When, of which build, with how much traffic."""
    build = escaped(build_said(decision))
    when = f"Decided {decision.decided_at:%Y-%m-%d %H:%M:%S} UTC · decision {decision.sequence}"
    return f"{when} · candidate build {build} · traffic on it {decision.traffic_percent:g} %"


def _since(later: Sequence[Link]) -> list[str]:
    """What was put on record after the decision, newest first: it may no longer stand."""
    if not later:
        return []
    return [
        "",
        "**This may no longer stand.** Put on record since:",
        "",
        *(f"- {_said(each)}" for each in reversed(later)),
    ]


def _said(link: Link) -> str:
    when = f"{link.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(link, Moved):
        return f"{when}: traffic is at {link.to:g} %, says {escaped(link.by)}: {escaped(link.reason)}"
    if isinstance(link, Adopted):
        return f"{when}: step {escaped(link.step)} adopted, says {escaped(link.attested_by)}: {escaped(link.reason)}"
    if isinstance(link, Override):
        return f"{when}: {escaped(' and '.join(link.approvers))} answer for step {escaped(link.step)}: {escaped(link.reason)}"
    return f"{when}: {escaped(headline(link))}"


def markdown(decision: Decision, *, limit: int = LIMIT, later: Sequence[Link] = ()) -> str:
    """
    The decision, its reasons, what was not verified, then every claim with what it compared.

    At most `limit` characters; what is cut is counted in the last line. `later` is what stands in the chain after it.
    """
    ranked = sorted(decision.claims, key=lambda each: (-each.verdict, each.claim))
    lines = [
        f"# {escaped(headline(decision))}",
        "",
        _basis(decision),
        *_since(later),
        "",
        f"Proven: {counts(decision) or 'nothing'}",
        "",
        f"Can we still go back? {escaped(decision.going_back)}",
        "",
        *_reasons(decision),
        "",
        *_unknown(decision),
        "",
        "## Claims this step needs",
        "",
        *_table([each for each in ranked if each.required]),
        "",
        "## Other claims",
        "",
        *(_table([each for each in ranked if not each.required]) if any(not e.required for e in ranked) else ["None."]),
    ]
    return _cut(lines, limit)


def _cut(lines: list[str], limit: int) -> str:
    kept: list[str] = []
    used = 0
    for line in lines:
        used += len(line) + 1
        if used > limit - 100:
            return "\n".join([*kept, f"… {len(lines) - len(kept):,} more lines; see the decision file."]) + "\n"
        kept.append(line)
    return "\n".join(kept) + "\n"
