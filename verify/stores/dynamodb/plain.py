"""
The items of a page read many at once, without a Python object for each.

DynamoDB writes each value in an object that names its type: `{"N":"1.50"}`. With those cut away an item is a plain record,
which the reader of JSON files takes by whole columns. Only text, numbers, truth, null, maps and lists are plain; a page
with anything else, or written in any other way than DynamoDB's own, is read one by one (`encoding`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import orjson
import pyarrow as pa

from verify.core.values import parse_json
from verify.stores.dynamodb.typed import Typed, typed
from verify.stores.dynamodb.wire import Answer
from verify.stores.json_file.page import Page, page
from verify.stores.json_file.structure import UnfitError, found

_ITEMS: Final = b'"Items":['
_LAST: Final = b"}]"
# Half a character, which JSON can say and DynamoDB cannot hold: orjson refuses it, and so does the other way of reading.
_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
# A reader in vectors takes some twenty times as much memory as it reads at once.
_AT_ONCE: Final = 2**18
# No attribute has an empty name.
_REST: Final = ""
_WRAPPED: Final = (b'{"":{', b"}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The attributes that shall be columns, those that shall not be in the map of all others, and the one items expire by."""

    names: Sequence[str]
    known: frozenset[str]
    expiry: str | None = None

    @classmethod
    def of(cls, names: Sequence[str], skip: Sequence[str], expiry: str | None) -> Wanted:
        """As a scan asks for them."""
        return cls(names=names, known=frozenset({*names, *skip}), expiry=expiry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """One answer: what stands around its items, and where in its bytes these begin and end."""

    answer: Answer
    raw: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The items of one answer: their records, and when each item expires that says so, as encodings."""

    batches: Sequence[pa.RecordBatch]
    expiries: Sequence[str]


def around(raw: bytes) -> Unread | None:
    """The answer to a Scan without its items, which nobody has looked at yet; None where it cannot be told from them."""
    start, end = raw.find(_ITEMS) + len(_ITEMS), raw.rfind(_LAST) + 1
    if start < len(_ITEMS) or end <= start:
        return None
    try:
        answer = orjson.loads(raw[:start] + raw[end:])
    except orjson.JSONDecodeError:
        return None
    if not isinstance(answer, dict) or answer.get("Items") != []:
        return None
    return Unread(answer=answer, raw=raw, start=start, end=end)


def plain(unread: Unread, wanted: Wanted) -> Taken | None:
    """The items of the answer, if all are plain and as many as it says; None otherwise."""
    if not _text(unread.raw):
        return None
    try:
        parts = list(_parts(unread.raw, unread.start, unread.end, wanted))
    except UnfitError:
        return None
    batches = [batch for batch, _ in parts]
    count = unread.answer.get("Count")
    if count != sum(map(len, batches)) or unread.answer.get("ScannedCount", count) != count:
        return None
    return Taken(batches=batches, expiries=[each for _, some in parts for each in some])


def _text(raw: bytes) -> bool:
    try:
        return (raw.isascii() or bool(raw.decode())) and (b"\\u" not in raw or not _HALF.search(raw))
    except UnicodeDecodeError:
        return False


def _parts(raw: bytes, at: int, end: int, wanted: Wanted) -> Iterator[tuple[pa.RecordBatch, Sequence[str]]]:
    """The items from `at` on, some hundred kilobytes at a time; an item longer than that is left to the other way."""
    while at < end:
        structure = found(raw[at : min(at + _AT_ONCE, end)], "array")
        yield _read(typed(structure), wanted)
        at += structure.consumed
        if at < end and raw[at : at + 1] != b",":
            raise UnfitError
        at += 1


def _read(items: Typed, wanted: Wanted) -> tuple[pa.RecordBatch, Sequence[str]]:
    """The items as a batch, and when those expire that say so."""
    names = {number: _name(word) for number, word in enumerate(items.words)}
    expiry = [wanted.expiry] if wanted.expiry is not None else []
    shown = {*wanted.names, *expiry}
    fields = _page(items, lambda number: names[number] in shown)
    others = _page(items, lambda number: names[number] not in wanted.known, *_WRAPPED)
    columns = fields.batch([*wanted.names, *expiry], {*shown, *fields.names}).columns[:-1]
    arrays = [*columns[: len(wanted.names)], others.batch([_REST], {_REST}).column(0)]
    batch = pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])
    return batch, columns[-1].to_pylist() if expiry else ()


def _name(word: bytes) -> str:
    try:
        return str(parse_json(word.decode()))
    except ValueError:
        raise UnfitError from None


def _page(items: Typed, wanted: Callable[[int], bool], begin: bytes = b"{", end: bytes = b"}") -> Page:
    """The items with the attributes wanted alone, as a page; raises UnfitError unless it holds just these items."""
    chosen = np.array([wanted(number) for number in range(len(items.words))], np.bool_)
    text = items.plain(chosen[items.names], begin, end)
    made = page(text, "array")
    if made.rows != items.rows or made.consumed != len(text):
        raise UnfitError
    return made
