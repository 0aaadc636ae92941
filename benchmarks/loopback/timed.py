"""
Two unlike HTTP servers whose answers take time: `python -m benchmarks.loopback.timed KIND FACTOR SHARE SEED`.

KIND is `loop` (uvicorn, one event loop) or `threads` (the standard library, a thread a connection). An answer takes a
lognormal time, median 6 ms, sigma 0.25; that share of them takes FACTOR times as long. The port is printed.
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import uvicorn
from starlette.types import Receive, Scope, Send

_MEDIAN_S: Final = 0.006
_SIGMA: Final = 0.25
_BODY: Final = b'{"items": [1, 2, 3], "total": 3}'


class Times:
    """How long each next answer takes, in seconds."""

    def __init__(self, factor: float, share: float, seed: int) -> None:
        self._factor, self._share = factor, share
        self._draws = random.Random(seed)

    def next(self) -> float:
        """The time of the next answer."""
        slow = self._draws.random() < self._share
        return self._draws.lognormvariate(math.log(_MEDIAN_S), _SIGMA) * (self._factor if slow else 1.0)


def _said(port: int) -> None:
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()


def loop(times: Times) -> None:
    """Serves from one event loop until it is ended."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await asyncio.sleep(times.next())  # the work of an answer, not a wait for anything
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": _BODY})

    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _said(listener.getsockname()[1])
    config = uvicorn.Config(answer, http="h11", ws="none", lifespan="off", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def threads(times: Times) -> None:
    """Serves each connection from a thread of its own until it is ended."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            time.sleep(times.next())  # the work of an answer, not a wait for anything
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(_BODY)))
            self.end_headers()
            self.wfile.write(_BODY)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    class Serving(ThreadingHTTPServer):
        request_queue_size = 1024
        daemon_threads = True

    with Serving(("127.0.0.1", 0), Answering) as server:
        _said(server.server_address[1])
        server.serve_forever()


KINDS: Final = {"loop": loop, "threads": threads}

if __name__ == "__main__":
    kind, factor, share, seed = sys.argv[1:]
    KINDS[kind](Times(float(factor), float(share), int(seed)))
