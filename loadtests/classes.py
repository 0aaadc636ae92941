"""Endpoint classes: which are asked often enough to be judged by themselves, and how each of them fared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.schedule import AGAIN, ARMS, BASELINE, CANDIDATE, FEWEST_TRIPLES, Schedule
from verify.core.verdicts import Verdict
from verify.stats.joint import Column
from verify.stats.quantiles import (
    QuantileRule,
    QuantileVerdict,
    block_quantiles,
    disagreements,
    excess,
    noise,
)

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

GROUPS: Final = 40
NEEDED: Final = {0.5: 50, 0.95: 50, 0.99: 200}
# Poisson: what was planned to hold 50 may hold a little less.
ENOUGH: Final = 0.9
GOOD: Final = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPlan:
    """One class of a whole schedule: its requests an arm, of so many triples. Known before anything is sent."""

    name: str
    requests: int
    triples: int

    def together(self, q: float) -> int:
        """How many neighbouring triples hold enough requests an arm for this quantile, on average."""
        return max(1, math.ceil(ENOUGH * NEEDED[q] * self.triples / max(self.requests, 1) - 1e-9))

    def is_judged(self, q: float) -> bool:
        """True when there are enough such groups of triples for a verdict."""
        return self.triples // self.together(q) >= GROUPS

    def needed(self, q: float) -> int:
        """Requests an arm of a run at the same rate that is just long enough for a verdict."""
        return math.ceil(GROUPS * self.together(q) * max(self.requests, 1) / self.triples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """Every class of a run; `of` is each request's class, an index into `plans`."""

    plans: tuple[ClassPlan, ...]
    of: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Good answers as columns, one entry an answer: seconds, arm, triple and class."""

    seconds: Floats
    arms: Whole
    triples: Whole
    classes: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFound:
    """
    How one class fared. `rules` are all that were asked for, `ratios` the whole run's quantiles, candidate over baseline
    (NaN where there is none), in the same order, `over` which of them exceed their limit; `columns` those that are
    judged, `verdicts` what came of each.

    `fault` says why a class that is asked often enough cannot be judged; empty when it can.
    """

    plan: ClassPlan
    rules: tuple[QuantileRule, ...]
    ratios: tuple[float, ...]
    over: tuple[bool, ...] = ()
    columns: tuple[Column, ...] = ()
    verdicts: tuple[QuantileVerdict, ...] = ()
    fault: str = ""

    @property
    def is_judged(self) -> bool:
        """True when it counts for the claim."""
        return bool(self.columns or self.fault)

    @property
    def verdict(self) -> Verdict:
        """The worst of its quantiles."""
        return Verdict.INCONCLUSIVE if self.fault else Verdict.worst(each.verdict for each in self.verdicts)


def classes_of(names: Sequence[str], schedule: Schedule) -> Classes | None:
    """The classes of a mix, `names` holding one a request; None when all of it is one class."""
    known = sorted(set(names))
    if len(known) < 2:
        return None
    of = tuple(known.index(name) for name in names)
    asked = np.concatenate([each.requests for each in schedule.triples])
    counts = np.bincount(np.asarray(of)[asked], minlength=len(known)).tolist()
    triples = len(schedule.triples)
    plans = tuple(
        ClassPlan(name=name, requests=count, triples=triples) for name, count in zip(known, counts, strict=True)
    )
    return Classes(plans=plans, of=of)


def measured(
    classes: Classes, answers: Answers, asked: Whole, triples: int, rules: Sequence[QuantileRule]
) -> list[ClassFound]:
    """
    Every class that was asked, not judged yet: what is known after so many triples.

    `asked` are the requests by class and arm, shape (classes, 3), good or not.
    """
    count = len(classes.plans)
    quantiles = block_quantiles(
        answers.seconds, answers.classes * len(ARMS) + answers.arms, count * len(ARMS), [rule.q for rule in rules]
    ).reshape(count, len(ARMS), len(rules))
    good = np.bincount(answers.classes * len(ARMS) + answers.arms, minlength=count * len(ARMS)).reshape(
        count, len(ARMS)
    )
    found = []
    for place, plan in enumerate(classes.plans):
        if not plan.requests:
            continue
        first, candidate, again = quantiles[place]
        ratios = tuple((candidate / np.sqrt(first * again)).tolist())
        over = tuple(
            bool(excess(candidate[each], first[each], again[each], rule) > 0) for each, rule in enumerate(rules)
        )
        one = ClassFound(plan=plan, rules=tuple(rules), ratios=ratios, over=over)
        if any(plan.is_judged(rule.q) for rule in rules):
            one = _with_columns(one, answers, answers.classes == place, triples, asked[place], good[place])
        found.append(one)
    return found


def concluded(found: Sequence[ClassFound], verdicts: Sequence[QuantileVerdict]) -> tuple[ClassFound, ...]:
    """The classes with their verdicts, of which `verdicts` holds one a column, in order."""
    ends = np.cumsum([len(each.columns) for each in found]).tolist()
    return tuple(_guarded(each, verdicts[end - len(each.columns) : end]) for each, end in zip(found, ends, strict=True))


def _guarded(found: ClassFound, verdicts: Sequence[QuantileVerdict]) -> ClassFound:
    """The class with its verdicts; no PASS for a quantile that is over its limit in the whole run."""
    kept = []
    for column, each in zip(found.columns, verdicts, strict=True):
        over = found.over[found.rules.index(column.rule)]
        kept.append(replace(each, verdict=max(each.verdict, Verdict.INCONCLUSIVE)) if over else each)
    return replace(found, verdicts=tuple(kept))


def _with_columns(
    one: ClassFound, answers: Answers, mine: NDArray[np.bool_], triples: int, asked: Whole, good: Whole
) -> ClassFound:
    """The class with a column for each rule that it is judged by, or why it cannot be."""
    short = [arm for arm in range(len(ARMS)) if good[arm] < GOOD * asked[arm]]
    if short:
        arm = short[0]
        return replace(
            one, fault=f"{ARMS[arm]} gave {good[arm]:,} good answers to {asked[arm]:,} requests (limit 98 %)"
        )
    columns = tuple(
        _column(answers, mine, one.plan.together(rule.q), triples, rule)
        for rule in one.rules
        if one.plan.is_judged(rule.q)
    )
    fault = next(filter(None, map(_fault, columns)), "")
    return replace(one, fault=fault) if fault else replace(one, columns=columns)


def _column(answers: Answers, mine: NDArray[np.bool_], together: int, triples: int, rule: QuantileRule) -> Column:
    """The rule's quantile of groups of neighbouring triples; a group without an answer in an arm is left out."""
    groups = triples // together
    kept = mine & (answers.triples < groups * together)
    blocks = answers.triples[kept] // together * len(ARMS) + answers.arms[kept]
    table = block_quantiles(answers.seconds[kept], blocks, groups * len(ARMS), [rule.q]).reshape(groups, len(ARMS))
    table = table[~np.isnan(table).any(axis=1)]
    return Column(rule=rule, first=table[:, BASELINE], candidate=table[:, CANDIDATE], again=table[:, AGAIN])


def _fault(column: Column) -> str:
    """Why nothing can be said: too few groups, A and A' disagree, or p50 moves more than its margin."""
    rule, count = column.rule, len(column.first)
    if count < FEWEST_TRIPLES:
        return f"{rule.name} of {count} groups of triples (limit: {FEWEST_TRIPLES})"
    if rule.q >= 0.99:
        return ""
    if disagreements(column.first[:, None], column.again[:, None], [rule]):
        return f"the baseline disagrees with itself at {rule.name}"
    width, margin = noise(column.first, column.again, rule)
    if rule.q == 0.5 and width > margin:
        return f"the baseline's p50 is known to ± {np.expm1(width):.1%} only (margin {np.expm1(margin):.1%})"
    return ""
