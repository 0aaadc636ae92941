"""Drills of going back where visitors are drawn anew, and where traffic does not come back."""

from __future__ import annotations

import random
import sys
import threading
from dataclasses import replace
from http.server import ThreadingHTTPServer

import pytest

from tests.core.builders import environment
from tests.test_retreating import Visitor, command, way_back
from verify.retreating import Retreats
from verify.trial import on_trial


class Dice(Visitor):
    """Whom a request meets is drawn each time."""

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        """The candidate, as often as the weight says."""
        with self.server.lock:
            drawn = self.server.random.random() * 100 < float(self.server.weight.read_text())
        self.send_response(200)
        self.send_header("x-side", "target" if drawn else "origin")
        self.send_header("content-length", "0")
        self.end_headers()


@pytest.fixture
def weight(tmp_path):
    """The share of requests that the candidate answers."""
    path = tmp_path / "weight"
    path.write_text("10")
    return path


@pytest.fixture
def trial(tmp_path, weight):
    """The shop behind a router that keeps nobody where he is."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dice)
    server.daemon_threads = True
    server.lock, server.weight, server.random = threading.Lock(), weight, random.Random(5)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    who = {"request": "GET /", "header": "x-side", "url": "api"}
    found = environment(file={
        "urls": {"api": "${TARGET_URL}", "public": "${PUBLIC_URL}"}, "identity": {**who, "equals": "target"},
    })  # fmt: skip
    identity = found.file.identity.model_copy(update={"equals": "origin"})
    origin = replace(found.baseline, file=found.baseline.file.model_copy(update={"identity": identity}))
    values = {"PUBLIC_URL": f"http://127.0.0.1:{server.server_port}", "WEIGHT": str(weight)}
    opened = on_trial(replace(found, baseline=origin), values=values, root=tmp_path / "evidence")
    yield opened
    opened.close()
    server.shutdown()
    server.server_close()


def test_a_switch_that_never_moved_is_not_taken_for_one_that_did(trial):
    """At 10 % of requests anew the baseline often answers ten times in a row, and nobody went back."""
    (found,) = Retreats(trial).drills(way_back(command=command("10"), within="2s", every="5ms", quiet="50ms"))
    assert found.trouble == "the candidate still answers after 2 s"
    assert not found.ours


def test_traffic_that_goes_back_is_told_from_chance(trial):
    """Enough answers in a row say so, asked for without a pause; the time is still that of the first of them."""
    (found,) = Retreats(trial).drills(way_back(every="5ms", quiet="50ms"))
    assert found.trouble == ""
    assert found.t3 < 3
    assert found.asks > 100


def test_a_share_too_small_to_be_told_from_none_proves_nothing(trial, monkeypatch):
    """One visitor was met by luck; silence afterwards says nothing."""
    met = iter([True])
    monkeypatch.setattr("verify.visiting.Public.meet", lambda *_: next(met, False))
    (found,) = Retreats(trial).drills(way_back())
    assert found.ours
    assert "too few of 300 met the candidate to tell going back from chance" in found.trouble


def test_a_command_that_lets_nobody_in_again_is_seen(trial, weight):
    """It ended with 0, and users stay where the drill left them."""
    idle = [sys.executable, "-c", "pass"]
    (found,) = Retreats(trial).drills(way_back(restore=idle, within="1s", every="5ms", quiet="50ms"))
    assert "traffic was not let in again" in found.trouble
    assert "nobody met the candidate within 1 s" in found.trouble
    assert weight.read_text() == "0"
