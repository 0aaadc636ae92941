"""An OpenSearch cluster as a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from verify.core.errors import StoreUnreadable
from verify.stores.opensearch.catalogue import Collection, cluster_id, collection, kind
from verify.stores.opensearch.cutting import ID, ROUTING
from verify.stores.opensearch.exchange import Exchange, Line
from verify.stores.opensearch.indexed import misindexed
from verify.stores.opensearch.looking import looked_up
from verify.stores.opensearch.plain import Taken
from verify.stores.opensearch.reading import Query, Reader, Stream, point_in_time, require_whole
from verify.stores.opensearch.rows import batch, taken
from verify.stores.opensearch.structure import structured
from verify.stores.opensearch.verbatim import SPELLING, as_stored, drawn_ids
from verify.stores.protocol import PLACED, Field, Listed, Shape, Structure


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSearchStore:
    """Indices of one cluster. A record has the fields of `_source`, and its id under the name `_id`."""

    exchange: Exchange
    slices: int
    page: int

    @property
    def source(self) -> str:
        """The side and the place."""
        return self.exchange.source

    def describe(self, collection: str) -> Shape:
        """The fields of the mapping; `open`, because `_source` keeps fields no mapping names."""
        with self.exchange.open() as line:
            found = _found(line, collection)
            notes = (*_kept(found), *_unseen(line, found))
        kinds: dict[str, set[str]] = {}
        for index in found.indices:
            for name, rules in index.mapping.get("properties", {}).items():
                kinds.setdefault(name, set()).add(kind(rules))
        columns = tuple(Field(name=name, type=" | ".join(sorted(kinds[name]))) for name in sorted(kinds))
        unique = (frozenset({ID}),) if len(found.indices) == 1 and not _routed(found) else ()
        own = (Field(name=ID, type="id"), Field(name=ROUTING, type=PLACED))
        return Shape(columns=columns, open=True, unique=unique, notes=notes, place=found.place, own=own)

    def count(self, collection: str) -> int:
        """Documents by `_count`: nested parts, which `docs.count` counts too, are none; what no refresh showed is not seen."""
        with self.exchange.open() as line:
            found = _found(line, collection)
            answer = line.ask("POST", f"/{found.path}/_count")
        require_whole(answer, self.source)
        if not isinstance(answer.get("count"), int):
            raise StoreUnreadable(f"{self.source}: _count of {collection} gave no number")
        return int(answer["count"])

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every document once, from one point in time; what was written but not refreshed by then is not in it."""
        names, left_out = [*key, *columns], frozenset(skip)
        with self.exchange.open() as line:
            yield from self._read(line, collection, lambda raw, index: taken(raw, index, names, left_out, self.source))

    def spelling(self, key: Sequence[str]) -> str:
        """Documents by `_id` can be told equal by the text that is stored of them; empty for every other key."""
        return SPELLING if tuple(key) == (ID,) else ""

    def drawn(self, collection: str, *, size: int, seed: int) -> Sequence[str]:
        """The ids (encodings) of documents whose seeded hash of their last write's number is the highest."""
        with self.exchange.open() as line:
            found = _found(line, collection)
            with point_in_time(line, found) as point:
                return drawn_ids(line, point, size=size, seed=seed)

    def texts(self, collection: str, *, among: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Every document once, or those with these ids: its id and the text that is stored of it, from one point in time."""
        condition = None if among is None else {"ids": {"values": [each[1:] for each in among]}}
        with self.exchange.open() as line:
            yield from self._read(line, collection, lambda raw, index: as_stored(raw, index, self.source), condition)

    def _read(
        self, line: Line, collection: str, read: Callable[[bytes, str], Taken], condition: Query | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The batches that `read` makes of answers, each with the name of its index, that together hold every document."""
        found = _found(line, collection)
        with point_in_time(line, found) as point:
            reader = Reader(
                line=line, point=point, found=found, page=self.page, threads=self.slices, condition=condition
            )

            def taking(stream: Stream, raw: bytes) -> tuple[Mapping[str, Any], int, Sequence[pa.RecordBatch]]:
                taken = read(raw, stream.index.name)
                return taken.answer, taken.hits, taken.batches

            with closing(reader.whole(taking)) as answers:
                for batches in answers:
                    yield from batches

    def lookup(
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str],
        skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """
        The documents with these keys, as a search finds them: as of the last refresh.

        Where the mapping cannot find a field's values exactly, every document is read. Raises StoreRefused for an alias
        with a filter.
        """
        with self.exchange.open() as line:
            found = _found(line, collection)
            for hits in looked_up(line, found, tuple(key), values, page=self.page):
                yield batch(hits, [*key, *columns], frozenset(skip), self.source)

    def structure(self, collection: str) -> Structure:
        """Mapping, settings that change answers, and aliases."""
        with self.exchange.open() as line:
            return structured(_found(line, collection))

    def collections(self, within: str | None = None) -> tuple[Listed, ...]:
        """Every open or closed index but hidden ones and those whose name starts with a dot."""
        del within  # a cluster has no schemas
        with self.exchange.open() as line:
            told = line.ask("GET", "/_settings/index.uuid?expand_wildcards=open,closed")
        return tuple(Listed(name=name, key=(ID,)) for name in sorted(told) if not name.startswith("."))

    def place(self) -> str:
        """The cluster by the id it gave itself."""
        with self.exchange.open() as line:
            return f"opensearch {cluster_id(line)}"

    def misindexed(
        self, collection: str, *, sample: int, seed: int
    ) -> tuple[int, tuple[tuple[str, str, str, str], ...]]:
        """Documents of a seeded sample, and (id, path, value stored, value indexed), encoded, wherever those differ."""
        with self.exchange.open() as line:
            found = _found(line, collection)
            with point_in_time(line, found) as point:
                return misindexed(line, found, point, sample=sample, seed=seed)


def _found(line: Line, name: str) -> Collection:
    return collection(line, name)


def _routed(found: Collection) -> bool:
    """Whether documents are spread by a value other than their id, so that two may have one id."""
    return any(index.mapping.get("_routing", {}).get("required") for index in found.indices)


def _kept(found: Collection) -> list[str]:
    """What the mapping says is not kept as it was sent."""
    notes = []
    for index in found.indices:
        rules: dict[str, Any] = index.mapping.get("_source", {})
        if rules.get("enabled") is False:
            notes.append(f"{index.name} keeps no _source; its documents cannot be read back")
        if rules.get("excludes") or rules.get("includes"):
            notes.append(f"{index.name} keeps only a part of _source; what it leaves out is not compared")
        if str(index.settings.get("index.derived_source.enabled", "false")) == "true":
            notes.append(f"{index.name} makes _source from what is indexed, not from what was sent")
    if _routed(found):
        notes.append(f"{found.name} needs a routing value; one _id may stand for several documents")
    if found.filter:
        notes.append(f"the alias {found.name} has a filter; only what passes it is compared")
    return notes


def _unseen(line: Line, found: Collection) -> list[str]:
    """Indices with writes in memory that no search can see before the next refresh."""
    answer = line.ask("GET", f"/{found.path}/_stats/segments")
    notes = []
    for index in found.indices:
        told = answer.get("indices", {}).get(index.name, {}).get("primaries", {}).get("segments", {})
        if told.get("index_writer_memory_in_bytes"):
            every = index.settings.get("index.refresh_interval", "1s, when searched")
            notes.append(f"{index.name} has writes that are not refreshed yet (refresh_interval {every}); "
                         "they are not compared")  # fmt: skip
    return notes
