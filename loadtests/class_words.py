"""Endpoint classes in words: which were judged and how, which were only shown and what they lack."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from loadtests.classes import NEEDED, Classes, ClassFound
from verify.core.verdicts import Difference, Verdict
from verify.stats.quantiles import QuantileRule, QuantileVerdict

MOST_SHOWN: Final = 3
MOST_SLOW: Final = 5


def receipt_words(found: Sequence[ClassFound], lasting: float) -> str:
    """
    The classes for a receipt, beginning with `; `; empty without classes. Of those only shown, the slowest.

    `lasting` are the whole run's seconds.
    """
    judged = [each for each in found if each.is_judged]
    shown = sorted((each for each in found if not each.is_judged), key=lambda each: (-_worst(each), each.plan.name))
    said = f"; classes judged (requests an arm): {'; '.join(map(_judged, judged)) or 'none'}" if found else ""
    if not shown:
        return said
    more = f", and {len(shown) - MOST_SHOWN:,} more" if len(shown) > MOST_SHOWN else ""
    longest = max(_lasting(each, lasting) for each in shown)
    return (
        f"{said}; classes only shown (requests an arm): {'; '.join(_shown(each) for each in shown[:MOST_SHOWN])}{more}"
        f" (all are judged at this rate from --duration {longest:,.0f} on)"
    )


def plan_words(classes: Classes, rules: Sequence[QuantileRule], lasting: float) -> list[str]:
    """What a run of `lasting` seconds could say about each class, a line for the judged and one for the others."""
    judged, shown = [], []
    for each in classes.plans:
        named = [rule.name for rule in rules if each.is_judged(rule.q)]
        if named:
            judged.append(f"{each.name} ({', '.join(named)})")
        elif each.requests:
            one = ClassFound(plan=each, rules=tuple(rules), ratios=())
            shown.append(f"{each.name} ({each.requests:,}, judged from --duration {_lasting(one, lasting):,.0f} on)")
    said = [f"  judged by themselves: {', '.join(judged) or 'none'}"]
    return said + ([f"  too few requests an arm to be judged by themselves: {', '.join(shown)}"] if shown else [])


def summary_words(found: Sequence[ClassFound]) -> str:
    """
    The classes for a summary, beginning with `; `: judged ones without a PASS in full, the others counted, and those
    that were slow but are asked too rarely to be judged.
    """
    judged = [each for each in found if each.is_judged]
    open_ones = [each for each in judged if each.verdict is not Verdict.PASS]
    said = "".join(f"; class {_judged(each)}" for each in open_ones)
    passing = len(judged) - len(open_ones)
    said += f"; {passing:,} {'class' if passing == 1 else 'classes'} PASS" if passing else ""
    return said + "".join(
        f"; over its limit, but too rarely asked to be judged: {_shown(each)}" for each in _slow(found)
    )


def undecided(found: Sequence[ClassFound]) -> list[str]:
    """The classes, or their quantiles, that are neither PASS nor FAIL."""
    said = []
    for each in found:
        if each.fault:
            said.append(f"class {each.plan.name}")
        said += [f"{each.plan.name} {one.rule.name}" for one in each.verdicts if one.verdict is Verdict.INCONCLUSIVE]
    return said


def differences(found: Sequence[ClassFound], limit: dict[QuantileRule, str]) -> list[Difference]:
    """One for each quantile of a class that FAILs; `limit` has each rule in words."""
    return [
        Difference(
            key=each.plan.name,
            path=one.rule.name,
            baseline=f"{one.baseline * 1000:.2f} ms",
            candidate=f"{one.candidate * 1000:.2f} ms",
            detail=f"{one.ratio:.2f} x; limit {limit[one.rule]}",
        )
        for each in found
        for one in each.verdicts
        if one.verdict is Verdict.FAIL
    ]


def _judged(each: ClassFound) -> str:
    if each.fault:
        return f"{each.plan.name}: INCONCLUSIVE, {each.fault}"
    of = {one.rule: one for one in each.verdicts}
    said = [_quantile(of[rule]) if rule in of else _lacking(each, rule, ratio) for rule, ratio in _rules(each)]
    return f"{each.plan.name} {' '.join(said)}, of {each.plan.requests:,}"


def _quantile(one: QuantileVerdict) -> str:
    if one.verdict is Verdict.PASS:
        return f"{one.rule.name} {one.ratio:.2f} x PASS"
    low, high = np.exp(one.excess.lower), np.exp(one.excess.upper)
    return f"{one.rule.name} {one.ratio:.2f} x ({low:.2f} to {high:.2f} of its limit: {one.verdict.name})"


def _lacking(each: ClassFound, rule: QuantileRule, ratio: float) -> str:
    return f"{rule.name} {_times(ratio)} shown, judged from {each.plan.needed(rule.q):,} on"


def _shown(each: ClassFound) -> str:
    least = min(each.plan.needed(rule.q) for rule in each.rules)
    quantiles = " ".join(f"{rule.name} {_times(ratio)}" for rule, ratio in _rules(each))
    return f"{each.plan.name} {quantiles} of {each.plan.requests:,}, judged from {least:,} on"


def _slow(found: Sequence[ClassFound]) -> list[ClassFound]:
    """Classes that are only shown and whose p50 or p95 of the whole run, of 50 requests or more, is over its limit."""
    asked = [each for each in found if not each.is_judged and each.plan.requests >= NEEDED[0.5]]
    return [
        each for each in asked if any(over for rule, over in zip(each.rules, each.over, strict=True) if rule.q < 0.99)
    ][:MOST_SLOW]


def _rules(each: ClassFound) -> list[tuple[QuantileRule, float]]:
    return list(zip(each.rules, each.ratios, strict=True))


def _times(ratio: float) -> str:
    return "not answered" if math.isnan(ratio) else f"{ratio:.2f} x"


def _worst(each: ClassFound) -> float:
    return max((ratio for ratio in each.ratios if not math.isnan(ratio)), default=math.inf)


def _lasting(each: ClassFound, lasting: float) -> float:
    """The seconds of a run that is just long enough for its first verdict."""
    least = min(each.plan.needed(rule.q) for rule in each.rules)
    return math.ceil(lasting * least / max(each.plan.requests, 1))
