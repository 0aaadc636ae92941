"""One read-only transaction, proven read-only and pinned from the inside."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg.conninfo import make_conninfo
from pydantic import JsonValue

from verify.core.errors import StoreUnavailable
from verify.core.secrets import Secret
from verify.stores._edge import address_errors, given, postgres_errors
from verify.stores.postgres.names import quoted

Connection = psycopg.Connection[tuple[object, ...]]
# libpq's word for each option; conninfo stands for the whole address.
_OPTIONS = {
    "conninfo": "dsn", "host": "host", "port": "port", "user": "user", "password": "password",
    "dbname": "database", "sslmode": "sslmode", "sslrootcert": "sslrootcert",
}  # fmt: skip
# What a server that is only busy or not up yet says before a session exists; nothing else is tried again.
_PASSING = ("the database system is starting up", "not yet accepting connections", "too many clients already",
            "remaining connection slots are reserved", "too many connections for")  # fmt: skip
_TRIES, _WAIT_S = 3, 0.2
_PROVEN = {"transaction_read_only": "on", "transaction_isolation": "repeatable read"}


class Ledger:
    """What was done beyond one question, one statement: counted, for the reader of the evidence."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def count(self, what: str, number: int = 1) -> None:
        """The thing has happened so many times more."""
        with self._lock:
            self._counts[what] += number

    def notes(self) -> tuple[str, ...]:
        """`orders: chunks read: 12`, sorted."""
        with self._lock:
            return tuple(f"{what}: {number}" for what, number in sorted(self._counts.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where and how to connect; secrets stay handles until the driver's argument list."""

    source: str
    options: Mapping[str, Secret | JsonValue] = field(repr=False)
    schema: str
    connect_s: int
    statement_ms: int
    ledger: Ledger = field(default_factory=Ledger, repr=False, compare=False)
    clock: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False, compare=False)

    def settings(self) -> dict[str, str]:
        """
        What every transaction pins: time-outs (ms), the text form of each type, and no silent row filter.

        With `row_security` off the server refuses a table whose policies would hide rows from this role.
        """
        return {
            "lock_timeout": "1000",
            "statement_timeout": str(self.statement_ms),
            "idle_in_transaction_session_timeout": "60000",
            "DateStyle": "ISO, YMD",
            "IntervalStyle": "iso_8601",
            "TimeZone": "UTC",
            "extra_float_digits": "1",
            "bytea_output": "hex",
            "xmloption": "content",
            "client_encoding": "UTF8",
            "search_path": f"pg_catalog, {quoted(self.schema)}",
            "row_security": "off",
            "application_name": "cutover",
            "jit": "off",
        }

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """
        A connection inside a READ ONLY REPEATABLE READ transaction whose settings were read back.

        Raises StoreError for everything the server or the way to it refuses; rolled back and closed at the end.
        """
        with self.connected() as connection, self.transaction(connection):
            yield connection

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """An open connection outside any transaction, closed at the end. Raises StoreError."""
        with postgres_errors(self.source):
            connection = self._opened()
            try:
                yield connection
            finally:
                connection.close()

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[None]:
        """The block runs READ ONLY in one snapshot, under settings that were read back; then it is rolled back."""
        # Start-up options are dropped by poolers, so nothing is trusted that was not said in here.
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        self._pin(connection)
        yield
        connection.execute("ROLLBACK")

    def _opened(self) -> Connection:
        """A connection; a server that is starting up or full is asked up to three times within `connect_s`."""
        until = self.clock() + self.connect_s
        for attempt in range(1, _TRIES + 1):
            try:
                return self._connect()
            except psycopg.OperationalError as error:
                wait = _WAIT_S * 2**attempt
                passing = any(words in str(error) for words in _PASSING)
                if not passing or attempt == _TRIES or self.clock() + wait > until:
                    raise
            self.ledger.count("connections tried again")
            self.sleep(wait)
        raise StoreUnavailable(f"{self.source}: no connection")

    def _connect(self) -> Connection:
        with address_errors(self.source):
            return psycopg.connect(
                make_conninfo(**given(self.options, _OPTIONS), **self._fixed()),
                autocommit=True,
                prepare_threshold=None,
            )

    def _fixed(self) -> dict[str, str]:
        return {
            "connect_timeout": str(self.connect_s),
            "application_name": "cutover",
            "keepalives_idle": "10",
            "tcp_user_timeout": "30000",
        }

    def _pin(self, connection: Connection) -> None:
        wanted = self.settings()
        calls = ", ".join(["set_config(%s, %s, true)"] * len(wanted))
        connection.execute(f"SELECT {calls}", [text for pair in wanted.items() for text in pair])
        wanted |= _PROVEN
        rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)])
        found = {str(name): str(setting) for name, setting in rows}
        for name, value in sorted(wanted.items()):
            if found.get(name) != value:
                raise StoreUnavailable(
                    f"{self.source}: {name} is {found.get(name)!r} inside the transaction, {value!r} was asked for; "
                    "connect past the pooler, or to PostgreSQL 14 or later"
                )
