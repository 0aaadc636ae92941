"""Twins that tests share; a test heals whatever it plants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest

from sandbox.systems import easypicks as easypicks_system
from sandbox.systems import pickup as pickup_system
from sandbox.systems.twin import Twin

SEED = 7


@pytest.fixture(scope="session")
def easypicks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """The running twin of EasyPicks, without faults."""
    with easypicks_system.running(tmp_path_factory.mktemp("easypicks"), seed=SEED, faults=()) as twin:
        yield twin


@pytest.fixture(scope="session")
def pickup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """The running twin of Pickup, without faults."""
    with pickup_system.running(tmp_path_factory.mktemp("pickup"), seed=SEED, faults=()) as twin:
        yield twin


@pytest.fixture
def twin(request: pytest.FixtureRequest) -> Twin:
    """The twin that the test's parameter names."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Twin)
    return found


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


_URLS = {"easypicks": ("RAILWAY_URL", "LIGHTSAIL_URL"), "pickup": ("PICKUP_JSON_URL", "PICKUP_POSTGRES_URL")}
_LOGINS = {
    "easypicks": ("/api/auth/login", "EASYPICKS_{}_EMAIL", "EASYPICKS_{}_PASSWORD"),
    "pickup": ("/api/admin/login", "PICKUP_{}_EMAIL", "PICKUP_{}_PASSWORD"),
}


class Sides:
    """Questions to both sides of a twin."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self._clients = [httpx.Client(base_url=twin.variables[name], trust_env=False) for name in _URLS[twin.system]]
        self.baseline, self.candidate = self._clients

    def token(self, who: str, *, side: httpx.Client | None = None) -> dict[str, str]:
        """The header of a logged-in customer or admin."""
        path, email, password = _LOGINS[self.twin.system]
        values = {
            name: self.twin.variables[key.format(who.upper())]
            for name, key in (("email", email), ("password", password))
        }
        answer = (side or self.baseline).post(path, json=values)
        return {"authorization": f"Bearer {answer.json()['token']}"}

    def close(self) -> None:
        """The connections are closed."""
        for client in self._clients:
            client.close()


@pytest.fixture
def sides(twin: Twin) -> Iterator[Sides]:
    """Questions to both sides of the twin."""
    found = Sides(twin)
    yield found
    found.close()
