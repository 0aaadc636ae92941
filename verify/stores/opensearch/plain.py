"""
The hits of an answer read many at once, without a Python object for each.

OpenSearch writes every hit in one way around the text that was stored: index, id, score, what the index ignored, the
document, its number. Cutting that way out leaves an array of plain records, which the reader of JSON files takes by
whole columns. It is taken only where all of it is proven; everything else is read one by one (`exact`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from verify.stores.json_file.page import Page, page
from verify.stores.json_file.structure import Bytes, Places, UnfitError

ID: Final = "_id"
_HITS: Final = b'"hits":['
_END: Final = b"]}}"
_ID: Final = b'"_id":'
_SCORE: Final = b',"_score":null,'
_SOURCE: Final = b'"_source":{'
_SORT: Final = b'},"sort":['
_NUMBERED: Final = b"]},"
_LONGEST: Final = 10  # digits of a number of Lucene, and one more
# What may stand between score and document; how a document was routed, and which fields no search finds.
_FURTHER: Final = re.compile(rb'(?:"_routing":"(?:[^"\\]|\\.)*",|"_ignored":\["[^\]\\]*"\],)*')
# A reader in vectors is fastest with as much as the processor's own memory holds, and takes twenty times as much.
_AT_ONCE: Final = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One answer to a search: the document around its hits, how many there are, and their records."""

    answer: Mapping[str, Any]
    hits: int
    batches: Sequence[pa.RecordBatch]


def plain(raw: bytes, index: str, names: Sequence[str], known: AbstractSet[str]) -> Taken | None:
    """
    The answer, if it has hits of this index and they are all written in the one way; None otherwise.

    A batch has the fields `names`, `_id` being the id of the document, and the map of all that are not `known`.
    """
    at = raw.find(_HITS) + len(_HITS)
    if at < len(_HITS) or not raw.endswith(_END) or not _utf8(raw):
        return None
    before = b'{"_index":' + orjson.dumps(index) + b","
    known = {*known, *names, ID}
    try:
        answer = orjson.loads(raw[:at] + _END)
        batches = [_page(hits, before).batch(names, known) for hits in _runs(raw, at, before + _ID)]
    except (orjson.JSONDecodeError, UnfitError):
        return None
    if not batches or not isinstance(answer, dict):
        return None
    return Taken(answer=answer, hits=sum(map(len, batches)), batches=batches)


def _utf8(raw: bytes) -> bool:
    try:
        return raw.isascii() or bool(raw.decode())
    except UnicodeDecodeError:
        return False


def _runs(raw: bytes, at: int, begin: bytes) -> Iterator[bytes]:
    """The hits from `at` on, some hundred kilobytes at a time, each followed by a comma."""
    end = len(raw) - len(_END)
    while at < end:
        following = raw.find(b"," + begin, at + _AT_ONCE, end) + 1 or end
        yield raw[at:following] if following < end else raw[at:end] + b","
        at = following


def _page(hits: bytes, before: bytes) -> Page:
    """
    The hits; raises UnfitError unless the page holds just those that were cut out for it.

    A document may hold the text of a hit itself. Cut at such a place, the text of a record never comes back to its
    outermost level there, so the reader then finds fewer records than were cut.
    """
    cuts = _cuts(hits, before)
    text = _kept(hits, cuts)
    found = page(text, "array")
    if found.rows != len(cuts) // 6 or text[found.consumed :] != b",":
        raise UnfitError
    return found


def _cuts(hits: bytes, before: bytes) -> Places:
    """
    Six places a hit: from the first to the second, third to fourth, fifth to sixth lies what is kept of it.

    That is `{`, its id as a field, its fields and `},`. Raises UnfitError unless all else is as it is always written.
    """
    characters: Bytes = np.frombuffer(hits, np.uint8)
    begins = _found(hits, before + _ID)
    scores, fields = _opened(hits)
    if not begins.size or begins.size != scores.size or begins[0]:
        raise UnfitError
    ids, bounds = begins + len(before), np.append(begins[1:], len(hits))
    ends = _ended(characters, bounds)
    _require_ordered(begins, ids + len(_ID), scores, fields, ends, bounds)
    _require_ids(hits, ids + len(_ID), scores)
    # The comma after the id goes with it, but for a document without a field.
    return np.stack([begins, begins + 1, ids, scores + (ends > fields), fields, ends + 2], axis=1).ravel()


def _opened(hits: bytes) -> tuple[Places, Places]:
    """Where each id is at its end, and where the first field is."""
    found = _found(hits, _SCORE + _SOURCE)
    if found.size == hits.count(_SCORE):
        return found, found + len(_SCORE + _SOURCE)
    scores, sources = _found(hits, _SCORE), _found(hits, _SOURCE)
    starts = scores + len(_SCORE)
    if scores.size != sources.size or (starts > sources).any():
        raise UnfitError
    for at in np.flatnonzero(starts < sources).tolist():
        if not _FURTHER.fullmatch(hits, int(starts[at]), int(sources[at])):
            raise UnfitError
    return scores, sources + len(_SOURCE)


def _ended(characters: Bytes, bounds: Places) -> Places:
    """Where the brace after the last field of each hit is; the hit ends at its bound."""
    at = bounds - len(_NUMBERED) - 1
    left = np.arange(at.size)
    for _ in range(_LONGEST):
        left = left[characters[at[left]] - ord("0") < np.uint8(10)]
        at[left] -= 1
    ends: Places = at - len(_SORT) + 1
    if left.size or (ends < 0).any() or (at == bounds - len(_NUMBERED) - 1).any():
        raise UnfitError
    _require_text(characters, ends, _SORT)
    _require_text(characters, bounds - len(_NUMBERED), _NUMBERED)
    return ends


def _require_text(characters: Bytes, at: Places, text: bytes) -> None:
    if (characters[at[:, None] + np.arange(len(text))] != np.frombuffer(text, np.uint8)).any():
        raise UnfitError


def _require_ordered(*places: Places) -> None:
    if any((before > after).any() for before, after in pairwise(places)):
        raise UnfitError


def _require_ids(hits: bytes, starts: Places, ends: Places) -> None:
    """Each is one string, without a backslash."""
    characters: Bytes = np.frombuffer(hits, np.uint8)
    texts = _kept(hits, np.stack([starts, ends], axis=1).ravel())
    quoted = (characters[starts] == ord('"')) & (characters[ends - 1] == ord('"')) & (ends - starts > 1)
    if not quoted.all() or texts.count(b'"') != 2 * starts.size or b"\\" in texts:
        raise UnfitError


def _found(text: bytes, mark: bytes) -> Places:
    """Where the mark stands in the text."""
    parts = pc.split_pattern(pa.array([text], pa.large_binary()), pattern=mark).values
    ends = np.frombuffer(parts.buffers()[1], np.int64, len(parts))
    places: Places = ends[1:] + np.arange(len(parts) - 1) * len(mark)
    return places


def _kept(text: bytes, places: Places) -> bytes:
    """What lies between the first and the second place, third and fourth, and so on, in one."""
    buffers = [None, pa.py_buffer(np.ascontiguousarray(places)), pa.py_buffer(text)]
    parts = pa.LargeBinaryArray.from_buffers(pa.large_binary(), places.size - 1, buffers)
    joined: bytes = parts.take(pa.array(np.arange(0, places.size, 2))).buffers()[2].to_pybytes()
    return joined
