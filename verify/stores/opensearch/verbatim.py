"""
Documents as the very text that was stored: equal texts are equal documents, and need not be read to know that.

Whoever moves an index as it is (a snapshot, a reindex, one writer of both) leaves the same bytes. Other bytes may be the
same document in another spelling, so they say nothing yet.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from verify.core.errors import StoreUnreadable
from verify.stores.json_file.structure import UnfitError
from verify.stores.opensearch.cutting import ID, around, hits_of, kept
from verify.stores.opensearch.exact import envelope
from verify.stores.opensearch.exchange import Line
from verify.stores.opensearch.plain import Taken
from verify.stores.opensearch.reading import require_whole, search
from verify.stores.opensearch.rows import batch

SPELLING: Final = "opensearch _source"
_TEXT: Final = pa.large_string()


def as_stored(raw: bytes, index: str, source: str) -> Taken:
    """
    Each hit's key and one text of key and document: the bytes from id to the document's end, as the cluster wrote them.

    Hits written in another way are read one by one; their texts then equal only those of others that were. Raises
    StoreUnreadable as `envelope` and `batch` do for those.
    """
    try:
        answer, at = around(raw)
        hits = hits_of(raw, at, index)
    except UnfitError:
        return _one_by_one(raw, source)
    keys = pc.binary_join_element_wise(_scalar("s"), kept(raw, hits.ids + 1, hits.scores - 1), _scalar(""))
    return Taken(answer=answer, hits=len(hits), batches=[_batch(keys, kept(raw, hits.ids, hits.ends + 1))])


def _one_by_one(raw: bytes, source: str) -> Taken:
    answer = envelope(raw, source)
    hits = answer["hits"]["hits"]
    if not hits:
        return Taken(answer=answer, hits=0, batches=[])
    keys, fields = batch(hits, [ID], frozenset(), source).columns
    # An answer's own bytes begin with a quotation mark; the length tells where the key ends.
    sizes = pc.binary_length(keys).cast(_TEXT)
    read = pc.binary_join_element_wise(_scalar("read"), sizes, keys, fields, _scalar(" "))
    return Taken(answer=answer, hits=len(hits), batches=[_batch(keys, read)])


def _batch(keys: pa.Array, found: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([keys, found], names=["0", "1"])


def _scalar(text: str) -> pa.Scalar:
    return pa.scalar(text, _TEXT)


def drawn_ids(line: Line, point: str, *, size: int, seed: int) -> list[str]:
    """The keys of so many documents, the same for the same seed as long as nobody writes; fewer where there are fewer."""
    order = {"seed": seed % 2**31, "field": "_seq_no"}
    query = {"function_score": {"query": {"match_all": {}}, "random_score": order, "boost_mode": "replace"}}
    body = {"query": query, "size": size, "_source": False, "track_total_hits": False}
    answer = line.document(search(line, point, body))
    require_whole(answer, line.source)
    hits = answer["hits"].get("hits") if isinstance(answer.get("hits"), dict) else None
    if not isinstance(hits, list) or not all(isinstance(hit, dict) and isinstance(hit.get(ID), str) for hit in hits):
        raise StoreUnreadable(
            f"{line.source}: the answer has no documents; is this the address of an OpenSearch cluster?"
        )
    return [f"s{hit[ID]}" for hit in hits]
