"""Probes of both sides at their pace, whatever the sides do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.core.builders import environment
from verify.observing import Observer
from verify.probe_files import alone, asked_of, begin, read_observations
from verify.recording import home, utc_now
from verify.trial import on_trial


class Side(ThreadingHTTPServer):
    """A side whose health path answers what `status` gives for the number of the request."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        self.asked, self.lock = 0, threading.Lock()
        self.status = lambda _: 200
        super().__init__(("127.0.0.1", 0), Health)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Health(BaseHTTPRequestHandler):
    """Answers, and counts."""

    def do_GET(self) -> None:
        """The status that is this request's."""
        with self.server.lock:
            self.server.asked += 1
            number = self.server.asked
        self.send_response(self.server.status(number))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    """Candidate and baseline."""
    found = Side(), Side()
    for each in found:
        threading.Thread(target=each.serve_forever, daemon=True).start()
    yield found
    for each in found:
        each.shutdown()
        each.server_close()


def observed(tmp_path, values, *, lasts=1.0, every=0.05, stop=None, timeout="2s"):
    """What is on disk after observing, and whether the whole time was observed."""
    place = environment(health={"request": "GET /health", "timeout": timeout})
    trial = on_trial(place, values=values, root=tmp_path)
    folder = home(tmp_path, place)
    with alone(folder):
        asked = asked_of(place, root=tmp_path, values=values)
        files, _ = begin(folder, place, asked, now=datetime.now(UTC), goal=lasts, every=every, anew=True)
        observer = Observer(trial, place.system.health, files, every=every, clock=utc_now)
        whole = observer.run(lasts, stop=stop or threading.Event(), tell=lambda _: None)
        files.close()
    trial.close()
    return read_observations(folder)[-1], whole


def of(found, side):
    """How many probes of a side were sent, failed and not sent."""
    mine = [each for each in found.windows if each.side == side]
    return (
        sum(len(each.sent) for each in mine),
        sum(len(each.failed) for each in mine),
        sum(each.unsent for each in mine),
    )


def test_both_sides_are_probed_at_the_pace(tmp_path, sides):
    """Twenty turns; what was not sent in time is told, never made up for."""
    found, whole = observed(tmp_path, {"TARGET_URL": sides[0].url, "ORIGIN_URL": sides[1].url})
    assert whole
    assert found.reached
    for side in ("candidate", "baseline"):
        sent, failed, unsent = of(found, side)
        assert (sent + unsent, failed) == (20, 0)
    assert sides[0].asked == of(found, "candidate")[0]


def test_bad_answers_are_counted_with_their_reason(tmp_path, sides):
    """Every fifth probe meets a 503."""
    sides[0].status = lambda number: 503 if number % 5 == 0 else 200
    found, _ = observed(tmp_path, {"TARGET_URL": sides[0].url, "ORIGIN_URL": sides[1].url})
    sent, failed, _ = of(found, "candidate")
    assert failed == sent // 5
    assert of(found, "baseline")[1] == 0
    assert {why for each in found.windows for why in each.why} == {"status 503, expected 200-299"}


def test_a_side_that_hangs_is_asked_on(tmp_path, sides):
    """Probes go out at their time whether or not those before them were answered, and all of them failed."""
    release = threading.Event()
    sides[0].status = lambda _: 200 if release.wait(5) else 503
    found, _ = observed(tmp_path, {"TARGET_URL": sides[0].url, "ORIGIN_URL": sides[1].url}, timeout="500ms")
    release.set()
    sent, failed, unsent = of(found, "candidate")
    assert sent == failed >= 10
    assert sent + unsent == 20
    assert of(found, "baseline")[1] == 0


def test_nobody_listening_is_the_candidate_s_failure(tmp_path, sides):
    """A closed port is an answer of a kind: users meet it, too."""
    found, _ = observed(tmp_path, {"TARGET_URL": "http://127.0.0.1:9", "ORIGIN_URL": sides[1].url}, lasts=0.3)
    sent, failed, _ = of(found, "candidate")
    assert sent == failed > 0


def test_what_we_cannot_send_is_nobody_s_failure(tmp_path, sides):
    """An address that is not set was never asked."""
    found, _ = observed(tmp_path, {"ORIGIN_URL": sides[1].url}, lasts=0.3)
    sent, failed, unsent = of(found, "candidate")
    assert (sent, failed) == (0, 0)
    assert unsent == 6


def test_an_interrupted_observation_keeps_what_it_saw(tmp_path, sides):
    """The end says that it was interrupted, and every probe until then is there."""
    stop = threading.Event()

    def answer(number: int) -> int:
        if number == 5:
            stop.set()
        return 200

    sides[0].status = answer
    found, whole = observed(tmp_path, {"TARGET_URL": sides[0].url, "ORIGIN_URL": sides[1].url}, lasts=60.0, stop=stop)
    assert not whole
    assert found.ended is not None
    assert found.ended.how == "interrupted"
    assert of(found, "candidate")[0] == sides[0].asked >= 5
