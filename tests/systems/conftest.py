"""One twin a worker, and a green run over it that tests copy."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import own
from desk import Desk, recent

from sandbox.engines import postgres as postgres_engine
from sandbox.engines.server import Server
from sandbox.systems import easypicks as easypicks_system
from sandbox.systems import pickup as pickup_system
from sandbox.systems.twin import Twin


@pytest.fixture(scope="session")
def easypicks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """The running twin of EasyPicks, without faults."""
    with easypicks_system.running(tmp_path_factory.mktemp("easypicks"), seed=1, faults=()) as twin:
        yield twin


@pytest.fixture(scope="session")
def pickup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """The running twin of Pickup, without faults."""
    with pickup_system.running(tmp_path_factory.mktemp("pickup"), seed=1, faults=()) as twin:
        yield twin


@pytest.fixture
def lightsail(easypicks: Twin, tmp_path: Path) -> Desk:
    """A desk before lightsail, without any evidence."""
    return Desk("lightsail", tmp_path / "evidence", easypicks.variables)


@pytest.fixture
def postgres(pickup: Twin, tmp_path: Path) -> Desk:
    """A desk before postgres, observed for a while, without any other evidence."""
    desk = Desk("postgres", tmp_path / "evidence", pickup.variables)
    desk.write_probes()
    return desk


@pytest.fixture(scope="session")
def green_lightsail(easypicks: Twin, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Desk]:
    """Gives recent evidence that proves every claim of lightsail."""
    return recent(lambda: _green(Desk("lightsail", tmp_path_factory.mktemp("green") / "evidence", easypicks.variables)))


def _green(desk: Desk) -> Desk:
    """The desk, when everything it asked was proven."""
    ended = desk.pytest("-q")
    assert ended.code == 0, ended.said
    desk.write_load()
    ended = desk.gate("10", "--no-record")
    assert ended.code == 0, ended.said
    return desk


@pytest.fixture
def proven(green_lightsail: Callable[[], Desk], tmp_path: Path) -> Desk:
    """A desk of its own before lightsail, every claim proven a moment ago."""
    green = green_lightsail()
    shutil.copytree(green.root, tmp_path / "evidence")
    return replace(green, root=tmp_path / "evidence")


@contextmanager
def _planted(twin: Twin, name: str) -> Iterator[None]:
    twin.plant(name)
    try:
        yield
    finally:
        twin.heal(name)


@pytest.fixture
def planted() -> Callable[[Twin, str], AbstractContextManager[None]]:
    """Plants a fault for a block."""
    return _planted


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Postgres with both databases of the system nobody here wrote."""
    with postgres_engine.running(tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture(scope="session")
def addresses(server: Server) -> dict[str, str]:
    """What the reading role types to reach either database."""
    return own.fill(server)


@pytest.fixture
def sites() -> Iterator[dict[str, own.Site]]:
    """Both plain HTTP servers."""
    with own.serving("alt") as baseline, own.serving("neu") as candidate:
        yield {"alt": baseline, "neu": candidate}


@pytest.fixture
def laden(addresses: dict[str, str], sites: dict[str, own.Site], tmp_path: Path) -> Desk:
    """A desk before the system nobody here wrote."""
    variables = {
        "ALT_URL": sites["alt"].url, "NEU_URL": sites["neu"].url, "ALT_DSN": addresses["alt"], "NEU_DSN": addresses["neu"],
        "LADEN_TOKEN": own.TOKEN, "LADEN_WORT": own.LOGIN_PASSWORD,
    }  # fmt: skip
    return Desk(str(own.describe(tmp_path)), tmp_path / "evidence", variables)


@pytest.fixture
def writing(server: Server, addresses: dict[str, str]) -> Callable[[str, str], AbstractContextManager[None]]:
    """Runs a statement on one side for a block, and its opposite afterwards."""

    @contextmanager
    def written(statement: str, undo: str) -> Iterator[None]:
        with psycopg.connect(own.owner(server, "neu"), autocommit=True) as connection:
            connection.execute(statement)
            try:
                yield
            finally:
                connection.execute(undo)

    return written
