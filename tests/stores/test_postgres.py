"""PostgreSQL is asked read-only, pinned and bounded; what it cannot say is said."""

from __future__ import annotations

import signal
import socket
import subprocess
from functools import partial
from pathlib import Path

import psycopg
import pytest

from sandbox.engines import postgres as engine
from tests.stores.conftest import Databases
from verify.core.errors import CollectionMissing, StoreRefused, StoreUnavailable
from verify.core.secrets import Secret
from verify.core.values import encode
from verify.stores.postgres import connect
from verify.stores.registry import problems


def _scanned(databases: Databases, table: str, *columns: str) -> list[list[str]]:
    batches = databases.store("baseline").scan(table, key=columns[:1], columns=columns[1:])
    return [list(row.values())[:-1] for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("odd", ["Mixed Case", "상품", 'quo"te', "select", "semi;colon", "back\\slash", "per%cent"])
def test_names_are_taken_as_they_are(databases: Databases, odd: str) -> None:
    """Case, Korean letters, quotes and keywords in names of tables and columns."""
    quoted = odd.replace('"', '""')
    databases.run("baseline", f'CREATE TABLE "{quoted}" ("{quoted}" int, "Id" int PRIMARY KEY)',
                  f'INSERT INTO "{quoted}" VALUES (7, 1)')  # fmt: skip  # noqa: S608
    name = f'"{quoted}"' if '"' in odd else odd
    assert _scanned(databases, name, "Id", odd) == [["#1", "#7"]]
    assert databases.store("baseline").count(name) == 1
    assert databases.store("baseline").digest(name, columns=["Id", odd], seed=1).rows == 1


def test_another_schema_can_be_named(databases: Databases) -> None:
    """`schema.table` wins over the option, which stands for `public`."""
    databases.run("baseline", "DROP SCHEMA IF EXISTS shop CASCADE", "CREATE SCHEMA shop")
    databases.run("baseline", "CREATE TABLE shop.t (id int)")
    assert databases.store("baseline").count("shop.t") == 0
    assert databases.store("baseline", schema="shop").count("t") == 0
    with pytest.raises(CollectionMissing):
        databases.store("baseline").count("t")


def test_no_column_at_all_is_still_a_row(databases: Databases) -> None:
    """Who asks for nothing of each row is told how many there are, as by every other store."""
    databases.run("baseline", "CREATE TABLE t (id int, v text)", "INSERT INTO t SELECT i FROM generate_series(1, 5) i")
    batches = list(databases.store("baseline").scan("t", key=[], columns=[]))
    assert [row for batch in batches for row in batch.to_pylist()] == [{"0": "m{}"}] * 5


def test_views_and_partitions_are_collections(databases: Databases) -> None:
    """Whatever can be selected from can be compared; only a table's own index proves a key."""
    databases.run(
        "baseline", "CREATE TABLE p (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
        "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)",
        "INSERT INTO p VALUES (1, 'a'), (11, 'b')", "CREATE VIEW w AS SELECT * FROM p",
    )  # fmt: skip
    assert sorted(_scanned(databases, "w", "id", "v")) == sorted(_scanned(databases, "p", "id", "v"))
    assert databases.store("baseline").describe("p").unique == (frozenset({"id"}),)
    assert databases.store("baseline").describe("w").unique == ()


@pytest.mark.parametrize(
    "index",
    [
        "UNIQUE INDEX i ON t (id) WHERE v > 0",
        "UNIQUE INDEX i ON t ((id + 0))",
        "UNIQUE INDEX i ON t (n)",
        "INDEX i ON t (id)",
    ],
)
def test_only_a_whole_unique_index_proves_a_key(databases: Databases, index: str) -> None:
    """Partial, computed, nullable and plain indexes allow duplicates."""
    databases.run("baseline", "CREATE TABLE t (id int NOT NULL, n int, v int)", f"CREATE {index}")
    assert databases.store("baseline").describe("t").unique == ()


def test_the_transaction_is_read_only_and_pinned(databases: Databases) -> None:
    """Inside, writing is refused, and settings of the role do not change a value's text."""
    databases.run(
        "baseline", "CREATE TABLE t (id int PRIMARY KEY, z timestamptz, i interval, f float8, y bytea)",
        "INSERT INTO t VALUES (1, '2024-01-02 03:04:05+09', '1 mon', 0.1::float8 + 0.2::float8, 'ab')",
        "ALTER DATABASE baseline SET timezone = 'Asia/Seoul'", "ALTER DATABASE baseline SET datestyle = 'German'",
        "ALTER DATABASE baseline SET intervalstyle = 'sql_standard'",
        "ALTER DATABASE baseline SET bytea_output = 'escape'",
        "ALTER DATABASE baseline SET extra_float_digits = -10",
    )  # fmt: skip
    expected = [["#1", "T2024-01-01 18:04:05+00", "iP1M", "#0.30000000000000004", "y6162"]]
    assert _scanned(databases, "t", "id", "z", "i", "f", "y") == expected
    databases.run("baseline", "ALTER DATABASE baseline RESET ALL")
    with pytest.raises(StoreUnavailable, match="read-only"), databases.store("baseline").session.reading() as inside:
        inside.execute("DELETE FROM t")


@pytest.mark.parametrize(
    "text", ["2.603976239884983e+16", "-3.585737250255425e+16", "5e-324", "1.7976931348623157e+308"]
)
def test_a_float_is_its_shortest_decimal(databases: Databases, text: str) -> None:
    """The server ends some floats on one digit more than everybody else needs; the value is the same."""
    databases.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v float8, a float8[])")
    databases.run("baseline", f"INSERT INTO t VALUES (1, {text}, ARRAY[{text}])")  # noqa: S608
    assert _scanned(databases, "t", "id", "v", "a") == [["#1", encode(float(text)), encode([float(text)])]]


def test_a_setting_that_does_not_hold_is_an_error(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for is read back; a server that says otherwise is not believed."""
    store = databases.store("baseline")
    wanted = {**store.session.settings(), "no_such.setting": "on"}
    monkeypatch.setattr(type(store.session), "settings", lambda _: dict(wanted))
    with pytest.raises(StoreUnavailable, match=r"no_such\.setting is None inside the transaction"):
        store.count("t")


def test_hidden_rows_are_refused_not_dropped(databases: Databases) -> None:
    """A policy that would hide rows from this role is an error, so no count is too small in silence."""
    databases.run(
        "baseline", "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY", "CREATE POLICY half ON t USING (id = 1)",
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN PASSWORD 'fake-reader'", "GRANT USAGE ON SCHEMA public TO reader",
        "GRANT SELECT ON t TO reader",
    )  # fmt: skip
    dsn = databases.dsn("baseline").replace(f"postgres:{databases.server.password}", "reader:fake-reader")
    reader = connect({"dsn": dsn}, source="baseline postgres", protect=True)
    with pytest.raises(StoreRefused, match="row-level security"):
        reader.count("t")
    assert reader.describe("t").notes == ("protected: read in parts by id, each in a snapshot of its own",)
    assert "superuser" in databases.store("baseline").describe("t").notes[0]
    databases.run("baseline", "ALTER TABLE t DISABLE ROW LEVEL SECURITY", "REVOKE ALL ON t FROM reader")
    # What the server quotes of our statement is nothing for the reader.
    with pytest.raises(StoreRefused, match=r"permission denied for table t\Z"):
        reader.count("t")


def test_a_lock_and_a_slow_answer_are_unavailable(databases: Databases) -> None:
    """A lock is waited for one second, a statement as long as declared."""
    databases.run("baseline", "CREATE TABLE t (id int PRIMARY KEY)")
    databases.run("baseline", "CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(60)::text")
    with psycopg.connect(databases.dsn("baseline")) as other:
        other.execute("LOCK TABLE t")
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            databases.store("baseline").count("t")
    with pytest.raises(StoreUnavailable, match="statement timeout"):
        list(databases.store("baseline", statement_timeout="200ms").scan("slow", key=["id"], columns=["pg_sleep"]))


def test_who_does_not_answer_is_named(databases: Databases) -> None:
    """A closed port, a wrong password, a missing database and a missing table are four different things."""
    server = databases.server
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = free.getsockname()[1]
        cases: list[tuple[dict[str, object], type[Exception]]] = [
            ({"port": closed}, StoreUnavailable),
            ({"password": Secret("PASSWORD", lambda: "fake-wrong")}, StoreRefused),
            ({"user": "nobody-here"}, StoreRefused), ({"database": "none"}, CollectionMissing), ({}, CollectionMissing),
        ]  # fmt: skip
        for changes, kind in cases:
            options = {"host": server.host, "port": server.port, "user": server.user, "password": server.password,
                       "database": "baseline", **changes}  # fmt: skip
            store = connect(options, source="candidate postgres main", protect=False)
            scan = partial(store.scan, "t", key=["id"], columns=[])
            for ask in (partial(store.count, "t"), partial(store.describe, "t"), lambda scan=scan: list(scan())):
                with pytest.raises(kind, match="candidate postgres main: ") as caught:
                    ask()
                assert "fake-wrong" not in str(caught.value)


def test_an_address_that_cannot_be_read_is_not_quoted() -> None:
    """libpq's own message would show the password."""
    dsn = Secret("DSN", lambda: "postgresql://user:fake-secret@[broken")
    store = connect({"dsn": dsn}, source="baseline postgres", protect=False)
    with pytest.raises(StoreUnavailable, match="libpq") as caught:
        store.count("t")
    assert "fake-secret" not in f"{caught.value!r}{caught.value.__cause__!r}{store!r}"


def test_options_say_one_way_in() -> None:
    """An address or its parts, not both, not neither."""
    assert problems("postgres", {"dsn": "${DSN}"}) == []
    assert problems("postgres", {"host": "h", "user": "${U}", "port": "${P}", "statement_timeout": "90s"}) == []
    for wrong in ({}, {"dsn": "x", "host": "h"}, {"dsn": "x", "password": "y"}, {"dsn": "x", "timeout": "1s"}):
        assert problems("postgres", wrong)


def test_a_server_that_stops_in_the_middle_is_unavailable(tmp_path: Path) -> None:
    """Half a scan is an error, never a short answer."""
    with engine.running(tmp_path) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            query = "SELECT i AS id, repeat('x', 900) AS v FROM generate_series(1, 60000) AS i"
            connection.execute(f"CREATE TABLE t AS {query}")
        store = connect({"dsn": server.dsn}, source="baseline postgres", protect=False)
        batches = store.scan("t", key=["id"], columns=["v"])
        next(batches)
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            folder = connection.execute("SHOW data_directory").fetchone()[0]
            pid = int((Path(folder) / "postmaster.pid").read_text().splitlines()[0])
        subprocess.run(["kill", f"-{signal.SIGQUIT.value}", str(pid)], check=True)
        with pytest.raises(StoreUnavailable, match="baseline postgres"):
            list(batches)
