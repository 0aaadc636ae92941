"""Two databases on one real MariaDB for each worker, made empty for every test that asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pymysql
import pytest

from sandbox.engines import mariadb
from sandbox.engines.server import Server
from verify.stores.mysql import connect
from verify.stores.mysql.store import MysqlStore

SIDES = ("baseline", "candidate")
# The one user may do everything, so that tests can make users and end connections; `reader` may only SELECT.
FIRST = (
    "GRANT ALL ON *.* TO 'sandbox'@'127.0.0.1' WITH GRANT OPTION",
    "CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'fake-reader'",
    "GRANT SELECT ON `baseline`.* TO 'reader'@'127.0.0.1'",
    "GRANT SLAVE MONITOR ON *.* TO 'reader'@'127.0.0.1'",
    "CREATE USER 'nobody'@'127.0.0.1' IDENTIFIED BY 'fake-nobody'",
)


@dataclass(frozen=True)
class MariaDatabases:
    """The server, and how to change or open either side."""

    server: Server

    def options(self, side: str) -> dict[str, object]:
        """How one side is reached."""
        server = self.server
        return {"host": server.host, "port": server.port, "user": server.user, "password": server.password,
                "database": side}  # fmt: skip

    def connection(self, side: str) -> pymysql.Connection:
        """A connection of the tests' own, which commits each statement and takes what the server takes."""
        return pymysql.connect(**self.options(side), autocommit=True, charset="utf8mb4", collation="utf8mb4_bin")

    def run(self, side: str, *statements: str) -> None:
        """Runs the statements on one side, or on both."""
        for each in SIDES if side == "both" else (side,):
            with self.connection(each) as connection, connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def insert(self, side: str, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Puts the rows into the table, in one batch."""
        places = ", ".join(["%s"] * len(rows[0]))
        with self.connection(side) as connection, connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608

    def store(self, side: str, *, protect: bool = False, **options: object) -> MysqlStore:
        """The side as a store."""
        told = {**self.options(side), **options}
        clocks = {name: told.pop(name) for name in ("clock", "sleep") if name in told}
        return connect(told, source=f"{side} mysql", protect=protect, **clocks)


@pytest.fixture(scope="session")
def maria_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A MariaDB server that lives as long as the worker; its user may make databases and users."""
    with mariadb.running(tmp_path_factory.mktemp("mariadb"), first=FIRST) as running:
        yield running


@pytest.fixture
def maria(maria_server: Server) -> MariaDatabases:
    """Both sides with nothing in them."""
    found = MariaDatabases(maria_server)
    with pymysql.connect(**{**found.options(""), "database": None}, autocommit=True) as connection:
        for side in SIDES:
            connection.cursor().execute(f"CREATE OR REPLACE DATABASE {side}")
    return found


def scanned(store: MysqlStore, table: str, *names: str) -> list[list[str]]:
    """Every row of the columns as encodings, sorted; the map of other fields left out."""
    rows = []
    for batch in store.scan(table, key=names[:1], columns=names[1:]):
        rows.extend(zip(*(column.to_pylist() for column in batch.columns[: len(names)]), strict=True))
    return sorted(map(list, rows))
