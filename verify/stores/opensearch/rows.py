"""Hits as Arrow batches of canonical encodings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson
import pyarrow as pa

from verify.core.errors import StoreUnreadable
from verify.core.values import ABSENT, Number, canonical_number, encode
from verify.stores.opensearch.cutting import ID, ROUTING
from verify.stores.opensearch.exact import Hit, envelope
from verify.stores.opensearch.plain import Taken, plain

_EMPTY: Final = "m{}"
# Where orjson and the canonical form may spell a value differently: 1.0, -0.0, an exponent, and text that starts as a tag.
_SPELT: Final = re.compile(r"\.0[,\]}]|\d[eE]|\\u0001")
_PASSED: Final = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS


def taken(raw: bytes, index: str, names: Sequence[str], skip: frozenset[str], source: str) -> Taken:
    """The answer's hits, all of this index, as `batch` would give them; many at once where they are plain."""
    found = plain(raw, index, names, skip)
    if found is not None:
        return found
    answer = envelope(raw, source)
    hits = answer["hits"]["hits"]
    return Taken(answer=answer, hits=len(hits), batches=[batch(hits, names, skip, source)] if hits else [])


def batch(hits: Sequence[Hit], names: Sequence[str], skip: frozenset[str], source: str) -> pa.RecordBatch:
    """
    The hits as a batch: `names`, then the map of all other fields but `skip`; `_id` is the document's id, `_routing` what
    it was routed by, absent where that was the id.

    Raises StoreUnreadable for a hit without `_source`, and a value nested deeper than 200 levels.
    """
    sources = [_source(hit, source) for hit in hits]
    try:
        columns = [_around(hits, name) if name in (ID, ROUTING) else _column(sources, name) for name in names]
        columns.append(_rest(sources, skip.union(names)))
    except ValueError as error:
        raise StoreUnreadable(f"{source}: a document cannot be read: {error}") from None
    arrays = [pa.array(column, pa.large_string()) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])


def _source(hit: Hit, source: str) -> dict[str, Any]:
    found = hit.get("_source")
    if not isinstance(found, dict):
        raise StoreUnreadable(f"{source}: document {hit.get(ID)!r} comes without _source; the index does not keep it")
    return found


def _around(hits: Sequence[Hit], name: str) -> list[str]:
    """What stands beside each document."""
    return [f"s{hit[name]}" if name in hit else ABSENT for hit in hits]


def _column(sources: Sequence[dict[str, Any]], name: str) -> list[str]:
    """The encoding of one field in each document."""
    encoder = _ENCODERS.get
    return [encoder(type(value), encode)(value) for value in [each.get(name, _ABSENT) for each in sources]]


def _rest(sources: Sequence[dict[str, Any]], known: frozenset[str]) -> list[str]:
    return [
        _EMPTY if known.issuperset(each) else _nested({name: each[name] for name in each if name not in known})
        for each in sources
    ]


def _nested(value: dict[str, Any] | list[Any]) -> str:
    """A map or list; what orjson writes is canonical already unless a number or a tag may be spelt otherwise."""
    if not value:
        return encode(value)
    try:
        text = orjson.dumps(value, option=_PASSED).decode()
    except TypeError:  # an exact number, or text orjson cannot write, is in it
        return encode(value)
    if _SPELT.search(text):
        return encode(value)
    return f"{'m' if isinstance(value, dict) else 'l'}{text}"


def _real(value: float) -> str:
    text = repr(value)
    if "e" in text or text.endswith(".0"):
        return f"#{canonical_number(text)}"
    return f"#{text}"


_ABSENT: Final = type("_Absent", (), {})()
_WORD: Final = 2**64
_ENCODERS: Final[dict[type, Callable[[Any], str]]] = {
    type(_ABSENT): lambda _: ABSENT,
    type(None): lambda _: "n",
    str: lambda value: f"s{value}" if value.isascii() else encode(value),
    int: lambda value: f"#{value}" if -_WORD < value < _WORD else encode(value),
    bool: lambda value: "btrue" if value else "bfalse",
    float: _real,
    Number: lambda value: f"#{value}",
    dict: _nested,
    list: _nested,
}
