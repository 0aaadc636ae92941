"""Real database servers start, answer, keep to themselves and leave nothing."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

from sandbox.engines import mariadb, postgres
from sandbox.errors import EngineMissing

PINNED = ""
ENGINES = [pytest.param(each, id=each.__name__.rpartition(".")[2]) for each in (postgres, mariadb)]
pytestmark = pytest.mark.xdist_group("engines")


def ask(server, query):
    """The first value of the query's answer."""
    if server.scheme == "postgresql":
        with psycopg.connect(server.dsn) as connection:
            return connection.execute(query).fetchone()[0]
    at = urlsplit(server.dsn)
    with closing(pymysql.connect(host=at.hostname, port=at.port, user=at.username, password=at.password,
                                 database=at.path[1:])) as connection, connection.cursor() as cursor:  # fmt: skip
        cursor.execute(query)
        return cursor.fetchone()[0]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("search_path", [None, PINNED], ids=["path", "pinned"])
def test_server_answers_and_leaves_nothing(engine, search_path, tmp_path):
    """A server answers under its address while the block lasts; afterwards port and folder are gone."""
    with engine.running(tmp_path, search_path=search_path) as server:
        assert ask(server, "SELECT 6 * 7") == 42
        assert str(ask(server, "SELECT version()")).removeprefix("PostgreSQL ").startswith(server.version)
        assert server.password not in repr(server)
        assert server.password.startswith("fake-")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port))


@pytest.mark.parametrize("engine", ENGINES)
def test_server_is_closed_to_others(engine, tmp_path):
    """A wrong password is refused, and the server listens on loopback only."""
    with engine.running(tmp_path) as server:
        with pytest.raises((psycopg.OperationalError, pymysql.err.OperationalError)):
            ask(replace(server, password="fake-wrong"), "SELECT 1")
        sockets = [
            line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()
        ]
        listening = [fields[1].split(":") for fields in sockets if fields[3] == "0A"]
        assert {address for address, port in listening if int(port, 16) == server.port} == {"0100007F"}


@pytest.mark.parametrize("engine", ENGINES)
def test_servers_do_not_collide(engine, tmp_path, monkeypatch):
    """Two servers that were both promised one port both come up: the slower one takes another."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        promised = [taken.getsockname()[1]]
        monkeypatch.setattr(engine, "free_port", lambda: promised.pop() if promised else _free())
        with engine.running(tmp_path) as server:
            assert server.port != taken.getsockname()[1]
            assert ask(server, "SELECT 1") == 1


def _free():
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return probe.getsockname()[1]


def test_two_at_once(tmp_path):
    """Servers that start at the same moment in several threads all answer, each with its own password."""

    def one(number):
        folder = tmp_path / str(number)
        folder.mkdir()
        with postgres.running(folder, database=f"db{number}") as server:
            return ask(server, "SELECT current_database()"), server.password

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, range(2)))
    assert [name for name, _ in found] == ["db0", "db1"]
    assert len({password for _, password in found}) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_client_on_path_is_no_server(engine, tmp_path):
    """A folder on PATH that holds clients, or a server that does not say its version, is passed over."""
    for name in ("psql", "mariadb", "mysql", "postgres", "initdb", "mariadbd", "mariadb-install-db"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    tmp_path.chmod(0o755)
    found = engine.binaries(search_path=str(tmp_path))
    assert str(tmp_path) not in repr(found)


@pytest.mark.parametrize("engine", ENGINES)
def test_other_platform_is_named(engine, monkeypatch):
    """Where there are no pinned binaries, the error names the engine and the platform."""
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(EngineMissing, match=r"(PostgreSQL|MariaDB): no pinned binaries for linux on riscv64; install"):
        engine.binaries(search_path=PINNED)
