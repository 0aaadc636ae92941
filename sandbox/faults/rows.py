"""Faults in a Postgres table, and their exact undoing."""

from __future__ import annotations

import psycopg
from psycopg import sql

from sandbox.faults.fault import RowChange

# A row's text form is exact only under these settings, whatever the server's defaults are.
_EXACT = "SET LOCAL extra_float_digits = 1; SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'"


class Rows:
    """The rows remembered while faults are planted, by fault."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._remembered: dict[str, list[str]] = {}

    def plant(self, name: str, change: RowChange) -> None:
        """The change is committed, and the rows it touches are remembered as they were."""
        table = sql.Identifier(change.table)
        with psycopg.connect(self._database) as connection:
            connection.execute(_EXACT)
            query = sql.SQL("SELECT t::text FROM {} AS t WHERE id = ANY(%s)").format(table)
            kept = [str(row[0]) for row in connection.execute(query, [list(change.ids)])]
            for statement in change.statements:
                connection.execute(statement.encode())
        self._remembered[name] = kept

    def heal(self, name: str, change: RowChange) -> None:
        """The rows are as they were before `plant`."""
        table = sql.Identifier(change.table)
        with psycopg.connect(self._database) as connection:
            connection.execute(_EXACT)
            connection.execute(sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(table), [list(change.ids)])
            insert = sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT (%s::{}).*").format(table, table)
            for row in self._remembered[name]:
                connection.execute(insert, [row])
            for statement in change.restore:
                connection.execute(statement.encode())
        del self._remembered[name]
