"""A MariaDB or MySQL database as a store."""

# ruff: noqa: S608 - names are quoted by verify.stores.mysql.names
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from verify.core.errors import StoreUnavailable
from verify.stores.mysql.catalog import Column, located, relation, server_place
from verify.stores.mysql.chunks import Protection, gently
from verify.stores.mysql.lookup import looked_up
from verify.stores.mysql.names import quoted
from verify.stores.mysql.rows import reading
from verify.stores.mysql.sequences import listed, sequences
from verify.stores.mysql.session import Asking, Session
from verify.stores.mysql.structure import structure
from verify.stores.protocol import Field, Listed, SequenceState, Shape, Structure


@dataclass(frozen=True, slots=True)
class MysqlStore:
    """Tables and views of one server; every question is one read-only snapshot of its own."""

    session: Session
    protection: Protection | None = None

    @property
    def source(self) -> str:
        """The side and the place."""
        return self.session.source

    @contextmanager
    def _calm(self) -> Iterator[Asking]:
        """A snapshot of a server that, where it is protected, has little to do just now."""
        with self.session.reading() as asking:
            if self.protection:
                self.protection.await_calm(asking)
            yield asking

    def describe(self, collection: str) -> Shape:
        """The columns as the catalogue has them. Raises CollectionMissing when there is no such table or view."""
        with self.session.reading() as asking:
            found = relation(asking, collection)
        columns = tuple(Field(name=name, type=_word(found.columns[name])) for name in sorted(found.columns))
        return Shape(columns=columns, unique=found.unique, notes=found.notes, place=found.place)

    def count(self, collection: str) -> int:
        """Rows by COUNT(*), not by statistics."""
        with self._calm() as asking:
            schema, table, *_ = located(asking, collection)
            return int(str(asking.rows(f"SELECT COUNT(*) FROM {quoted(schema)}.{quoted(table)}")[0][0]))

    def scan(
        self, collection: str, *, key: Sequence[str], columns: Sequence[str], skip: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        """Every row once, from one snapshot. A column the table does not have is absent in every row."""
        del skip  # A table has no fields beyond its columns, and those are named.
        with self.session.reading() as asking:
            read = reading(relation(asking, collection), key, columns)
            yield from gently(asking, read, self.protection) if self.protection else read.batches(asking)

    def lookup(
        self, collection: str, *, key: Sequence[str], values: Sequence[Sequence[str]], columns: Sequence[str],
        skip: Sequence[str] = (),
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """The rows with these keys, as this server has them now; a replica may be behind its primary."""
        del skip
        with self._calm() as asking:
            read = reading(relation(asking, collection), key, columns)
            yield from looked_up(asking, read, key, values)

    def structure(self, collection: str) -> Structure:
        """Columns, constraints, indexes, triggers and settings of the table."""
        with self.session.reading() as asking:
            return structure(asking, collection)

    def sequences(self, collection: str) -> tuple[SequenceState, ...]:
        """The auto-increment of the table, and each MariaDB sequence that a default takes numbers from."""
        with self.session.reading() as asking:
            return sequences(asking, collection)

    def collections(self, within: str | None = None) -> tuple[Listed, ...]:
        """Every table and view of the database, by name."""
        with self.session.reading() as asking:
            return listed(asking, within)

    def place(self) -> str:
        """The server by what it was born with, and the connection's database."""
        with self.session.reading() as asking:
            return f"{server_place(asking)} {asking.rows('SELECT DATABASE()')[0][0] or ''}".strip()

    @contextmanager
    def showing(self, mark: str) -> Iterator[str]:
        """A lock of this name is held inside the block: it belongs to the server's memory, and locks no data."""
        with self.session.reading() as asking:
            taken, holder = asking.rows("SELECT GET_LOCK(%s, 0), CONNECTION_ID()", [mark])[0]
            if taken != 1:
                raise StoreUnavailable(
                    f"{self.source}: the server gives no named lock, which proves which server it is"
                )
            yield str(holder)

    def shown(self, mark: str) -> str:
        """The connection that holds the lock of this name."""
        with self.session.reading() as asking:
            return str(asking.rows("SELECT IS_USED_LOCK(%s)", [mark])[0][0] or "")


def _word(column: Column) -> str:
    return "json" if column.json else column.full
