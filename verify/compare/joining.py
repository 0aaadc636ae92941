"""Two streams of encodings joined by key, out of core, in a private folder that is gone at the end."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

import duckdb
import pyarrow as pa

from verify.core.values import ABSENT, JSON_NULL, NULL

Batches: TypeAlias = Callable[[], Iterator[pa.RecordBatch]]
Softer: TypeAlias = Callable[[str], str]
Row: TypeAlias = tuple[str | None, ...]

MEMORY: Final = "128MB"
_FETCHED: Final = 2_000
_SIDES: Final = ("baseline", "candidate")


class Joined:
    """
    Both sides as tables `baseline` and `candidate`: k0… softened keys, r0… keys as they came, v0… values.

    Values are compared as text, byte by byte; nothing is hashed, so equal means equal.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, keys: int, values: int) -> None:
        self._connection = connection
        self._keys = [f"k{at}" for at in range(keys)]
        self._raw = [f"r{at}" for at in range(keys)]
        self._values = [f"v{at}" for at in range(values)]
        for side in _SIDES:
            columns = ", ".join(f"{name} VARCHAR" for name in (*self._keys, *self._raw, *self._values))
            connection.execute(f"CREATE TABLE {side} ({columns})")

    def load(self, baseline: Batches, candidate: Batches, softer: Sequence[Softer | None]) -> None:
        """Takes in both sides at once; what a side raises comes out as it is, and stops the other side."""
        stop = threading.Event()
        with ThreadPoolExecutor(max_workers=2) as pool:
            tasks = [
                pool.submit(self._take, side, batches, softer, stop)
                for side, batches in zip(_SIDES, (baseline, candidate), strict=True)
            ]
        for task in tasks:
            task.result()

    def _take(self, side: str, batches: Batches, softer: Sequence[Softer | None], stop: threading.Event) -> None:
        taken = batches()
        with self._connection.cursor() as cursor:
            try:
                for batch in taken:
                    if stop.is_set():
                        return
                    cursor.register(f"{side}_batch", _with_keys(batch, softer))
                    cursor.execute(f"INSERT INTO {side} SELECT * FROM {side}_batch")
                    cursor.unregister(f"{side}_batch")
            except BaseException:
                stop.set()
                raise
            finally:
                if isinstance(taken, Generator):
                    taken.close()

    @property
    def last(self) -> int:
        """The number of the last value column, which holds all other fields."""
        return len(self._values) - 1

    def rows(self, side: str) -> int:
        """How many rows the side holds."""
        return int(self._one(f"SELECT count(*) FROM {side}")[0])

    def seen(self, side: str) -> list[bool]:
        """For each value column, whether any row of the side has it."""
        parts = ", ".join(f"coalesce(bool_or({name} <> '{ABSENT}'), false)" for name in self._values)
        return [bool(each) for each in self._one(f"SELECT {parts} FROM {side}")]

    def _one(self, query: str) -> tuple[int, ...]:
        row: tuple[int, ...] | None = self._connection.execute(query).fetchone()
        if row is None:
            raise RuntimeError("an aggregate gave no row")
        return row

    def unpaired(self) -> Iterator[tuple[Row, int, int]]:
        """Every key that is not there exactly once on each side, with its number on either; keys as softened."""
        names = ", ".join(self._keys)
        counted = " UNION ALL ".join(
            f"SELECT {names}, {int(side == 'baseline')} AS b, {int(side == 'candidate')} AS c FROM {side}"
            for side in _SIDES
        )
        self._connection.execute(
            f"CREATE OR REPLACE TABLE unpaired AS SELECT {names}, sum(b)::BIGINT AS b, sum(c)::BIGINT AS c"
            f" FROM ({counted}) GROUP BY {names} HAVING sum(b) <> 1 OR sum(c) <> 1 OR ({self._unkeyed('')})"
        )
        for row in self._fetched(f"SELECT {names}, b, c FROM unpaired"):
            yield row[:-2], int(row[-2] or 0), int(row[-1] or 0)

    def differing(self, compared: Sequence[int]) -> Iterator[tuple[Row, list[tuple[int, str, str]]]]:
        """
        Every pair of rows with one key that are not the same text, and the columns in which.

        Columns are numbered as given; the key column i, where only its softening made it meet, is ~i.
        """
        places = [*(~at for at in range(len(self._raw))), *compared]
        names = [*self._raw, *(self._values[at] for at in compared)]
        unequal = " OR ".join(f"b.{name} <> c.{name}" for name in names)
        parts = [f"CASE WHEN b.{name} <> c.{name} THEN {side}.{name} END" for name in names for side in "bc"]
        on = " AND ".join(f"b.{name} = c.{name}" for name in self._keys)
        odd = " AND ".join(f"u.{name} = b.{name}" for name in self._keys)
        width = len(self._keys)
        query = (
            f"SELECT {', '.join(f'b.{name}' for name in self._raw)}, {', '.join(parts)}"
            f" FROM baseline b JOIN candidate c ON {on} WHERE ({unequal})"
            f" AND NOT EXISTS (SELECT 1 FROM unpaired u WHERE {odd})"
        )
        for row in self._fetched(query):
            pairs = zip(places, row[width::2], row[width + 1 :: 2], strict=True)
            yield row[:width], [(at, one, other) for at, one, other in pairs if one is not None and other is not None]

    def _unkeyed(self, alias: str) -> str:
        return " OR ".join(f"{alias}{name} IN ('{NULL}', '{ABSENT}', '{JSON_NULL}')" for name in self._keys)

    def _fetched(self, query: str) -> Iterator[tuple[str | None, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(_FETCHED):
                yield from rows


def _with_keys(batch: pa.RecordBatch, softer: Sequence[Softer | None]) -> pa.Table:
    """The batch with its softened keys in front."""
    columns = list(batch.columns)
    keys = [column if rule is None else pa.array([rule(text) for text in column.to_pylist()], pa.large_string())
            for rule, column in zip(softer, columns, strict=False)]  # fmt: skip
    names = [f"column{at}" for at in range(len(keys) + len(columns))]
    return pa.Table.from_arrays([*keys, *columns], names=names)


@contextmanager
def joining(*, keys: int, values: int, folder: Path | None = None) -> Iterator[Joined]:
    """Two empty tables for the block; their files lie in a folder only this user can enter, removed at the end."""
    with TemporaryDirectory(prefix="cutover-", dir=folder) as place:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "threads": 2,
            "temp_directory": str(Path(place) / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(str(Path(place) / "rows.duckdb"), config=settings) as connection:
            yield Joined(connection, keys, values)
