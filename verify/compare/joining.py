"""Pass 1: one signature a record of both sides, joined by key; what does not agree is a suspect."""

# ruff: noqa: S608 - every name in the SQL is one this file made up
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Final, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.coverage import Coverage
from verify.compare.pages import Batches, Side, closed_after, gathered, spelt, together
from verify.compare.ranged import Numbers, Ranged, pair, unequal
from verify.compare.signatures import signed
from verify.compare.views import Page
from verify.compare.workplace import SIDES, given_back, kept_to, on_both, reading
from verify.core.values import ABSENT, JSON_NULL, NULL
from verify.core.verdicts import SHOWN_DIFFERENCES
from verify.core.watching import Watch

Row: TypeAlias = tuple[str, ...]
_LOW: Final = 2**64 - 1
_NO_FIELDS: Final = "m{}"
# Each statement costs as much as some thousand rows; more bytes at once save nothing.
GATHERED: Final = 3 * 2**20
# So many records of both sides are grouped at once; of more than twice as many the groups would have to spill.
_GROUPED: Final = 2_500_000
# What the sides were read with is not all given back yet, so grouping gets less than everything.
_GROUPING: Final = 0.7
# Each step of a view costs as much for a few rows as for a thousand; what is larger than this is not copied together.
_SMALL: Final = 2**18
# Reading all values takes about so many times as long as reading a mark of each record.
_VALUES: Final = 4.0


@dataclass(slots=True)
class Account:
    """
    What one side turned out to be while it was read.

    `seen` are the compared columns that some record has, `held` the doubtful ones. `further` says, where no column is
    compared, that some record has other fields.
    """

    seen: list[bool]
    held: list[bool]
    rows: int = 0
    left_out: int = 0
    unknown: int = 0
    unknown_shown: list[Row] = field(default_factory=list)
    softened: Counter[str] = field(default_factory=Counter)
    further: bool = False

    def take(self, page: Page, values: Sequence[pa.Array], doubtful: Sequence[pa.Array]) -> None:
        """Counts one page; `values` are its compared columns and the map of all other fields."""
        self.rows += len(page.batch)
        self.left_out += page.left_out
        self.unknown += len(page.unknown)
        self.unknown_shown += page.unknown[: SHOWN_DIFFERENCES - len(self.unknown_shown)]
        self.softened.update(page.softened)
        for known, columns in ((self.seen, values[: len(self.seen)]), (self.held, doubtful)):
            for at, column in enumerate(columns):
                known[at] = known[at] or bool(pc.any(pc.not_equal(column, ABSENT)).as_py())
        if not self.seen and not self.further and len(values):
            self.further = bool(pc.any(pc.not_equal(values[0], _NO_FIELDS)).as_py())


def _until(stop: Event, batches: Iterable[pa.RecordBatch], read: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    """The batches up to where the other side broke, each told to who looks on."""
    for batch in batches:
        if stop.is_set():
            return
        read(len(batch))
        yield batch


def marked(sides: Iterable[Side], coverage: Coverage) -> bool:
    """True when the stores' own marks of the rows say which are equal; they know nothing of rules and open records."""
    if not (coverage.key and coverage.compared):
        return False
    return all(side.marks is not None and side.view is None and not side.open for side in sides)


class Joined:
    """
    Both sides as tables `baseline` and `candidate`: k0… logical keys, p0… physical ones where they differ, s signatures.

    Without a key the signature is the key: k0 is its text, and records are a multiset. `took` is how many seconds
    each side was read.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, coverage: Coverage, sides: Sequence[Side], secret: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.now, self.took = now, dict.fromkeys(SIDES, 0.0)
        self.connection, self.coverage, self.secret = connection, coverage, secret
        self.sides = dict(zip(SIDES, sides, strict=True))
        self.keyless = not coverage.key
        self.spelt = spelt(sides)
        self.marked = self.spelt or marked(sides, coverage)
        self._read: dict[str, int] = {}
        self._ranged = self._numbers() if self.marked else None
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
        if self._ranged is not None:
            return self._meet(self._ranged, watch)
        with reading(self.connection):
            return on_both(lambda name, stop: self._take(name, watch, stop))

    def _numbers(self) -> tuple[Batches, Batches] | None:
        """Both sides' marks as numbers, where both give them so."""
        marks = [side.marks for side in self.sides.values()]
        found = [each.numbers(self.coverage.compared) if isinstance(each, Ranged) else None for each in marks]
        return None if found[0] is None or found[1] is None else (found[0], found[1])

    def _meet(self, sides: tuple[Batches, Batches], watch: Watch) -> tuple[Account, Account]:
        """Lays both sides' numbers side by side, range after range; only what is unequal is kept, as the table `found`."""
        self.connection.execute("CREATE OR REPLACE TABLE found (k0 VARCHAR, b BIGINT, c BIGINT)")
        began = self.now()
        one, other = (
            Account([True] * len(self.coverage.compared), [False] * len(self.coverage.doubtful)) for _ in SIDES
        )
        here, there = map(closed_after, sides)
        with closing(here), closing(there):
            while True:
                first, second = on_both(lambda name, _: next(here if name == SIDES[0] else there, None))
                if first is None or second is None:
                    break
                for name, account, batch in zip(SIDES, (one, other), (first, second), strict=True):
                    account.rows += len(batch)
                    watch.read(name, len(batch))
                self._keep(*unequal(pair(first), pair(second)))
        if first is not None or second is not None:
            raise ValueError("both sides were asked for the same ranges, and one gave more of them")
        given_back()
        self._read = dict(zip(SIDES, (one.rows, other.rows), strict=True))
        self.took = dict.fromkeys(SIDES, (self.now() - began) * _VALUES)
        return one, other

    def _keep(self, keys: Numbers, b: Numbers, c: Numbers) -> None:
        if not len(keys):
            return
        self.connection.register("odd", pa.table({"k": keys, "b": b, "c": c}))
        self.connection.execute("INSERT INTO found SELECT '#' || k::VARCHAR, b, c FROM odd")
        self.connection.unregister("odd")

    def _take(self, name: str, watch: Watch, stop: Event) -> Account:
        side, coverage = self.sides[name], self.coverage
        began = self.now()
        account = Account([self.marked] * len(coverage.compared), [False] * len(coverage.doubtful))
        with self.connection.cursor() as cursor, closing(self._taken(side)) as taken:
            batches = gathered(_until(stop, taken, partial(watch.read, name)), _SMALL)
            pages = self._as_marked(batches, account) if self.marked else self._signable(batches, side, account)
            for table in together(pages, GATHERED):
                self._insert(cursor, name, table)
        self.took[name] = self.now() - began
        return account

    def _taken(self, side: Side) -> Generator[pa.RecordBatch, None, None]:
        """What the side's records are told by: their texts, the store's own marks, or their values."""
        coverage = self.coverage
        if self.spelt and side.texts is not None:
            return closed_after(side.texts)
        if self.marked and side.marks is not None:
            return closed_after(side.marks(coverage.compared))
        asked = (*coverage.compared, *coverage.doubtful)
        return closed_after(side.scan(side.fields(asked), side.skipped(coverage.skipped)))

    def _as_marked(self, batches: Iterable[pa.RecordBatch], account: Account) -> Iterator[pa.RecordBatch]:
        """For each batch the key, and the store's own mark in place of the text that is signed."""
        for batch in batches:
            account.rows += len(batch)
            yield pa.RecordBatch.from_arrays(batch.columns, names=[*self.keys, "x"])

    def _signable(self, batches: Iterable[pa.RecordBatch], side: Side, account: Account) -> Iterator[pa.RecordBatch]:
        """For each batch the logical key, the physical one and the text that is signed; the values are let go."""
        width, coverage, physical = len(self.coverage.key), self.coverage, self.physical(side)
        for batch in batches:
            page = side.page(batch, (*coverage.compared, *coverage.doubtful), skip=coverage.skipped)
            columns, last = page.batch.columns, width + len(coverage.compared)
            values = [*columns[:last], columns[-1]]
            account.take(page, values[width:], columns[last:-1])
            arrays = [*columns[:width], *page.raw.columns[: len(physical)], self.signed(values)]
            del batch, page, columns, values
            yield pa.RecordBatch.from_arrays(arrays, names=[*self.keys[:width], *physical, "x"])

    def _insert(self, cursor: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
        physical = self.physical(self.sides[name])
        cursor.register(f"{name}_page", table)
        first, x = ["md5(x)"] if self.keyless else self.keys, f"'{self.secret}' || x" if self.spelt else "x"
        cursor.execute(f"INSERT INTO {name} SELECT {', '.join([*first, *physical])}, md5_number({x}) FROM {name}_page")
        cursor.unregister(f"{name}_page")

    def signed(self, columns: Sequence[pa.Array]) -> pa.Array:
        """For each row the text that is signed; the columns are key, compared ones, and the map of all other fields."""
        return signed(columns[: len(self.coverage.key) + self.values], self.secret)

    def differs(self, *, proven: bool) -> bool:
        """Whether there are suspects, which are then told apart (`suspect`); `proven` says that keys are unique."""
        with kept_to(self.connection, _GROUPING):
            return not (self.equal() and (proven or not self.repeated())) and bool(self.suspect())

    def equal(self) -> bool:
        """True when both sides hold the same multiset of signatures, by their number and sum."""
        if self._ranged is not None:
            return not self.number("found")
        halves = f"count(*), sum((s >> 64)::UBIGINT), sum((s & {_LOW}::UHUGEINT)::UBIGINT)"
        here, there = (self.connection.execute(f"SELECT {halves} FROM {side}").fetchall() for side in SIDES)
        return here == there

    def repeated(self) -> bool:
        """
        True when a key is there twice on the baseline's side, or has a null or absent part.

        Where both sides hold the same multiset of signatures this speaks of both, for half of what `suspect` costs.
        """
        names = ", ".join(self.keys)
        return any(
            self.connection.execute(
                f"SELECT EXISTS (SELECT 1 FROM {SIDES[0]} WHERE {within} GROUP BY {names}"
                f" HAVING count(*) > 1 OR ({self._unkeyed}))"
            ).fetchall()
            != [(False,)]
            for within in self.parted(self.number(SIDES[0]), _GROUPED)
        )

    @property
    def _unkeyed(self) -> str:
        """SQL for "a part of the key is null or absent"."""
        return " OR ".join(f"{name} IN ('{NULL}', '{ABSENT}', '{JSON_NULL}')" for name in self.keys)

    def suspect(self) -> int:
        """
        How many suspects there are, now in the tables `unkeyed` and `suspects`: keys with their number on each side.

        A key is a suspect when it is not there exactly once on each side, or with another signature. Unkeyed are
        keys with a null or absent part; they pair with nothing, not even with their like.
        """
        names = ", ".join(self.keys)
        odd = "sum(b) <> sum(c)" if self.keyless else "sum(b) <> 1 OR sum(c) <> 1 OR min(s) <> max(s)"
        unkeyed, columns = self._unkeyed, ", ".join(f"{name} VARCHAR" for name in self.keys)
        if self._ranged is None:
            self.connection.execute(f"CREATE OR REPLACE TABLE found ({columns}, b BIGINT, c BIGINT)")
        for within in self.parted(sum(map(self.number, SIDES)), _GROUPED):
            both = " UNION ALL ".join(
                f"SELECT {names}, s, {int(side == SIDES[0])} AS b, {int(side == SIDES[1])} AS c FROM {side}"
                f" WHERE {within}"
                for side in SIDES
            )
            self.connection.execute(
                f"INSERT INTO found SELECT {names}, sum(b), sum(c) FROM ({both}) GROUP BY {names}"
                f" HAVING {odd} OR ({unkeyed})"
            )
        self.connection.execute(f"CREATE OR REPLACE TABLE unkeyed AS SELECT * FROM found WHERE {unkeyed}")
        self.connection.execute(f"CREATE OR REPLACE TABLE suspects AS SELECT * FROM found WHERE NOT ({unkeyed})")
        self.connection.execute("DROP TABLE found")
        return self.number("suspects") + self.number("unkeyed")

    def parted(self, rows: int, most: int) -> list[str]:
        """SQL conditions that cut any table with the keys into parts, so that about `most` of so many rows meet at once."""
        parts = 1 + rows // most
        return [f"{parts} = 1 OR hash({', '.join(self.keys)}) % {parts} = {part}" for part in range(parts)]

    def rows(self, side: str, cursor: duckdb.DuckDBPyConnection) -> int:
        """How many records the side turned out to hold."""
        return self._read[side] if self._read else self.number(side, cursor)

    def number(self, table: str, cursor: duckdb.DuckDBPyConnection | None = None) -> int:
        """How many rows the table holds; another thread than the one that began asks with a cursor of its own."""
        # All rows are fetched, here and elsewhere: a result with a rest would keep the connection busy.
        ((number,),) = (cursor or self.connection).execute(f"SELECT count(*) FROM {table}").fetchall()
        return int(number)
