"""Physical records read through a view, as a store and a comparison would do it."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from verify.compare.views import Page, Role, View
from verify.core.datasets import Dataset
from verify.core.values import ABSENT, regrown, tree

Record = dict[str, str]


def scanned(view: View, records: Sequence[Record], columns: Sequence[str], skip: Sequence[str]) -> pa.RecordBatch:
    """What a store gives for the view's questions."""
    names = [*view.key, *view.fields(columns)]
    gone = {*names, *view.skipped(skip)}
    rows = [[*(each.get(name, ABSENT) for name in names), regrown({name: tree(each[name]) for name in each if name not in gone})]
            for each in records]  # fmt: skip
    arrays = [pa.array([row[at] for row in rows], pa.large_string()) for at in range(len(names) + 1)]
    return pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])


def page(
    dataset: Dataset, role: Role, records: Sequence[Record], columns: Sequence[str] = (), *, soften: bool = True
) -> Page:
    """The logical page of these physical records."""
    view = View(dataset, role)
    batch = scanned(view, records, columns, dataset.except_)
    found = view.read(batch, columns, soften=soften)
    assert found.raw.num_rows == found.batch.num_rows
    return found


def rows(found: Page) -> list[tuple[str, ...]]:
    """The page's rows."""
    return list(zip(*(each.to_pylist() for each in found.batch.columns), strict=True))


def raw(found: Page) -> list[tuple[str, ...]]:
    """The page's physical keys."""
    return list(zip(*(each.to_pylist() for each in found.raw.columns), strict=True))
