"""Encodings for people: plain values with their kind, nothing invisible."""

from __future__ import annotations

import json
import re
from typing import Final

from verify.core.values import ALONE, TAG, WORDS, Tree, encode, tree
from verify.core.visible import unambiguous

_KINDS: Final = frozenset({*WORDS, *ALONE, "s", "S", "x"})
_LOWER_BOUNDS: Final = re.compile(r"(array from (?:\[-?\d+:-?\d+\])+):(.*)", re.DOTALL)


def show(encoding: str) -> str:
    """The value for people, with its kind; characters that cannot be told apart on paper are escaped, at any depth."""
    kind, body = encoding[0], encoding[1:]
    if kind in ALONE:
        return ALONE[kind]
    if kind in "sS":
        return f"string {_inside(encoding)}"
    if kind == "x":
        return _other(body)
    return f"{WORDS[kind]} {_inside(encoding) if kind in 'lme' else body}"


def _inside(parts: Tree) -> str:
    """A value within another: texts quoted, what JSON has as JSON, everything else with its kind."""
    if isinstance(parts, list):
        return f"[{','.join(_inside(each) for each in parts)}]"
    if isinstance(parts, dict):
        return f"{{{','.join(f'{_clear(name)}:{_inside(parts[name])}' for name in sorted(parts))}}}"
    kind, body = parts[0], parts[1:]
    if kind in "#b":
        return body
    if kind == "s":
        return _clear(body)
    if kind == "S":
        return json.dumps(str(json.loads(body)).removeprefix(TAG))
    if kind == "n":
        return "null"
    return _inside(tree(f"l{body}" if kind == "e" else parts)) if kind in "lme" else show(parts)


def _clear(text: str) -> str:
    return json.dumps(text, ensure_ascii=not unambiguous(text))


def _other(body: str) -> str:
    """A type with its name: a record's fields and an array's items as values, any other text as it stands."""
    if array := _LOWER_BOUNDS.fullmatch(body):
        return f"{array[1]} {_inside(tree(f'l{array[2]}'))}"
    name, _, text = body.partition(":")
    record = _record(text) if name != "json" else None
    return f"{name} {_clear(text) if record is None else record}"


def _record(text: str) -> str | None:
    """The values of a record, whose text is a JSON list of their encodings; None when it is no such text."""
    if text[:1] != "[":
        return None
    try:
        found: list[object] = json.loads(text)
        fields = [encode(each) if isinstance(each, bool) else each for each in found]
        encodings = [each for each in fields if isinstance(each, str) and each[:1] in _KINDS]
        return _inside([*encodings]) if len(encodings) == len(found) else None
    except (ValueError, RecursionError):
        return None
