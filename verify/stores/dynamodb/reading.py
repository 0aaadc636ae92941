"""Items of a table as record batches: all of them by segments, or those with given keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import compress
from typing import TypeAlias

import pyarrow as pa

from verify.core.errors import StoreUnavailable, StoreUnreadable
from verify.stores.dynamodb.advice import expired
from verify.stores.dynamodb.encoding import Item, Rows
from verify.stores.dynamodb.keys import Key, batches, physical
from verify.stores.dynamodb.pages import NEXT, Page, page_of, pages, side_by_side
from verify.stores.dynamodb.plain import Unread, Wanted, around, plain
from verify.stores.dynamodb.table import Table
from verify.stores.dynamodb.wire import Answer, Talk, Wire, answer_of

Read = Callable[[Page], pa.RecordBatch]
_Piece: TypeAlias = Sequence[pa.RecordBatch] | Unread
_BATCH = 100  # keys a BatchGetItem takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The fields a record shall have, and the keys it must be one of (all records when None)."""

    key: Sequence[str]
    columns: Sequence[str]
    skip: Sequence[str]
    wanted: frozenset[tuple[str, ...]] | None = None

    def rows(self) -> Rows:
        """What makes rows of them."""
        return Rows([*self.key, *self.columns], self.skip)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one table is read: over which wire, in how many segments, how consistently; `expiry` is its TTL attribute."""

    wire: Wire
    table: Table
    segments: int
    consistent: bool
    expiry: str | None = None
    now: Callable[[], float] = time.time

    def _question(self, segment: int) -> dict[str, object]:
        return {"TableName": self.table.name, "ConsistentRead": self.consistent,
                "Segment": segment, "TotalSegments": self.segments}  # fmt: skip

    def count(self) -> int:
        """How many items there are, counted by the server page by page."""

        def each(segment: int) -> Generator[int, None, None]:
            with self.wire.talking() as talk:
                yield from pages(talk, "Scan", {**self._question(segment), "Select": "COUNT"}, lambda page: page.count)

        return sum(side_by_side(self.wire.source, self.segments, each))

    def scan(self, asked: Asked) -> Iterator[pa.RecordBatch]:
        """Every item once, a page a batch or a few, in no order."""

        def each(segment: int) -> Generator[_Piece, None, None]:
            own = asked.rows()

            def read(page: Page) -> _Piece:
                return [self._batch(page, own, asked)]

            at_once = _unread if asked.wanted is None else None
            with self.wire.talking() as talk:
                yield from pages(talk, "Scan", self._question(segment), read, at_once)

        wanted = Wanted.of([*asked.key, *asked.columns], asked.skip, self.expiry)
        rows = asked.rows()
        # Items are taken apart here and not in the segments' threads: what each thread needs for it, it keeps.
        with closing(side_by_side(self.wire.source, self.segments, each)) as pieces:
            for piece in pieces:
                found = self._taken(piece, wanted, rows, asked) if isinstance(piece, Unread) else piece
                del piece
                yield from (batch for batch in found if batch.num_rows)

    def _taken(self, unread: Unread, wanted: Wanted, rows: Rows, asked: Asked) -> Sequence[pa.RecordBatch]:
        """The items of an answer, many at once if they are plain, else one by one."""
        found = plain(unread, wanted)
        if found is None:
            answer = answer_of(unread.raw, self.wire.source)
            if answer.get(NEXT) != unread.answer.get(NEXT):
                raise StoreUnreadable(f"{self.wire.source}: an answer to Scan in which it is not clear what follows")
            return [self._batch(page_of(answer, self.wire.source), rows, asked)]
        now = self.now()
        self.wire.ledger.met(expired=sum(1 for each in found.expiries if each[0] == "#" and float(each[1:]) < now))
        return found.batches

    def sample(self, talk: Talk, size: int) -> Iterator[Item]:
        """A few items of every segment, `size` in all."""
        each = max(1, size // self.segments)
        for segment in range(self.segments):
            question = {**self._question(segment), "Limit": each}
            yield from next(pages(talk, "Scan", question, lambda page: page.items))

    def _batch(self, page: Page, rows: Rows, asked: Asked) -> pa.RecordBatch:
        items = page.items
        if self.expiry is not None:
            now = self.now()
            self.wire.ledger.met(expired=sum(1 for item in items if expired(item, self.expiry, now)))
        try:
            columns = rows.columns(items)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreUnreadable(f"{self.wire.source}: {self.table.name}: an item cannot be read: {error}") from None
        if asked.wanted is not None:
            keep = [row in asked.wanted for row in zip(*columns[: len(asked.key)], strict=True)]
            columns = [list(compress(column, keep)) for column in columns]
        arrays = [pa.array(column, pa.large_string()) for column in columns]
        return pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])

    def lookup(self, asked: Asked) -> Iterator[pa.RecordBatch]:
        """The items with the wanted keys: by key where it is whole, by partition, else out of a whole scan."""
        given = set(asked.key)
        partition = next(iter(self.table.keys))
        if partition not in given:
            yield from self.scan(asked)
            return
        whole = set(self.table.keys) <= given
        found = {tuple(sorted((name, *part.items()) for name, part in key.items())): key
                 for values in sorted(asked.wanted or ())
                 if (key := physical(self.table, asked.key, values)) is not None}  # fmt: skip
        rows = asked.rows()
        with self.wire.talking() as talk:
            read = self._by_key if whole else self._by_partition
            for batch in read(talk, list(found.values()), lambda page: self._batch(page, rows, asked)):
                if batch.num_rows:
                    yield batch

    def _by_partition(self, talk: Talk, keys: Sequence[Key], read: Read) -> Iterator[pa.RecordBatch]:
        for key in keys:
            ((name, value),) = key.items()
            question = {"TableName": self.table.name, "ConsistentRead": True, "KeyConditionExpression": "#k = :k",
                        "ExpressionAttributeNames": {"#k": name}, "ExpressionAttributeValues": {":k": value}}  # fmt: skip
            yield from pages(talk, "Query", question, read)

    def _by_key(self, talk: Talk, keys: Sequence[Key], read: Read) -> Iterator[pa.RecordBatch]:
        for some in batches(keys, _BATCH):
            for items in _got(talk, self.table.name, some):
                yield read(Page(len(items), items))


def _unread(body: bytes) -> tuple[Answer, _Piece] | None:
    """The answer and its items, of which nothing is made yet; None where they have to be read with it."""
    found = around(body)
    return None if found is None else (found.answer, found)


def _got(talk: Talk, table: str, keys: Sequence[Key]) -> Iterator[list[Item]]:
    """The items with these keys; what the server left undone is asked for again, as often as patience lasts."""
    rest: Mapping[str, object] = {table: {"Keys": list(keys), "ConsistentRead": True}}
    for attempt in range(talk.patience.retries + 1):
        answer = talk.ask("BatchGetItem", {"RequestItems": rest, "ReturnConsumedCapacity": "TOTAL"})
        found = answer.get("Responses")
        items = found.get(table, []) if isinstance(found, dict) else None
        left = answer.get("UnprocessedKeys", {})
        if not isinstance(items, list) or not isinstance(left, dict):
            raise StoreUnreadable(f"{talk.source}: BatchGetItem answered without Responses")
        yield items
        if not left:
            return
        rest = left
        talk.ledger.met(throttled=1)
        talk.patience.wait(attempt)
    raise StoreUnavailable(f"{talk.source}: BatchGetItem left keys of {table} undone {talk.patience.retries + 1} times")
