"""
What equal means, written as slowly and plainly as possible; every fast path is compared with this.

`datetime` compares instants whatever their zone, `Decimal` compares exact values whatever their scale, and
everything else is one `isinstance` per kind.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from verify.core.values import Absent, Value

_KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("absent", (Absent,)), ("null", (type(None),)), ("boolean", (bool,)), ("number", (int, float, Decimal)),
    ("string", (str,)), ("bytes", (bytes,)), ("moment", (datetime,)), ("date", (date,)), ("time", (time,)),
    ("uuid", (UUID,)), ("map", (Mapping,)), ("set", (AbstractSet,)), ("list", (Sequence,)),
)  # fmt: skip


def kind(value: Value) -> str:
    """The kind of a Python value; a timestamp without zone is another kind than an instant."""
    found = next(name for name, types in _KINDS if isinstance(value, types))
    if isinstance(value, datetime):
        return "instant" if value.tzinfo else "timestamp"
    return found


def equal(one: Value, other: Value) -> bool:
    """True when both are of one kind and the same value of it."""
    if kind(one) != kind(other):
        return False
    if isinstance(one, int | float | Decimal) and isinstance(other, int | float | Decimal):
        return _same_number(one, other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, AbstractSet) and isinstance(other, AbstractSet):
        return _covers(one, other) and _covers(other, one)
    if kind(one) == "list" and isinstance(one, Sequence) and isinstance(other, Sequence):
        return len(one) == len(other) and all(equal(a, b) for a, b in zip(one, other, strict=True))
    return one == other


def _covers(one: AbstractSet[Value], other: AbstractSet[Value]) -> bool:
    return all(any(equal(item, candidate) for candidate in other) for item in one)


def _exact(value: int | float | Decimal) -> Decimal:
    # A float stands for its shortest decimal that reads back as the same float.
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _same_number(one: int | float | Decimal, other: int | float | Decimal) -> bool:
    first, second = _exact(one), _exact(other)
    if math.isnan(first) or math.isnan(second):
        return math.isnan(first) and math.isnan(second)
    return first == second


def _pairs(found: list[tuple[str, Value]]) -> dict[str, Value]:
    names = [name for name, _ in found]
    if len(set(names)) != len(names):
        raise ValueError("a name appears twice in one object")
    return dict(found)


def read(text: str) -> Value:
    """The JSON document with exact numbers, by the standard library alone."""
    found: Value = json.loads(text, parse_float=Decimal, object_pairs_hook=_pairs)
    return found
