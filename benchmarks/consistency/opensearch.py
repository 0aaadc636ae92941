"""Two OpenSearch indices: ours against points in time of both sides whose pages are thrown away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import httpx
import orjson

from benchmarks.measuring.drain import Pair
from benchmarks.measuring.figures import BenchmarkError, Result, Sizes
from benchmarks.measuring.orders import order, orders
from benchmarks.measuring.planted import Planted
from benchmarks.measuring.race import Contestant
from sandbox.engines import opensearch

_INDICES: Final = ("orders-baseline", "orders-candidate")
_SHARDS: Final = 2
_PAGE: Final = 5_000
_AT_ONCE: Final = 2_000
_PATIENCE: Final = 60
_LAST: Final = re.compile(rb'"sort":\[(\d+)\]\}\]\}\}\Z')
_PLAIN: Final = {"accept-encoding": "identity"}
_KEYWORDS: Final = {name: {"type": "keyword"} for name in ("sku", "title", "state")}


def bare_drain(*, url: str, indices: Sequence[str], plain: bool = False) -> Callable[[], str]:
    """
    A round of a point in time on each index, read by shard, all at once; of a page only its last line is read.

    Answers come compressed, as httpx asks for them by default; with `plain` they do not, which is quicker on loopback.
    """
    pool = ThreadPoolExecutor(len(indices) * _SHARDS)

    headers = _PLAIN if plain else None

    def drain() -> str:
        with httpx.Client(base_url=url, timeout=60, trust_env=False, headers=headers) as client:
            points = [_point(client, index) for index in indices]
            parts = [(point, shard) for point in points for shard in range(_SHARDS)]
            found = sum(pool.map(lambda part: _drained(client, *part), parts))
            client.request("DELETE", "/_search/point_in_time", json={"pit_id": points})
        return f"{found} documents"

    return drain


def _point(client: httpx.Client, index: str) -> str:
    return str(client.post(f"/{index}/_search/point_in_time?keep_alive=5m").raise_for_status().json()["pit_id"])


def _drained(client: httpx.Client, point: str, shard: int) -> int:
    query: dict[str, object] = {"pit": {"id": point, "keep_alive": "5m"}, "sort": ["_doc"], "size": _PAGE,
                                "slice": {"id": shard, "max": _SHARDS}, "track_total_hits": True}  # fmt: skip
    found = 0
    while True:
        answer = client.post("/_search", json=query).raise_for_status().content
        if (last := _LAST.search(answer, max(0, len(answer) - 64))) is None:
            return found
        if "search_after" not in query:
            total = re.search(rb'"total":\{"value":(\d+)', answer)
            found = int(total[1]) if total else 0
        query |= {"search_after": [int(last[1])], "track_total_hits": False}


def _make(client: httpx.Client, index: str, rows: int) -> None:
    settings = {"number_of_shards": _SHARDS, "number_of_replicas": 0, "refresh_interval": "-1",
                "translog.durability": "async"}  # fmt: skip
    body = {"settings": settings, "mappings": {"properties": _KEYWORDS}}
    client.put(f"/{index}", json=body).raise_for_status()
    records = orders(Planted(rows=rows, number=0))
    while some := list(islice(records, _AT_ONCE)):
        _put(client, index, some)
    client.post(f"/{index}/_forcemerge?max_num_segments=1").raise_for_status()
    client.post(f"/{index}/_refresh").raise_for_status()


def _put(client: httpx.Client, index: str, records: Iterable[Mapping[str, object]]) -> None:
    lines = [line for record in records for line in (
        orjson.dumps({"index": {"_id": f"{record['id']:07}"}}), orjson.dumps(record, default=float)
    )]  # fmt: skip
    for _ in range(_PATIENCE):
        answer = client.post(f"/{index}/_bulk", content=b"\n".join(lines) + b"\n",
                             headers={"content-type": "application/x-ndjson"})  # fmt: skip
        if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            break
        # The node's memory is small; it asks for patience until what it holds is written out.
        client.post(f"/{index}/_flush")
        time.sleep(1)  # the pause between two tries: the next answer tells, and no clock is running yet
    if answer.raise_for_status().json()["errors"]:
        raise BenchmarkError(f"not every document of {index} was written: {answer.text[:500]}")


def _plant(client: httpx.Client, planted: Planted) -> None:
    if planted.number:
        _put(client, _INDICES[1], [order(each, dearer=True) for each in planted.ids])
        client.post(f"/{_INDICES[1]}/_refresh").raise_for_status()


def measure(sizes: Sizes, folder: Path) -> Result:
    """Both indices are on one node, a segment a shard; two documents of one are then written anew."""
    rows = sizes.documents
    with opensearch.running(folder) as node, httpx.Client(base_url=node.url, timeout=120, trust_env=False) as client:
        for index in _INDICES:
            _make(client, index, rows)
        limit, floor = (
            Contestant(name=name, role="limit", module=__name__, function="bare_drain", expected=f"{2 * rows} documents",
                       arguments={"url": node.url, "indices": list(_INDICES), "plain": plain})
            for name, plain in (("bare point in time of both", False), ("the same uncompressed", True))
        )  # fmt: skip
        side = {"kind": "opensearch", "url": node.url}
        places = {word: {"collection": index} for word, index in zip(("baseline", "candidate"), _INDICES, strict=True)}
        pair = Pair(
            sides=(side, side),
            dataset={"key": ["_id"], **places},
            rows=rows,
            drain=limit,
            floor=floor,
            key='_id=string "{:07}"',
        )
        figures, ratios = pair.raced(partial(_plant, client), sizes)
    return Result(
        name="consistency.opensearch",
        data=f"OpenSearch {node.version}, 2 indices of {rows:,} documents x 10 fields, {_SHARDS} shards each, one node",
        figures=figures, ratios=ratios,
        notes=(
            f"The bare drain asks for {_PAGE:,} documents a page, shard by shard, all shards at once; compressed, as httpx asks.",
            "Ours asks for uncompressed answers, as the second drain does.",
        ),
    )  # fmt: skip
