"""Values as a reader may see them: with their kind, short, printable, and personal data concealed."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from deepdiff import DeepDiff

from verify.compare.json_paths import Key
from verify.compare.json_values import JsonDocument, Value, canonical_scalar, kind
from verify.core.visible import unambiguous

WIDEST: Final = 200
_EXPLAINED: Final = 20_000
_DETAIL: Final = 400
_AROUND: Final = 30

# What stands for a personal scalar, or None where the value may be seen; asked with the keys below the value.
Conceal: TypeAlias = Callable[[str], str]
Place: TypeAlias = "tuple[Place, Key] | None"


def cut(text: str, widest: int = WIDEST) -> str:
    """At most `widest` characters; a cut is marked, and what cannot be told apart on paper is escaped."""
    short = text if len(text) <= widest else text[: widest - 1]
    composed = unicodedata.is_normalized("NFC", short)
    shown = "".join(
        each if (each.isascii() and each.isprintable()) or (composed and unambiguous(each)) else _escaped(each)
        for each in short
    )
    return shown if len(text) <= widest else f"{shown}…"


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]


def _tokens(value: JsonDocument) -> Iterator[str]:
    """JSON text piece by piece, so that a large value costs no more than what is shown of it."""
    if isinstance(value, dict):
        yield "{"
        for index, name in enumerate(sorted(value)):
            yield f"{', ' if index else ''}{json.dumps(name, ensure_ascii=False)}: "
            yield from _tokens(value[name])
        yield "}"
    elif isinstance(value, list):
        yield "["
        for index, element in enumerate(value):
            if index:
                yield ", "
            yield from _tokens(element)
        yield "]"
    else:
        yield _scalar(value)


def _scalar(value: JsonDocument) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value) if isinstance(value, bool) or value is None else str(value)


def show(value: Value) -> str:
    """The value after its kind: `number 12.5`, `string "12.5"`, `absent`, at most 200 characters."""
    name = kind(value)
    if name in ("absent", "null"):
        return name
    text = f"{name} "
    for token in _tokens(value):  # type: ignore[arg-type]
        text += token
        if len(text) > WIDEST:
            break
    return cut(text)


def concealed(value: JsonDocument, conceal: Conceal) -> str:
    """What stands for a personal scalar: equal values give equal texts on both sides."""
    return f"keyed hash {conceal(value if isinstance(value, str) else canonical_scalar(value))}"


def explain(baseline: Value, candidate: Value) -> str:
    """
    What differs between two values already known to differ, for the reader only; empty when nothing is added.

    Containers and texts of several lines are explained by DeepDiff, long single lines by their first
    different character. Nothing is decided here.
    """
    if isinstance(baseline, str) and isinstance(candidate, str) and "\n" not in baseline + candidate:
        return _first_character(baseline, candidate) if max(len(baseline), len(candidate)) > 80 else ""
    if not _worth_explaining(baseline, candidate):
        return ""
    found = DeepDiff(baseline, candidate, verbose_level=2)
    changed = found.get("values_changed", {}).get("root", {})
    text = changed.get("diff") if isinstance(changed, dict) else None
    return cut(text or found.pretty(), _DETAIL)


def _worth_explaining(baseline: Value, candidate: Value) -> bool:
    kinds = {kind(baseline), kind(candidate)}
    return len(kinds) == 1 and kinds <= {"list", "map", "string"} and _small(baseline) and _small(candidate)


def _small(value: Value) -> bool:
    size = 0
    for token in _tokens(value):  # type: ignore[arg-type]
        size += len(token)
        if size > _EXPLAINED:
            return False
    return True


def _first_character(baseline: str, candidate: str) -> str:
    shortest = min(len(baseline), len(candidate))
    at = next((index for index in range(shortest) if baseline[index] != candidate[index]), shortest)
    around = slice(max(0, at - _AROUND), at + _AROUND)
    return cut(
        f"first differs at character {at}: baseline …{baseline[around]}…, candidate …{candidate[around]}…",
        _DETAIL,
    )
