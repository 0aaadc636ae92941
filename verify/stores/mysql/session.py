"""One read-only snapshot, proven read-only and pinned from the inside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from verify.core.errors import StoreUnavailable, StoreUnreadable
from verify.core.secrets import Secret
from verify.stores.mysql._edge import mysql_errors
from verify.stores.mysql.address import arguments
from verify.stores.mysql.wire import RowTooLong, Wire

Row = tuple[object, ...]
_VERSION = re.compile(r"(?:5\.5\.5-)?(\d+)\.(\d+)")
_OLDEST: Final = {True: (10, 6), False: (8, 0)}
# Flags of the server's own status word: in a transaction, and that one is READ ONLY.
_IN_TRANSACTION: Final = 0x0001 | 0x2000
_ALL_ROWS: Final = "18446744073709551615"
_BACKSLASH: Final = "NO_BACKSLASH_ESCAPES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Which of the two products answers."""

    mariadb: bool
    version: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where and how to connect; secrets stay handles until the driver's argument list. Times in seconds."""

    source: str
    options: Mapping[str, Secret | JsonValue] = field(repr=False)
    connect_s: float
    statement_s: float

    def settings(self, *, mariadb: bool) -> dict[str, str]:
        """
        What every question pins: the text form of each type, time-outs, and nothing that would leave rows out.

        `sql_select_limit` and, on MariaDB, `system_versioning_asof` would hide rows without a word.
        """
        pinned = {
            "time_zone": "+00:00", "sql_mode": f"STRICT_ALL_TABLES,{_BACKSLASH},NO_ENGINE_SUBSTITUTION",
            "lock_wait_timeout": "1", "innodb_lock_wait_timeout": "1", "net_read_timeout": "60",
            "net_write_timeout": "600", "wait_timeout": "600", "sql_select_limit": _ALL_ROWS,
            "character_set_client": "utf8mb4", "character_set_connection": "utf8mb4",
            "character_set_results": "utf8mb4", "collation_connection": "utf8mb4_bin",
        }  # fmt: skip
        if mariadb:
            return pinned | {
                "max_statement_time": f"{self.statement_s:.6f}", "system_versioning_asof": "DEFAULT",
                "tx_isolation": "REPEATABLE-READ", "tx_read_only": "1",
            }  # fmt: skip
        return pinned | {
            "max_execution_time": str(round(self.statement_s * 1000)), "information_schema_stats_expiry": "0",
            "transaction_isolation": "REPEATABLE-READ", "transaction_read_only": "1",
        }  # fmt: skip

    @contextmanager
    def reading(self) -> Iterator[Asking]:
        """
        A connection inside a READ ONLY snapshot whose settings were read back.

        Raises StoreError for everything the server or the way to it refuses; closed at the end.
        """
        with mysql_errors(self.source):
            wire = self._connected()
            try:
                yield self._pinned(wire)
            except RowTooLong:
                told = "a row is longer as text than max_allowed_packet of the server, or holds letters that are none"
                raise StoreUnreadable(f"{self.source}: {told}; raise the limit, or leave the column out") from None
            finally:
                # Nothing is rolled back in words: half a result may still lie in the way, and nothing was written.
                if wire.open:
                    wire.close()

    def _connected(self) -> Wire:
        return Wire(
            **arguments(self.options, self.source), charset="utf8mb4", collation="utf8mb4_bin", autocommit=True,
            program_name="cutover", connect_timeout=self.connect_s, read_timeout=self.statement_s + 15,
            write_timeout=30,
        )  # fmt: skip

    def _pinned(self, wire: Wire) -> Asking:
        server = self._server(wire)
        asking = Asking(source=self.source, wire=wire, server=server)
        wanted = self.settings(mariadb=server.mariadb)
        unspoken = {"tx_isolation", "tx_read_only", "transaction_isolation", "transaction_read_only"}
        spoken = ", ".join(f"{name} = {_said(value)}" for name, value in wanted.items() if name not in unspoken)
        wire.query(f"SET SESSION {spoken}")
        wire.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        wire.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        names = sorted(wanted)
        found = asking.rows("SELECT " + ", ".join(f"CAST(@@SESSION.{name} AS CHAR)" for name in names))[0]
        for name, value in zip(names, found, strict=True):
            if _meaning(str(value)) != _meaning(wanted[name]):
                raise self._not_held(name, str(value), wanted[name])
        if wire.status & _IN_TRANSACTION != _IN_TRANSACTION:
            raise self._not_held("the transaction's state", hex(wire.status), "READ ONLY")
        return asking

    def _not_held(self, name: str, found: str, wanted: str) -> StoreUnavailable:
        return StoreUnavailable(
            f"{self.source}: {name} is {found!r} inside the transaction, {wanted!r} was asked for; "
            "connect past the proxy, or to MariaDB 10.6, MySQL 8 or later"
        )

    def _server(self, wire: Wire) -> Server:
        text = wire.version
        found = _VERSION.match(text)
        mariadb = "mariadb" in text.lower()
        version = (int(found[1]), int(found[2])) if found else (0, 0)
        if version < _OLDEST[mariadb]:
            raise StoreUnavailable(f"{self.source}: the server is {text}; MariaDB 10.6 or MySQL 8 are the oldest read")
        return Server(mariadb=mariadb, version=version)


def _said(value: str) -> str:
    return value if re.fullmatch(r"\d+(\.\d+)?|DEFAULT", value) else f"'{value}'"


def _meaning(value: str) -> object:
    """A setting as the server means it: a list in any order, a number or a switch in any spelling."""
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    return 1.0 if value == "ON" else frozenset(value.upper().split(","))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The open snapshot, and the two ways to ask it."""

    source: str
    wire: Wire
    server: Server

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a small answer."""
        with self.wire.cursor() as cursor:
            cursor.execute(statement, tuple(values) or None)
            return [tuple(row) for row in cursor.fetchall()]
