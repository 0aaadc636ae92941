"""JSON values with their kinds: exact numbers, and nothing equal that differs in kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import ROUND_DOWN, Context, Decimal, Inexact, InvalidOperation, Overflow
from enum import Enum
from typing import Final, Literal, TypeAlias

from pydantic import JsonValue

JsonDocument: TypeAlias = "bool | int | float | Decimal | str | list[JsonDocument] | dict[str, JsonDocument] | None"


class Absence(Enum):
    """The kind of value that is not there; differs from null."""

    ABSENT = "absent"


ABSENT: Final = Absence.ABSENT
Value: TypeAlias = "JsonDocument | Literal[Absence.ABSENT]"

_KINDS: Final[Mapping[type, str]] = {
    Absence: "absent",
    type(None): "null",
    bool: "bool",
    int: "number",
    float: "number",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "map",
}
# Enough digits for every number met in practice; a difference that needs more counts as too large.
_EXACT: Final = Context(prec=5_000, rounding=ROUND_DOWN, traps=[Inexact, InvalidOperation, Overflow])


def described(value: JsonValue) -> JsonDocument:
    """A value of a description as a document."""
    if isinstance(value, dict):
        return {name: described(each) for name, each in value.items()}
    return [described(each) for each in value] if isinstance(value, list) else value


def kind(value: Value) -> str:
    """One of absent, null, bool, number, string, list, map."""
    return _KINDS[type(value)]


def exact(number: int | float | Decimal) -> Decimal | int:
    """The number without binary rounding: a float is its shortest round-trip decimal."""
    return Decimal(repr(number)) if isinstance(number, float) else number


def same_scalar(baseline: Value, candidate: Value) -> bool:
    """True when both are scalars of one kind and equal: `12.50 = 12.5`, `-0 = 0`, `1 ≠ true ≠ "1"`."""
    if type(baseline) is type(candidate) and not isinstance(baseline, (float, list, dict)):
        return baseline == candidate
    if isinstance(baseline, bool) or isinstance(candidate, bool):
        return False
    if isinstance(baseline, (int, float, Decimal)) and isinstance(candidate, (int, float, Decimal)):
        return exact(baseline) == exact(candidate)
    return False


def within(baseline: Value, candidate: Value, tolerance: Decimal) -> bool:
    """True when both are numbers at most `tolerance` apart, exactly; false when that cannot be computed."""
    if kind(baseline) != "number" or kind(candidate) != "number":
        return False
    assured = (baseline, candidate)
    numbers = [Decimal(exact(each)) for each in assured if isinstance(each, (int, float, Decimal))]
    try:
        # copy_abs, because abs() would round to the ambient 28 digits.
        return _EXACT.subtract(*numbers).copy_abs() <= tolerance
    except (Inexact, InvalidOperation, Overflow):
        return False


def canonical_number(number: int | float | Decimal) -> str:
    """One text for every way to write the same number: sign, digits without trailing zeros, exponent."""
    value = exact(number)
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    bare = text.rstrip("0")
    return f"{'-' if sign else ''}{bare}e{int(exponent) + len(text) - len(bare)}"


def canonical_scalar(value: Value) -> str:
    """One text per scalar value; texts of different kinds never meet."""
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, (int, float, Decimal)):
        return canonical_number(value)
    raise TypeError(f"a {kind(value)} is no scalar")
