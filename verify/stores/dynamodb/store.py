"""DynamoDB tables as a store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from verify.core.errors import StoreRefused, StoreUnreadable
from verify.stores.dynamodb.advice import remarks
from verify.stores.dynamodb.budget import require_affordable
from verify.stores.dynamodb.places import place_of
from verify.stores.dynamodb.reading import Asked, Reading
from verify.stores.dynamodb.structure import structure_of
from verify.stores.dynamodb.table import table_of, time_to_live
from verify.stores.dynamodb.wire import Talk, Wire
from verify.stores.protocol import Field, Listed, Shape, Structure

_SAMPLE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoStore:
    """The tables of one account and region. A scan is no snapshot: what is written meanwhile may or may not be read."""

    wire: Wire
    segments: int
    consistent: bool
    budget: int | None = None
    now: Callable[[], float] = time.time

    @property
    def source(self) -> str:
        """The side and the place."""
        return self.wire.source

    def notes(self) -> tuple[str, ...]:
        """What reading has cost so far, and what it met: throttling, repeats, items past their time to live."""
        return self.wire.ledger.notes()

    def describe(self, collection: str) -> Shape:
        """The key attributes; items may have any others. Raises CollectionMissing when there is no such table."""
        with self.wire.talking() as talk:
            table = table_of(talk, collection)
            expiry = _expiry(talk, collection)
        columns = tuple(Field(name=name, type=table.types[name]) for name in sorted(table.keys))
        return Shape(columns=columns, open=True, unique=(frozenset(table.keys),), place=table.place,
                     notes=(*self._notes(expiry), *self.wire.ledger.troubles()))  # fmt: skip

    def _notes(self, expiry: str | None) -> Iterator[str]:
        if not self.consistent:
            yield "read eventually consistent: what was written just before may be missing"
        if expiry is not None:
            yield f"items expire by {expiry}; expired ones are read until DynamoDB deletes them"

    def count(self, collection: str) -> int:
        """Items, counted by reading them all: the table's own number is up to six hours old."""
        return self._reading(collection).count()

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every item once, in no order, all segments side by side."""
        yield from self._reading(collection).scan(Asked(key=key, columns=columns, skip=skip))

    def lookup(
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str],
        skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """The items with these keys, strongly consistent; cheap only when `key` holds the table's partition key."""
        wanted = frozenset(tuple(each) for each in values)
        asked = Asked(key=key, columns=columns, skip=skip, wanted=wanted)
        if wanted:
            yield from self._reading(collection, strong=True, bounded=False).lookup(asked)

    def structure(self, collection: str) -> Structure:
        """Keys, indexes and settings; the advice is from about a thousand items."""
        reading = self._reading(collection, bounded=False)
        with self.wire.talking() as talk:
            items = reading.sample(talk, _SAMPLE)
            advice = remarks(reading.table, items, now=self.now(), expiry=reading.expiry)
            return structure_of(talk, collection, advice=advice)

    def collections(self, within: str | None = None) -> tuple[Listed, ...]:
        """Every table of the account and region, by name; there are no schemas, so `within` says nothing."""
        del within
        with self.wire.talking() as talk:
            names = sorted(_names(talk))
            return tuple(Listed(name=name, key=tuple(table_of(talk, name).keys)) for name in names)

    def place(self) -> str:
        """Account and region where a table tells them, else the endpoint's address."""
        with self.wire.talking() as talk:
            return place_of(talk, next(iter(_names(talk)), None))

    def _reading(self, collection: str, *, strong: bool = False, bounded: bool = True) -> Reading:
        with self.wire.talking() as talk:
            table = table_of(talk, collection)
            expiry = _expiry(talk, collection)
        consistent = strong or self.consistent
        if bounded:
            require_affordable(self.source, size=table.size, consistent=consistent, budget=self.budget)
        return Reading(wire=self.wire, table=table, segments=self.segments, consistent=consistent, expiry=expiry,
                       now=self.now)  # fmt: skip


def _expiry(talk: Talk, name: str) -> str | None:
    """The attribute items expire by; None also where that may not be asked: it only serves a note."""
    with suppress(StoreRefused, StoreUnreadable):
        return time_to_live(talk, name)[1]
    return None


def _names(talk: Talk) -> Iterator[str]:
    seen: set[str] = set()
    start: dict[str, object] = {}
    while True:
        answer = talk.ask("ListTables", start)
        found, more = answer.get("TableNames"), answer.get("LastEvaluatedTableName")
        if not isinstance(found, list):
            raise StoreUnreadable(f"{talk.source}: ListTables answered without TableNames")
        yield from map(str, found)
        if not more:
            return
        if str(more) in seen:
            raise StoreUnreadable(f"{talk.source}: ListTables goes in circles: it names {more} twice")
        seen.add(str(more))
        start = {"ExclusiveStartTableName": more}
