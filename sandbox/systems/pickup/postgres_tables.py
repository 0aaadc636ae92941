"""Pickup's Postgres store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads

from sandbox.systems.pickup.tables import COLUMNS, values
from sandbox.web.health import DOWN, UP
from sandbox.web.pool import PerThread
from sandbox.web.wire import instant

Record = Mapping[str, object]
# The last one: a statement was prepared for a table that has been altered since.
_LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.FeatureNotSupported)


def _exact(text: str | bytes) -> object:
    return json.loads(text, parse_float=Decimal)


def _connect(dsn: str) -> psycopg.Connection[DictRow]:
    connection = psycopg.connect(dsn, autocommit=True, connect_timeout=5, row_factory=dict_row)
    set_json_loads(_exact, connection)
    return connection


def _told(row: Mapping[str, object]) -> Record:
    """A row as a record: instants as text."""
    return {name: instant(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _columns(table: str) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))


class PostgresTables:
    """Reads and inserts for the handlers; usable from several threads."""

    def __init__(self, dsn: str) -> None:
        self._pool = PerThread(lambda: _connect(dsn), _LOST)

    def _rows(self, query: sql.SQL | sql.Composed, given: Sequence[object] = ()) -> list[Record]:
        return self._pool.use(lambda connection: [_told(row) for row in connection.execute(query, given)])

    def _select(self, table: str, rest: LiteralString, given: Sequence[object]) -> list[Record]:
        text = sql.SQL("SELECT {} FROM {} " + rest)  # noqa: S608 - `rest` is a literal
        return self._rows(text.format(_columns(table), sql.Identifier(table)), given)

    def products(self, limit: int, offset: int) -> Sequence[Record]:
        """Products by id."""
        return self._select("products", "ORDER BY id LIMIT %s OFFSET %s", [limit, offset])

    def orders(self, status: str | None, limit: int, offset: int) -> Sequence[Record]:
        """Orders by id, those of one status when it is given."""
        if status is None:
            return self._select("orders", "ORDER BY id LIMIT %s OFFSET %s", [limit, offset])
        return self._select("orders", "WHERE status = %s ORDER BY id LIMIT %s OFFSET %s", [status, limit, offset])

    def one(self, table: str, key: int) -> Record | None:
        """The record with that id."""
        return next(iter(self._select(table, "WHERE id = %s", [key])), None)

    def categories(self) -> Sequence[str]:
        """The categories of all products, sorted."""
        found = self._rows(sql.SQL("SELECT DISTINCT category FROM products"))
        return sorted(str(each["category"]) for each in found)

    def next_order_id(self) -> int:
        """An id that no order has."""
        found = self._rows(sql.SQL("SELECT nextval(pg_get_serial_sequence('orders', 'id')) AS id"))
        return int(str(found[0]["id"]))

    def insert_order(self, order: Record) -> None:
        """The table holds the order too."""
        marks = sql.SQL(", ").join([sql.Placeholder()] * len(COLUMNS["orders"]))
        text = sql.SQL("INSERT INTO orders ({}) VALUES ({})").format(_columns("orders"), marks)
        self._pool.use(lambda connection: connection.execute(text, values("orders", order)))

    def state(self) -> str:
        """`up`, or `down` when the database does not answer."""
        try:
            self._rows(sql.SQL("SELECT 1 AS one FROM products LIMIT 1"))
        except psycopg.Error:
            return DOWN
        return UP
