"""httpx over bounded sockets: one connection an exchange, under that exchange's deadline and budget."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterable, Iterator
from typing import cast

import httpcore
import httpx

from verify.clients._streams import Exchange, Wires

# Both libraries log request lines and, when debugging, whole answer heads with their cookies.
for _name in ("httpx", "httpcore.connection", "httpcore.http11"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class _Body(httpx.SyncByteStream):
    """The body as it comes; closing it closes the connection."""

    def __init__(self, stream: Iterable[bytes], pool: httpcore.ConnectionPool) -> None:
        self._stream = stream
        self._pool = pool

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        closing = getattr(self._stream, "close", None)
        if closing is not None:
            closing()
        self._pool.close()


class Transport(httpx.BaseTransport):
    """
    Every exchange has a connection of its own, so none inherits state, bytes or a half-closed socket.

    The request's extension `exchange` carries its deadline and budget, `target` the request target as written
    (httpx itself would resolve `..` and so hide what a path does).
    """

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer, and its body as a stream; raises what httpcore and the sockets raise."""
        exchange = cast("Exchange", request.extensions["exchange"])
        url = request.url
        where = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=request.extensions["target"]
        )
        content = cast("Iterable[bytes]", request.stream)
        asked = httpcore.Request(method=request.method, url=where, headers=request.headers.raw, content=content)
        pool = httpcore.ConnectionPool(
            ssl_context=self._trust,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=Wires(exchange),
        )
        try:
            answer = pool.handle_request(asked)
        except BaseException:
            pool.close()
            raise
        body = _Body(cast("Iterable[bytes]", answer.stream), pool)
        return httpx.Response(status_code=answer.status, headers=answer.headers, stream=body)
