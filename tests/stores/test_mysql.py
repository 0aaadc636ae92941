"""A real MariaDB asked: who may, and what holds meanwhile."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial

import pytest

from tests.stores.mariadb import MariaDatabases, maria, maria_server, scanned
from verify.core.errors import CollectionMissing, StoreRefused, StoreUnavailable
from verify.core.secrets import Secret
from verify.stores.mysql import connect
from verify.stores.mysql.session import Session
from verify.stores.protocol import Catalogued, Digests, Located, Lookup, Proving, Sequences, Structures
from verify.stores.registry import problems

__all__ = ["maria", "maria_server"]
MANY = "INSERT INTO t SELECT seq, REPEAT('x', 900) FROM seq_1_to_40000"


def test_what_the_store_can_do(maria: MariaDatabases) -> None:
    """Every ability but a fingerprint, which this server has none of without false equality."""
    store = maria.store("baseline")
    assert all(isinstance(store, each) for each in (Lookup, Structures, Sequences, Catalogued, Located))
    assert not isinstance(store, Digests)


def test_a_server_shows_a_mark_to_whoever_asks_it_and_only_meanwhile(maria: MariaDatabases) -> None:
    """Another role on another database sees who holds it; afterwards, and before, nobody does."""
    one, mark = maria.store("baseline"), "cutover-fake"
    other = connect(
        {**maria.options("baseline"), "user": "reader", "password": "fake-reader"}, source="s", protect=True
    )
    assert isinstance(one, Proving)
    for holder, asked in ((one, other), (other, one)):
        assert asked.shown(mark) == ""
        with holder.showing(mark) as sign:
            assert asked.shown(mark) == sign != ""
            with pytest.raises(StoreUnavailable, match="no named lock"), asked.showing(mark):
                pass
    assert one.shown(mark) == ""


def test_who_does_not_answer_is_named(maria: MariaDatabases) -> None:
    """A closed port, a wrong password, a missing database, a missing table and a missing right are different things."""
    maria.run("baseline", "CREATE TABLE other (id int)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        cases: list[tuple[dict[str, object], type[Exception]]] = [
            ({"port": free.getsockname()[1]}, StoreUnavailable), ({"user": "nobody-here"}, StoreRefused),
            ({"password": Secret("PASSWORD", lambda: "fake-wröng한")}, StoreRefused),
            ({"user": "nobody", "password": "fake-nobody"}, StoreRefused),
            ({"database": "none"}, CollectionMissing), ({}, CollectionMissing),
        ]  # fmt: skip
        for changes, kind in cases:
            store = connect({**maria.options("baseline"), **changes}, source="candidate mysql main", protect=False)
            scan = partial(store.scan, "t", key=["id"], columns=[])
            for ask in (partial(store.count, "t"), partial(store.describe, "t"), lambda scan=scan: list(scan())):
                with pytest.raises(kind, match="candidate mysql main: ") as caught:
                    ask()
                assert "fake-" not in str(caught.value)


def test_an_address_that_cannot_be_read_is_not_quoted() -> None:
    """What is wrong is said without the words, which hold the password."""
    for text in ("mysql://u:fake-secret@[broken", "postgresql://u:fake-secret@h/d", "mysql://u:fake-secret@h/d?x=1"):
        store = connect({"dsn": Secret("DSN", lambda text=text: text)}, source="baseline mysql", protect=False)
        with pytest.raises(StoreUnavailable, match="the address cannot be read") as caught:
            store.count("t")
        assert "fake-secret" not in f"{caught.value!r}{caught.value.__cause__!r}{store!r}"


def test_options_say_one_way_in() -> None:
    """An address or its parts, not both, not neither."""
    assert problems("mysql", {"dsn": "${DSN}", "max_lag": "5s"}) == []
    assert problems("mysql", {"host": "h", "user": "${U}", "port": "${P}", "statement_timeout": "90s"}) == []
    for wrong in ({}, {"dsn": "x", "host": "h"}, {"dsn": "x", "password": "y"}, {"dsn": "x", "timeout": "1s"}):
        assert problems("mysql", wrong)


def test_a_server_that_cannot_encrypt_is_unavailable_when_it_must(maria: MariaDatabases) -> None:
    """Asked to encrypt, nothing is sent to a server that does not."""
    with pytest.raises(StoreUnavailable, match="baseline mysql"):
        maria.store("baseline", ssl=True).count("t")


def test_a_setting_that_does_not_hold_is_an_error(maria: MariaDatabases, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for is read back; a server that says otherwise is not believed."""
    store = maria.store("baseline")
    wanted = {**store.session.settings(mariadb=True), "tx_isolation": "SERIALIZABLE"}
    monkeypatch.setattr(Session, "settings", lambda *_, **__: dict(wanted))
    with pytest.raises(StoreUnavailable, match="tx_isolation is 'REPEATABLE-READ' inside the transaction"):
        store.count("t")


def test_nothing_can_be_written(maria: MariaDatabases) -> None:
    """Inside a question the server itself refuses to write, and is told what the connection is."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY)")
    with maria.store("baseline").session.reading() as asking, pytest.raises(Exception, match="READ ONLY transaction"):
        asking.rows("INSERT INTO t VALUES (1)")
    with (
        pytest.raises(StoreUnavailable, match="READ ONLY transaction"),
        maria.store("baseline").session.reading() as asking,
    ):
        asking.rows("INSERT INTO t VALUES (1)")


def test_limits_a_server_sets_for_everybody_hide_no_row(maria: MariaDatabases) -> None:
    """sql_select_limit and a strange zone or mode of the server do not reach a question."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v timestamp NULL)", "SET time_zone = '+00:00'")
    maria.run("baseline", "SET time_zone = '+00:00'", "INSERT INTO t VALUES (1, '2024-01-01'), (2, NULL)")
    names = {"sql_select_limit": "1", "time_zone": "'+09:00'", "sql_mode": "'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH'"}
    try:
        maria.run("baseline", *(f"SET GLOBAL {name} = {value}" for name, value in names.items()))
        assert scanned(maria.store("baseline"), "t", "id", "v") == [["#1", "T2024-01-01 00:00:00+00"], ["#2", "n"]]
    finally:
        back = {"sql_select_limit": "DEFAULT", "time_zone": "'+00:00'", "sql_mode": "DEFAULT"}
        maria.run("baseline", *(f"SET GLOBAL {name} = {value}" for name, value in back.items()))


def test_one_snapshot_is_scanned(maria: MariaDatabases) -> None:
    """What is written while a scan runs is not in it, also between two pieces of a protected one."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v text)", MANY)
    for protect, wanted in ((False, 40000), (True, 40000)):
        batches = maria.store("baseline", protect=protect, sleep=lambda _: None).scan("t", key=["id"], columns=["v"])
        rows = next(batches).num_rows
        maria.run(
            "baseline",
            "INSERT INTO t VALUES (1000000, 'late') ON DUPLICATE KEY UPDATE v = 'later'",
            "DELETE FROM t WHERE id = 30000",
        )
        assert rows + sum(batch.num_rows for batch in batches) == wanted


def test_a_connection_that_is_ended_in_the_middle_is_unavailable(maria: MariaDatabases) -> None:
    """Half a scan is an error, never a short answer."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v text)", MANY)
    batches = maria.store("baseline").scan("t", key=["id"], columns=["v"])
    next(batches)
    with maria.connection("baseline") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE 'SELECT%'"
        )
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")
    with pytest.raises(StoreUnavailable, match="baseline mysql"):
        list(batches)


def test_a_scan_left_in_the_middle_lets_go(maria: MariaDatabases) -> None:
    """The rest of the rows is not read to the end, and the connection is closed."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v text)", MANY)
    batches = maria.store("baseline").scan("t", key=["id"], columns=["v"])
    assert isinstance(batches, Iterator)
    next(batches)
    batches.close()
    assert maria.store("baseline").count("t") == 40000


def test_a_lock_and_a_slow_answer_are_unavailable(maria: MariaDatabases) -> None:
    """A lock is waited for one second, a statement as long as declared."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY)", "CREATE VIEW slow AS SELECT 1 AS id, SLEEP(60) AS v")
    with maria.connection("baseline") as other:
        other.cursor().execute("LOCK TABLES t WRITE")
        with pytest.raises(StoreUnavailable, match="Lock wait timeout"):
            maria.store("baseline").count("t")
    with pytest.raises(StoreUnavailable, match="max_statement_time"):
        list(maria.store("baseline", statement_timeout="200ms").scan("slow", key=["id"], columns=["v"]))
