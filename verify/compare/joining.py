"""Pass 1: one signature a record of both sides, joined by key; what does not agree is a suspect."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Final, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.coverage import Coverage
from verify.compare.pages import Side, closed_after, gathered
from verify.compare.signatures import signed
from verify.compare.views import Page
from verify.compare.workplace import SIDES, on_both, reading
from verify.core.values import ABSENT, JSON_NULL, NULL
from verify.core.verdicts import SHOWN_DIFFERENCES
from verify.core.watching import Watch

Row: TypeAlias = tuple[str, ...]
_LOW: Final = 2**64 - 1
_NO_FIELDS: Final = "m{}"
# Each batch is a statement of its own, which costs as much as some thousand rows; more bytes save nothing.
GATHERED: Final = 2 * 2**20


@dataclass(slots=True)
class Account:
    """
    What one side turned out to be while it was read.

    `further` says, where no column is compared, that some record has other fields.
    """

    seen: list[bool]
    rows: int = 0
    left_out: int = 0
    unknown: int = 0
    unknown_shown: list[Row] = field(default_factory=list)
    softened: Counter[str] = field(default_factory=Counter)
    further: bool = False

    def take(self, page: Page, values: Sequence[pa.Array]) -> None:
        """Counts one page; `values` are its compared columns."""
        self.rows += len(page.batch)
        self.left_out += page.left_out
        self.unknown += len(page.unknown)
        self.unknown_shown += page.unknown[: SHOWN_DIFFERENCES - len(self.unknown_shown)]
        self.softened.update(page.softened)
        for at, column in enumerate(values[: len(self.seen)]):
            self.seen[at] = self.seen[at] or bool(pc.any(pc.not_equal(column, ABSENT)).as_py())
        if not self.seen and not self.further and len(values):
            self.further = bool(pc.any(pc.not_equal(values[0], _NO_FIELDS)).as_py())


def _until(stop: Event, batches: Iterable[pa.RecordBatch], read: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """The batches up to where the other side broke, each told to who looks on."""
    for batch in batches:
        if stop.is_set():
            return
        read(len(batch))
        yield batch


class Joined:
    """
    Both sides as tables `baseline` and `candidate`: k0… logical keys, p0… physical ones where they differ, s signatures.

    Without a key the signature is the key: k0 is its text, and records are a multiset.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, coverage: Coverage, sides: Sequence[Side], secret: str
    ) -> None:
        self.connection, self.coverage, self.secret = connection, coverage, secret
        self.sides = dict(zip(SIDES, sides, strict=True))
        self.keyless = not coverage.key
        self.keys = [f"k{at}" for at in range(len(coverage.key) or 1)]
        self.values = len(coverage.compared) + coverage.rest
        for name, side in self.sides.items():
            columns = [f"{column} VARCHAR" for column in (*self.keys, *self.physical(side))]
            connection.execute(f"CREATE OR REPLACE TABLE {name} ({', '.join(columns)}, s UHUGEINT)")

    def physical(self, side: Side) -> list[str]:
        """The columns that hold the side's physical key, if it is another one."""
        return [f"p{at}" for at in range(len(side.physical_key or ()))]

    def load(self, watch: Watch) -> tuple[Account, Account]:
        """Takes in both sides at once; what a side raises comes out as it is, and stops the other side."""
        with reading(self.connection):
            return on_both(lambda name, stop: self._take(name, watch, stop))

    def _take(self, name: str, watch: Watch, stop: Event) -> Account:
        side, coverage = self.sides[name], self.coverage
        account = Account([False] * len(coverage.compared))
        taken = closed_after(side.scan(side.fields(coverage.compared), side.skipped(coverage.skipped)))
        with self.connection.cursor() as cursor, closing(taken):
            for batch in gathered(_until(stop, taken, partial(watch.read, name)), GATHERED):
                page = side.page(batch, coverage.compared, skip=coverage.skipped)
                account.take(page, page.batch.columns[len(coverage.key) :])
                self._insert(cursor, name, page)
        return account

    def _insert(self, cursor: duckdb.DuckDBPyConnection, name: str, page: Page) -> None:
        physical = self.physical(self.sides[name])
        keys = page.batch.columns[: len(self.coverage.key)]
        raw = page.raw.columns[: len(physical)]
        names = [*(self.keys if keys else ()), *physical, "x"]
        cursor.register(f"{name}_page", pa.Table.from_arrays([*keys, *raw, self.signed(page.batch)], names=names))
        first = ["md5(x)"] if self.keyless else self.keys
        cursor.execute(f"INSERT INTO {name} SELECT {', '.join([*first, *physical])}, md5_number(x) FROM {name}_page")
        cursor.unregister(f"{name}_page")

    def signed(self, batch: pa.RecordBatch) -> pa.Array:
        """For each row the text that is signed."""
        return signed(batch.columns[: len(self.coverage.key) + self.values], self.secret)

    def equal(self) -> bool:
        """True when both sides hold the same multiset of signatures, by their number and sum."""
        halves = f"count(*), sum((s >> 64)::UBIGINT), sum((s & {_LOW}::UHUGEINT)::UBIGINT)"
        here, there = (self.connection.execute(f"SELECT {halves} FROM {side}").fetchall() for side in SIDES)
        return here == there

    def suspect(self) -> int:
        """
        How many suspects there are, now in the tables `unkeyed` and `suspects`: keys with their number on each side.

        A key is a suspect when it is not there exactly once on each side, or with another signature. Unkeyed are
        keys with a null or absent part; they pair with nothing, not even with their like.
        """
        names = ", ".join(self.keys)
        both = " UNION ALL ".join(
            f"SELECT {names}, s, {int(side == SIDES[0])} AS b, {int(side == SIDES[1])} AS c FROM {side}"
            for side in SIDES
        )
        odd = "sum(b) <> sum(c)" if self.keyless else "sum(b) <> 1 OR sum(c) <> 1 OR min(s) <> max(s)"
        unkeyed = " OR ".join(f"{name} IN ('{NULL}', '{ABSENT}', '{JSON_NULL}')" for name in self.keys)
        self.connection.execute(
            f"CREATE OR REPLACE TABLE found AS SELECT {names}, sum(b)::BIGINT AS b, sum(c)::BIGINT AS c"
            f" FROM ({both}) GROUP BY {names} HAVING {odd} OR ({unkeyed})"
        )
        self.connection.execute(f"CREATE OR REPLACE TABLE unkeyed AS SELECT * FROM found WHERE {unkeyed}")
        self.connection.execute(f"CREATE OR REPLACE TABLE suspects AS SELECT * FROM found WHERE NOT ({unkeyed})")
        self.connection.execute("DROP TABLE found")
        return self.number("suspects") + self.number("unkeyed")

    def number(self, table: str) -> int:
        """How many rows the table holds."""
        # All rows are fetched, here and elsewhere: a result with a rest would keep the connection busy.
        ((number,),) = self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(number)
