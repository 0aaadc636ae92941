"""Pass 2: the values of the suspects, read again from both sides."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from threading import Event, Lock
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from verify.compare.aside import Aside
from verify.compare.coverage import rule_of
from verify.compare.joining import GATHERED, Joined
from verify.compare.pages import Side, closed_after, gathered
from verify.compare.workplace import SIDES, Lift, kept_to, on_both, reading
from verify.core.datasets import Column, Dataset
from verify.core.watching import Watch

# So many records are always looked up, and more where everything is this many times as many and the first few of them
# tell that it is quicker.
LOOKED_UP: Final = 20_000
_DEARER: Final = 4
_PROBE: Final = 20_000
_CHUNK: Final = 50_000
_MANY: Final = 500_000
# Whatever is given is filled; few suspects of a record that is not wide are compared in less, and no slower.
_SHARE, _WIDE = 0.85, 100
# Many suspects that are looked up lie still; what is taken in of them needs a block of each column of each side.
_LOOKED_UP_SHARE, _A_COLUMN = 0.55, 0.005


def _next(
    found: duckdb.DuckDBPyConnection, side: Side, fields: Sequence[str], skip: Sequence[str], most: int
) -> Generator[tuple[pa.RecordBatch, bool], None, int]:
    """The records of the next keys, at `most` so many, and how many keys those were; none is held when others are taken."""
    if side.lookup is None or not (keys := found.fetchmany(most)):
        return 0
    with closing(closed_after(side.lookup(keys, fields, skip))) as taken:
        for batch in gathered(taken, GATHERED):
            yield batch, True
    return len(keys)


def _nothing() -> None:
    """Nothing was kept back, so there is nothing to lift."""


class Suspects:
    """
    The suspects' records as tables `baseline_values` and `candidate_values`, as they were read last.

    k0… are logical keys; v0… values as the rules read them, the map of other fields last; w… the same values as they
    came, where a column has a rule; t… whether a tolerance made the pair equal. For a large value stands its word in
    `aside`.
    """

    def __init__(self, joined: Joined, dataset: Dataset) -> None:
        self.joined, self.dataset, self._now = joined, dataset, joined.now
        self.ruled = [at for at, name in enumerate(joined.coverage.compared) if name in dataset.columns]
        self.tolerant = [at for at in self.ruled
                         if rule_of(dataset, joined.coverage.compared[at]).tolerance is not None]  # fmt: skip
        self._connection = joined.connection
        self.aside = Aside(joined.connection)
        # Each look at the suspects hashes them: two at once would need room for two.
        self._turn = Lock()
        self._lift: Lift = _nothing

    def raw(self, at: int) -> str:
        """The column that holds the value as it came."""
        return f"w{at}" if at in self.ruled else f"v{at}"

    def rule(self, name: str) -> Column:
        """The softer rule of the column; one that softens nothing where there is none."""
        return rule_of(self.dataset, name)

    @property
    def columns(self) -> list[str]:
        """The columns of both tables, in order."""
        return [*self.joined.keys, *(f"v{at}" for at in range(self.joined.values)), *(f"w{at}" for at in self.ruled)]

    def room(self) -> AbstractContextManager[object]:
        """Inside the block few suspects take less memory than many may."""
        if self.joined.values > _WIDE or self.joined.number("suspects") > _MANY:
            return nullcontext()
        return kept_to(self._connection, _SHARE)

    def _beside(self) -> AbstractContextManager[Lift]:
        """Inside the block what is read has room, but where many suspects are gone through for each batch."""
        if self.joined.number("suspects") <= _MANY:
            return reading(self._connection)
        sought = (self._sought(self._connection, name, side) for name, side in self.joined.sides.items())
        share = _LOOKED_UP_SHARE + _A_COLUMN * self.joined.values
        return kept_to(self._connection, share) if share < 1 and all(sought) else nullcontext(_nothing)

    def read(self, watch: Watch) -> None:
        """Reads the suspects' records again, on both sides at once."""
        self.aside.emptied()
        marks = "".join(f", t{at} BOOLEAN DEFAULT false" for at in self.tolerant)
        for name in SIDES:
            columns = ", ".join(f"{column} VARCHAR" for column in self.columns)
            self._connection.execute(f"CREATE OR REPLACE TABLE {name}_values ({columns}{marks})")
        # A connection serves one thread; each side's own cursor sees the same tables.
        with self._beside() as self._lift:
            on_both(lambda name, stop: self._read(name, watch, stop))

    def _read(self, name: str, watch: Watch, stop: Event) -> None:
        side = self.joined.sides[name]
        with self._connection.cursor() as cursor, closing(self._pages(name, side)) as batches:
            for batch, sought in batches:
                if stop.is_set():
                    return
                watch.read(name, len(batch))
                # A moved key is known to the view only; every other suspect is picked before the view works.
                unknown = side.moved or self.joined.keyless
                picked = batch if unknown or sought else self._picked(cursor, name, batch)
                if len(picked):
                    self._keep(cursor, name, side, picked, among="suspects" if unknown else "")

    def _pages(self, name: str, side: Side) -> Generator[tuple[pa.RecordBatch, bool], None, None]:
        """The records, and whether they were asked for by their keys."""
        compared, skipped = self.joined.coverage.compared, self.joined.coverage.skipped
        fields, skip = side.fields(compared), side.skipped(skipped)
        with self._connection.cursor() as cursor:
            if self._sought(cursor, name, side) and (yield from self._looked_up(cursor, name, side, fields, skip)):
                return
            if self.joined.number("suspects", cursor) > _MANY:
                with self._turn:
                    self._lift()
            cursor.execute(f"DELETE FROM {name}_values")
            # The table of suspects is hashed once for each batch.
            with closing(closed_after(side.scan(fields, skip))) as taken:
                for batch in gathered(taken, GATHERED):
                    yield batch, False

    def _looked_up(
        self, cursor: duckdb.DuckDBPyConnection, name: str, side: Side, fields: Sequence[str], skip: Sequence[str]
    ) -> Generator[tuple[pa.RecordBatch, bool], None, bool]:
        """The suspects' records, many at a time; ends with False where reading everything turns out to be quicker."""
        number, done, began = self.joined.number("suspects", cursor), 0, self._now()
        found = cursor.execute(self._physical(name, side))
        ask = partial(_next, found, side, fields, skip)
        while asked := (yield from ask(_CHUNK if number <= LOOKED_UP or done else _PROBE)):
            done += asked
            left = (self._now() - began) / done * (number - done)
            if number > LOOKED_UP and left > self.joined.took[name]:
                return False
        return True

    def _sought(self, cursor: duckdb.DuckDBPyConnection, name: str, side: Side) -> bool:
        """Whether the suspects are looked up on this side; else a scan is the better way, or the only one."""
        if self.joined.keyless or side.lookup is None:
            return False
        number = self.joined.number("suspects", cursor)
        if number > LOOKED_UP and number * _DEARER > self.joined.rows(name, cursor):
            return False
        # Only reading everything tells whether a record that was not there has come meanwhile.
        names = ", ".join(self.joined.keys)
        query = f"SELECT 1 FROM suspects ANTI JOIN {name} USING ({names}) LIMIT 1"
        return not (side.moved and cursor.execute(query).fetchall())

    def _physical(self, name: str, side: Side) -> str:
        """SQL for the suspects' physical keys on this side."""
        names = ", ".join(self.joined.keys)
        if not side.moved:
            return f"SELECT {names} FROM suspects ORDER BY ALL"
        places = ", ".join(self.joined.physical(side))
        return f"SELECT DISTINCT {places} FROM {name} SEMI JOIN suspects USING ({names}) ORDER BY ALL"

    def _picked(self, cursor: duckdb.DuckDBPyConnection, name: str, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows whose key, physical and logical in one, is a suspect's."""
        keys = pa.Table.from_arrays(batch.columns[: len(self.joined.keys)], names=self.joined.keys)
        keys = keys.append_column("place", pa.array(np.arange(len(batch))))
        cursor.register(f"{name}_keys", keys)
        query = f"SELECT place FROM {name}_keys SEMI JOIN suspects USING ({', '.join(self.joined.keys)}) ORDER BY place"
        with self._turn:
            found = cursor.execute(query).fetchnumpy()["place"]
        cursor.unregister(f"{name}_keys")
        return batch.take(pa.array(found))

    def _keep(
        self, cursor: duckdb.DuckDBPyConnection, name: str, side: Side, batch: pa.RecordBatch, *, among: str
    ) -> None:
        """Takes in the records of one batch, or those of them whose key is in the table `among`."""
        joined, compared, skip = self.joined, self.joined.coverage.compared, self.joined.coverage.skipped
        width = len(joined.coverage.key)
        soft = side.page(batch, compared, skip=skip).batch
        raw = side.page(batch, compared, skip=skip, soften=False).batch if self.ruled else soft
        if len(soft) != len(raw):
            raise RuntimeError("rules changed which records a filter keeps")
        signable = {"x": joined.signed(soft.columns)} if joined.keyless else {}
        values = [*soft.columns[width : width + joined.values], *(raw.column(width + at) for at in self.ruled)]
        arrays = [*soft.columns[:width], *(self.aside.short(each, cursor) for each in values)]
        names = self.columns[len(self.columns) - len(arrays) :]
        table = pa.Table.from_arrays([*arrays, *signable.values()], names=[*names, *signable])
        cursor.register(f"{name}_page", table)
        key = ["md5(x) AS k0"] if joined.keyless else []
        semi = f" SEMI JOIN {among} USING ({', '.join(joined.keys)})" if among else ""
        with self._turn:
            cursor.execute(
                f"INSERT INTO {name}_values ({', '.join(self.columns)}) SELECT {', '.join(self.columns)}"
                f" FROM (SELECT {', '.join([*key, *names])} FROM {name}_page){semi}"
            )
        cursor.unregister(f"{name}_page")
