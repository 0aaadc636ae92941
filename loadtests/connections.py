"""Kept-alive connections of one arm, and one exchange over them with its times."""

from __future__ import annotations

import errno
import ipaddress
import math
import select
import socket as plain
import ssl as plain_ssl
import time
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import gevent.monkey
import gevent.socket
import gevent.ssl
from geventhttpclient._parser import HTTPParseError, HTTPResponseParser

from loadtests.target import Origin

CHUNK: Final = 65536
NEVER: Final = math.nan
_poll: Final = gevent.monkey.get_original("select", "poll")  # the patched one goes through the loop


class Exchange(NamedTuple):
    """Times on time.perf_counter (NaN for what never came), what came, and the class of the error, if any."""

    sent: float
    first: float
    done: float
    bytes: int
    status: int
    reconnects: int
    error: str
    dns: float = NEVER
    connect: float = NEVER
    tls: float = NEVER


@dataclass(slots=True)
class Marks:
    """
    When the request was on the socket and when the first byte of its answer came; before that, the seconds it took to
    look the name up, to connect and to agree on TLS, each NaN when it was not done for this request.
    """

    sent: float = NEVER
    first: float = NEVER
    dns: float = NEVER
    connect: float = NEVER
    tls: float = NEVER


class CutShortError(OSError):
    """The server closed the connection before its answer was whole."""


class TooLongError(OSError):
    """The answer holds more bytes than the cap."""


FAILURES: Final = (OSError, HTTPParseError)


class Answer(HTTPResponseParser):
    """Parses one answer, counts its body and keeps nothing of it, but for `kept`, which takes the bytes where it is given."""

    def __init__(self, *, head: bool, kept: bytearray | None = None) -> None:
        super().__init__()
        self._kept = kept
        if kept is not None:
            kept.clear()
        self.head = head
        self.bytes = 0
        self.complete = False

    def _on_message_begin(self) -> None:
        self.complete = False  # an interim 1xx answer is followed by the real one

    def _on_headers_complete(self) -> bool:
        return self.head

    def _on_body(self, data: bytes) -> None:
        self.bytes += len(data)
        if self._kept is not None:
            self._kept += data

    def _on_message_complete(self) -> None:
        self.complete = True

    def _on_status(self, _: str) -> None:
        """Not kept."""

    def _on_header_field(self, _: str) -> None:
        """Not kept."""

    def _on_header_value(self, _: str) -> None:
        """Not kept."""

    @property
    def whole(self) -> bool:
        """True once the final answer has ended."""
        return self.complete and self.get_code() >= 200


class Connections:
    """As many connections to one origin as are needed; idle ones are used again, the last one first."""

    def __init__(self, origin: Origin, *, remember: bool = True) -> None:
        self.origin = origin
        self._idle: list[Any] = []
        self._remember = remember
        self._address: tuple[Any, ...] | None = None
        self._tls = gevent.ssl.create_default_context() if origin.scheme == "https" else None

    def take(self, timeout: float, marks: Marks) -> tuple[Any, bool]:
        """An idle connection that is still open, or a fresh one; and whether it was used before."""
        while self._idle:
            socket = self._idle.pop()
            if not _readable(socket):  # an idle connection has nothing to say unless it is closed
                return socket, True
            socket.close()
        return self.connect(timeout, marks), False

    def give(self, socket: Any) -> None:
        """The connection may be used again."""
        self._idle.append(socket)

    def connect(self, timeout: float, marks: Marks) -> Any:
        """A fresh connection, its TLS agreed, its times in `marks`; the name is looked up once a run if remembered."""
        family, kind, protocol, _, address = self._found(marks)
        socket = gevent.socket.socket(family, kind, protocol)
        try:
            socket.settimeout(timeout)
            began = time.perf_counter()
            socket.connect(address)
            marks.connect = time.perf_counter() - began
            socket.setsockopt(plain.IPPROTO_TCP, plain.TCP_NODELAY, 1)
            return self._agreed(socket, self._tls, marks) if self._tls else socket
        except BaseException:
            socket.close()
            raise

    def _found(self, marks: Marks) -> tuple[Any, ...]:
        if self._address is not None and self._remember:
            return self._address
        began = time.perf_counter()
        look_up = plain.getaddrinfo if _is_address(self.origin.host) else gevent.socket.getaddrinfo
        found = look_up(self.origin.host, self.origin.port, 0, plain.SOCK_STREAM)
        marks.dns = NEVER if _is_address(self.origin.host) else time.perf_counter() - began
        self._address = found[0]
        return self._address

    def _agreed(self, socket: Any, tls: Any, marks: Marks) -> Any:
        began = time.perf_counter()
        agreed = tls.wrap_socket(socket, server_hostname=self.origin.host)
        marks.tls = time.perf_counter() - began
        return agreed

    def close(self) -> None:
        """Every idle connection is closed."""
        while self._idle:
            self._idle.pop().close()


def _is_address(host: str) -> bool:
    """True for what needs no looking up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _readable(socket: Any) -> bool:
    poll = _poll()
    poll.register(socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def exchange(
    pool: Connections,
    message: bytes,
    *,
    method: str,
    repeatable: bool,
    timeout: float,
    max_bytes: int,
    fresh: bool = False,
    keep: bool = True,
    kept: bytearray | None = None,
) -> Exchange:
    """
    One request and its answer, read whole, within `timeout` seconds in total; never raises for the network.

    A used connection that the server closed in the meantime is replaced once when the request may be repeated
    (RFC 9110, 9.2.2) and no byte of an answer had come; `reconnects` counts it. `fresh` opens a connection even when
    one is idle; without `keep` it is closed after the answer. `kept` holds the answer's body afterwards.
    """
    deadline = time.perf_counter() + timeout
    reconnects = 0
    while True:
        marks = Marks()
        answer = Answer(head=method == "HEAD", kept=kept)
        used = False
        try:
            socket, used = (pool.connect(timeout, marks), False) if fresh else pool.take(timeout, marks)
            converse(socket, message, answer, marks, deadline=deadline, max_bytes=max_bytes)
        except FAILURES as error:
            stale = used and math.isnan(marks.first) and isinstance(error, CutShortError | ConnectionError)
            if stale and repeatable and not reconnects:
                reconnects += 1
                continue
            status = answer.get_code() if not math.isnan(marks.first) else 0
            return _exchanged(marks, time.perf_counter(), answer.bytes, status, reconnects, named(error))
        done = time.perf_counter()
        if keep and answer.should_keep_alive():
            pool.give(socket)
        else:
            socket.close()
        return _exchanged(marks, done, answer.bytes, answer.get_code(), reconnects, "")


def _exchanged(marks: Marks, done: float, size: int, status: int, reconnects: int, error: str) -> Exchange:
    return Exchange(marks.sent, marks.first, done, size, status, reconnects, error, marks.dns, marks.connect, marks.tls)


def converse(socket: Any, message: bytes, answer: Answer, marks: Marks, *, deadline: float, max_bytes: int) -> None:
    """The answer is whole and `marks` holds when the request was sent and the first byte came; else it raises."""
    try:
        socket.settimeout(max(deadline - time.perf_counter(), 0.001))
        socket.sendall(message)
        marks.sent = time.perf_counter()
        while not answer.whole:
            socket.settimeout(max(deadline - time.perf_counter(), 0.001))
            data = socket.recv(CHUNK)
            if data and math.isnan(marks.first):
                marks.first = time.perf_counter()
            if not data and math.isnan(marks.first):
                raise CutShortError("closed before it answered")
            answer.feed(data)  # no data is the end, which the parser may accept
            if not data and not answer.whole:
                raise CutShortError("closed before its answer was whole")
            if answer.bytes > max_bytes:
                raise TooLongError(f"over {max_bytes:,} bytes")
    except BaseException:
        socket.close()
        raise


def named(error: Exception) -> str:
    """The class of a failure in a few words, without addresses or counts."""
    known: tuple[tuple[type[Exception], str], ...] = (
        (TimeoutError, "timeout"),
        (ConnectionRefusedError, "connection refused"),
        (CutShortError, "connection closed"),
        (ConnectionError, "connection reset"),
        (TooLongError, "answer too long"),
        (plain_ssl.SSLError, "TLS not agreed"),
        (plain.gaierror, "name not found"),
        (HTTPParseError, "unreadable answer"),
    )
    for kind, words in known:
        if isinstance(error, kind):
            return words
    number = getattr(error, "errno", None)
    return f"network error {errno.errorcode.get(number, number) if number else type(error).__name__}"
