"""A PostgreSQL database as a store."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pyarrow as pa

from verify.core.errors import StoreUnreadable
from verify.stores._edge import postgres_errors
from verify.stores.postgres.access import server_place
from verify.stores.postgres.catalog import Relation, relation
from verify.stores.postgres.chunks import Pace, Part, parts
from verify.stores.postgres.digest import digest_sql, probe_sql
from verify.stores.postgres.listing import collections
from verify.stores.postgres.lookup import found_rows
from verify.stores.postgres.narrowing import PLANNER, buckets_sql, hints_sql, spanned, within_sql
from verify.stores.postgres.numbering import RANGES, in_order, numbered
from verify.stores.postgres.scanning import copied, marked
from verify.stores.postgres.sequences import sequences
from verify.stores.postgres.session import Session
from verify.stores.postgres.structure import structure
from verify.stores.protocol import Cut, Digest, Field, Listed, SequenceState, Shape, Structure


@dataclass(frozen=True, slots=True)
class PostgresStore:
    """
    Tables and views of one database; every question is one connection and read-only.

    Without a `pace` a question is one transaction; with one, tables with a unique key are read in parts.
    """

    session: Session
    pace: Pace | None = None

    @property
    def source(self) -> str:
        """The side and the place."""
        return self.session.source

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done beyond one statement per question so far, counted: parts, pauses, connections tried again."""
        return self.session.ledger.notes()

    def describe(self, collection: str) -> Shape:
        """The columns as the catalogue has them. Raises CollectionMissing when there is no such table or view."""
        with self.session.reading() as connection:
            found = relation(connection, collection, schema=self.session.schema, source=self.source)
        columns = tuple(Field(name=name, type=found.words[name]) for name in sorted(found.columns))
        notes = (*found.notes, *self._manner(found))
        return Shape(columns=columns, unique=found.unique, notes=notes, place=found.place)

    def _manner(self, found: Relation) -> tuple[str, ...]:
        if self.pace is None:
            return ()
        if found.order:
            return (f"protected: read in parts by {', '.join(found.order)}, each in a snapshot of its own",)
        return ("protected, but without a unique key to cut it by: read in one statement under statement_timeout",)

    @contextmanager
    def _parts(self, collection: str, planner: Mapping[str, str] | None = None) -> Iterator[Iterator[Part]]:
        with postgres_errors(self.source), closing(parts(self.session, collection, self.pace, planner)) as found:
            yield found

    def count(self, collection: str) -> int:
        """Rows by count(*), not by statistics."""
        with self._parts(collection) as found:
            return sum(_rows(part, f"SELECT count(*) FROM {part.relation.name}{part.where()}")[0][0] for part in found)

    def digest(self, collection: str, *, columns: Sequence[str], seed: int) -> Digest:
        """Rows and a seeded fingerprint of the named columns, in place."""
        rows = total = 0
        dialects = set()
        with self._parts(collection) as found:
            for part in found:
                dialects.add(_probe(part, seed))
                number, fingerprint = _rows(part, digest_sql(part.relation, columns, seed, part.where()))[0]
                rows, total = rows + number, total + fingerprint
        return Digest(rows=rows, fingerprint=str(total), dialect=self._one(dialects))

    def span(self, collection: str, *, key: Sequence[str]) -> tuple[int, int] | None:
        """The lowest and highest key from its index; None where it is no whole number, or there is no row."""
        with self.session.reading() as connection:
            found = relation(connection, collection, schema=self.session.schema, source=self.source)
            query = spanned(found, key)
            row = connection.execute(query.encode()).fetchone() if query else None
        return (int(str(row[0])), int(str(row[1]))) if row and row[0] is not None else None

    def buckets(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int, cut: Cut,
        among: Collection[int] | None = None,
    ) -> Mapping[int, Digest]:  # fmt: skip
        """Rows and fingerprint of every bucket of the key (`among` these) that holds rows, in one pass."""
        sums: dict[int, tuple[int, int]] = {}
        dialects = set()
        with self._parts(collection, PLANNER) as found:
            for part in found:
                dialects.add(_probe(part, seed))
                within = () if among is None else (within_sql(part.relation, key, seed=seed, cut=cut, buckets=among),)
                where = part.where(*within)
                query = buckets_sql(part.relation, key, columns, seed=seed, cut=cut, where=where)
                for bucket, number, fingerprint in _rows(part, query):
                    rows, total = sums.get(bucket, (0, 0))
                    sums[bucket] = (rows + number, total + fingerprint)
        dialect = self._one(dialects)
        return {
            bucket: Digest(rows=rows, fingerprint=str(total), dialect=dialect)
            for bucket, (rows, total) in sorted(sums.items())
        }

    def hints(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], cut: Cut
    ) -> Mapping[int, int]:  # fmt: skip
        """A sum of hashes for every range of the key that holds rows, in one pass."""
        sums: Counter[int] = Counter()
        with self._parts(collection, PLANNER) as found:
            for part in found:
                query = hints_sql(part.relation, key, columns, cut=cut, where=part.where())
                for bucket, hint in _rows(part, query):
                    sums[bucket] += hint
        return sums

    def _one(self, dialects: set[str]) -> str:
        if len(dialects) != 1:
            raise StoreUnreadable(f"{self.source}: the server changed how it hashes while it was read")
        return dialects.pop()

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every row once, by COPY. A column the table does not have is absent in every row."""
        del skip  # A table has no fields beyond its columns, and those are named.
        with self._parts(collection) as found:
            for part in found:
                yield from _copied(part, [*key, *columns], part.where())

    def scan_buckets(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int, cut: Cut,
        buckets: Collection[int], skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """Every row of these buckets once, in the form of `scan`."""
        del skip
        with self._parts(collection) as found:
            for part in found:
                within = within_sql(part.relation, key, seed=seed, cut=cut, buckets=buckets)
                yield from _copied(part, [*key, *columns], part.where(within))

    def marks(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int
    ) -> Iterator[pa.RecordBatch]:
        """Every row's key and 64-bit seeded hash, which the server makes: a tenth of what it would have to send."""
        with self._parts(collection) as found:
            for part in found:
                yield from _outside(part, marked(part.connection, part.relation, key, columns, seed, part.where()))

    def orderly(self, collection: str, *, key: Sequence[str]) -> bool:
        """True by the statistics of the last ANALYZE; never where the table is read in parts of the store's own."""
        if self.pace is not None:
            return False
        with self.session.reading() as connection:
            found = relation(connection, collection, schema=self.session.schema, source=self.source)
            return spanned(found, key) is not None and in_order(connection, found, key[0])

    def numbers(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], seed: int,
        ranges: Sequence[tuple[int | None, int | None]],
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """The keys and 64-bit seeded hashes of each range as two arrays of one answer, where a row costs no message."""
        with self._parts(collection, RANGES) as found:
            for part in found:
                for each in ranges:
                    yield numbered(part.connection, part.relation, key[0], columns, seed, part.where, each)

    def lookup(
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str],
        skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """The rows with these keys, by index where the type of the key allows it; other keys give nothing."""
        del skip
        with self.session.reading() as connection:
            found = relation(connection, collection, schema=self.session.schema, source=self.source)
            yield from found_rows(connection, found, key=key, values=values, columns=columns)

    def structure(self, collection: str) -> Structure:
        """Columns, constraints, indexes and settings as the catalogue has them."""
        with self.session.reading() as connection:
            found = relation(connection, collection, schema=self.session.schema, source=self.source)
            return structure(connection, found)

    def sequences(self, collection: str) -> tuple[SequenceState, ...]:
        """Every sequence a column owns or takes its default from."""
        with self.session.reading() as connection:
            found = relation(connection, collection, schema=self.session.schema, source=self.source)
            return sequences(connection, found)

    def collections(self, within: str | None = None) -> tuple[Listed, ...]:
        """Every ordinary and partitioned table of the schema `within`, or of all but the system's."""
        with self.session.reading() as connection:
            return collections(connection, within, schema=self.session.schema)

    def place(self) -> str:
        """The server, by the microsecond it started, and the database."""
        with self.session.reading() as connection:
            return server_place(connection)


def _rows(part: Part, query: str) -> list[tuple[int, ...]]:
    """The answer, all whole numbers."""
    return [tuple(int(str(value)) for value in row) for row in part.connection.execute(query.encode())]


def _probe(part: Part, seed: int) -> str:
    return "".join(str(text) for (text,) in part.connection.execute(probe_sql(seed).encode()))


def _copied(part: Part, names: Sequence[str], where: str) -> Iterator[pa.RecordBatch]:
    return _outside(part, copied(part.connection, part.relation, names, where))


def _outside(part: Part, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches; the time that their reader takes is not the server's."""
    for each in batches:
        with part.outside():
            yield each
