"""What breaks while a table is read is an error of the store, never a shorter table."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from tests.stores.conftest import Databases
from verify.core.errors import StoreError, StoreUnavailable, StoreUnreadable
from verify.stores.postgres import PostgresStore, connect
from verify.stores.postgres.chunks import Pace

FILL = "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, {}) i"
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v text)"


def _store(databases: Databases) -> PostgresStore:
    """A protected store that starts with ten rows and never really rests."""
    store = databases.store("baseline")
    return PostgresStore(replace(store.session, sleep=lambda _: None), Pace(first=10))


@pytest.mark.parametrize("ask", ["scan", "count"])
def test_a_partition_that_leaves_in_the_middle_is_an_error(databases: Databases, ask: str) -> None:
    """Half a table is never taken for the whole: a partition detached between two parts ends the reading."""
    databases.run(
        "baseline", "CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (50)",
        "CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (50) TO (1000)", FILL.format(100),
    )  # fmt: skip
    slept: list[float] = []

    def detaching(seconds: float) -> None:
        """The pause between two parts, when no transaction of the reader is open and nothing waits for a lock."""
        if not slept:
            databases.run("baseline", "ALTER TABLE t DETACH PARTITION t2")
        slept.append(seconds)

    store = databases.store("baseline")
    store = PostgresStore(replace(store.session, sleep=detaching), Pace(first=10))
    with pytest.raises(StoreUnreadable, match=r'"public"\."t" was altered while it was read'):
        list(store.scan("t", key=["id"], columns=["v"])) if ask == "scan" else store.count("t")
    assert len(slept) == 1


def test_a_backend_that_is_killed_is_unavailable(databases: Databases) -> None:
    """A scan whose connection is terminated between two parts raises, and gives no short answer."""
    databases.run("baseline", TABLE, FILL.format(100))
    scan = _store(databases).scan("t", key=["id"], columns=["v"])
    next(scan)
    databases.end_readers("baseline")
    with pytest.raises(StoreUnavailable):
        list(scan)


def test_a_reader_that_stops_leaves_no_connection(databases: Databases) -> None:
    """A hundred abandoned scans hold nothing open."""
    databases.run("baseline", TABLE, FILL.format(100))
    store = _store(databases)
    for _ in range(100):
        with closing(store.scan("t", key=["id"], columns=["v"])) as scan:
            next(scan)
    with psycopg.connect(databases.dsn("baseline"), autocommit=True) as connection:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cutover'"
            if connection.execute(query).fetchone() == (0,):
                return
    pytest.fail("connections are still open")


def test_a_lock_ends_the_question_within_a_second(databases: Databases) -> None:
    """We are the one that gives way."""
    databases.run("baseline", TABLE, FILL.format(10))
    store = connect({"dsn": databases.dsn("baseline")}, source="baseline postgres", protect=True)
    with psycopg.connect(databases.dsn("baseline")) as other:
        other.execute("LOCK TABLE t")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            store.digest("t", columns=["id"], seed=1)
        assert time.monotonic() - began < 1.6


class _Full:
    """A server that says it is full a number of times, then connects."""

    def __init__(self, times: int, words: str) -> None:
        self.left, self.words, self.asked, self.real = times, words, 0, psycopg.connect

    def connect(self, *words: object, **options: object) -> object:
        """As psycopg."""
        self.asked += 1
        if self.left:
            self.left -= 1
            raise psycopg.OperationalError(self.words)
        return self.real(*words, **options)


@pytest.mark.parametrize(
    "words", ["FATAL:  the database system is starting up", "FATAL:  sorry, too many clients already"]
)
def test_a_connection_is_tried_three_times_and_counted(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """Only at the edge, only what passes by itself, and the evidence says how often."""
    databases.run("baseline", TABLE)
    store = _store(databases)
    full = _Full(2, words)
    monkeypatch.setattr("verify.stores.postgres.session.psycopg.connect", full.connect)
    assert store.count("t") == 0
    assert full.asked == 3
    assert "connections tried again: 2" in store.notes
    full.left, full.asked = 9, 0
    with pytest.raises(StoreUnavailable):
        store.count("t")
    assert full.asked == 3
    full.left, full.asked, full.words = 1, 0, "connection refused"
    with pytest.raises(StoreUnavailable, match="refused"):
        store.count("t")
    assert full.asked == 1


def test_a_stopped_backend_in_the_middle_of_a_whole_scan(databases: Databases) -> None:
    """The same for a store that is read in one statement: half of it is an error."""
    databases.run("baseline", "CREATE TABLE t (id int, v text)",
                  "INSERT INTO t SELECT i, repeat('x', 900) FROM generate_series(1, 60000) i")  # fmt: skip
    scan = databases.store("baseline").scan("t", key=["id"], columns=["v"])
    next(scan)
    with psycopg.connect(databases.dsn("baseline"), autocommit=True) as connection:
        row = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'cutover'").fetchone()
        assert row is not None
        os.kill(int(row[0]), signal.SIGTERM)
    with pytest.raises(StoreError):
        list(scan)
