"""Whether every record that is named by another one exists, and, where asked, whether every record is named."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from verify.compare.explaining import Privacy
from verify.compare.workplace import Room, database
from verify.core.values import ABSENT, JSON_NULL, NULL
from verify.core.verdicts import SHOWN_DIFFERENCES, Cause, Conclusion, Difference, failed, inconclusive, passed

_NOBODY: Final = (NULL, ABSENT, JSON_NULL)
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """
    One end of a reference: batches of encodings, the key's columns first, then the `columns` that name or are named.

    `key` and `columns` are names for the reader; `scan` may be asked once. Fewer records than `minimum` prove nothing.
    """

    dataset: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    minimum: int = 1
    scan: Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """
    What was found: records that name, records that can be named, and the first of those left without the other.

    `unknown` are the columns that not one record of its end has.
    """

    naming: int
    named: int
    nobody: int
    orphans: tuple[tuple[Row, Row], ...]
    orphan_count: int
    unnamed: tuple[Row, ...]
    unnamed_count: int
    unknown: tuple[str, ...] = ()


def relate(from_: End, to: End, *, both: bool, room: Room | None = None) -> Related:
    """
    Both ends matched by value, out of core, in a private folder that is gone at the end.

    A record with a naming column that is null or absent names nobody (MATCH SIMPLE, as foreign keys of SQL have it).
    What a scan raises passes through; NoRoom when memory or the disk is full.
    """
    with _tables(len(from_.key), len(from_.columns), room or Room()) as connection:
        _take(connection, "naming", from_)
        _take(connection, "named", to)
        values = [f"v{at}" for at in range(len(from_.columns))]
        same = " AND ".join(f"n.{name} = h.{name}" for name in values)
        silent = " OR ".join(f"n.{name} IN {_NOBODY}" for name in values)
        orphans = f"FROM naming n WHERE NOT ({silent}) AND NOT EXISTS (SELECT 1 FROM named h WHERE {same})"
        unnamed = f"FROM named h WHERE NOT EXISTS (SELECT 1 FROM naming n WHERE NOT ({silent}) AND {same})"
        keys = [f"n.k{at}" for at in range(len(from_.key))]
        named = ", ".join(f"n.{name}" for name in values)
        shown = _rows(
            connection, f"SELECT {', '.join([*keys, named])} {orphans} ORDER BY ALL LIMIT {SHOWN_DIFFERENCES}"
        )
        return Related(
            unknown=(*_unknown(connection, "naming", from_), *_unknown(connection, "named", to)),
            naming=_number(connection, "SELECT count(*) FROM naming"),
            named=_number(connection, "SELECT count(*) FROM named"),
            nobody=_number(connection, f"SELECT count(*) FROM naming n WHERE {silent}"),
            orphans=tuple((row[: len(keys)], row[len(keys) :]) for row in shown),
            orphan_count=_number(connection, f"SELECT count(*) {orphans}"),
            unnamed=_rows(connection, f"SELECT DISTINCT {', '.join(f'h.{v}' for v in values)} {unnamed}"
                                      f" ORDER BY ALL LIMIT {SHOWN_DIFFERENCES}") if both else (),
            unnamed_count=_number(connection, f"SELECT count(*) {unnamed}") if both else 0,
        )  # fmt: skip


@contextmanager
def _tables(keys: int, values: int, room: Room) -> Iterator[duckdb.DuckDBPyConnection]:
    names = [*(f"k{at}" for at in range(keys)), *(f"v{at}" for at in range(values))]
    with database(room) as connection:
        connection.execute(f"CREATE TABLE naming ({', '.join(f'{name} VARCHAR' for name in names)})")
        connection.execute(f"CREATE TABLE named ({', '.join(f'v{at} VARCHAR' for at in range(values))})")
        yield connection


def _take(connection: duckdb.DuckDBPyConnection, table: str, end: End) -> None:
    first = 0 if table == "naming" else len(end.key)
    width = len(end.key) + len(end.columns)
    for batch in end.scan():
        arrays = [batch.column(at) for at in range(first, width)]
        connection.register("page", pa.Table.from_arrays(arrays, names=[f"c{at}" for at in range(len(arrays))]))
        connection.execute(f"INSERT INTO {table} SELECT * FROM page")
        connection.unregister("page")


def _unknown(connection: duckdb.DuckDBPyConnection, table: str, end: End) -> list[str]:
    """The columns of the end, by the names of the description, that none of its records has."""
    has = ", ".join(f"count(*) FILTER (v{at} <> '{ABSENT}')" for at in range(len(end.columns)))
    ((rows, *counts),) = connection.execute(f"SELECT count(*), {has} FROM {table}").fetchall()
    return [f"{end.dataset}.{name}" for name, count in zip(end.columns, counts, strict=True) if rows and not count]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Row, ...]:
    return tuple(tuple(map(str, row)) for row in connection.execute(query).fetchall())


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    if row is None:
        raise RuntimeError("an aggregate gave no row")
    return int(row[0])


def compare_references(found: Related, from_: End, to: End, *, also: str, privacy: Privacy) -> Conclusion:
    """
    PASS when every named record exists and, where that was asked, is named; nothing named is INCONCLUSIVE.

    `also` says what the baseline shows, for the reader.
    """
    told = [f"{found.naming:,} {from_.dataset} ({found.nobody:,} name nobody), {found.named:,} {to.dataset}", also]
    receipt = "; ".join(filter(None, told))
    if not found.orphan_count and not found.unnamed_count:
        return _resolved(found, from_, to, receipt)
    differences = [_orphan(from_, to, key, value, privacy) for key, value in found.orphans]
    differences += [_unnamed(from_, to, value, privacy) for value in found.unnamed]
    counted = [
        (found.orphan_count, f"{from_.dataset} name {to.dataset} that do not exist"),
        (found.unnamed_count, f"{to.dataset} are named by no {from_.dataset}"),
    ]
    words = "; ".join([*_strange(found), *(f"{number:,} {text}" for number, text in counted if number)])
    shown = len(found.orphans) + len(found.unnamed)
    return failed(
        words, differences=differences, omitted=found.orphan_count + found.unnamed_count - shown, receipt=receipt,
        remedy="restore what is named, or correct what names it",
    )  # fmt: skip


def _strange(found: Related) -> list[str]:
    return [f"no record has {name}" for name in found.unknown]


def _resolved(found: Related, from_: End, to: End, receipt: str) -> Conclusion:
    """Every name leads somewhere; that says nothing where nobody names, or where a column is in no record."""
    if found.unknown:
        remedy = "correct the column's name under references:, or waive the check until a record has it"
        return inconclusive(Cause.TOO_FEW, "; ".join(_strange(found)), receipt=receipt, remedy=remedy)
    if few := _too_few(found, from_, to):
        return inconclusive(Cause.TOO_FEW, few, receipt=receipt)
    if found.naming == found.nobody:
        words = f"no record of {from_.dataset} names one of {to.dataset}; nothing was looked up"
        return inconclusive(Cause.TOO_FEW, words, receipt=receipt)
    return passed(f"every record of {from_.dataset} names one of {to.dataset} that exists", receipt=receipt)


def _too_few(found: Related, from_: End, to: End) -> str:
    """Which end holds fewer records than its dataset must."""
    ends = ((found.naming, from_), (found.named, to))
    return "; ".join(
        f"{rows:,} {end.dataset} were read, fewer than its minimum {end.minimum:,}"
        for rows, end in ends
        if 0 < rows < end.minimum
    )


def _shown(columns: Sequence[str], values: Row, privacy: Privacy) -> str:
    return ", ".join(f"{name}={privacy.shown(f'$.{name}', each)}" for name, each in zip(columns, values, strict=True))


def _orphan(from_: End, to: End, key: Row, value: Row, privacy: Privacy) -> Difference:
    return Difference(
        key=f"{from_.dataset} {_shown(from_.key, key, privacy)}".strip(), path=f"$.{','.join(from_.columns)}",
        baseline=f"a record of {to.dataset} where {_shown(to.columns, value, privacy)}", candidate="no record",
    )  # fmt: skip


def _unnamed(from_: End, to: End, value: Row, privacy: Privacy) -> Difference:
    return Difference(
        key=f"{to.dataset} {_shown(to.columns, value, privacy)}", path="$",
        baseline=f"named by a record of {from_.dataset}", candidate="named by none",
    )  # fmt: skip
