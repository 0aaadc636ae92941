"""The decision in plain words: what was decided, why, and what nobody knows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reports.html.texts import counted, cut, line, listed
from verify.core.catalogue import FAMILIES
from verify.core.decision import Decision, Settled
from verify.core.verdicts import Cause, Verdict

CAUSES: Final = {
    Cause.NO_ANSWER: "a side did not answer",
    Cause.TOO_FEW: "too little was observed",
    Cause.TOO_NOISY: "the measurement was too noisy",
    Cause.NOT_PERMITTED: "asking was not permitted",
    Cause.UNSTABLE_BASELINE: "the baseline disagrees with itself",
    Cause.OVER_BUDGET: "asking would have cost more than allowed",
    Cause.INTERRUPTED: "not asked, or no longer valid",
    Cause.FLAPPING: "the verdict keeps changing",
}
_MEANS: Final = {
    "ADVANCE": "Everything this step requires is proven, with fresh evidence of this build.",
    "HOLD": "Nothing moves. Traffic stays where it is until every required claim is proven.",
    "ROLL_BACK": "Users are on the candidate and it was seen to fail. Take them off it now.",
    "OVERRIDDEN": "The evidence does not allow this step. Persons answer for it all the same; nothing here proves it safe.",
}
_UNDECIDED: Final = (
    "Users are on the candidate and it fails, and nothing proves that going back loses no data. A person decides now."
)
_MEASURED: Final = frozenset({"load", "success"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something this decision does not know: `text` in a sentence, `items` one by one."""

    text: str
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What is known of one family: numbers of its required claims, of others, and a word for all of it."""

    name: str
    required: int
    proven: int
    failed: int
    open: int
    waived: int
    others: int
    mark: str
    word: str


def outcome(decision: Decision) -> str:
    """ADVANCE, HOLD or ROLL_BACK; OVERRIDDEN where persons answer for the step."""
    return "OVERRIDDEN" if decision.overridden_by else decision.action.value


def means(decision: Decision) -> str:
    """What the outcome means, in one sentence for somebody who never saw one."""
    waived = any(each.waived and each.required for each in decision.claims)
    if waived and outcome(decision) == "ADVANCE":
        return "Everything this step requires is proven, or waived by somebody who answers for it."
    undecided = decision.person_decides and not decision.overridden_by
    return _UNDECIDED if undecided else _MEANS.get(outcome(decision), "")


def sentence(decision: Decision, headline: str) -> str:
    """What to do: the part of a headline that says so, or who answers for doing otherwise."""
    said = headline.split(": ", 2)[-1]
    if decision.overridden_by:
        said = f"step {decision.step} without proof; {listed(decision.overridden_by, shown=6)} answer for it"
    return line(said[:1].upper() + said[1:], 300) + "."


def led(decision: Decision, headline: str) -> str:
    """The headline, its end in the words of `where`."""
    end = f", to {decision.target}"
    return f"{headline.removesuffix(end)}, to {where(decision.target)}" if headline.endswith(end) else headline


def where(target: str) -> str:
    """Where going back leads: a step, or the start, where nobody is on the candidate."""
    return f"step {target}" if target != "0" else "no traffic on the candidate, 100 % on the baseline"


def stamp(moment: datetime | None) -> str:
    """`2026-11-21 07:28:52 UTC`, or `never`."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "never"


def proven(decision: Decision) -> str:
    """`19 of 21 required claims are proven; 2 failed`."""
    required = [each for each in decision.claims if each.required]
    if not required:
        return "This step requires no claim, so nothing was proven."
    good = sum(each.verdict is Verdict.PASS for each in required)
    rest = [
        (sum(each.verdict is Verdict.FAIL and not each.waived for each in required), "failed"),
        (sum(each.verdict is Verdict.INCONCLUSIVE and not each.waived for each in required), "without a verdict"),
        (sum(bool(each.waived) for each in required), "waived"),
    ]
    others = sum(each.verdict is Verdict.FAIL and not each.waived and not each.required for each in decision.claims)
    rest.append((others, "not required failed"))
    said = "".join(f", {count:,} {word}" for count, word in rest if count)
    return f"{good:,} of {len(required):,} required claims proven{said}."


def basis(decision: Decision) -> list[str]:
    """What an ADVANCE rests on: its reasons, what was compared for them, then the numbers of what was measured."""
    found = [each for each in decision.reasons if each not in decision.notes]
    good = [each for each in decision.claims if each.required and each.verdict is Verdict.PASS]
    measured = [f"{each.claim}: {each.why}" for each in good if each.claim.family in _MEASURED]
    return [
        *found,
        *_compared(each for each in good if each.claim.family not in _MEASURED and each.kind != "attested"),
        *measured,
    ]


def _compared(good: Iterable[Settled]) -> Iterable[str]:
    """`consistency: 19 claims proven (records, schema)`, a family each, as the families are ordered."""
    asked: defaultdict[str, list[str]] = defaultdict(list)
    for each in good:
        asked[each.claim.family].append(each.claim.check.partition(".")[2])
    for name in sorted(asked, key=lambda name: FAMILIES.index(name) if name in FAMILIES else len(FAMILIES)):
        yield f"{name}: {counted(len(asked[name]), 'claim')} proven ({listed(sorted(set(asked[name])), shown=12)})"


def families(decision: Decision) -> list[Family]:
    """Every family with a claim, or that the step defers, worst first within the usual order."""
    claims: defaultdict[str, list[Settled]] = defaultdict(list)
    for each in decision.claims:
        claims[each.claim.family].append(each)
    empty = {each.partition(".")[0] for each in decision.undeclared}
    known = {*claims, *decision.deferred, *decision.never_required, *empty}
    names = [name for name in FAMILIES if name in known]
    return [_family(name, claims[name], decision) for name in [*names, *sorted(set(claims) - set(FAMILIES))]]


def _family(name: str, claims: list[Settled], decision: Decision) -> Family:
    required = [each for each in claims if each.required]
    states = Counter("waived" if each.waived else each.verdict.name for each in required)
    others = [each for each in claims if not each.required]
    mark, word = _state(required, states, others, deferred=name in decision.deferred)
    return Family(
        name=name, required=len(required), proven=states["PASS"], failed=states["FAIL"], open=states["INCONCLUSIVE"],
        waived=states["waived"], others=len(others), mark=mark, word=word,
    )  # fmt: skip


def _state(required: list[Settled], states: Counter[str], others: list[Settled], *, deferred: bool) -> tuple[str, str]:
    if states["FAIL"]:
        return "fail", "failed"
    if failed := sum(each.verdict is Verdict.FAIL and not each.waived for each in others):
        return "fail", f"{failed:,} not required failed"
    if states["INCONCLUSIVE"]:
        return "unknown", "not proven"
    if states["waived"]:
        return "waived", "waived in part" if states["PASS"] else "waived"
    if required:
        return "pass", "proven"
    if deferred:
        return "none", "not yet required"
    return "none", "not required" if others else "nothing declared"


def unknowns(decision: Decision) -> list[Unknown]:
    """What a reader could take for known and is not, most important first."""
    found = [*_unanswered(decision), *_given_up(decision), *_unasked(decision)]
    if decision.candidate is None:
        found.insert(0, Unknown(text="Which build the candidate runs: it did not say."))
    return found


def _unanswered(decision: Decision) -> Iterable[Unknown]:
    open_ones = [each for each in decision.claims if each.verdict is Verdict.INCONCLUSIVE and not each.waived]
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for each in open_ones:
        if each.required:
            groups[CAUSES[each.cause] if each.cause else "no reason given"].append(str(each.claim))
    for why, names in groups.items():
        yield Unknown(text=f"{counted(len(names), 'required claim')} without a verdict: {why}", items=_names(names))
    others = [str(each.claim) for each in decision.claims if not each.required and each.verdict is Verdict.INCONCLUSIVE]
    if others:
        said = f"{counted(len(others), 'claim')} without a verdict that this step does not require"
        yield Unknown(text=said, items=_names(others))


def _given_up(decision: Decision) -> Iterable[Unknown]:
    waived = [str(each.claim) for each in decision.claims if each.waived]
    if waived:
        yield Unknown(
            text=f"{counted(len(waived), 'claim')} waived: somebody answers for it, no check does", items=_names(waived)
        )
    accepted = [f"{each.claim}: {cut(path, 200)}" for each in decision.claims for path in sorted(each.accepted)]
    if accepted:
        yield Unknown(text=f"{counted(len(accepted), 'difference')} accepted as meant", items=_names(accepted))


def _unasked(decision: Decision) -> Iterable[Unknown]:
    if decision.deferred:
        said = counted(len(decision.deferred), "family", "families")
        yield Unknown(text=f"{said} not required before a later step: {listed(decision.deferred, shown=12)}")
    if decision.never_required:
        said = counted(len(decision.never_required), "family", "families")
        yield Unknown(text=f"{said} not required by any step: {listed(decision.never_required, shown=12)}")
    if decision.undeclared:
        count = counted(len(decision.undeclared), "check")
        text = f"{count} never asked, because this system declares nothing for it"
        yield Unknown(text=text.replace("for it", "for them") if len(decision.undeclared) > 1 else text,
                      items=_names(decision.undeclared))  # fmt: skip


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(cut(each, 300) for each in sorted(names))
