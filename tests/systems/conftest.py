"""One twin a worker, and a green run over it that tests copy."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from desk import Desk

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
    """A desk before postgres, without any evidence."""
    return Desk("postgres", tmp_path / "evidence", pickup.variables)


@pytest.fixture(scope="session")
def green_lightsail(easypicks: Twin, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Evidence that proves every claim of lightsail."""
    desk = Desk("lightsail", tmp_path_factory.mktemp("green") / "evidence", easypicks.variables)
    ended = desk.pytest("-q")
    assert ended.code == 0, ended.said
    desk.write_load()
    ended = desk.gate("10", "--no-record")
    assert ended.code == 0, ended.said
    return desk


@pytest.fixture
def proven(green_lightsail: Desk, tmp_path: Path) -> Desk:
    """A desk of its own before lightsail, every claim proven a moment ago."""
    shutil.copytree(green_lightsail.root, tmp_path / "evidence")
    return replace(green_lightsail, root=tmp_path / "evidence")


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
