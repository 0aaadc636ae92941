"""Every document once, from one point in time, a shard per stream."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import orjson

from verify.core.errors import StoreError, StoreUnreadable
from verify.stores.opensearch._edge import TooLarge
from verify.stores.opensearch.catalogue import Collection, Index
from verify.stores.opensearch.exact import Hit, envelope
from verify.stores.opensearch.exchange import Line

KEPT: Final = "5m"
_SEARCH: Final = "/_search?allow_partial_search_results=false"
_LAST: Final = re.compile(rb'"sort":\[(\d+)\]\}\]\}\}\Z')
_WAIT_S: Final = 0.1
# The first answer of a shard tells how large its documents are; the next ones are about this many bytes.
_FIRST: Final = 500
_ANSWER: Final = 2**21
Query = Mapping[str, Any]


def require_whole(answer: Mapping[str, Any], source: str) -> None:
    """The answer is of every shard and of all its documents; StoreUnreadable otherwise."""
    shards = answer.get("_shards")
    if not isinstance(shards, dict) or "failed" not in shards:
        raise StoreUnreadable(f"{source}: the answer does not say how many shards failed")
    if shards["failed"] or shards.get("successful", 0) != shards.get("total"):
        raise StoreUnreadable(f"{source}: {shards.get('successful', 0)} of {shards.get('total')} shards answered; "
                              "what the others hold is not known")  # fmt: skip
    for word in ("timed_out", "terminated_early"):
        if answer.get(word):
            raise StoreUnreadable(f"{source}: the answer was broken off by the cluster ({word})")


def announced(answer: Mapping[str, Any], source: str) -> int:
    """The exact number of hits the answer says there are."""
    total = answer["hits"].get("total") if isinstance(answer.get("hits"), dict) else None
    if not isinstance(total, dict) or total.get("relation") != "eq" or not isinstance(total.get("value"), int):
        raise StoreUnreadable(f"{source}: the answer does not say exactly how many documents there are")
    return int(total["value"])


@contextmanager
def point_in_time(line: Line, found: Collection) -> Iterator[str]:
    """A point in time over all shards for the block, closed at its end however it ends."""
    path = f"/{found.path}/_search/point_in_time?keep_alive={KEPT}&allow_partial_pit_creation=false"
    answer = line.ask("POST", path)
    point = answer.get("pit_id")
    if not isinstance(point, str):
        raise StoreUnreadable(f"{line.source}: no point in time was opened; OpenSearch 2.4 or later is needed")
    try:
        require_whole(answer, line.source)
        yield point
    finally:
        # What was read stays true when closing fails, and the cluster forgets the point by itself.
        with contextlib.suppress(StoreError):
            line.ask("DELETE", "/_search/point_in_time", {"pit_id": [point]})


def search(line: Line, point: str, query: Query, *, shrinks: bool = False) -> bytes:
    """The bytes of one answer at the point in time."""
    body = {"pit": {"id": point, "keep_alive": KEPT}, **query}
    return line.raw("POST", _SEARCH, body, shrinks=shrinks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """
    One shard of one index.

    Its documents have unique ascending numbers (`_doc`), so pages by `search_after` neither skip nor repeat. As many
    slices as an index has shards are its shards; cutting a shard further only costs (2.0 s instead of 1.0 s for 200,000).
    """

    index: Index
    shard: int
    alone: bool

    @property
    def name(self) -> tuple[str, int]:
        """Index and number of the shard."""
        return self.index.name, self.shard

    def query(self, condition: Query | None) -> dict[str, Any]:
        """The part of a search that all pages share."""
        wanted: list[Any] = [condition] if condition else []
        if not self.alone:
            wanted.append({"term": {"_index": self.index.name}})
        slices = {"slice": {"id": self.shard, "max": self.index.shards}} if self.index.shards > 1 else {}
        return {"sort": ["_doc"], "query": {"bool": {"filter": wanted}} if wanted else {"match_all": {}}, **slices}


def streams(found: Collection) -> list[Stream]:
    """All shards of all indices."""
    alone = len(found.indices) == 1
    return [Stream(index=index, shard=shard, alone=alone) for index in found.indices for shard in range(index.shards)]


Page = tuple[Stream, bytes]
Answer = Mapping[str, Any]
T = TypeVar("T")
_Item = Page | int


@dataclass(slots=True, kw_only=True)
class Reader:
    """Fetches pages in threads, two ahead for each, while the caller makes batches of those that came."""

    line: Line
    point: str
    found: Collection
    page: int
    threads: int
    condition: Query | None = None
    _pages: queue.Queue[_Item] = field(init=False)
    _waiting: queue.SimpleQueue[Stream] = field(init=False, default_factory=queue.SimpleQueue)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._pages = queue.Queue(maxsize=2 * self.threads)

    def hits(self) -> Generator[list[Hit], None, None]:
        """Every document at the point in time as `whole` reads them, an answer at a time."""

        def read(stream: Stream, raw: bytes) -> tuple[Answer, int, list[Hit]]:
            del stream
            answer = envelope(raw, self.line.source)
            hits: list[Hit] = answer["hits"]["hits"]
            return answer, len(hits), hits

        return self.whole(read)

    def whole(self, read: Callable[[Stream, bytes], tuple[Answer, int, T]]) -> Generator[T, None, None]:
        """
        What `read` makes of each answer, so that every document at the point in time is in one of them, once; no order.

        It gives the document around the hits, how many hits there are, and what it made of them. Raises StoreUnreadable
        when a shard gives fewer than it announced, or all shards fewer than the whole.
        """
        counting = {"size": 0, "track_total_hits": True, **({"query": self.condition} if self.condition else {})}
        answer = self.line.document(search(self.line, self.point, counting))
        require_whole(answer, self.line.source)
        total, received = announced(answer, self.line.source), 0
        with closing(self._checked(read)) as answers:
            for hits, made in answers:
                received += hits
                yield made
        if received != total:
            raise StoreUnreadable(f"{self.line.source}: {self.found.name} came back short: "
                                  f"{received} documents where {total} were announced")  # fmt: skip

    def _checked(self, read: Callable[[Stream, bytes], tuple[Answer, int, T]]) -> Generator[tuple[int, T], None, None]:
        missing: dict[tuple[str, int], int] = {}
        with self._fetching() as pages:
            for stream, raw in pages:
                answer, hits, made = read(stream, raw)
                require_whole(answer, self.line.source)
                more = announced(answer, self.line.source) if "total" in answer["hits"] else 0
                missing[stream.name] = missing.get(stream.name, 0) + more - hits
                yield hits, made
        for stream in streams(self.found):
            if missing.get(stream.name) != 0:
                raise StoreUnreadable(f"{self.line.source}: shard {stream.shard} of {stream.index.name} came back short: "
                                      f"{missing.get(stream.name, 'all')} documents are missing")  # fmt: skip

    @contextmanager
    def _fetching(self) -> Iterator[Iterator[Page]]:
        for stream in (waiting := streams(self.found)):
            self._waiting.put(stream)
        with ThreadPoolExecutor(min(self.threads, len(waiting)), "opensearch") as pool:
            running = [pool.submit(self._work, at) for at in range(min(self.threads, len(waiting)))]
            try:
                yield self._arriving(running)
            finally:
                self._stop.set()

    def _arriving(self, running: Sequence[Future[None]]) -> Iterator[Page]:
        """The pages as they come; raises what a thread raised as soon as it has ended."""
        left = len(running)
        while left:
            found = self._pages.get()
            if isinstance(found, int):
                running[found].result()
                left -= 1
            else:
                yield found

    def _work(self, number: int) -> None:
        """Fetches shard after shard; says its number when it ends, however it does."""
        try:
            with contextlib.suppress(queue.Empty):
                while not self._stop.is_set():
                    self._fetch(self._waiting.get_nowait())
        finally:
            self._put(number)

    def _fetch(self, stream: Stream) -> None:
        most = min(self.page, stream.index.window)
        size = min(most, _FIRST)
        after: int | None = None
        shared = stream.query(self.condition)
        while not self._stop.is_set():
            place: dict[str, Any] = {} if after is None else {"search_after": [after]}
            query = {**shared, **place, "size": size, "track_total_hits": after is None}
            try:
                raw = search(self.line, self.point, query, shrinks=size > 1)
            except TooLarge:
                most = size = max(1, size // 2)
                continue
            last = self._passed(stream, raw, after)
            if last is None:
                return
            after, size = last, max(1, min(most, size * _ANSWER // len(raw)))

    def _passed(self, stream: Stream, raw: bytes, after: int | None) -> int | None:
        """Puts the answer where the caller takes it; the number of its last document, or None when it has none."""
        self._put((stream, raw))
        last = _last(raw, self.line)
        if last is not None and after is not None and last <= after:
            raise StoreUnreadable(f"{self.line.source}: the same page of {stream.index.name} came twice")
        return last

    def _put(self, item: _Item) -> None:
        while not self._stop.is_set():
            try:
                self._pages.put(item, timeout=_WAIT_S)
            except queue.Full:
                continue
            return


def _last(raw: bytes, line: Line) -> int | None:
    """The number of the last document of a page, read from its end; None when the page is empty."""
    if found := _LAST.search(raw, max(0, len(raw) - 64)):
        return int(found[1])
    hits = envelope(raw, line.source)["hits"]["hits"]
    if not hits:
        return None
    sort = hits[-1].get("sort")
    if not isinstance(sort, list) or len(sort) != 1 or not str(sort[0]).isdigit():
        raise StoreUnreadable(f"{line.source}: a hit does not say its number; the pages cannot be followed")
    return int(orjson.loads(str(sort[0])))
