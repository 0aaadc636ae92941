"""
Values of any store as canonical text: two values are equal exactly when their encodings are equal.

The first character is the kind, so values of different kinds never meet:

    _ absent      n null        j JSON null inside a document column      b boolean     # number
    s string      S string with a lone surrogate       y bytes (hex)     u uuid        i interval (ISO 8601)
    T instant (UTC, microseconds)     t timestamp without zone     d date     c time     C time with zone
    l list        m map         e set         x any other type: its name, a colon, its text

A number is its exact value in plain digits, or mantissa and exponent where those would pass 400 characters, so
`1e1000000` is never written out. The items of lists, sets and maps are canonical JSON; a kind JSON does not
have is a JSON string that starts with U+0001, and a real string that starts so gets one more.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Final, TypeAlias
from uuid import UUID

PLAIN_DIGITS: Final = 400
DEEPEST: Final = 200
TAG: Final = "\x01"
_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", re.ASCII)
_NOT_FINITE = {"nan": "nan", "-nan": "nan", "inf": "inf", "infinity": "inf", "-inf": "-inf", "-infinity": "-inf"}


class Absent(Enum):
    """The record has no such field; not the same as a field that holds null."""

    ABSENT = "absent"


class Number(str):
    """The canonical text of a number that was read from text, without its kind."""

    __slots__ = ()


Value: TypeAlias = (
    "Absent | bool | int | float | Decimal | Number | str | bytes | datetime | date | time | UUID"
    " | Sequence[Value] | AbstractSet[Value] | Mapping[str, Value] | None"
)
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

ABSENT: Final = "_"
NULL: Final = "n"
JSON_NULL: Final = "j"


def canonical_number(text: str) -> str:
    """
    The one spelling of the number `text` says, whatever zeros, sign of zero or exponent it was written with.

    Raises ValueError when it is no number or its exponent has thousands of digits.
    """
    if text.isascii() and text.isdigit() and len(text) <= PLAIN_DIGITS and (text[0] != "0" or text == "0"):
        return text
    if text.lower() in _NOT_FINITE:
        return _NOT_FINITE[text.lower()]  # the sign of NaN carries no value
    found = _NUMBER.fullmatch(text)
    if not found or not (found[2] or found[3]):
        raise ValueError(f"{text[:40]!r} is not a number")
    fraction = found[3] or ""
    digits = (found[2] + fraction).lstrip("0")
    mantissa = digits.rstrip("0")
    exponent = int(found[4] or 0) - len(fraction) + len(digits) - len(mantissa)
    return _spelled("-" if found[1] == "-" else "", mantissa, exponent) if mantissa else "0"


def _spelled(sign: str, mantissa: str, exponent: int) -> str:
    whole = len(mantissa) + exponent
    width = len(sign) + (whole if exponent >= 0 else len(mantissa) + 1 if whole > 0 else 2 - exponent)
    if width > PLAIN_DIGITS:
        return f"{sign}{mantissa}e{exponent}"
    if exponent >= 0:
        return f"{sign}{mantissa}{'0' * exponent}"
    if whole > 0:
        return f"{sign}{mantissa[:whole]}.{mantissa[whole:]}"
    return f"{sign}0.{'0' * -whole}{mantissa}"


def encode(value: Value) -> str:
    """
    The canonical text of one value.

    Raises TypeError for a Python type that is no kind, ValueError past 200 levels of nesting.
    """
    return _encode(value, 0)


def _encode(value: Value, depth: int) -> str:
    simple = _SIMPLE.get(type(value))
    if simple is not None:
        return simple(value)
    if depth >= DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST} levels")
    if isinstance(value, Mapping):
        parts = (f"{_quoted(name)}:{token(_encode(value[name], depth + 1))}" for name in sorted(value))
        return f"m{{{','.join(parts)}}}"
    if isinstance(value, AbstractSet):
        return f"e[{','.join(sorted({token(_encode(item, depth + 1)) for item in value}))}]"
    if isinstance(value, Sequence):
        return f"l[{','.join([token(_encode(item, depth + 1)) for item in value])}]"
    raise TypeError(f"{type(value).__name__} is no kind of value")


def token(encoding: str) -> str:
    """The same value as an item inside a list, set or map."""
    kind, body = encoding[0], encoding[1:]
    if kind in "blm" or (kind == "#" and body not in _NOT_FINITE):
        return body
    if kind == "n":
        return "null"
    if kind == "S":
        return body
    if kind == "s":
        return _quoted(TAG + body if body.startswith(TAG) else body)
    return _quoted(TAG + encoding)


def tree(encoding: str) -> Tree:
    """The value taken apart: lists and maps as such, everything else as its own encoding."""
    if encoding[0] not in "lm":
        return encoding
    return _taken_apart(parse_json(encoding[1:]))


def _taken_apart(value: Value) -> Tree:
    if isinstance(value, Mapping):
        return {name: _taken_apart(item) for name, item in value.items()}
    if isinstance(value, str) and not isinstance(value, Number) and value.startswith(TAG):
        return encode(value[1:]) if value.startswith(TAG, 1) else value[1:]
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_taken_apart(item) for item in value]
    return encode(value)


def regrown(parts: Tree) -> str:
    """The encoding of what `tree` took apart."""
    if isinstance(parts, str):
        return parts
    if isinstance(parts, list):
        return f"l[{','.join([token(regrown(item)) for item in parts])}]"
    return f"m{{{','.join(f'{_quoted(name)}:{token(regrown(parts[name]))}' for name in sorted(parts))}}}"


def listed(tokens: Sequence[str]) -> str:
    """The encoding of a list whose items are already tokens."""
    return f"l[{','.join(tokens)}]"


def _unique(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"the name {twice[0]!r} appears twice in one object")
    return found


def _no_constant(text: str) -> Value:
    raise ValueError(f"{text} is not JSON")


def _whole(text: str) -> Number:
    return Number(canonical_number(text))


JSON = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_whole, parse_int=_whole, parse_constant=_no_constant, strict=True
)


def parse_json(text: str) -> Value:
    """The document with exact numbers. Raises ValueError for bad JSON, NaN and a name that appears twice."""
    found: Value = JSON.decode(text)
    return found


def _quoted(text: str) -> str:
    plain = json.dumps(text, ensure_ascii=False)
    return plain if _encodable(text) else json.dumps(text)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _string(text: str) -> str:
    if text.isascii() or _encodable(text):
        return "s" + text
    return "S" + json.dumps(TAG + text if text.startswith(TAG) else text)


def _integer(value: int) -> str:
    return "#" + canonical_number(str(value) if value.bit_length() < 10_000 else str(Decimal(value)))


def _clock(value: datetime | time) -> str:
    text = value.strftime("%H:%M:%S")
    return f"{text}.{value.microsecond:06}".rstrip("0") if value.microsecond else text


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        return f"t{value.year:04}-{value:%m-%d} {_clock(value)}"
    world = value.astimezone(UTC)
    return f"T{world.year:04}-{world:%m-%d} {_clock(world)}+00"


def _time(value: time) -> str:
    if value.tzinfo is None:
        return "c" + _clock(value)
    raise TypeError("a time of day with a zone has no kind in Python; give its text")


# One encoder per Python type; subclasses (Enum, IntEnum) are refused on purpose: their kind is a guess.
_SIMPLE: Final[dict[type, Callable[..., str]]] = {
    Absent: lambda _: ABSENT,
    type(None): lambda _: NULL,
    bool: lambda value: "btrue" if value else "bfalse",
    Number: lambda value: "#" + value,
    str: _string,
    int: _integer,
    float: lambda value: "#" + canonical_number(repr(value)),
    Decimal: lambda value: "#" + canonical_number(str(value)),
    bytes: lambda value: "y" + value.hex(),
    datetime: _moment,
    date: lambda value: f"d{value.isoformat()}",
    time: _time,
    UUID: lambda value: f"u{value}",
}

WORDS: Final = {
    "#": "number", "b": "boolean", "y": "bytes", "u": "uuid", "i": "interval", "T": "instant",
    "t": "timestamp without zone", "d": "date", "c": "time", "C": "time with zone", "l": "list", "m": "map",
    "e": "set",
}  # fmt: skip
ALONE: Final = {ABSENT: "absent", NULL: "null", JSON_NULL: "JSON null"}


def from_base64(text: str) -> bytes:
    """The bytes that a text stands for. Raises ValueError unless it is written in the one canonical way."""
    found = a2b_base64(text, strict_mode=True)
    if b2a_base64(found, newline=False) != text.encode():
        raise ValueError("the last character of the base64 has bits that stand for nothing")
    return found


def kind_of(encoding: str) -> str:
    """The kind in a word, for counting: `string`, `instant`, `null`."""
    if encoding[0] == "x":
        return encoding[1:].partition(":")[0]
    return "string" if encoding[0] in "sS" else ALONE.get(encoding[0]) or WORDS[encoding[0]]
