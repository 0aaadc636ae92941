"""A PostgreSQL database as a store."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from psycopg import sql
from pyarrow import csv

from verify.core.errors import CollectionMissing
from verify.core.values import ABSENT, JSON_NULL
from verify.stores.postgres.catalog import Relation, relation
from verify.stores.postgres.digest import digest_sql, probe_sql
from verify.stores.postgres.encoding import expression, finished, needs_finishing
from verify.stores.postgres.names import quoted, split_collection
from verify.stores.postgres.session import Connection, Session
from verify.stores.protocol import Digest, Field, Shape

_CHUNK = 2**20
_EMPTY_MAP = "m{}"


@dataclass(frozen=True, slots=True)
class PostgresStore:
    """Tables and views of one database; every question is one read-only transaction of its own."""

    session: Session

    @property
    def source(self) -> str:
        """The side and the place."""
        return self.session.source

    def _relation(self, connection: Connection, collection: str) -> Relation:
        return relation(connection, collection, schema=self.session.schema, source=self.source)

    def describe(self, collection: str) -> Shape:
        """The columns as the catalogue has them. Raises CollectionMissing when there is no such table or view."""
        with self.session.reading() as connection:
            found = self._relation(connection, collection)
        columns = tuple(Field(name=name, type=found.words[name]) for name in sorted(found.columns))
        return Shape(columns=columns, unique=found.unique, notes=found.notes, place=found.place)

    def count(self, collection: str) -> int:
        """Rows by count(*), not by statistics."""
        space, table = split_collection(collection, self.session.schema)
        with self.session.reading() as connection:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(space, table))
            row = connection.execute(query).fetchone()
        if row is None:
            raise CollectionMissing(f"{self.source}: count(*) of {collection} gave no row")
        return int(str(row[0]))

    def digest(self, collection: str, *, columns: Sequence[str], seed: int) -> Digest:
        """Rows and a 64-bit seeded fingerprint of the named columns, by one statement in place."""
        with self.session.reading() as connection:
            found = self._relation(connection, collection)
            probe = connection.execute(probe_sql(seed).encode()).fetchone()
            row = connection.execute(digest_sql(found, columns, seed).encode()).fetchone()
        if row is None or probe is None:
            raise CollectionMissing(f"{self.source}: the fingerprint of {collection} gave no row")
        return Digest(rows=int(str(row[0])), fingerprint=str(row[1]), dialect=str(probe[0]))

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every row once, from one snapshot, by COPY. A column the table does not have is absent in every row."""
        del skip  # A table has no fields beyond its columns, and those are named.
        names = [*key, *columns]
        with self.session.reading() as connection:
            found = self._relation(connection, collection)
            parts = [_selected(found, name) for name in names]
            raw = {at for at, name in enumerate(names)
                   if name in found.columns and needs_finishing(found.columns[name], found.types)}  # fmt: skip
            query = f"COPY (SELECT {', '.join(parts)} FROM {found.name}) TO STDOUT (FORMAT csv)"
            with connection.cursor().copy(query.encode()) as rows:
                for chunk in _chunks(rows):
                    yield _batch(chunk, width=len(names), raw=raw)


def _selected(found: Relation, name: str) -> str:
    if name not in found.columns:
        return f"'{ABSENT}'"
    return expression(quoted(name), found.columns[name], found.types)


def _chunks(rows: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Whole rows, about a megabyte at a time; a quote left open means the row goes on."""
    chunk = bytearray()
    for row in rows:
        chunk += row
        if len(chunk) >= _CHUNK and chunk.endswith(b"\n") and chunk.count(b'"') % 2 == 0:
            yield bytes(chunk)
            chunk.clear()
    if chunk:
        yield bytes(chunk)


def _batch(chunk: bytes, *, width: int, raw: set[int]) -> pa.RecordBatch:
    """The rows of one chunk; documents and arrays get their canonical order here."""
    names = [str(at) for at in range(width)]
    table = csv.read_csv(
        io.BytesIO(chunk),
        read_options=csv.ReadOptions(column_names=names, block_size=len(chunk) + 1, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=True
        ),
    ).combine_chunks()
    arrays = [table.column(at).combine_chunks() for at in range(width)]
    arrays = [_finished(each) if at in raw else each for at, each in enumerate(arrays)]
    rest = pa.repeat(pa.scalar(_EMPTY_MAP, pa.large_string()), len(table))
    return pa.RecordBatch.from_arrays([*arrays, rest], names=[*names, str(width)])


def _finished(array: pa.Array) -> pa.Array:
    known: dict[str, str] = {"n": "n", "Dnull": JSON_NULL, "D{}": _EMPTY_MAP}
    texts = [known.get(text) or finished(text) for text in array.to_pylist()]
    return pa.array(texts, pa.large_string())
