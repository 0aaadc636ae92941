"""
Column rules: which unequal encodings a description lets count as equal, and what that took.

A value that a rule cannot read stays as it is, and so stays a difference.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Context, Decimal
from ipaddress import ip_interface
from typing import Final
from uuid import UUID

from verify.core.datasets import Column
from verify.core.values import (
    ABSENT,
    JSON_NULL,
    NULL,
    canonical_number,
    encode,
    from_base64,
    kind_of,
    parse_json,
    regrown,
    tree,
)

_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?", re.ASCII)
_NUMERIC = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,6})?", re.ASCII)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_UUID_BYTES: Final = len("y") + 32
_INET = re.compile(r"(?:s|xinet[46]?:)([0-9a-fA-F:.]+(?:/\d{1,3})?)", re.ASCII)
_HEX = re.compile(r"\\x(?:[0-9a-fA-F]{2})*", re.ASCII)
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)", re.ASCII)
_FRACTION = re.compile(r"\.(\d+)", re.ASCII)
_KEPT: Final = {"s": 0, "ms": 3, "us": 6}
# Plain numbers have at most 400 characters, so a difference of two of them is exact in 1,000 digits.
_EXACT: Final = Context(prec=1_000)


def equal_under(rule: Column, baseline: str, candidate: str) -> tuple[bool, tuple[str, ...]]:
    """Whether two encodings are equal under the rule, and the softenings that were needed, in order."""
    if baseline == candidate:
        return True, ()
    one, one_used = soften(rule, baseline)
    other, other_used = soften(rule, candidate)
    used = tuple(dict.fromkeys(one_used + other_used))
    if one == other:
        return True, used
    if rule.tolerance is not None and _within(rule.tolerance, one, other):
        return True, (*used, f"tolerance {rule.tolerance}")
    return False, ()


def soften(rule: Column, encoding: str) -> tuple[str, tuple[str, ...]]:
    """The encoding as the rule reads it, and what that changed; tolerance takes two values and is not here."""
    used: list[str] = []
    for name, step in steps(rule):
        softer = step(encoding)
        if softer != encoding:
            used.append(name or f"{kind_of(encoding)} -> {kind_of(softer)}")
            encoding = softer
    return encoding, tuple(used)


def steps(rule: Column) -> list[tuple[str, Callable[[str], str]]]:
    """What the rule does to an encoding, in order, each with its name; a type's step is told by the kinds it changed."""
    steps: list[tuple[str, Callable[[str], str]]] = []
    if rule.absent == "null":
        steps.append(("absent -> null", lambda text: NULL if text == ABSENT else text))
    if rule.trim:
        steps.append(("trim", lambda text: "s" + text[1:].strip() if text[0] == "s" else text))
    if rule.type is not None:
        steps.append(("", reader(rule.type)))
    if rule.precision is not None:
        digits = _KEPT[rule.precision]
        steps.append((f"precision {rule.precision}", lambda text: _cut(text, digits)))
    if rule.case == "fold":
        steps.append(("case", lambda text: text.casefold() if text[0] == "s" else text))
    if rule.unordered:
        steps.append(("order", _sorted))
    return steps


def reader(name: str) -> Callable[[str], str]:
    """
    What reads an encoding as the type `name`.

    Raises ValueError for a name that is no type: integer, decimal, decimal(p,s), float, boolean, text, timestamp,
    timestamptz, date, time, uuid, inet, bytes, json.
    """
    sized = _DECIMAL.fullmatch(name)
    if sized:
        return lambda encoding: _decimal(encoding, int(sized[1]), int(sized[2]))
    if name not in _READERS:
        raise ValueError(f"{name!r} is not a type; choose one of decimal(p,s), {', '.join(sorted(_READERS))}")
    return _READERS[name]


def _of_string(read: Callable[[str], str | None]) -> Callable[[str], str]:
    """Reads strings only; what cannot be read stays a string."""

    def step(encoding: str) -> str:
        if encoding[0] != "s":
            return encoding
        try:
            return read(encoding[1:]) or encoding
        except (ValueError, OverflowError, RecursionError):
            return encoding

    return step


def _number(text: str) -> str | None:
    return "#" + canonical_number(text) if _NUMERIC.fullmatch(text) else None


def _integer(text: str) -> str | None:
    found = _number(text)
    return found if found and found.lstrip("#-").isdigit() else None


def _decimal(encoding: str, precision: int, scale: int) -> str:
    found = _of_string(_number)(encoding)
    if found == encoding or found[0] != "#":
        return encoding
    whole, _, fraction = found[1:].lstrip("-").partition(".")
    fits = "e" not in found and len(fraction) <= scale and len(whole.lstrip("0")) <= precision - scale
    return found if fits else encoding


def _float(encoding: str) -> str:
    found = _of_string(_number)(encoding)
    if found[0] != "#":
        return encoding
    nearest = float(found[1:])
    lost = math.isinf(nearest) and "inf" not in found
    return encoding if lost else encode(nearest)


def _boolean(encoding: str) -> str:
    return {"strue": "btrue", "sfalse": "bfalse", "#1": "btrue", "#0": "bfalse"}.get(encoding, encoding)


def _text(encoding: str) -> str:
    if encoding[0] == "x":
        return "s" + encoding.partition(":")[2]
    return "s" + encoding[1:] if encoding[0] in "#bu" else encoding


def _moment(text: str) -> str | None:
    found = _MOMENT.fullmatch(text)
    if not found or (found[4] or "")[6:].strip("0"):
        return None
    zone = "+00:00" if (found[5] or "").upper() == "Z" else found[5] or ""
    fraction = (found[4] or "0")[:6].ljust(6, "0")
    return encode(datetime.fromisoformat(f"{found[1]}T{found[2]}:{found[3] or '00'}.{fraction}{zone}"))


def _instant(text: str) -> str | None:
    # No zone stays unread: nobody said which zone it is, and guessing UTC hides a zone that was lost.
    found = _moment(text)
    return found if found and found[0] == "T" else None


def _world(encoding: str) -> str:
    """A database's timestamp without zone as the instant it is in UTC: the rule says it is one, a text did not."""
    if encoding[0] != "t":
        return _of_string(_instant)(encoding)
    if encoding.endswith("infinity"):
        return "T" + encoding[1:]
    moment = encoding[1:].removesuffix(" BC")
    return f"T{moment}+00{encoding[1 + len(moment) :]}"


def _date(text: str) -> str | None:
    return encode(date.fromisoformat(text)) if _DATE.fullmatch(text) else None


def _time(text: str) -> str | None:
    return encode(time.fromisoformat(text)) if _TIME.fullmatch(text) else None


def _uuid(text: str) -> str | None:
    return encode(UUID(text)) if _UUID.fullmatch(text) else None


def _sixteen(encoding: str) -> str:
    """A text or sixteen bytes, in the order they are written, as a uuid; other bytes stay bytes."""
    if encoding[0] == "y" and len(encoding) == _UUID_BYTES:
        return encode(UUID(encoding[1:]))
    return _of_string(_uuid)(encoding)


def _inet(encoding: str) -> str:
    """An address in one spelling and with its prefix, whether it came as PostgreSQL's inet, MariaDB's inet4 or a text."""
    found = _INET.fullmatch(encoding)
    try:
        return f"xinet:{ip_interface(found[1]).with_prefixlen}" if found else encoding
    except ValueError:
        return encoding


def _bytes(text: str) -> str | None:
    if text.startswith("\\x"):
        return f"y{text[2:].lower()}" if _HEX.fullmatch(text) else None
    return "y" + from_base64(text).hex()


def _json(encoding: str) -> str:
    if encoding == JSON_NULL:
        return NULL
    return _of_string(lambda text: encode(parse_json(text)))(encoding)


_READERS: Final[dict[str, Callable[[str], str]]] = {
    "integer": _of_string(_integer),
    "decimal": _of_string(_number),
    "float": _float,
    "boolean": _boolean,
    "text": _text,
    "timestamp": _of_string(_moment),
    "timestamptz": _world,
    "date": _of_string(_date),
    "time": _of_string(_time),
    "uuid": _sixteen,
    "inet": _inet,
    "bytes": _of_string(_bytes),
    "json": _json,
}


def _cut(encoding: str, digits: int) -> str:
    """Finer than the precision is dropped towards the past, as databases and browsers do when they truncate."""
    if encoding[0] not in "TtcC":
        return encoding

    def kept(found: re.Match[str]) -> str:
        fraction = found[1][:digits].rstrip("0")
        return f".{fraction}" if fraction else ""

    return _FRACTION.sub(kept, encoding)


def _sorted(encoding: str) -> str:
    # A set has no order, and where order does not count a list of its items is the same.
    items = tree(f"l{encoding[1:]}" if encoding[0] == "e" else encoding)
    return regrown(sorted(items, key=regrown)) if isinstance(items, list) else encoding


def _within(tolerance: float, one: str, other: str) -> bool:
    values = [text[1:] for text in (one, other) if text[0] == "#" and not re.search("[aef]", text)]
    if len(values) < 2:
        return False
    apart = _EXACT.subtract(Decimal(values[0]), Decimal(values[1]))
    return abs(apart) <= Decimal(repr(tolerance))
