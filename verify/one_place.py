"""Whether two sides that are one collection read any record twice, and so would agree with themselves."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Final

import duckdb
import pyarrow as pa

from verify.compare.filters import disjoint
from verify.compare.pages import Side, closed_after, gathered
from verify.compare.workplace import SIDES, NoRoom, Room, database
from verify.core.datasets import Dataset
from verify.core.verdicts import Cause, Conclusion, Problem, inconclusive
from verify.placed import Unheard

# Bytes of a batch; smaller ones cost more to take in than to read.
_GATHERED: Final = 2**20


def refused(baseline: str, candidate: str, *, why: str = "nothing would be compared") -> Conclusion:
    """The INCONCLUSIVE about a collection that would be compared with itself."""
    told = f"{baseline} and {candidate} are one and the same collection; {why}"
    return inconclusive(Cause.NOT_PERMITTED, told, remedy="name the candidate's own store, collection or file")


def read_twice(baseline: Side, candidate: Side, dataset: Dataset, *, room: Room | None = None) -> bool:
    """
    True when a record of the one collection is read on both sides, whatever filters and patterns they have.

    Filters of one column that exclude each other prove that none is. Else physical keys in the same fields tell; they
    are held in the room's database. Records without a key cannot be told apart. What a side raises while it is read
    passes through; Unheard (over-budget) when the room is too small.
    """
    if _exclude_each_other(dataset):
        return False
    one, other = (tuple(side.view.key) if side.view else dataset.key for side in (baseline, candidate))
    if not one or set(one) != set(other):
        return True  # keys in other fields cannot tell the records apart
    try:
        with database(room or Room()) as connection:
            return _met(connection, _physical(baseline, one), _physical(candidate, other), len(one))
    except NoRoom as error:
        told = f"telling both sides apart needs more room than it may take: {error}"
        raise Unheard(Problem(source=candidate.source, reason=told, cause=Cause.OVER_BUDGET)) from error


def _exclude_each_other(dataset: Dataset) -> bool:
    one, other = ({**dataset.where, **place.where} for place in (dataset.baseline, dataset.candidate))
    return any(
        _in_one_field(dataset, name) and disjoint(one[name], other[name], dataset.columns.get(name))
        for name in one.keys() & other.keys()
    )


def _in_one_field(dataset: Dataset, name: str) -> bool:
    """True when both sides' filters of this name read one field under one rule; in doubt it is False."""
    if name in dataset.key and (dataset.baseline.key or dataset.candidate.key):
        return False  # the name stands for what each side's pattern makes of a field
    own = dataset.columns.get(name)
    if own and (own.baseline is not None or own.candidate is not None):
        return False
    elsewhere = (text for rule in dataset.columns.values() for text in (rule.baseline, rule.candidate))
    return not any(text is not None and name in text for text in elsewhere)


def _met(
    connection: duckdb.DuckDBPyConnection, baseline: Iterable[pa.Table], candidate: Iterable[pa.Table], width: int
) -> bool:
    """Whether a key is on both sides; after the first of the candidate's batches it is looked already."""
    names = [f"k{at}" for at in range(width)]
    query = f"SELECT EXISTS (FROM baseline SEMI JOIN candidate USING ({', '.join(names)}))"
    for side, tables in zip(SIDES, (baseline, candidate), strict=True):
        connection.execute(f"CREATE TABLE {side} ({', '.join(f'{name} VARCHAR' for name in names)})")
        for number, table in enumerate(tables):
            connection.register("page", table)
            connection.execute(f"INSERT INTO {side} SELECT * FROM page")
            connection.unregister("page")
            if side == SIDES[1] and not number and connection.execute(query).fetchone() == (True,):
                return True
    return connection.execute(query).fetchone() == (True,)


def _physical(side: Side, key: Sequence[str]) -> Iterator[pa.Table]:
    """The physical keys, their fields in the order of the fields' names."""
    order = sorted(range(len(key)), key=lambda at: key[at])
    taken = closed_after(side.scan(side.fields(()), side.skipped(sorted(side.columns))))
    with closing(taken):
        for batch in gathered(taken, _GATHERED):
            raw = side.page(batch, ()).raw
            yield pa.Table.from_arrays([raw.column(at) for at in order], names=[f"k{at}" for at in range(len(key))])
