"""Canonical encodings of key values as the physical keys of a table."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from verify.stores.dynamodb.table import Table

Key = dict[str, dict[str, str]]
_LONGEST: Final = {"HASH": 2048, "RANGE": 1024}  # bytes; Amazon DynamoDB Developer Guide, constraints
_DIGITS, _LEAST, _MOST = 38, -130, 126


def physical(table: Table, names: Sequence[str], values: Sequence[str]) -> Key | None:
    """The key as DynamoDB takes it, or None when no item of the table can have it (another type, too long)."""
    given = dict(zip(names, values, strict=True))
    found: Key = {}
    for name, role in table.keys.items():
        if name not in given:
            continue
        part = _attribute(given[name], table.types[name], _LONGEST[role])
        if part is None:
            return None
        found[name] = part
    return found


def _attribute(encoding: str, type_: str, longest: int) -> dict[str, str] | None:
    kind, body = encoding[0], encoding[1:]
    if type_ == "S" and kind == "s":
        return {"S": body} if 0 < len(body.encode()) <= longest else None
    if type_ == "B" and kind == "y":
        raw = bytes.fromhex(body)
        return {"B": b64encode(raw).decode()} if 0 < len(raw) <= longest else None
    if type_ == "N" and kind == "#":
        return {"N": body} if _storable(body) else None
    return None


def _storable(number: str) -> bool:
    """Whether DynamoDB can hold the number (canonical): 38 digits, magnitude from 1E-130 below 1E+126."""
    mantissa, _, exponent = number.lstrip("-").partition("e")
    if exponent or mantissa in {"nan", "inf"}:
        return False  # a canonical number is only written with an exponent past 400 characters
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    highest = len(whole.lstrip("0")) if whole.lstrip("0") else len(digits) - len(fraction)
    return not digits or (len(digits.rstrip("0")) <= _DIGITS and _LEAST < highest <= _MOST)


def batches(keys: Iterable[Key], size: int) -> Iterable[list[Key]]:
    """The keys, `size` at a time."""
    rest = iter(keys)
    while some := list(islice(rest, size)):
        yield some
