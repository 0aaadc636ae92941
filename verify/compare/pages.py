"""One side's records, page by page, as the dataset means them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from verify.compare.views import Page, View

Batches: TypeAlias = Callable[[], Iterator[pa.RecordBatch]]
Keys: TypeAlias = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """
    One side's records: batches of encodings (key, then values, then the map of all other fields).

    `columns` are the logical ones it is known to have; an `open` side may turn out to have more, or fewer. `scan`
    takes the physical fields to give and those to leave out of the map; `lookup` takes physical keys before them.
    `view` is None where physical and logical records are the same. `moved` says that the physical key is another
    one than the logical; `unique` that the store itself keeps the logical key unique and not null.

    `marks` gives for these columns batches of the key and one text beside it, made by the store itself, which two
    stores that have it write alike: equal where key and columns are, and unequal where they are not, but for a chance
    nobody can choose. It is only for sides that are not open and have no view.

    `texts` gives batches of the key and one text of key and record: equal texts are equal records, in every field; unequal
    ones say nothing yet. It is only for two sides that spell their records alike, have no view and leave nothing out.
    """

    source: str
    columns: frozenset[str]
    scan: Callable[[Sequence[str], Sequence[str]], Batches]
    open: bool = False
    view: View | None = None
    lookup: Callable[[Keys, Sequence[str], Sequence[str]], Batches] | None = None
    moved: bool = False
    unique: bool = False
    marks: Callable[[Sequence[str]], Batches] | None = None
    texts: Batches | None = None

    def fields(self, columns: Sequence[str]) -> Sequence[str]:
        """The physical fields behind the columns."""
        return self.view.fields(columns) if self.view else columns

    def skipped(self, columns: Sequence[str]) -> Sequence[str]:
        """The physical fields to leave out of the map for these columns."""
        return self.view.skipped(columns) if self.view else columns

    def page(
        self, batch: pa.RecordBatch, columns: Sequence[str], *, skip: Sequence[str] = (), soften: bool = True
    ) -> Page:
        """The logical page of one physical batch; `skip` are logical names that stay out of the map of other fields."""
        if self.view:
            return self.view.read(batch, columns, soften=soften, skip=skip)
        return Page(batch=batch, raw=batch)

    @property
    def physical_key(self) -> Sequence[str] | None:
        """The physical key fields where they are others than the logical ones."""
        return self.view.key if self.view and self.moved else None


def gathered(batches: Iterable[pa.RecordBatch], least: int) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of `least` bytes or more; the last may be smaller."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += batch.nbytes
        del batch
        if size >= least:
            yield _emptied(waiting)
            size = 0
    if waiting:
        yield _emptied(waiting)


def together(batches: Iterable[pa.RecordBatch], least: int) -> Iterator[pa.Table]:
    """The same rows in tables of `least` bytes or more, the last may be smaller; nothing is copied."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += batch.nbytes
        del batch
        if size >= least:
            yield pa.Table.from_batches(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _emptied(waiting: list[pa.RecordBatch]) -> pa.RecordBatch:
    """All of them in one; the list is empty."""
    found = pa.concat_batches(waiting) if len(waiting) > 1 else waiting[0]
    waiting.clear()
    return found


def closed_after(batches: Batches) -> Generator[pa.RecordBatch, None, None]:
    """The batches; a generator behind them is closed when the reader stops early or breaks."""
    taken = batches()
    if isinstance(taken, Generator):
        with closing(taken):
            yield from taken
    else:
        yield from taken


def spelt(sides: Iterable[Side]) -> bool:
    """True when the texts of the records say which are equal, and of the others nothing."""
    return all(side.texts is not None for side in sides)
