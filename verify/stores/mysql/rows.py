"""Rows as bytes become Arrow batches."""

# ruff: noqa: S608 - names are quoted by verify.stores.mysql.names
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from verify.core.errors import StoreUnreadable
from verify.core.values import ABSENT
from verify.stores._csv import CHUNK, cells, framed
from verify.stores.mysql.catalog import Relation
from verify.stores.mysql.encoding import expression, finished, needs_finishing
from verify.stores.mysql.session import Asking


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
        for chunk in asking.wire.stream(self.statement(condition), size=CHUNK):
            yield self._batch(chunk, asking.source)

    def _batch(self, chunk: bytes, source: str) -> pa.RecordBatch:
        columns = cells(chunk, max(1, len(self.names)))
        if not len(columns[0]):
            raise StoreUnreadable(f"{source}: rows arrived that hold no record")
        return framed([self._array(columns[at], at) for at in range(len(self.names))], len(columns[0]))

    def _array(self, array: pa.Array, at: int) -> pa.Array:
        told = self.found.columns.get(self.names[at])
        return finished(array) if told and needs_finishing(told) else array


def reading(found: Relation, key: Sequence[str], columns: Sequence[str]) -> Reading:
    """The key's columns, then the others, in the order asked."""
    return Reading(found=found, names=(*key, *columns))
