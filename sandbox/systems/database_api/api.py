"""What both sides of Database-api answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import psycopg
from psycopg.rows import DictRow, dict_row

from sandbox.web.exchange import HEALTH, Asked, Endpoint, Site, listed, page_of, unknown, whole
from sandbox.web.health import DOWN, UP, health_body
from sandbox.web.pages import fallback, pages
from sandbox.web.pool import PerThread
from sandbox.web.settings import Settings
from sandbox.web.wire import instant, now

Record = Mapping[str, object]
_COLUMNS = "id, filename, title, content_type, size_bytes, sha256, tags, views, created_at"


class Api:
    """The handlers of one side."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: PerThread[psycopg.Connection[DictRow]] = PerThread(
            lambda: psycopg.connect(settings.database, autocommit=True, connect_timeout=5, row_factory=dict_row),
            (psycopg.OperationalError, psycopg.InterfaceError),
        )

    def _rows(self, query: str, values: list[object]) -> list[Record]:
        found = self._pool.use(lambda connection: connection.execute(query.encode(), values).fetchall())
        return [{name: instant(v) if isinstance(v, datetime) else v for name, v in row.items()} for row in found]

    def health(self, _asked: Asked) -> Record:
        """Who answers, and whether the database does."""
        try:
            self._rows("SELECT 1 AS one FROM documents LIMIT 1", [])
            state = UP
        except psycopg.Error:
            state = DOWN
        return health_body({"platform": self._settings.side, "database": state, "served_at": now()})

    def documents(self, asked: Asked) -> Record:
        """A page of documents, by id."""
        limit, offset = page_of(asked)
        rows = self._rows(f"SELECT {_COLUMNS} FROM documents ORDER BY id LIMIT %s OFFSET %s", [limit + 1, offset])  # noqa: S608
        return listed(rows, limit, offset, now())

    def document(self, asked: Asked) -> Record:
        """One document."""
        number = whole(asked.path["id"], "id", least=0, most=2**63 - 1)
        rows = self._rows(f"SELECT {_COLUMNS} FROM documents WHERE id = %s", [number])  # noqa: S608 - our own words
        if not rows:
            raise unknown("document", number)
        return rows[0]


def site(settings: Settings) -> Site:
    """What one side serves."""
    api = Api(settings)
    endpoints = (
        Endpoint(name="health", method="GET", path="/api/health", handle=api.health, kind=HEALTH),
        Endpoint(name="list_documents", method="GET", path="/api/documents", handle=api.documents),
        Endpoint(name="get_document", method="GET", path="/api/documents/{id}", handle=api.document),
    )
    return Site(
        endpoints=endpoints, pages=pages("Database API", {"/": "Database API"}), fallback=fallback("Database API")
    )
