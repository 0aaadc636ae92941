"""The router before a twin's sides."""

from __future__ import annotations

import contextlib
import http.client
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from sandbox.processes import keeping
from sandbox.routing import REPORT, start_router, tell_router


def backend(name: str) -> ThreadingHTTPServer:
    """A side that says its name."""

    class Named(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("x-platform", name)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Named)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def router(tmp_path_factory) -> Iterator:
    """A router before two sides, and where it tells its ports."""
    folder = tmp_path_factory.mktemp("router")
    sides = {name: backend(name) for name in ("json", "postgres")}
    addresses = {name: f"http://127.0.0.1:{each.server_port}" for name, each in sides.items()}
    with keeping() as keeper:
        found = start_router(keeper, folder, addresses, candidate="postgres", weight=10.0)
        yield found["port"], folder / REPORT
    for each in sides.values():
        each.shutdown()
        each.server_close()


@pytest.fixture(autouse=True)
def _as_at_first(router) -> None:
    """Every test finds 10 %, sticky, at once."""
    tell_router(router[1], {"weight": 10, "sticky": True, "delay": 0})


def ask(url, **headers):
    """Who answers, and the cookie that is given."""
    at = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(at.hostname, at.port, timeout=10)) as connection:
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        assert answer.read() == b"ok"
        return answer.getheader("x-platform"), (answer.getheader("set-cookie") or "").partition(";")[0]


def test_the_canary_by_header_and_cookie(router):
    """Whoever asks for it gets the candidate, and no cookie that would keep it."""
    for headers in ({"X-Canary": "true"}, {"Cookie": "canary=true"}, {"Cookie": "side=json; canary=true"}):
        assert {ask(router[0], **headers) for _ in range(10)} == {("postgres", "")}


def test_visitors_are_drawn_by_weight_and_stay(router):
    """Ten percent, and each meets one side only."""
    met = Counter()
    for _ in range(300):
        side, cookie = ask(router[0])
        assert cookie == f"side={side}"
        assert {ask(router[0], Cookie=cookie) for _ in range(2)} == {(side, "")}
        met[side] += 1
    assert 29 <= met["postgres"] <= 31


def test_without_stickiness_every_request_is_drawn(router):
    """No cookie is given and none is heard."""
    tell_router(router[1], {"weight": 50, "sticky": False})
    assert {ask(router[0], Cookie="side=json") for _ in range(60)} == {("json", ""), ("postgres", "")}


def test_a_weight_of_0_takes_everybody_back(router):
    """Also those who stuck to the candidate; at 100 nobody stays with the baseline."""
    tell_router(router[1], {"weight": 0})
    assert {ask(router[0], Cookie="side=postgres")[0] for _ in range(20)} == {"json"}
    tell_router(router[1], {"weight": 100})
    assert {ask(router[0], Cookie="side=json")[0] for _ in range(20)} == {"postgres"}


def test_a_change_may_take_its_time_as_dns_does(router):
    """Until then the weight before is in force."""
    tell_router(router[1], {"delay": 600})
    told = tell_router(router[1], {"weight": 100})
    assert (told["weight"], told["in_force"]) == (100.0, 10.0)
