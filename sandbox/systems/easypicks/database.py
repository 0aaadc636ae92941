"""Questions to the MariaDB that both sides share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pymysql
from pymysql.cursors import DictCursor

from sandbox.web.health import DOWN, UP
from sandbox.web.pool import PerThread
from sandbox.web.wire import instant

Record = Mapping[str, object]


def connect(dsn: str) -> pymysql.Connection[DictCursor]:
    """A connection in autocommit mode whose rows are dictionaries."""
    at = urlsplit(dsn)
    return pymysql.connect(
        host=at.hostname or "", port=at.port or 0, user=at.username, password=at.password or "",
        database=at.path.lstrip("/"), charset="utf8mb4", autocommit=True, cursorclass=DictCursor,
    )  # fmt: skip


def _told(value: object) -> object:
    """A value as it is answered: an instant as text; DATETIME columns hold UTC."""
    return instant(value.replace(tzinfo=UTC)) if isinstance(value, datetime) else value


class Database:
    """Reads for the handlers; usable from several threads."""

    def __init__(self, dsn: str) -> None:
        self._pool = PerThread(lambda: connect(dsn), (pymysql.err.OperationalError, pymysql.err.InterfaceError))

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Record]:
        """All rows of the query's answer, instants as text."""

        def work(connection: pymysql.Connection[DictCursor]) -> list[Record]:
            with connection.cursor() as cursor:
                cursor.execute(query, tuple(values))
                return [{name: _told(value) for name, value in row.items()} for row in cursor.fetchall()]

        return self._pool.use(work)

    def row(self, query: str, values: Sequence[object]) -> Record | None:
        """The first row of the query's answer, if any."""
        return next(iter(self.rows(query, values)), None)

    def state(self) -> str:
        """`up`, or `down` when the database does not answer."""
        try:
            self.rows("SELECT 1 FROM products LIMIT 1")
        except pymysql.err.MySQLError:
            return DOWN
        return UP
