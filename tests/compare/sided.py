"""Records in memory as a side of a comparison, which may change or break between two readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from verify.compare.pages import Side
from verify.compare.views import Role, View
from verify.core.datasets import Dataset
from verify.core.values import ABSENT, encode

Record = Mapping[str, object]


def batch(records: Sequence[Record], names: Sequence[str], skip: Sequence[str]) -> pa.RecordBatch:
    """The records as a store gives them."""
    known, rows = {*names, *skip}, []
    for record in records:
        rest = encode({name: record[name] for name in record if name not in known})
        rows.append([*(encode(record[name]) if name in record else ABSENT for name in names), rest])
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(names) + 1)
    arrays = [pa.array(column, pa.large_string()) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])


@dataclass
class Records:
    """What one side holds; `before` is called with the number of each reading, from 0, and may change it."""

    rows: Sequence[Record]
    before: Callable[[int], None] = lambda _: None
    read: int = 0
    closed: int = 0
    asked: list[Sequence[Sequence[str]]] = field(default_factory=list)

    def side(self, dataset: Dataset, role: Role, *, lookup: bool = True, unique: bool = False) -> Side:
        """The side that a comparison reads."""
        place = dataset.baseline if role == "baseline" else dataset.candidate
        moved = bool(place.key) or any(name in dataset.columns for name in dataset.key)
        view = View(dataset, role) if moved or dataset.columns or dataset.where or place.where else None
        key = view.key if view else dataset.key
        names = frozenset(name for row in self.rows for name in row)

        def scan(columns: Sequence[str], skip: Sequence[str]) -> Callable[[], Iterator[pa.RecordBatch]]:
            return lambda: self._given(lambda _: True, [*key, *columns], skip)

        def single(
            keys: Sequence[Sequence[str]], columns: Sequence[str], skip: Sequence[str]
        ) -> Callable[[], Iterator[pa.RecordBatch]]:
            self.asked.append(keys)
            wanted = {tuple(each) for each in keys}
            return lambda: self._given(
                lambda row: tuple(encode(row[name]) for name in key) in wanted, [*key, *columns], skip
            )

        return Side(
            source=role, columns=view.names(names) if view else names, scan=scan, view=view, moved=moved,
            lookup=single if lookup else None, unique=unique,
        )  # fmt: skip

    def _given(
        self, wanted: Callable[[Record], bool], names: Sequence[str], skip: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        self.before(self.read)
        self.read += 1
        try:
            rows = [row for row in self.rows if wanted(row)]
            # Small collections come in several batches all the same; large ones in as few as a store would give.
            size = max(3, len(rows) // 20)
            for at in range(0, len(rows), size):
                yield batch(rows[at : at + size], names, skip)
        finally:
            self.closed += 1
