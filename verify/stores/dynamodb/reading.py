"""Items of a table as record batches: all of them by segments, or those with given keys."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress

import pyarrow as pa

from verify.core.errors import StoreUnavailable, StoreUnreadable
from verify.stores.dynamodb.advice import expired
from verify.stores.dynamodb.encoding import Item, Rows
from verify.stores.dynamodb.keys import Key, batches, physical
from verify.stores.dynamodb.pages import Page, pages, side_by_side
from verify.stores.dynamodb.plain import Wanted, plain
from verify.stores.dynamodb.table import Table
from verify.stores.dynamodb.wire import Answer, AtOnce, Talk, Wire

Read = Callable[[Page], pa.RecordBatch]
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
        """Every item once, a page a batch, in no order."""

        def each(segment: int) -> Generator[pa.RecordBatch, None, None]:
            rows = asked.rows()
            at_once = self._at_once(asked) if asked.wanted is None else None
            with self.wire.talking() as talk:
                for batches in pages(
                    talk, "Scan", self._question(segment), lambda page: [self._batch(page, rows, asked)], at_once
                ):
                    yield from (batch for batch in batches if batch.num_rows)

        return side_by_side(self.wire.source, self.segments, each)

    def _at_once(self, asked: Asked) -> AtOnce[Sequence[pa.RecordBatch]]:
        """What reads the items of a page many at once, if they are plain."""
        names = (*asked.key, *asked.columns)
        wanted = Wanted(names=names, known=frozenset({*names, *asked.skip}), expiry=self.expiry)

        def taken(body: bytes) -> tuple[Answer, Sequence[pa.RecordBatch]] | None:
            found = plain(body, wanted)
            if found is None:
                return None
            now = self.now()
            self.wire.ledger.met(expired=sum(1 for each in found.expiries if each[0] == "#" and float(each[1:]) < now))
            return found.answer, found.batches

        return taken

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
