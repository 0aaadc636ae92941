"""Rows on their way from COPY to Arrow."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from verify.core.values import ABSENT
from verify.stores._csv import cells, framed
from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.digest import row_hash, seeds
from verify.stores.postgres.encoding import expression, needs_finishing
from verify.stores.postgres.finishing import finish
from verify.stores.postgres.names import quoted
from verify.stores.postgres.session import Connection
from verify.stores.postgres.wire import chunks


def selected(found: Relation, name: str) -> str:
    """SQL for the encoding of the column; a column the table does not have is absent in every row."""
    if name not in found.columns:
        return f"'{ABSENT}'"
    return expression(quoted(name), found.columns[name], found.types)


def unfinished(found: Relation, names: Sequence[str]) -> set[int]:
    """The places of the columns whose encoding is finished here."""
    return {at for at, name in enumerate(names)
            if name in found.columns and needs_finishing(found.columns[name], found.types)}  # fmt: skip


def copied(connection: Connection, found: Relation, names: Sequence[str], where: str) -> Iterator[pa.RecordBatch]:
    """The rows under `where`, in the form of `Store.scan`, about a megabyte at a time."""
    raw = unfinished(found, names)
    # Without names a row is one absent cell that is dropped again: an empty line could be no row.
    asked = ", ".join(selected(found, name) for name in names or ("",))
    yield from answered(connection, f"SELECT {asked} FROM {found.name}{where}".encode(), len(names), raw)


def answered(connection: Connection, query: bytes, width: int, raw: set[int]) -> Iterator[pa.RecordBatch]:
    """What the query gives, `width` encodings a row, in the form of `Store.scan`, about a megabyte at a time."""
    with connection.cursor().copy(b"COPY (%b) TO STDOUT (FORMAT csv)" % query) as rows:
        for chunk in chunks(rows):
            columns = cells(chunk, max(1, width))
            yield _finished(columns[:width], raw, rows=len(columns[0]))


def marked(
    connection: Connection, found: Relation, key: Sequence[str], columns: Sequence[str], seed: int, where: str
) -> Iterator[pa.RecordBatch]:
    """The keys of the rows under `where`, and beside them the row's hash over key and columns, as text."""
    raw = unfinished(found, key)
    hashed = row_hash(found, [*key, *columns], seeds(seed)[0])
    query = f"COPY (SELECT {', '.join(selected(found, name) for name in key)}, {hashed} FROM {found.name}{where})"
    with connection.cursor().copy(f"{query} TO STDOUT (FORMAT csv)".encode()) as rows:
        for chunk in chunks(rows):
            arrays = [finish(each) if at in raw else each for at, each in enumerate(cells(chunk, len(key) + 1))]
            yield pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])


def _finished(columns: Sequence[pa.Array], raw: set[int], *, rows: int) -> pa.RecordBatch:
    return framed([finish(each) if at in raw else each for at, each in enumerate(columns)], rows)
