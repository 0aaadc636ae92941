"""The fields of many records, as columns of canonical texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

from verify.core.values import ABSENT, regrown
from verify.stores.json_file.structure import Places

TEXT: Final = pa.large_string()
_NO_FIELDS: Final = "m{}"


class Fields(Protocol):
    """Records whose fields have these names, most of them or few."""

    @property
    def names(self) -> Sequence[str]:
        """Every name that some record has."""
        ...

    def column(self, name: str) -> pa.LargeStringArray:
        """The field of this name, one of `names`, of each record; absent where the record does not have it."""
        ...

    def others(self, known: AbstractSet[str]) -> pa.LargeStringArray:
        """For each record the map of its fields that are not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Records that may differ in their fields: `cells` says which of the `texts` each field is, by record, then name."""

    names: Sequence[str]
    texts: pa.LargeStringArray
    cells: Places
    absent: int

    def column(self, name: str) -> pa.LargeStringArray:
        """As Fields says it."""
        return self.texts.take(pa.array(np.ascontiguousarray(self.cells[:, self.names.index(name)])))

    def others(self, known: AbstractSet[str]) -> pa.LargeStringArray:
        """As Fields says it."""
        rest = [at for at, name in enumerate(self.names) if name not in known]
        cells = self.cells[:, rest]
        rows = np.flatnonzero((cells != self.absent).any(axis=1))
        maps = np.zeros(cells.shape[0], np.int64)
        maps[rows] = np.arange(1, rows.size + 1)
        columns = (self.texts.take(pa.array(np.ascontiguousarray(column))) for column in cells[rows].T)
        texts = pa.array([_NO_FIELDS, *_maps([self.names[at] for at in rest], columns)], TEXT)
        return texts.take(pa.array(maps))


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """So many records that all have the same fields."""

    rows: int
    columns: Mapping[str, pa.LargeStringArray]

    @property
    def names(self) -> Sequence[str]:
        """As Fields says it."""
        return list(self.columns)

    def column(self, name: str) -> pa.LargeStringArray:
        """As Fields says it."""
        return self.columns[name]

    def others(self, known: AbstractSet[str]) -> pa.LargeStringArray:
        """As Fields says it."""
        rest = [name for name in self.columns if name not in known]
        if not rest:
            return repeated(_NO_FIELDS, self.rows)
        return pa.array(_maps(rest, (self.columns[name] for name in rest)), TEXT)


def repeated(text: str, rows: int) -> pa.LargeStringArray:
    """The text, so many times."""
    return pa.repeat(pa.scalar(text, TEXT), rows)


def _maps(names: Sequence[str], columns: Iterable[pa.LargeStringArray]) -> Iterator[str]:
    for row in zip(*(column.to_pylist() for column in columns), strict=True):
        yield regrown({name: text for name, text in zip(names, row, strict=True) if text != ABSENT})
