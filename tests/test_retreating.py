"""Traffic split and taken back at a small router in this process."""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.core.builders import environment
from verify.core.successes import Rollback, Split
from verify.core.verdicts import Problem
from verify.retreating import Retreats
from verify.trial import on_trial
from verify.visiting import Public


class Router(ThreadingHTTPServer):
    """Every tenth new visitor meets the candidate and stays, while the weight file says so."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, weight) -> None:
        self.count, self.lock, self.weight = 0, threading.Lock(), weight
        super().__init__(("127.0.0.1", 0), Visitor)


class Visitor(BaseHTTPRequestHandler):
    """Answers in the name of a side."""

    def do_GET(self) -> None:
        """Who is met, and the cookie that keeps it so."""
        kept = (self.headers.get("cookie") or "").removeprefix("side=")
        on = self.server.weight.read_text() == "10"
        with self.server.lock:
            self.server.count += not kept
            turn = self.server.count % 10 == 0
        side = kept if kept and on else ("target" if on and turn else "origin")
        self.send_response(200)
        self.send_header("x-side", side)
        self.send_header("set-cookie", f"side={side}; Path=/; HttpOnly")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def weight(tmp_path):
    """The router's weight, in a file that the team's command writes."""
    path = tmp_path / "weight"
    path.write_text("10")
    return path


@pytest.fixture
def trial(tmp_path, weight):
    """The shop behind the router."""
    server = Router(weight)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    who = {"request": "GET /", "header": "x-side", "url": "api"}
    found = environment(file={
        "urls": {"api": "${TARGET_URL}", "public": "${PUBLIC_URL}"}, "identity": {**who, "equals": "target"},
    })  # fmt: skip
    trusted = found.baseline.file.model_copy(
        update={"identity": found.file.identity.model_copy(update={"equals": "origin"})}
    )
    found = type(found)(
        system=found.system, file=found.file, path=found.path,
        baseline=type(found)(system=found.system, file=trusted, path="origin.yaml"),
    )  # fmt: skip
    values = {"PUBLIC_URL": f"http://127.0.0.1:{server.server_port}", "WEIGHT": str(weight)}
    opened = on_trial(found, values=values, root=tmp_path / "evidence")
    yield opened
    opened.close()
    server.shutdown()
    server.server_close()


def command(text):
    """A program that writes the weight."""
    return [sys.executable, "-c", f"import pathlib, sys; pathlib.Path(sys.argv[1]).write_text({text!r})", "${WEIGHT}"]


def way_back(**more):
    """The declared way back, quick."""
    said = {"command": command("0"), "restore": command("10"), "request": "GET /", "within": "3s", "every": "20ms",
            "quiet": "200ms"}  # fmt: skip
    return Rollback.model_validate({**said, **more})


def test_visitors_keep_their_cookies_and_are_told_apart(trial):
    """One in ten meets the candidate, and on the second ask again."""
    spec = Split.model_validate({"request": "GET /", "visitors": 100, "rate": 1000})
    found = Public(trial).visits(spec)
    assert not isinstance(found, Problem)
    assert (len(found.visitors), sum(found.candidate), found.unheard) == (200, 20, {})
    first = dict(zip(found.visitors[::2], found.candidate[::2], strict=True))
    assert dict(zip(found.visitors[1::2], found.candidate[1::2], strict=True)) == first


def test_traffic_that_goes_back_is_timed_and_let_in_again(trial, weight):
    """The command ended, the candidate fell silent, the baseline answered alone; then everything is as before."""
    (found,) = Retreats(trial).drills(way_back())
    assert found.trouble == ""
    assert 0 < found.t1 <= found.t3 < 3
    assert found.asks > 3
    assert weight.read_text() == "10"


@pytest.mark.parametrize(
    ("more", "trouble"),
    [({"command": command("10")}, "the candidate still answers"),
     ({"command": [sys.executable, "-c", "import sys; sys.exit('no right to')"]}, "ended with 1: no right to"),
     ({"command": ["no-such-program-here"]}, "could not be run"),
     ({"restore": [sys.executable, "-c", "import sys; sys.exit(3)"]}, "traffic was not let in again")],
)  # fmt: skip
def test_a_drill_that_fails_says_how(trial, more, trouble):
    """Whatever goes wrong is a drill that did not keep the promise."""
    (found,) = Retreats(trial).drills(way_back(within="1s", **more))
    assert trouble in found.trouble
    assert not found.ours


def test_without_traffic_on_the_candidate_nothing_goes_back(trial, weight):
    """Nobody meets the candidate, so a drill would show nothing; the command is not run."""
    weight.write_text("5")
    (found,) = Retreats(trial).drills(way_back())
    assert found.ours
    assert weight.read_text() == "5"


@pytest.mark.parametrize("which", ["command", "restore"])
def test_a_command_that_cannot_be_filled_in_is_not_run(trial, weight, which):
    """Traffic that could not be let in again is not taken away; and that says nothing about going back."""
    (found,) = Retreats(trial).drills(way_back(**{which: [*command("0"), "${NOT_SET}"]}))
    assert found.ours
    assert "${NOT_SET} is not set" in found.trouble
    assert weight.read_text() == "10"
