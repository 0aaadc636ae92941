"""Rows taken from the wire many at a time are all rows, or an error of the store."""

# ruff: noqa: S608 - the SQL is made of this file's own constants
from __future__ import annotations

import psycopg
import pytest

from tests.stores.conftest import Databases
from verify.core.errors import StoreError, StoreUnavailable
from verify.stores._csv import CHUNK
from verify.stores.postgres import wire

ROWS = 40_000
FILL = f"CREATE VIEW v AS SELECT i AS id, repeat('\"x,\ny', 20) AS t FROM generate_series(1, {ROWS}) i"


def test_every_row_comes_once_and_whole(databases: Databases) -> None:
    """Several megabytes of rows with line ends and quotation marks in them, cut between rows only."""
    databases.run("baseline", FILL)
    batches = list(databases.store("baseline").scan("v", key=["id"], columns=["t"]))
    assert len(batches) > 3
    assert [key for batch in batches for key in batch.column(0).to_pylist()] == [f"#{at}" for at in range(1, ROWS + 1)]
    assert {text for batch in batches for text in batch.column(1).to_pylist()} == {"s" + '"x,\ny' * 20}


def test_no_row_is_no_chunk(databases: Databases) -> None:
    """An empty table gives nothing, and is no error."""
    databases.run("baseline", "CREATE TABLE t (id int PRIMARY KEY)")
    assert sum(map(len, databases.store("baseline").scan("t", key=["id"], columns=[]))) == 0


@pytest.mark.parametrize("at", [1, 2, 500, ROWS])
def test_a_row_that_the_server_cannot_make_ends_the_reading(databases: Databases, at: int) -> None:
    """First, last or between, however many rows came before it: an error, never a shorter table."""
    databases.run("baseline", f"CREATE VIEW v AS SELECT i AS id, 1 / (i - {at}) AS t FROM generate_series(1, {ROWS}) i")
    with pytest.raises(StoreError, match="division by zero"):
        list(databases.store("baseline").scan("v", key=["id"], columns=["t"]))


def test_a_server_that_goes_away_ends_the_reading(databases: Databases) -> None:
    """A backend killed while its rows are on their way."""
    databases.run("baseline", FILL.replace(f"{ROWS})", "5000000)"))
    scan = databases.store("baseline").scan("v", key=["id"], columns=["t"])
    next(scan)
    databases.end_readers("baseline")
    with pytest.raises(StoreUnavailable):
        list(scan)


def test_who_has_had_enough_ends_the_reading(databases: Databases) -> None:
    """The statement is cancelled; the server does not go on for nobody."""
    databases.run("baseline", FILL.replace(f"{ROWS})", "5000000)"))
    scan = databases.store("baseline").scan("v", key=["id"], columns=["t"])
    next(scan)
    scan.close()  # type: ignore[attr-defined] # it is a generator
    databases.run("baseline", "DROP VIEW v")


def test_chunks_are_as_large_as_they_are_said_to_be(databases: Databases) -> None:
    """A chunk ends with the row that fills it."""
    with psycopg.connect(databases.dsn("baseline")) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY (SELECT repeat('x', 999) FROM generate_series(1, 5000)) TO STDOUT (FORMAT csv)") as rows:
            sizes = [len(chunk) for chunk in wire.chunks(rows)]
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
    assert sum(sizes) == 5_000_000
    assert all(CHUNK <= size < CHUNK + 1_000 for size in sizes[:-1])
