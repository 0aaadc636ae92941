"""Elements of two lists brought together when their order does not count."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TypeAlias

from verify.compare.json_paths import Key, State, View
from verify.compare.json_rules import Rule, Rules
from verify.compare.json_values import JsonDocument, canonical_scalar, exact

Pair: TypeAlias = "tuple[int | None, int | None]"
Side: TypeAlias = "tuple[JsonDocument, list[JsonDocument]]"


class _Encoder:
    """
    Texts that are equal exactly when two values are equal; with `soft`, when the rules could make them equal.

    A soft text has the form of a volatile value in its place and inner unordered lists sorted, so elements
    meet in linear time; whether they are equal is decided afterwards, value by value.
    """

    def __init__(self, rules: Rules, root: JsonDocument, *, soft: bool) -> None:
        self._rules = rules
        self._root = root
        self._soft = soft
        self.near: list[Decimal] = []

    def element(self, container: list[JsonDocument], index: int, state: State) -> str:
        self.near = []
        return self._child(container, index, state)

    def _child(self, container: list[JsonDocument] | dict[str, JsonDocument], key: Key, state: State) -> str:
        child = container[key]  # type: ignore[index]
        if not state.dynamic:
            return self._text(child, self._rules.child(state, key))
        view: View = (self._root, container, key)
        return self._text(child, self._rules.child_seen(state, (view,)))

    def _text(self, value: JsonDocument, state: State) -> str:
        here = self._rules.at(state) if self._soft else ()
        excused = self._excused(value, here)
        if excused:
            return excused
        if isinstance(value, dict):
            members = (f"{json.dumps(name)}:{self._child(value, name, state)}" for name in sorted(value))
            return "{" + ",".join(members) + "}"
        if isinstance(value, list):
            elements: Iterable[str] = (self._child(value, index, state) for index in range(len(value)))
            if any(rule.unordered for rule in here):
                elements = sorted(elements)
            return "[" + ",".join(elements) + "]"
        return canonical_scalar(value)

    def _excused(self, value: JsonDocument, here: Sequence[Rule]) -> str:
        for rule in here:
            form = rule.form_of(value)
            if form is None:
                continue
            if rule.tolerance is not None and isinstance(value, (int, float, Decimal)):
                self.near.append(Decimal(exact(value)))
            return f"<{form}>"
        return ""


def _together(
    baseline: list[int],
    candidate: list[int],
    text: Callable[[int, int], object],
    order: Callable[[int, int], object],
) -> tuple[list[Pair], list[int], list[int]]:
    """Pairs of one text each, in the given order within it; what is left on either side."""
    waiting: dict[object, list[int]] = defaultdict(list)
    for index in sorted(candidate, key=lambda each: (order(1, each), each), reverse=True):
        waiting[text(1, index)].append(index)
    pairs: list[Pair] = []
    missing: list[int] = []
    for index in sorted(baseline, key=lambda each: (order(0, each), each)):
        others = waiting.get(text(0, index))
        if others:
            pairs.append((index, others.pop()))
        else:
            missing.append(index)
    return pairs, sorted(missing), sorted(each for others in waiting.values() for each in others)


def _multiset(
    rules: Rules, state: State, sides: tuple[Side, Side], baseline: list[int], candidate: list[int]
) -> tuple[list[Pair], list[int], list[int]]:
    """Equal elements first, then those that the rules could make equal."""
    strict = [_Encoder(rules, root, soft=False) for root, _ in sides]
    pairs, missing, extra = _together(
        baseline, candidate, lambda side, at: strict[side].element(sides[side][1], at, state), lambda *_: 0
    )
    if not missing or not extra:
        return pairs, missing, extra
    soft = [_Encoder(rules, root, soft=True) for root, _ in sides]
    texts: dict[tuple[int, int], tuple[str, list[Decimal]]] = {}
    for side, left in ((0, missing), (1, extra)):
        for at in left:
            text = soft[side].element(sides[side][1], at, state)
            texts[side, at] = (text, soft[side].near)
    # Sorted by the numbers a tolerance reads, so that the nearest ones meet.
    alike, missing, extra = _together(
        missing, extra, lambda side, at: texts[side, at][0], lambda side, at: texts[side, at][1]
    )
    return pairs + alike, missing, extra


def _identity(element: JsonDocument, member: str, text: Callable[[JsonDocument], str]) -> str:
    if isinstance(element, dict) and member in element:
        return text(element[member])
    return "without"


def _by_member(rules: Rules, state: State, sides: tuple[Side, Side], member: str) -> list[Pair]:
    plain = _Encoder(rules, None, soft=False)
    groups: dict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, (_, elements) in enumerate(sides):
        for at, element in enumerate(elements):
            groups[_identity(element, member, lambda value: plain.element([value], 0, rules.dead))][side].append(at)
    pairs: list[Pair] = []
    for baseline, candidate in groups.values():
        if len(baseline) == len(candidate) == 1:
            pairs.append((baseline[0], candidate[0]))
            continue
        # An identity that is not unique cannot say who is who: equal ones meet, the rest in their order.
        found, missing, extra = _multiset(rules, state, sides, baseline, candidate)
        shared = min(len(missing), len(extra))
        pairs += found + list(zip(missing, extra, strict=False))
        pairs += [(at, None) for at in missing[shared:]] + [(None, at) for at in extra[shared:]]
    return pairs


def matched(rules: Rules, state: State, sides: tuple[Side, Side], member: str | None) -> list[Pair]:
    """
    Index pairs of elements that belong together; None where a side has no counterpart.

    `state` is the list's; `sides` are document and list of baseline and candidate. With `member`, elements
    meet by the value of that member, else by being equal. Ordered by baseline's index, then candidate's.
    Linear in the size of both lists, but for sorting.
    """
    if member is not None:
        pairs = _by_member(rules, state, sides, member)
    else:
        everything = list(range(len(sides[0][1]))), list(range(len(sides[1][1])))
        found, missing, extra = _multiset(rules, state, sides, *everything)
        pairs = found + [(at, None) for at in missing] + [(None, at) for at in extra]
    return sorted(pairs, key=lambda pair: (pair[0] is None, pair[0] or 0, pair[1] or 0))
