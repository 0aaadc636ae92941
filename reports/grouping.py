"""One cause a line: claims that are open for the same reason are shown together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from verify.core.again import asked_again
from verify.core.condensing import condensed
from verify.core.decision import Decision, Settled
from verify.core.verdicts import Verdict
from verify.core.words import number_of

SHOWN = 5
# A claim that is not proven is named, however many share one cause; only a whole suite in one line is cut.
NAMED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why the gate does not advance, in a line, and what may be shown below it."""

    text: str
    details: tuple[str, ...] = ()


def _title(verdict: Verdict, cause: str, group: list[Settled]) -> str:
    first = group[0]
    mark = f"{verdict.name}{f' ({cause})' if cause else ''}"
    if len(group) == 1:
        return f"{mark} {first.claim}: {first.why}"
    checks = ", ".join(sorted({each.claim.check for each in group}))
    return f"{mark} {len(group)} claims of {checks}: {first.why}"


def _details(group: list[Settled]) -> tuple[str, ...]:
    if len(group) > 1:
        names = [f"{each.claim}{_first(each)}" for each in group[:NAMED]]
        rest = len(group) - NAMED
        return (*names, *([f"… and {rest} more"] if rest > 0 else []), *_advice(group))
    only = group[0]
    shown = condensed(only.differences, shown=SHOWN)
    if only.omitted:
        shown.append(f"… and {number_of(only.omitted, 'more difference')}")
    again = [f"again: {only.reproduce}"] if only.reproduce and not only.remedy else []
    return (*shown, *_advice(group), *again)


def _first(each: Settled) -> str:
    """`: ` and its first difference, and how many more there are; an empty string for a claim that has none."""
    if not each.differences:
        return ""
    more = len(each.differences) - 1 + each.omitted
    return f": {each.differences[0]}" + (f"; and {more:,} more" if more else "")


def _advice(group: list[Settled]) -> list[str]:
    """What to do, and the command for it, where all claims of the group have the same."""
    remedies = {each.remedy for each in group}
    commands = {asked_again(each.reproduce, each.remedy) for each in group}
    if len(remedies) > 1 or not all(remedies):
        return []
    return [f"next: {group[0].remedy}", *(f"again: {each}" for each in commands if each and len(commands) == 1)]


def causes(decision: Decision) -> list[Cause]:
    """FAIL before INCONCLUSIVE, then the reasons that belong to no single claim; every reason appears."""
    groups: defaultdict[tuple[int, str, str], list[Settled]] = defaultdict(list)
    for each in decision.claims:
        counts = each.verdict is Verdict.FAIL or (each.required and each.verdict is Verdict.INCONCLUSIVE)
        if counts and not each.waived:
            groups[-each.verdict, each.cause.value if each.cause else "", each.why].append(each)
    claims = {f"{each.claim}: {each.why}" for group in groups.values() for each in group}
    found = [
        Cause(text=_title(Verdict(-rank), cause, group), details=_details(group))
        for (rank, cause, _), group in sorted(groups.items(), key=lambda item: item[0])
    ]
    others = [reason for reason in decision.reasons if not any(reason.endswith(claim) for claim in claims)]
    return [*found, *(Cause(text=reason) for reason in others)]
