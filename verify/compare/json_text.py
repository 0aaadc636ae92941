"""JSON text read exactly, or refused with the reason."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Final, NoReturn

from verify.compare.json_values import JsonDocument

MAX_DEPTH: Final = 200
# Python refuses to build integers of more than 4,300 digits, and builds long ones slowly.
_LONG: Final = 300
_ESCAPED: Final = re.compile(rb"\\.", re.DOTALL)
_TEXT: Final = re.compile(rb'"[^"]*"')
_NOT_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"'))
_STEP: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1, ord('"'): 0}


def _too_deep(data: bytes) -> bool:
    """
    True when containers nest deeper than the limit.

    Found before parsing, because the parser recurses. Exact up to the first syntax error, and past that the
    parser does not go.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    without_escapes = _ESCAPED.sub(b"", data) if b"\\" in data else data
    structure = _TEXT.sub(b"", without_escapes.translate(None, _NOT_STRUCTURE))
    return any(depth > MAX_DEPTH for depth in accumulate(map(_STEP.__getitem__, structure)))


def _pairs(pairs: list[tuple[str, JsonDocument]]) -> dict[str, JsonDocument]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {json.dumps(twice)} appears twice in one object")
    return members


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the number {text[:60]} is outside what can be held exactly") from None


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONG else _number(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def parse_json(data: bytes) -> JsonDocument:
    """
    The document with every number exact (int, or Decimal as written).

    Raises ValueError that says what and where: not UTF-8, a byte order mark, a duplicate key (named), NaN or
    Infinity, nesting deeper than 200, a syntax error with line and column (RFC 8259).
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start}") from None
    if not text.strip():
        raise ValueError("the body is empty")
    if text.startswith("\ufeff"):
        raise ValueError("begins with a byte order mark, which JSON must not")
    if _too_deep(data):
        raise ValueError(f"containers nest deeper than {MAX_DEPTH}")
    try:
        document: JsonDocument = json.loads(
            text, parse_float=_number, parse_int=_whole, parse_constant=_refuse, object_pairs_hook=_pairs
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    return document
