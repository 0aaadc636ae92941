"""One read-only transaction, proven read-only and pinned from the inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
_PROVEN = {"transaction_read_only": "on", "transaction_isolation": "repeatable read"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Where and how to connect; secrets stay handles until the driver's argument list."""

    source: str
    options: Mapping[str, Secret | JsonValue] = field(repr=False)
    schema: str
    connect_s: int
    statement_ms: int

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
        with postgres_errors(self.source):
            connection = self._connected()
            try:
                # Start-up options are dropped by poolers, so nothing is trusted that was not said in here.
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                self._pin(connection)
                yield connection
                connection.execute("ROLLBACK")
            finally:
                connection.close()

    def _connected(self) -> Connection:
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
