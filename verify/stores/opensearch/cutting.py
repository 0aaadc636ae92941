"""
Where in an answer each hit lies, and what of it is the document.

OpenSearch writes every hit in one way around the text that was stored: index, id, score, what the index ignored, the
document, its number. All places are found at once, and nothing of a document is looked into; whatever is written in
another way is told as unfit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from verify.stores.json_file.structure import Bytes, Places, UnfitError

ID: Final = "_id"
ROUTING: Final = "_routing"
_END: Final = b"]}}"
_HITS: Final = b'"hits":['
_SCORE: Final = b',"_score":null,'
_SOURCE: Final = b'"_source":{'
_USUAL: Final = b'"' + _SCORE + _SOURCE
_SORT: Final = b'},"sort":['
_NUMBERED: Final = b"]}"
_LONGEST: Final = 10  # digits of a number of Lucene
# What may stand between score and document; how a document was routed, and which fields no search finds.
_FURTHER: Final = re.compile(rb'(?:"_routing":"(?:[^"\\]|\\.)*",|"_ignored":\["[^\]\\]*"\],)*')


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """
    Five places of each hit: where it begins, the opening quotation mark of its id, the comma behind the closing one,
    the first character within the braces of its document, and the brace behind the last.
    """

    begins: Places
    ids: Places
    scores: Places
    fields: Places
    ends: Places

    def __len__(self) -> int:
        return int(self.begins.size)


def around(raw: bytes) -> tuple[dict[str, Any], int]:
    """
    The document around the hits of an answer, and where the first of them begins.

    Raises UnfitError for what does not end as an answer does, has its hits elsewhere, or is no UTF-8.
    """
    at = raw.find(_HITS) + len(_HITS)
    if at < len(_HITS) or not raw.endswith(_END) or not _utf8(raw):
        raise UnfitError
    try:
        found = orjson.loads(raw[:at] + _END)
    except orjson.JSONDecodeError:
        raise UnfitError from None
    outer = found.get("hits") if isinstance(found, dict) else None
    if not isinstance(outer, dict) or outer.get("hits") != []:
        raise UnfitError
    return found, at


def _utf8(raw: bytes) -> bool:
    try:
        return raw.isascii() or bool(raw.decode())
    except UnicodeDecodeError:
        return False


def hits_of(raw: bytes, at: int, index: str) -> Hits:
    """
    The hits from `at` on, one at least, all of this index. Raises UnfitError for what is written in any other way.

    A document may hold the very text that stands between two hits, and is cut there too. Whoever asks has to see that
    there are just as many hits as there should be, or that each has one whole document.
    """
    characters: Bytes = np.frombuffer(raw, np.uint8)
    begin = b'{"_index":' + orjson.dumps(index) + b',"_id":"'
    ends, following = _bounds(raw, characters, at, begin)
    if not raw.startswith(begin, at) or following[-1:].tolist() != [len(raw) - len(_END)]:
        raise UnfitError
    begins = np.append(np.int64(at), following[:-1] + 1)
    if raw.count(begin, at) != begins.size:
        raise UnfitError
    ids = begins + (len(begin) - 1)
    scores, fields = _opened(raw, characters, ids)
    if (fields > ends).any() or (ids > scores).any():
        raise UnfitError
    _require_plain(raw, ids + 1, scores - 1)
    return Hits(begins=begins, ids=ids, scores=scores, fields=fields, ends=ends)


def _bounds(raw: bytes, characters: Bytes, at: int, begin: bytes) -> tuple[Places, Places]:
    """Where documents end, and where the comma before the next hit is, or the end of them all."""
    opened = np.flatnonzero(characters[at:] == ord("[")) + at
    opened = opened[opened >= at + len(_SORT)]
    opened = opened[_stands(characters, opened - (len(_SORT) - 1), _SORT)]
    behind = opened + 1
    left = np.arange(opened.size)
    for _ in range(_LONGEST):
        left = left[characters[behind[left]] - ord("0") < np.uint8(10)]
        behind[left] += 1
    numbered = (behind > opened + 1) & _stands(characters, behind, _NUMBERED)
    following = behind + len(_NUMBERED)
    bound = numbered & (_stands(characters, following, b"," + begin) | (following == len(raw) - len(_END)))
    return opened[bound] - (len(_SORT) - 1), following[bound]


def _stands(characters: Bytes, at: Places, text: bytes) -> npt.NDArray[np.bool_]:
    """Whether the text stands at each place; what reaches over the end is not it."""
    found: npt.NDArray[np.bool_] = at <= characters.size - len(text)
    left = np.flatnonzero(found)
    for offset, letter in enumerate(text):
        same = characters[at[left] + offset] == letter
        if not same.all():
            found[left[~same]] = False
            left = left[same]
    return found


def _opened(raw: bytes, characters: Bytes, ids: Places) -> tuple[Places, Places]:
    """The comma behind the closing quotation mark of each id, and where the first field of its document is."""
    # Most ids are as long as the first.
    scores = ids + (raw.find(b'"', int(ids[0]) + 1) + 1 - int(ids[0]))
    fields = scores + (len(_USUAL) - 1)
    for at in np.flatnonzero(~_stands(characters, scores - 1, _USUAL)).tolist():
        scores[at] = raw.find(b'"', int(ids[at]) + 1) + 1
        fields[at] = _first_field(raw, int(scores[at]))
    return scores, fields


def _first_field(raw: bytes, score: int) -> int:
    """Where the first field is, behind a score and what else may be told of a hit."""
    further = _FURTHER.match(raw, score + len(_SCORE))
    if not raw.startswith(_SCORE, score) or further is None or not raw.startswith(_SOURCE, further.end()):
        raise UnfitError
    return further.end() + len(_SOURCE)


def _require_plain(raw: bytes, starts: Places, ends: Places) -> None:
    """No quotation mark and no backslash is in any of these texts."""
    texts = kept(raw, starts, ends).buffers()[2]
    if texts is not None and (b'"' in (found := texts.to_pybytes()) or b"\\" in found):
        raise UnfitError


def kept(raw: bytes, starts: Places, ends: Places) -> pa.LargeStringArray:
    """What lies between each start and end, which follow upon each other."""
    places = np.stack([starts, ends], axis=1).ravel()
    if not places.size:
        return pa.array([], pa.large_string())
    parts = pa.LargeStringArray.from_buffers(places.size - 1, pa.py_buffer(places), pa.py_buffer(raw))
    return parts.take(pa.array(np.arange(0, places.size, 2)))
