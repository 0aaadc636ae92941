"""Sockets under one total deadline and one byte budget."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore

from verify.clients._addresses import Found, resolve, vet
from verify.core.errors import BudgetExceeded, DeadlineExceeded
from verify.core.replies import Timing

_HEAD_END: Final = re.compile(rb"\n\r?\n")
_INTERIM: Final = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d")
_HEAD_ALLOWANCE: Final = 256 * 1024


class Exchange:
    """
    One question and its answer on the wire: how long it may take, how much it may send, what was seen.

    `deadline` is seconds from now for everything together; `max_bytes` is the cap of the body. Chunked framing
    and heads are granted as much again and 256 KiB, so that endless interim answers end too.
    """

    def __init__(self, deadline: float, max_bytes: int) -> None:
        self._granted = deadline
        self._started = time.monotonic()
        self._budget = 2 * max_bytes + _HEAD_ALLOWANCE
        self._wire = 0
        self._head: bytearray | None = bytearray()
        self._first_byte = 0.0
        self.after_head = 0
        self.left_unread = False
        self.address = ""
        self.dns = self.connect = self.tls = 0.0

    def elapsed(self) -> float:
        """Seconds since the question was asked."""
        return time.monotonic() - self._started

    def remaining(self) -> float:
        """Seconds left; raises DeadlineExceeded when there are none."""
        left = self._granted - self.elapsed()
        if not left > 0:
            raise self.late()
        return left

    def late(self) -> DeadlineExceeded:
        """What to raise when time is up."""
        return DeadlineExceeded(f"no whole answer within {self._granted:g} s")

    def received(self, data: bytes) -> None:
        """Counts what came off the wire; raises BudgetExceeded when it is too much."""
        if not self._wire:
            self._first_byte = self.elapsed()
        self._wire += len(data)
        if self._wire > self._budget:
            raise BudgetExceeded(f"the answer sent more than {self._budget} bytes; reading stopped there")
        if self._head is None:
            self.after_head += len(data)
        else:
            self._find_body(self._head, data)

    def _find_body(self, head: bytearray, data: bytes) -> None:
        """Finds where the final head ends, so that bytes past a declared length can be noticed."""
        start = max(0, len(head) - 3)
        head += data
        while end := _HEAD_END.search(head, start):
            interim = _INTERIM.match(head)
            if interim is None:
                self.after_head = len(head) - end.end()
                self._head = None
                return
            del head[: end.end()]
            start = 0

    def timing(self) -> Timing:
        """Where the time went, up to now."""
        return Timing(
            dns=self.dns,
            connect=self.connect,
            tls=self.tls,
            first_byte=self._first_byte,
            total=self.elapsed(),
        )


class Line(httpcore.NetworkStream):
    """A connected socket that obeys its exchange; time-outs of the caller are not heard."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        self._exchange = exchange

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the exchange rules
        """The next bytes, or none at the end of the stream."""
        self._sock.settimeout(self._exchange.remaining())
        try:
            data = self._sock.recv(max_bytes)
        except TimeoutError:
            raise self._exchange.late() from None
        self._exchange.received(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the exchange rules
        """Everything is handed to the system."""
        rest = memoryview(buffer)
        while rest:
            self._sock.settimeout(self._exchange.remaining())
            try:
                rest = rest[self._sock.send(rest) :]
            except TimeoutError:
                raise self._exchange.late() from None
            except OSError as error:
                # Only this kind lets httpcore go on and read an early refusal such as 413.
                raise httpcore.WriteError(error.strerror or "") from error

    def close(self) -> None:
        """The connection is closed; bytes nobody asked for are noted first."""
        try:
            self._exchange.left_unread = self._exchange.left_unread or self._pending()
        finally:
            self._sock.close()

    def _pending(self) -> bool:
        try:
            if isinstance(self._sock, ssl.SSLSocket):
                return self._sock.pending() > 0
            # A time-out would be waited for even with MSG_DONTWAIT.
            self._sock.settimeout(0)
            return bool(self._sock.recv(1, socket.MSG_PEEK))
        except (OSError, ValueError):
            return False

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the exchange rules
    ) -> httpcore.NetworkStream:
        """The same connection under TLS; a stream cut without its closing alert will be an error, not an end."""
        began = self._exchange.elapsed()
        try:
            self._sock.settimeout(self._exchange.remaining())
            sock = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname, suppress_ragged_eofs=False)
        except TimeoutError:
            self._sock.close()
            raise self._exchange.late() from None
        except BaseException:
            self._sock.close()
            raise
        self._exchange.tls = self._exchange.elapsed() - began
        return Line(sock, self._exchange)

    def get_extra_info(self, info: str) -> Any:
        """Only what httpcore needs: the TLS object, to see which protocol was agreed."""
        return self._sock if info == "ssl_object" and isinstance(self._sock, ssl.SSLSocket) else None


class Wires(httpcore.NetworkBackend):
    """Connects to vetted addresses only, within the exchange's deadline."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the exchange rules
        local_address: str | None = None,  # noqa: ARG002 - none is ever asked for
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002 - none is ever asked for
    ) -> httpcore.NetworkStream:
        """
        A connection to the first address that takes it; the name is resolved once, so it cannot be rebound.

        Raises HostNotDeclared, DeadlineExceeded, OSError.
        """
        exchange = self._exchange
        found = resolve(host, port, exchange.remaining())
        exchange.dns = exchange.elapsed()
        vet(host, found)
        sock = self._first(found)
        exchange.connect = exchange.elapsed() - exchange.dns
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Line(sock, exchange)

    def _first(self, found: list[Found]) -> socket.socket:
        problem: OSError = OSError("no address")
        for index, (family, place) in enumerate(found):
            # A silent address gets its share only, so that a dead IPv6 route does not use up all the time.
            share = self._exchange.remaining() / (len(found) - index)
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(share)
                sock.connect(place)
            except OSError as error:
                sock.close()
                problem = error
            else:
                self._exchange.address = _shown(place)
                return sock
        raise problem


def _shown(place: tuple[str | int | bytes, ...]) -> str:
    host, port = str(place[0]), str(place[1])
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
