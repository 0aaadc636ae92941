"""What a value that moves by nature must still look like."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Final

from verify.compare.json_values import Value, exact, kind
from verify.core.scalars import Volatile

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d(?::\d\d(?:([.,])\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_HTTP_DATE: Final = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_BARE_UUID: Final = re.compile(r"[0-9a-fA-F]{32}")
# 1973 to 5138 in seconds; the ranges of the units do not touch, so a change of unit is seen.
_EPOCH: Final = (
    ("seconds", 10**8, 10**11),
    ("milliseconds", 10**11, 10**14),
    ("microseconds", 10**14, 10**17),
)


def _timestamp(value: Value) -> str | None:
    if isinstance(value, str):
        return _written(value)
    if kind(value) != "number" or not isinstance(value, (int, float, Decimal)):
        return None
    number = exact(value)
    return next((f"epoch {unit}" for unit, low, high in _EPOCH if low <= number < high), None)


def _written(text: str) -> str | None:
    found = _INSTANT.fullmatch(text)
    try:
        if found:
            datetime.fromisoformat(text)
            zone = f"instant at {found[3]}" if found[3] else "local timestamp"
            return f"{zone} written with {found[1]!r}{' and a comma' if found[2] == ',' else ''}"
        if _HTTP_DATE.fullmatch(text):
            parsedate_to_datetime(text)
            return "HTTP date"
    except ValueError:
        return None
    return None


def _uuid(value: Value) -> str | None:
    if not isinstance(value, str):
        return None
    if _UUID.fullmatch(value):
        return "uuid"
    return "uuid without hyphens" if _BARE_UUID.fullmatch(value) else None


def form(value: Value, rule: Volatile) -> str | None:
    """
    The form in which a value is of the rule's kind, or None when it is not.

    Two values are excused only when both forms are there and equal, so a change of format, unit or time zone is
    still a difference: `Z`, `+00:00`, `+0000` and `+09:00` are four. How many digits follow the seconds is not, nor
    whether any do: serialisers leave out zeros. A timestamp is an RFC 3339 text, an HTTP date, or a number of
    seconds, milliseconds or microseconds since 1970.
    """
    if rule == "timestamp":
        return _timestamp(value)
    if rule == "uuid":
        return _uuid(value)
    if rule == "any":
        return None if kind(value) == "absent" else "any"
    return rule if kind(value) == rule else None


def guess(baseline: Value, candidate: Value) -> Volatile | None:
    """The narrowest rule that would excuse both values, for a proposal to a person."""
    narrowest: tuple[Volatile, ...] = ("timestamp", "uuid", "number", "string")
    for rule in narrowest:
        one = form(baseline, rule)
        if one is not None and one == form(candidate, rule):
            return rule
    return None
