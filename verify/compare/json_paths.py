"""RFC 9535 patterns matched while a document is walked, so that ten of them cost no more than one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError
from jsonpath_rfc9535.environment import JSONValue
from jsonpath_rfc9535.filter_expressions import FilterContext
from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment, JSONPathSegment
from jsonpath_rfc9535.selectors import (
    FilterSelector,
    IndexSelector,
    JSONPathSelector,
    NameSelector,
    SliceSelector,
    WildcardSelector,
)

from verify.compare.json_values import JsonDocument
from verify.core.visible import unambiguous

Key: TypeAlias = "str | int"
Path: TypeAlias = "tuple[Path, Key] | None"
# Where a child stands on one side: the whole document, the container, the child's key in it.
View: TypeAlias = "tuple[JsonDocument, list[JsonDocument] | dict[str, JsonDocument], Key]"

_PLAIN: Final = re.compile(r"[^\W\d]\w*")
_ENVIRONMENT: Final = JSONPathEnvironment()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One rule's pattern; a `sticky` one also holds for everything below what it selects."""

    rule: int
    segments: tuple[JSONPathSegment, ...]
    sticky: bool = False


def compile_pattern(text: str) -> tuple[JSONPathSegment, ...]:
    """The segments of a pattern; raises ValueError that quotes it."""
    try:
        return tuple(_ENVIRONMENT.compile(text).segments)
    except JSONPathError as error:
        raise ValueError(f"{text!r} is not a JSONPath: {error}; write for example $.items[*].id or $..id") from None


def show_path(path: Path) -> str:
    """The path as JSONPath: `$.items[3].price`, `$['two words']`."""
    keys: list[Key] = []
    while path is not None:
        path, key = path
        keys.append(key)
    return "$" + "".join(map(show_key, reversed(keys)))


def show_key(key: Key) -> str:
    """One step of a path as JSONPath: `[3]`, `.price`, `['two words']`; what cannot be told apart is escaped."""
    if isinstance(key, int):
        return f"[{key}]"
    clear = unambiguous(key)
    if clear and _PLAIN.fullmatch(key):
        return f".{key}"
    quoted = json.dumps(key, ensure_ascii=not clear)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"['{quoted}']"


class State:
    """Where every pattern stands at one place of the document; equal states are one object."""

    __slots__ = ("dynamic", "marks", "members", "names", "rules")

    def __init__(self, marks: frozenset[tuple[int, int]], patterns: Sequence[Pattern]) -> None:
        self.marks = marks
        waiting = [patterns[each].segments[at] for each, at in marks if at < len(patterns[each].segments)]
        selectors = [selector for segment in waiting for selector in segment.selectors]
        self.rules = frozenset(patterns[each].rule for each, at in marks if at == len(patterns[each].segments))
        self.names = frozenset(each.name for each in selectors if isinstance(each, NameSelector))
        # Indexes, slices and filters depend on more than the key, so their results cannot be remembered.
        self.dynamic = any(not isinstance(each, (NameSelector, WildcardSelector)) for each in selectors)
        self.members: dict[Key | None, State] = {}


class Patterns:
    """A lazily built automaton over all patterns together."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = tuple(patterns)
        self._states: dict[frozenset[tuple[int, int]], State] = {}
        self.start = self._state((each, 0) for each in range(len(self._patterns)))
        self.dead = self._state(())

    def _state(self, marks: Iterable[tuple[int, int]]) -> State:
        key = frozenset(marks)
        if key not in self._states:
            self._states[key] = State(key, self._patterns)
        return self._states[key]

    def child(self, state: State, key: Key) -> State:
        """The state of a child, when the key alone decides it (`state.dynamic` is false)."""
        remembered = key if key in state.names else 0 if isinstance(key, int) else None
        known = state.members.get(remembered)
        if known is None:
            known = state.members[remembered] = self._advance(state, key, ())
        return known

    def child_seen(self, state: State, views: Sequence[View]) -> State:
        """The state of a child seen on one or both sides; what either side selects is selected."""
        if not state.dynamic:
            return self.child(state, views[0][2])
        return self._state(mark for view in views for mark in self._advance(state, view[2], (view,)).marks)

    def _advance(self, state: State, key: Key, views: Sequence[View]) -> State:
        marks: set[tuple[int, int]] = set()
        for each, at in state.marks:
            pattern = self._patterns[each]
            if at == len(pattern.segments):
                if pattern.sticky:
                    marks.add((each, at))
                continue
            segment = pattern.segments[at]
            if isinstance(segment, JSONPathRecursiveDescentSegment):
                marks.add((each, at))
            if any(_selects(selector, key, views) for selector in segment.selectors):
                marks.add((each, at + 1))
        return self._state(marks)


def _selects(selector: JSONPathSelector, key: Key, views: Sequence[View]) -> bool:
    if isinstance(selector, NameSelector):
        return key == selector.name
    if isinstance(selector, WildcardSelector):
        return True
    return any(_selects_in(selector, *view) for view in views)


def _selects_in(
    selector: JSONPathSelector,
    root: JsonDocument,
    container: list[JsonDocument] | dict[str, JsonDocument],
    key: Key,
) -> bool:
    if isinstance(selector, FilterSelector):
        child = container[key]  # type: ignore[index]
        context = FilterContext(env=_ENVIRONMENT, current=child, root=cast("JSONValue", root))
        try:
            return bool(selector.expression.evaluate(context))
        except JSONPathError:
            # A filter that cannot be evaluated here softens nothing.
            return False
    if not isinstance(container, list) or not isinstance(key, int):
        return False
    if isinstance(selector, IndexSelector):
        return selector.index in (key, key - len(container))
    if isinstance(selector, SliceSelector) and selector.slice.step != 0:
        return key in range(*selector.slice.indices(len(container)))
    return False


def find(pattern: str, document: JsonDocument) -> Mapping[str, JsonDocument]:
    """What a pattern selects in one document, by path; raises ValueError for a pattern that is none."""
    patterns = Patterns([Pattern(rule=0, segments=compile_pattern(pattern))])
    found: dict[str, JsonDocument] = {}
    stack: list[tuple[Path, State, JsonDocument]] = [(None, patterns.start, document)]
    while stack:
        path, state, value = stack.pop()
        if state.rules:
            found[show_path(path)] = value
        keys: Iterable[Key] = ()
        if isinstance(value, dict):
            keys = reversed(value)
        elif isinstance(value, list):
            keys = range(len(value) - 1, -1, -1)
        for key in keys:
            child = value[key]  # type: ignore[index]
            stack.append(((path, key), patterns.child_seen(state, ((document, value, key),)), child))  # type: ignore[arg-type]
    return found
