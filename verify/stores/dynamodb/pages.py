"""Pages followed to their end, and segments read side by side, none lost."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar, cast

import orjson

from verify.core.errors import StoreUnreadable
from verify.stores.dynamodb.encoding import Item
from verify.stores.dynamodb.wire import Answer, AtOnce, Talk

T = TypeVar("T")
_POLL_S: Final = 0.1
NEXT: Final = "LastEvaluatedKey"


@dataclass(frozen=True, slots=True)
class Page:
    """How many items it says it has, and the items (none when only counted)."""

    count: int
    items: list[Item]


def pages(
    talk: Talk,
    operation: str,
    question: Mapping[str, object],
    read: Callable[[Page], T],
    at_once: AtOnce[T] | None = None,
) -> Iterator[T]:
    """
    What `read` makes of every page of a Scan or Query; one without items that goes on is followed like any other.

    `at_once` may make the same of a page's bytes. Raises StoreUnreadable when a page holds other than it says, or names
    a start that was had before.
    """
    counted = question.get("Select") == "COUNT"
    seen: set[bytes] = set()
    more: Mapping[str, object] = {}
    while True:
        found, start = talk.asked(
            operation,
            {**question, "ReturnConsumedCapacity": "TOTAL", **more},
            lambda answer: (read(page_of(answer, talk.source, counted=counted)), answer.get(NEXT)),
            None if at_once is None else partial(_followed, at_once),
        )
        yield found
        # What was given is not kept while the next one comes.
        del found
        if not start:
            return
        mark = orjson.dumps(start, option=orjson.OPT_SORT_KEYS)
        if mark in seen:
            raise StoreUnreadable(f"{talk.source}: {operation} goes in circles: it names the same next page twice")
        seen.add(mark)
        more = {"ExclusiveStartKey": start}


def _followed(at_once: AtOnce[T], body: bytes) -> tuple[Answer, tuple[T, object]] | None:
    found = at_once(body)
    if found is None:
        return None
    answer, made = found
    return answer, (made, answer.get(NEXT))


def page_of(answer: Answer, source: str, *, counted: bool = False) -> Page:
    """The page that the answer is. Raises StoreUnreadable when it holds other than it says."""
    count, items = answer.get("Count"), answer.get("Items", [])
    if not isinstance(count, int) or not isinstance(items, list):
        raise StoreUnreadable(f"{source}: a page without Count or Items")
    if answer.get("ScannedCount", count) != count or (not counted and len(items) != count):
        raise StoreUnreadable(f"{source}: a page came back short: it says {count} items and holds {len(items)}")
    if not all(isinstance(each, dict) for each in items):
        raise StoreUnreadable(f"{source}: an item that is not an object")
    return Page(count, cast("list[Item]", items))


@dataclass(frozen=True, slots=True)
class _Ended:
    segment: int


class _Belt(Generic[T]):
    """What the segments have ready, a bounded number of pieces; gives way when nobody takes them any more."""

    def __init__(self, size: int) -> None:
        self._ready: queue.Queue[T | _Ended] = queue.Queue(size)
        self._stopped = threading.Event()

    def put(self, piece: T | _Ended) -> bool:
        while not self._stopped.is_set():
            try:
                self._ready.put(piece, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def take(self) -> T | _Ended:
        return self._ready.get()

    def stop(self) -> None:
        self._stopped.set()


def side_by_side(
    source: str, segments: int, each: Callable[[int], Generator[T, None, None]]
) -> Generator[T, None, None]:
    """
    What `each(segment)` gives for every segment, as it comes, from one thread a segment; at most one piece a segment waits.

    Ends only after every segment has said that it reached its own end; raises what any of them raised.
    """
    belt: _Belt[T] = _Belt(segments)

    def run(segment: int) -> bool:
        try:
            with closing(each(segment)) as pieces:
                for piece in pieces:
                    if not belt.put(piece):
                        return False
                    del piece
                return True
        finally:
            belt.put(_Ended(segment))

    with ThreadPoolExecutor(segments, "segment") as pool:
        futures = [pool.submit(run, segment) for segment in range(segments)]
        try:
            open_segments = set(range(segments))
            while open_segments:
                piece = belt.take()
                if not isinstance(piece, _Ended):
                    yield piece
                    continue
                if not futures[piece.segment].result():
                    raise StoreUnreadable(f"{source}: segment {piece.segment} of {segments} did not reach its end")
                open_segments.discard(piece.segment)
        finally:
            belt.stop()
