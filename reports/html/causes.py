"""Claims that are open for the same reason, as one cause."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reports.html.texts import counted, cut, line, listed
from reports.html.wording import CAUSES
from verify.core.decision import Action, Decision, Settled
from verify.core.verdicts import Difference, Verdict

_INDEX: Final = re.compile(r"\[\d+\]")
_WORD: Final = re.compile(r"[A-Za-z]+")
_PLACES: Final = 3
_NAMED: Final = 3
_NOUNS: Final = {
    "endpoint": ("endpoint", "endpoints"),
    "error": ("error answer", "error answers"),
    "dataset": ("dataset", "datasets"),
    "discovered": ("store's datasets", "stores' datasets"),
    "identity": ("identity", "identities"),
    "reference": ("reference", "references"),
    "backup": ("backup", "backups"),
    "routes": ("list of routes", "lists of routes"),
    "mix": ("request mix", "request mixes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """
    One line of what is open: `text` says why, `about` what it touches, `counts` whether it holds the step, `where` what the
    first difference of a single claim lies in.

    `kind` says why there is no verdict, `name` names the claim or the checks that found it. `claims` is empty for a reason
    that no claim gives, `remedy` where they do not advise the same.
    """

    mark: str
    word: str
    text: str
    where: str = ""
    about: str = ""
    kind: str = ""
    name: str = ""
    counts: bool = True
    remedy: str = ""
    claims: tuple[Settled, ...] = ()


def is_open(each: Settled) -> bool:
    """Whether the claim is not proven and nobody waived it."""
    return each.verdict is not Verdict.PASS and not each.waived


def counts(each: Settled) -> bool:
    """Whether the open claim holds the step: a failure of any family does, anything else when it is required."""
    return each.verdict is Verdict.FAIL or each.required


def place(difference: Difference) -> tuple[str, str, str]:
    """Where, and what kind of value became what kind; indices of lists do not count."""
    return _INDEX.sub("[*]", difference.path[:300]), _kind(difference.baseline), _kind(difference.candidate)


def _kind(shown: str) -> str:
    """`number` of `number 268`; values that do not begin with their kind are texts."""
    word = shown[:80].partition(" ")[0]
    return word if _WORD.fullmatch(word) else "text"


def _alike(each: Settled) -> tuple[object, ...]:
    """Claims with the same of this have one cause."""
    rank = (not counts(each), not each.required, -each.verdict, each.cause.value if each.cause else "")
    places = tuple(sorted({place(one) for one in each.differences})) if _by_place(each) else ()
    return (*rank, (each.claim.check, places) if places else (each.why,))


def _by_place(each: Settled) -> bool:
    """Whether where it differs says more than its summary does; measured numbers have no place."""
    return bool(each.differences) and each.claim.family not in {"load", "success"}


def causes(decision: Decision) -> list[Cause]:
    """Required before others, FAIL before INCONCLUSIVE, then what touches most; then reasons that belong to no claim."""
    groups: defaultdict[tuple[object, ...], list[Settled]] = defaultdict(list)
    for each in decision.claims:
        if is_open(each):
            groups[_alike(each)].append(each)
    ranked = sorted(groups.values(), key=lambda group: (_alike(group[0])[:3], -len(group), group[0].claim))
    return [*(_cause(group) for group in ranked), *(reason_alone(each) for each in loose_reasons(decision))]


def loose_reasons(decision: Decision) -> list[str]:
    """The decision's reasons that are not about one open claim; none of an ADVANCE, and no mere notes."""
    if decision.action is Action.ADVANCE:
        return []
    told = {f"{each.claim}: {each.why}" for each in decision.claims}
    notes = set(decision.notes)
    return [each for each in decision.reasons if each not in notes and not told & _about_what(each)]


def _about_what(reason: str) -> set[str]:
    """The reason without the verdict and the cause that it may begin with."""
    return {reason, reason.partition(" ")[2], reason.partition(") ")[2]}


def reason_alone(reason: str) -> Cause:
    """A reason that no single claim gives."""
    return Cause(mark="hold", word="HOLD", text=line(reason, 600))


def _cause(group: Sequence[Settled]) -> Cause:
    first = group[0]
    fails = first.verdict is Verdict.FAIL
    return Cause(
        counts=counts(first),
        mark="fail" if fails else "unknown",
        word=first.verdict.name,
        text=_text(group),
        where=_where(first) if len(group) == 1 else "",
        about=_about(group),
        kind=f"{first.cause.value}: {CAUSES[first.cause]}" if first.cause else "",
        name=line(str(first.claim), 160)
        if len(group) == 1
        else listed(sorted({each.claim.check for each in group}), shown=3),
        remedy=first.remedy if len({each.remedy for each in group}) == 1 else "",
        claims=tuple(sorted(group, key=lambda each: each.claim)),
    )


def _text(group: Sequence[Settled]) -> str:
    first = group[0]
    if len(group) == 1 or not _by_place(first):
        return line(first.why, 400)
    values: defaultdict[tuple[str, str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for one in (one for each in group for one in each.differences):
        values[place(one)][one.baseline, one.candidate] += 1
    ranked = sorted(values, key=lambda found: (-values[found].total(), found))
    shown = [_said(found, values[found]) for found in ranked[:_PLACES]]
    rest = len(ranked) - _PLACES
    return "; ".join(shown) + (f"; and {counted(rest, 'more place')}" if rest > 0 else "")


def _where(each: Settled) -> str:
    """The record and the place of the first difference, where the summary does not name them; else empty."""
    first = each.differences[0] if _by_place(each) else None
    told = " ".join(filter(None, (first.key, first.path))) if first else ""
    return line(told, 160) if first and first.path not in each.why else ""


def _said(found: tuple[str, str, str], values: Counter[tuple[str, str]]) -> str:
    """Where and what: the values themselves when they are the same everywhere, else their kinds."""
    path, *kinds = found
    baseline, candidate = (line(each, 120) for each in (next(iter(values)) if len(values) == 1 else kinds))
    where = cut(path, 160)
    return (
        f"{where}: another {baseline}"
        if baseline == candidate
        else f"{where}: baseline {baseline}, candidate {candidate}"
    )


def _about(group: Sequence[Settled]) -> str:
    found = sum(len(each.differences) + each.omitted for each in group)
    differences = f"; {counted(found, 'difference')}" if found > 1 else ""
    if len(group) == 1:
        return line(str(group[0].claim), 120) + differences
    kinds = {each.claim.subject.partition("/")[0] for each in group}
    subjects = Counter(each.claim.subject for each in group)
    alike = len(kinds) == 1 and len(subjects) == len(group)
    noun = line(kinds.pop(), 40) if alike else "claim"
    times = {each: f" ({count})" if 1 < count < len(group) else "" for each, count in subjects.items()}
    names = [line(each.partition("/")[2] if alike else each, 60) + times[each] for each in sorted(subjects)]
    count = counted(len(group), *_NOUNS.get(noun, (noun, noun + "s")))
    return f"{count}: {listed(names, shown=_NAMED)}{differences}"
