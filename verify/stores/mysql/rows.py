"""Rows as bytes become Arrow batches."""

# ruff: noqa: S608 - names are quoted by verify.stores.mysql.names
from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyarrow import csv

from verify.core.errors import StoreUnreadable
from verify.core.values import ABSENT
from verify.stores.mysql.catalog import Relation
from verify.stores.mysql.encoding import expression, finished, needs_finishing
from verify.stores.mysql.session import Asking

_CHUNK: Final = 2**20
_EMPTY_MAP: Final = "m{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Which columns of a table are read, and how their text becomes a batch."""

    found: Relation
    names: tuple[str, ...]

    def statement(self, condition: str = "") -> str:
        """One text column: the row as CSV. Without names a row is one cell that is dropped again."""
        found = self.found.columns
        cells = [expression(name, found[name]) if name in found else f"'{ABSENT}'" for name in self.names or ("",)]
        where = f" WHERE {condition}" if condition else ""
        row = ", ',', ".join(cells)
        return f"SELECT CONCAT({row}) FROM {self.found.name}{where}"

    def batches(self, asking: Asking, condition: str = "") -> Iterator[pa.RecordBatch]:
        """Every row the condition lets through, about a megabyte at a time."""
        for chunk in asking.wire.stream(self.statement(condition), size=_CHUNK):
            yield self._batch(chunk, asking.source)

    def _batch(self, chunk: bytes, source: str) -> pa.RecordBatch:
        names = [str(at) for at in range(max(1, len(self.names)))]
        table = csv.read_csv(
            io.BytesIO(chunk),
            read_options=csv.ReadOptions(column_names=names, block_size=len(chunk) + 1, use_threads=False),
            parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=True
            ),
        ).combine_chunks()
        arrays = [self._array(table.column(at), at) for at in range(len(self.names))]
        if table.num_rows == 0:
            raise StoreUnreadable(f"{source}: rows arrived that hold no record")
        rest = pa.repeat(pa.scalar(_EMPTY_MAP, pa.large_string()), table.num_rows)
        return pa.RecordBatch.from_arrays([*arrays, rest], names=[str(at) for at in range(len(arrays) + 1)])

    def _array(self, column: pa.ChunkedArray, at: int) -> pa.Array:
        array = column.combine_chunks()
        told = self.found.columns.get(self.names[at])
        return finished(array) if told and needs_finishing(told) else array


def reading(found: Relation, key: Sequence[str], columns: Sequence[str]) -> Reading:
    """The key's columns, then the others, in the order asked."""
    return Reading(found=found, names=(*key, *columns))
