"""Two databases on one real server for each worker, made empty for every test that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from sandbox.engines import postgres
from sandbox.engines.server import Server
from verify.stores.postgres import PostgresStore, connect

SIDES = ("baseline", "candidate")


@dataclass(frozen=True)
class Databases:
    """The server, and how to change or open either side."""

    server: Server

    def dsn(self, side: str) -> str:
        """The address of one side's database."""
        return self.server.dsn.rsplit("/", 1)[0] + f"/{side}"

    def run(self, side: str, *statements: str) -> None:
        """Runs the statements on one side, or on both."""
        for each in SIDES if side == "both" else (side,):
            with psycopg.connect(self.dsn(each), autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())

    def end_readers(self, side: str) -> None:
        """Whoever reads this side as cutover does loses its connection."""
        words = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cutover'"
        self.run(side, words)

    def store(self, side: str, **options: object) -> PostgresStore:
        """The side as a store."""
        return connect({"dsn": self.dsn(side), **options}, source=f"{side} postgres", protect=False)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server that lives as long as the worker."""
    with postgres.running(tmp_path_factory.mktemp("postgres")) as running:
        for side in SIDES:
            with psycopg.connect(running.dsn, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {side}".encode())
        yield running


@pytest.fixture
def databases(server: Server) -> Databases:
    """Both sides with nothing in them."""
    found = Databases(server)
    found.run("both", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return found


@pytest.fixture
def conceal() -> Callable[[str], str]:
    """Stands for the keyed hash of a personal value."""
    return lambda text: f"[concealed {len(text)}]"
