"""How the two relational stores keep the data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar, Final
from uuid import UUID

import psycopg
import pymysql

from tests.consistency.keepers import Rules, document
from tests.consistency.records import COLUMNS, Record
from verify.core.values import Value
from verify.stores.protocol import Store
from verify.stores.registry import open_store

_POSTGRES: Final = """(sku text PRIMARY KEY, name text, note text, big bigint, price numeric(12,2), amount numeric(38,10),
    rate float8, live boolean, seen timestamptz, due timestamp, born date, ref uuid, blob bytea, meta jsonb, tags text[],
    labels text[])"""
_MYSQL: Final = """(sku varchar(40) PRIMARY KEY, name varchar(200), note text, big bigint, price decimal(12,2),
    amount decimal(38,10), rate double, live tinyint(1), seen timestamp(6) NULL, due datetime(3), born date, ref char(36),
    blob_ varbinary(40), meta json, tags json, labels set('new', 'old', 'sale', '한정'))""".replace("blob_", "`blob`")


def _quoted(name: str, mark: str) -> str:
    assert mark not in name
    return f"{mark}{name}{mark}"


@dataclass(frozen=True)
class PostgresKeeper:
    """A PostgreSQL database, a table a collection; a set is an array."""

    dsn: str
    kind: ClassVar[str] = "postgres"
    rules: ClassVar[Rules] = MappingProxyType({"note": {"absent": "null"}, "labels": {"unordered": True}})
    key: ClassVar[Mapping[str, str]] = {}
    apart: ClassVar[Sequence[str]] = ()

    def write(self, name: str, records: Sequence[Record]) -> str:
        """A new table."""
        places = ", ".join("%s::jsonb" if column == "meta" else "%s" for column in COLUMNS)
        table = _quoted(name, '"')
        with psycopg.connect(self.dsn, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {table}".encode())
            cursor.execute(f"CREATE TABLE {table} {_POSTGRES}".encode())
            rows = [[self._cell(column, each.get(column)) for column in COLUMNS] for each in records]
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})".encode(), rows)  # noqa: S608
        return name

    @staticmethod
    def _cell(column: str, value: Value) -> object:
        if value is None:
            return None
        if column == "meta":
            return document(value)
        return sorted(value) if isinstance(value, frozenset) else value

    def open(self, side: str) -> Store:
        """The database."""
        return open_store("postgres", {"dsn": self.dsn}, source=f"{side} postgres")


@dataclass(frozen=True)
class MysqlKeeper:
    """A MariaDB database: booleans are tinyint, uuids are char, lists are JSON, and sets are SET."""

    options: Mapping[str, Any]
    kind: ClassVar[str] = "mysql"
    rules: ClassVar[Rules] = MappingProxyType({
        "note": {"absent": "null"}, "live": {"type": "boolean"}, "ref": {"type": "uuid"}, "labels": {"unordered": True},
    })  # fmt: skip
    key: ClassVar[Mapping[str, str]] = {}
    apart: ClassVar[Sequence[str]] = ()

    def _connection(self) -> pymysql.Connection:
        return pymysql.connect(**self.options, autocommit=True, charset="utf8mb4", collation="utf8mb4_bin")

    def run(self, *statements: str) -> None:
        """The statements, one after the other."""
        with self._connection() as connection:
            for statement in statements:
                connection.cursor().execute(statement)

    def write(self, name: str, records: Sequence[Record]) -> str:
        """A new table."""
        table, places = _quoted(name, "`"), ", ".join(["%s"] * len(COLUMNS))
        with self._connection() as connection:
            cursor = connection.cursor()
            cursor.execute(f"CREATE OR REPLACE TABLE {table} {_MYSQL}")
            rows = [[self._cell(column, each.get(column)) for column in COLUMNS] for each in records]
            if rows:
                cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608
        return name

    @staticmethod
    def _cell(column: str, value: Value) -> object:
        if column in ("meta", "tags") and value is not None:
            return document(value)
        if isinstance(value, frozenset):
            return ",".join(sorted(value))
        if isinstance(value, datetime) and value.tzinfo:
            return value.astimezone(UTC).replace(tzinfo=None)
        return str(value) if isinstance(value, UUID) else value

    def open(self, side: str) -> Store:
        """The database."""
        return open_store("mysql", dict(self.options), source=f"{side} mysql")
