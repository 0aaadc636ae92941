"""A table in key ranges of about half a second, with pauses, and only while the server has little to do."""

# ruff: noqa: S608 - names are quoted by verify.stores.mysql.names
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from verify.core.errors import StoreRefused
from verify.stores._pacing import Pace, Patience, Rate
from verify.stores.mysql.catalog import Column, Relation
from verify.stores.mysql.encoding import BYTES, TEXTS
from verify.stores.mysql.names import literal, quoted
from verify.stores.mysql.rows import Reading
from verify.stores.mysql.session import Asking

_NUMBERS: Final = {"tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year"}
_QUOTED: Final = {"date", "datetime", "timestamp", "time", "uuid", "inet4", "inet6"}
# An enum is ordered by its number and compared by its text; a float equals no text of itself.
_ORDERED: Final = (_NUMBERS | _QUOTED | TEXTS | BYTES) - {"enum"}
_PACE: Final = Pace(rest=0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What a store that serves users may be asked; lag in seconds, None where it is not watched."""

    patience: Patience
    max_active: int = 25
    max_lag: float | None = None

    def await_calm(self, asking: Asking) -> None:
        """Returns once the server may be asked; StoreUnavailable when it was busy for all of `patience`."""
        self.patience.until_calm(lambda: self.objection(asking), source=asking.source)

    def objection(self, asking: Asking) -> str | None:
        """Why the server should be left alone for now, None when it need not."""
        running = int(str(asking.rows("SHOW GLOBAL STATUS LIKE 'Threads_running'")[0][1]))
        if running > self.max_active:
            return f"{running} statements run at once, max_active is {self.max_active}"
        return None if self.max_lag is None else self._behind(asking, self.max_lag)

    def _behind(self, asking: Asking, most: float) -> str | None:
        for lag in _lags(asking):
            if lag is None:
                return "its replication stands still, and max_lag cannot be held"
            if lag > most:
                return f"it is {lag:g} s behind its primary, max_lag is {most:g} s"
        return None


def _lags(asking: Asking) -> list[float | None]:
    """Seconds behind, one for each channel; none on a server that is no replica."""
    asked = "SHOW ALL SLAVES STATUS" if asking.server.mariadb else "SHOW REPLICA STATUS"
    if not asking.server.mariadb and asking.server.version < (8, 1):
        asked = "SHOW SLAVE STATUS"  # `SHOW REPLICA STATUS` came with 8.0.22; the older spelling went with 8.4
    with asking.wire.cursor() as cursor:
        cursor.execute(asked)
        names = [str(each[0]) for each in cursor.description or ()]
        wanted = [at for at, name in enumerate(names) if name in {"Seconds_Behind_Master", "Seconds_Behind_Source"}]
        if not wanted:
            raise StoreRefused(f"{asking.source}: {asked} does not tell how far it is behind; leave max_lag out")
        rows = cursor.fetchall()
    return [None if row[wanted[0]] is None else float(str(row[wanted[0]])) for row in rows]


@dataclass(slots=True, kw_only=True)
class Chunks:
    """The ranges of one table; they are half-open, the first and the last have no outer end."""

    asking: Asking
    found: Relation
    pace: Pace = _PACE
    rate: Rate = field(default_factory=Rate)

    @property
    def possible(self) -> bool:
        """Whether the table has a primary key whose order and comparison are one."""
        return bool(self.found.primary) and all(
            self.found.columns[name].type in _ORDERED and "zerofill" not in self.found.columns[name].full
            for name in self.found.primary
        )

    def bound(self, after: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """The key, as literals, that ends the next piece; None when fewer rows are left."""
        key = self.found.primary
        cells = ", ".join(_shown(quoted(name), self.found.columns[name]) for name in key)
        where = f"WHERE {beyond(key, after)}" if after else ""
        rows = self.asking.rows(
            f"SELECT {cells} FROM {self.found.name} FORCE INDEX (PRIMARY) {where}"
            f" ORDER BY {', '.join(map(quoted, key))} LIMIT 1 OFFSET {self.rate.size(self.pace) - 1}"
        )
        if not rows:
            return None
        return tuple(_literal(str(text), self.found.columns[name]) for name, text in zip(key, rows[0], strict=True))

    def condition(self, after: tuple[str, ...] | None, last: tuple[str, ...] | None) -> str:
        """Beyond `after`, up to and with `last`."""
        key = self.found.primary
        parts = [beyond(key, after)] if after else []
        return " AND ".join([*parts, f"NOT ({beyond(key, last)})"] if last else parts)


def beyond(key: tuple[str, ...], literals: tuple[str, ...]) -> str:
    """SQL for a key after this one; spelt out, because a row constructor makes the server read the whole index."""
    parts = []
    for at, name in enumerate(key):
        equal = [f"{quoted(each)} = {text}" for each, text in zip(key[:at], literals[:at], strict=True)]
        parts.append(" AND ".join([*equal, f"{quoted(name)} > {literals[at]}"]))
    return f"({' OR '.join(f'({part})' for part in parts)})"


def _shown(name: str, column: Column) -> str:
    if column.type in TEXTS:
        return f"HEX(CONVERT({name} USING utf8mb4))"
    return f"HEX({name})" if column.type in BYTES else f"CONCAT({name})"


def _literal(text: str, column: Column) -> str:
    if column.type in TEXTS:
        return f"_utf8mb4 X'{text}'"
    if column.type in BYTES:
        return f"X'{text}'"
    return text if column.type in _NUMBERS else literal(text)


def gently(asking: Asking, read: Reading, protection: Protection) -> Iterator[pa.RecordBatch]:
    """
    Every row, piece by piece, all from the one snapshot that is open; before each piece the server must be calm.

    A table without a usable primary key is read by one statement, which the statement's time-out bounds.
    """
    chunks = Chunks(asking=asking, found=read.found)
    patience = protection.patience
    after: tuple[str, ...] | None = None
    while True:
        protection.await_calm(asking)
        began = patience.clock()
        last = chunks.bound(after) if chunks.possible else None
        spent, rows = patience.clock() - began, 0
        began = patience.clock()
        for batch in read.batches(asking, chunks.condition(after, last)):
            spent += patience.clock() - began
            rows += batch.num_rows
            yield batch
            began = patience.clock()
        spent += patience.clock() - began
        if last is None:
            return
        chunks.rate.learn(rows, spent)
        patience.sleep(spent * chunks.pace.rest)
        after = last
