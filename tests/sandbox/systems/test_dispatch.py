"""Dispatch answers alike on both sides, by HTTP and by Socket.IO, until something is planted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest
import socketio

from sandbox.faults import faults_of
from sandbox.systems import dispatch
from sandbox.systems.twin import Twin

pytestmark = pytest.mark.xdist_group("dispatch")
WITHIN_S = 20.0
SIDES = ("DISPATCH_SINGLE_URL", "DISPATCH_CLUSTER_URL")


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    """The running twin of Dispatch, without faults."""
    with dispatch.running(tmp_path_factory.mktemp("dispatch"), seed=7, faults=()) as running:
        yield running


def token(twin: Twin, side: str) -> str:
    """A token of the dispatcher."""
    values = {"email": twin.variables["DISPATCH_EMAIL"], "password": twin.variables["DISPATCH_PASSWORD"]}
    return httpx.post(f"{twin.variables[side]}/api/auth/login", json=values, trust_env=False).json()["token"]


def test_both_sides_answer_alike(twin: Twin) -> None:
    """A delivery for who is admitted, 401 for who is not, 404 for what is not there, and each side under its own name."""
    found = []
    for side in SIDES:
        with httpx.Client(base_url=twin.variables[side], trust_env=False) as client:
            header = {"authorization": f"Bearer {token(twin, side)}"}
            asked = [client.get(path, headers=header) for path in ("/api/deliveries/2", "/api/deliveries/999")]
            asked.append(client.get("/api/deliveries/2"))
            assert client.get("/health").headers["x-platform"] == side.split("_")[1].lower()
        found.append([(each.status_code, each.json()) for each in asked])
    assert found[0] == found[1]
    assert [status for status, _ in found[0]] == [200, 404, 401]


@pytest.mark.parametrize("side", SIDES)
def test_who_has_no_token_does_not_come_in(twin: Twin, side: str) -> None:
    """No token and a wrong one are refused where the namespace is entered."""
    for auth in (None, {"token": "fake"}, {"token": 1}, "fake"):
        client = socketio.Client(reconnection=False, handle_sigint=False)
        with pytest.raises(socketio.exceptions.ConnectionError, match="namespaces failed to connect"):
            client.connect(twin.variables[side], auth=auth, transports=["websocket"], wait_timeout=WITHIN_S)


def heard_by(twin: Twin, side: str, expected: int) -> int:
    """How many of four visitors in one room hear what the first says; `expected` are waited for, others for a moment."""
    clients = [socketio.Client(reconnection=False, handle_sigint=False) for _ in range(4)]
    arrived = threading.Semaphore(0)
    try:
        for client in clients:
            client.on("said", lambda _: arrived.release())
            auth = {"token": token(twin, side)}
            client.connect(twin.variables[side], auth=auth, transports=["websocket"], wait_timeout=WITHIN_S)
            assert client.call("follow", {"delivery": "7"}, timeout=WITHIN_S) == {"following": "7"}
        clients[0].emit("say", {"delivery": "7", "text": "here"})
        count = sum(arrived.acquire(timeout=WITHIN_S) for _ in range(expected))
        # What was sent to the others was sent at the same moment.
        return count + sum(arrived.acquire(timeout=0.3) for _ in range(4 - expected))
    finally:
        for client in clients:
            client.disconnect()


def test_instances_that_share_no_adapter_reach_half_until_it_is_healed(twin: Twin) -> None:
    """Four in a room: two hear while the fault is planted, four before and after, and always four on the baseline."""
    baseline, candidate = SIDES
    assert heard_by(twin, candidate, 4) == 4
    twin.plant("no-shared-adapter")
    try:
        assert heard_by(twin, candidate, 2) == 2
        assert heard_by(twin, baseline, 4) == 4
    finally:
        twin.heal("no-shared-adapter")
    assert heard_by(twin, candidate, 4) == 4


def test_its_faults_are_those_of_visitors_who_stay() -> None:
    """Three, each of which one check catches."""
    found = {each.name: dict(each.claims) for each in faults_of("dispatch")}
    assert sorted(found) == ["no-shared-adapter", "no-websocket-upgrade", "slow-acknowledgements"]
    assert all(each == {"load.realtime realtime/visitors": "FAIL"} for each in found.values())
