"""
The hits of an answer read many at once, without a Python object for each.

Cutting out what stands around the documents leaves an array of plain records, which the reader of JSON files takes by
whole columns. It is taken only where all of it is proven; everything else is read one by one (`exact`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from verify.stores.json_file.page import Page, page
from verify.stores.json_file.structure import Places, UnfitError
from verify.stores.opensearch.cutting import ID, ROUTING, Hits, around, hits_of, kept

_ID: Final = b'"_id":'
_ROUTED: Final = b'"_routing":'
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

    A batch has the fields `names`, `_id` being the id of the document, and the map of all that are not `known`. Where
    `_routing` is asked for, no hit has one.
    """
    if ROUTING in names and _ROUTED in raw:
        return None
    known = {*known, *names, ID}
    try:
        answer, at = around(raw)
        batches = [_page(raw, cuts).batch(names, known) for cuts in _runs(hits_of(raw, at, index))]
    except UnfitError:
        return None
    return Taken(answer=answer, hits=sum(map(len, batches)), batches=batches)


def _runs(hits: Hits) -> Iterator[Places]:
    """
    Some hundred kilobytes of hits at a time: three starts, each with its end, of what is kept of a hit.

    That is `{`, its id as a field, and its fields with `},`. The comma after the id goes with it, but for a document
    without a field.
    """
    begins, ids = hits.begins, hits.ids - len(_ID)
    scores, ends = hits.scores + (hits.ends > hits.fields), hits.ends + 2
    every = np.stack([begins, begins + 1, ids, scores, hits.fields, ends], axis=1)
    first = 0
    while first < len(hits):
        following = int(np.searchsorted(begins, begins[first] + _AT_ONCE))
        yield every[first : max(following, first + 1)]
        first = max(following, first + 1)


def _page(raw: bytes, cuts: Places) -> Page:
    """
    The hits; raises UnfitError unless the page holds just those that were cut out for it.

    A document may hold the text of a hit itself. Cut at such a place, the text of a record never comes back to its
    outermost level there, so the reader then finds fewer records than were cut.
    """
    starts, ends = cuts[:, ::2].ravel(), cuts[:, 1::2].ravel()
    text: bytes = kept(raw, starts, ends).buffers()[2].to_pybytes()
    found = page(text, "array")
    if found.rows != len(cuts) or text[found.consumed :] != b",":
        raise UnfitError
    return found
