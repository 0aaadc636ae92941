"""Loopback servers that misbehave in one exact way each."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Handler = Callable[[socket.socket, threading.Event], None]


@dataclass
class Hostile:
    """A running server: its port, and the request heads it has read."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The base URL to ask."""
        return f"http://127.0.0.1:{self.port}"


def read_request(sock: socket.socket, server: Hostile) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0)
    while len(body) < length:
        body += sock.recv(65536)
    server.heads.append(head)
    server.bodies.append(body)


def one_connection(raw: socket.socket, handler: Handler, server: Hostile, tls: ssl.SSLContext | None) -> None:
    sock = raw
    with contextlib.suppress(OSError):
        sock = tls.wrap_socket(raw, server_side=True) if tls else raw
        read_request(sock, server)
        handler(sock, server.over)
    sock.close()
    raw.close()


def accepting(listener: socket.socket, start: Callable[[socket.socket], None]) -> None:
    while True:
        try:
            sock, _ = listener.accept()
        except OSError:
            return
        sock.settimeout(20)
        start(sock)


@contextlib.contextmanager
def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """Answers each connection with the handler, until the end of the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Hostile(port=listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def start(sock: socket.socket) -> None:
        threads.append(threading.Thread(target=one_connection, args=(sock, handler, server, tls), daemon=True))
        threads[-1].start()

    acceptor = threading.Thread(target=accepting, args=(listener, start), daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join(5)
        for thread in threads:
            thread.join(5)


def sending(data: bytes) -> Handler:
    """Sends these bytes and closes."""
    return lambda sock, _: sock.sendall(data)


def dripping(at_once: bytes, slowly: bytes, pause: float) -> Handler:
    """Sends the first part, then one byte per pause."""

    def drip(sock: socket.socket, over: threading.Event) -> None:
        sock.sendall(at_once)
        for byte in slowly:
            if over.wait(pause):
                return
            sock.sendall(bytes([byte]))

    return drip


def flooding(head: bytes, block: bytes, times: int) -> Handler:
    """Sends the head, then the block again and again."""

    def flood(sock: socket.socket, over: threading.Event) -> None:
        sock.sendall(head)
        for _ in range(times):
            if over.is_set():
                return
            sock.sendall(block)

    return flood


def waiting(sock: socket.socket, over: threading.Event) -> None:
    """Reads the request and never answers."""
    over.wait(20)


def resetting(data: bytes) -> Handler:
    """Sends these bytes, then resets the connection."""

    def reset(sock: socket.socket, _: threading.Event) -> None:
        sock.sendall(data)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        sock.close()

    return reset


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A whole HTTP/1.1 answer; `length` lies about the body when it is given."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
