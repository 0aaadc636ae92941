"""Rows on their way from COPY to Arrow."""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pyarrow as pa
from pyarrow import csv

from verify.core.values import ABSENT
from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.encoding import expression, needs_finishing
from verify.stores.postgres.finishing import finish
from verify.stores.postgres.names import quoted
from verify.stores.postgres.session import Connection

_CHUNK: Final = 2**20
_EMPTY_MAP: Final = "m{}"


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
    query = f"COPY (SELECT {', '.join(selected(found, name) for name in names)} FROM {found.name}{where})"
    with connection.cursor().copy(f"{query} TO STDOUT (FORMAT csv)".encode()) as rows:
        for chunk in _chunks(rows):
            yield _parsed(chunk, width=len(names), raw=raw)


def batch(columns: Sequence[pa.Array], raw: set[int]) -> pa.RecordBatch:
    """Columns as they came over the wire, finished, with the empty map of all other fields behind them."""
    arrays = [finish(each) if at in raw else each for at, each in enumerate(columns)]
    rest = pa.repeat(pa.scalar(_EMPTY_MAP, pa.large_string()), len(arrays[0]) if arrays else 0)
    return pa.RecordBatch.from_arrays([*arrays, rest], names=[str(at) for at in range(len(arrays) + 1)])


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


def _parsed(chunk: bytes, *, width: int, raw: set[int]) -> pa.RecordBatch:
    names = [str(at) for at in range(width)]
    table = csv.read_csv(
        io.BytesIO(chunk),
        read_options=csv.ReadOptions(column_names=names, block_size=len(chunk) + 1, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=True
        ),
    ).combine_chunks()
    return batch([table.column(at).combine_chunks() for at in range(width)], raw)
