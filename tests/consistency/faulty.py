"""A service reached through something that spoils its answers from a certain one on."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What the service answered (status, body) to the path, and what is said instead.
Spoil = Callable[[str, int, bytes], tuple[int, bytes]]
_DROPPED = {"content-length", "transfer-encoding", "connection", "content-encoding"}


@dataclass
class Between:
    """Passes every request on to the address as `ask` leaves its path, and every answer back as `spoil` leaves it."""

    host: str
    port: int
    ask: Callable[[str], str] = lambda path: path
    spoil: Spoil = lambda _, status, body: (status, body)
    url: str = ""

    def answer(self, ask: BaseHTTPRequestHandler) -> None:
        """One request, passed on and answered."""
        body = ask.rfile.read(int(ask.headers.get("content-length") or 0))
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request(ask.command, self.ask(ask.path), body, dict(ask.headers.items()))
        heard = connection.getresponse()
        status, text = self.spoil(ask.path, heard.status, heard.read())
        connection.close()
        ask.send_response(status)
        for name, value in heard.getheaders():
            # A refusal has no checksum of what was not sent.
            refused = status != heard.status and name.lower().startswith("x-amz-checksum-")
            if name.lower() not in _DROPPED and not refused:
                ask.send_header(name, value)
        ask.send_header("content-length", str(len(text)))
        ask.end_headers()
        ask.wfile.write(b"" if ask.command == "HEAD" else text)


@contextmanager
def between(host: str, port: int) -> Iterator[Between]:
    """Something that passes on and spoils nothing yet, for the block."""
    found = Between(host, port)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.answer(self)

        do_HEAD = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
