"""Two JSON documents compared by kind and exact value, under declared and counted rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final, TypeAlias

from verify.compare.json_lists import Pair, matched
from verify.compare.json_paths import Key, Path, State, View, show_path
from verify.compare.json_rules import DocumentRules, Rules
from verify.compare.json_text import parse_json
from verify.compare.json_values import ABSENT, JsonDocument, Value, same_scalar
from verify.compare.shown import explain
from verify.core.verdicts import SHOWN_DIFFERENCES, Difference

__all__ = ["Comparison", "DocumentRules", "JsonDocument", "differences", "parse_json"]

COLLECTED: Final = 1_000

# Path, state of the rules, baseline's value, candidate's value, and the record of a keyed list it lies in.
# A plain tuple, because one is made for every value of both documents.
Spot: TypeAlias = tuple[Path, State, Value, Value, str]
Container: TypeAlias = list[JsonDocument] | dict[str, JsonDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """
    What a comparison found.

    `differences` holds the first 1,000 in document order, `found` counts all; `normalised` counts by rule
    what was excused; `compared` counts the scalar values and empty containers looked at, but for those that
    a rule excuses whatever they are.
    """

    differences: tuple[Difference, ...] = ()
    normalised: Mapping[str, int] = field(default_factory=dict)
    found: int = 0
    compared: int = 0

    @property
    def omitted(self) -> int:
        """How many differences were counted but not collected."""
        return self.found - len(self.differences)


class _Walk:
    """One comparison under way; a stack instead of recursion, so depth costs nothing."""

    def __init__(self, baseline: JsonDocument, candidate: JsonDocument, rules: Rules) -> None:
        self._rules = rules
        self._roots = (baseline, candidate)
        self._found: list[Difference] = []
        self._count = 0
        self._compared = 0
        self._normalised: Counter[str] = Counter()
        self._nearest: dict[Path, Value] = {}
        self._stack: list[Spot] = [(None, rules.start, baseline, candidate, "")]

    def run(self) -> Comparison:
        while self._stack:
            self._visit(self._stack.pop())
        return Comparison(
            differences=tuple(self._found),
            normalised=dict(sorted(self._normalised.items())),
            found=self._count,
            compared=self._compared,
        )

    def _visit(self, spot: Spot) -> None:
        _, state, baseline, candidate, _ = spot
        if type(baseline) is dict and type(candidate) is dict:
            if not (state.rules and self._excused(spot)):
                self._members(spot, baseline, candidate)
        elif type(baseline) is list and type(candidate) is list:
            if not (state.rules and self._excused(spot)):
                self._elements(spot, baseline, candidate)
        else:
            self._compared += not (state.rules and self._rules.blind(state))
            if not same_scalar(baseline, candidate) and not (state.rules and self._excused(spot)):
                self._differs(spot)

    def _excused(self, spot: Spot) -> bool:
        _, state, baseline, candidate, _ = spot
        for rule in self._rules.at(state):
            if rule.excuses(baseline, candidate):
                self._normalised[rule.label] += 1
                return True
        return False

    def _members(self, spot: Spot, baseline: dict[str, JsonDocument], candidate: dict[str, JsonDocument]) -> None:
        path, state, _, _, key = spot
        self._compared += not baseline and not candidate
        names = sorted(baseline if baseline.keys() == candidate.keys() else baseline.keys() | candidate.keys())
        children: list[Spot] = []
        for name in names:
            one, other = baseline.get(name, ABSENT), candidate.get(name, ABSENT)
            if state.dynamic:
                here, there = None if one is ABSENT else name, None if other is ABSENT else name
                child = self._seen(state, (baseline, here), (candidate, there))
            else:
                child = self._rules.child(state, name)
            children.append(((path, name), child, one, other, key))
        children.reverse()
        self._stack += children

    def _elements(self, spot: Spot, baseline: list[JsonDocument], candidate: list[JsonDocument]) -> None:
        path, state, _, _, key = spot
        self._compared += not baseline and not candidate
        rule = next((each for each in self._rules.at(state) if each.unordered), None)
        if rule is not None:
            sides = ((self._roots[0], baseline), (self._roots[1], candidate))
            pairs = matched(self._rules, state, sides, rule.member)
            self._normalised.update([rule.label] if _moved(pairs) else [])
            self._pairs(spot, baseline, candidate, pairs, rule.member)
            if rule.member is None:
                self._nearest |= _nearest(path, candidate, pairs)
        elif state.dynamic:
            self._pairs(spot, baseline, candidate, _in_order(len(baseline), len(candidate)), None)
        else:
            child = self._rules.child(state, 0)
            both = enumerate(zip_longest(baseline, candidate, fillvalue=ABSENT))
            children = [((path, index), child, one, other, key) for index, (one, other) in both]
            children.reverse()
            self._stack += children

    def _pairs(
        self,
        spot: Spot,
        baseline: list[JsonDocument],
        candidate: list[JsonDocument],
        pairs: Iterable[Pair],
        member: str | None,
    ) -> None:
        path, state, _, _, key = spot
        children: list[Spot] = []
        for one, other in pairs:
            child = self._seen(state, (baseline, one), (candidate, other))
            here = ABSENT if one is None else baseline[one]
            there = ABSENT if other is None else candidate[other]
            record = key if member is None else self._record(child, here, there, member)
            children.append(((path, other if one is None else one), child, here, there, record))  # type: ignore[arg-type]
        children.reverse()
        self._stack += children

    def _seen(self, state: State, *sides: tuple[Container, Key | None]) -> State:
        views: list[View] = [
            (root, container, key) for root, (container, key) in zip(self._roots, sides, strict=True) if key is not None
        ]
        return self._rules.child_seen(state, views)

    def _record(self, state: State, baseline: Value, candidate: Value, member: str) -> str:
        """The identity of a list's element, for the reader."""
        side = 0 if isinstance(baseline, dict) else 1
        element = candidate if side else baseline
        if not isinstance(element, dict) or member not in element:
            return f"without {member}"
        root = self._roots[side]
        inner = self._rules.child_seen(state, [(root, element, member)])
        return f"{member}={self._rules.show(element[member], inner, root)}"

    def _differs(self, spot: Spot) -> None:
        path, state, baseline, candidate, key = spot
        self._count += 1
        if len(self._found) >= COLLECTED:
            return
        detail = ""
        if len(self._found) < SHOWN_DIFFERENCES:
            detail = self._detail(path, state, baseline, candidate)
        self._found.append(
            Difference(
                key=key,
                path=show_path(path),
                baseline=self._rules.show(baseline, state, self._roots[0]),
                candidate=self._rules.show(candidate, state, self._roots[1]),
                detail=detail,
            )
        )

    def _detail(self, path: Path, state: State, baseline: Value, candidate: Value) -> str:
        near = self._nearest.get(path) if candidate is ABSENT else None
        other = candidate if near is None else near
        here = self._rules.redacted(baseline, state, self._roots[0])
        there = self._rules.redacted(other, state, self._roots[1])
        text = explain(here, there)
        return f"beside an extra element: {text}" if text and near is not None else text


def _moved(pairs: Iterable[Pair]) -> bool:
    return any(one is not None and other is not None and one != other for one, other in pairs)


def _in_order(baseline: int, candidate: int) -> list[Pair]:
    longest = range(max(baseline, candidate))
    return [(at if at < baseline else None, at if at < candidate else None) for at in longest]


def _nearest(path: Path, candidate: list[JsonDocument], pairs: list[Pair]) -> dict[Path, Value]:
    """For each element without counterpart one that baseline does not know, to be explained together."""
    missing = [one for one, other in pairs if other is None and one is not None]
    extra = [other for one, other in pairs if one is None and other is not None]
    both = zip(missing[:SHOWN_DIFFERENCES], extra, strict=False)
    return {(path, one): candidate[other] for one, other in both}


def differences(baseline: JsonDocument, candidate: JsonDocument, rules: DocumentRules) -> Comparison:
    """
    Every place where the documents differ, in document order (members by name, elements by index).

    Kinds never mix (`1 ≠ true ≠ "1"`, absent ≠ null), numbers compare by exact value. Values that are equal
    need no rule; a rule excuses only values it can read on both sides. Time is linear in the size of both
    documents, but for sorting. Raises ValueError for a rule whose pattern is no JSONPath.
    """
    return _Walk(baseline, candidate, Rules(rules)).run()
