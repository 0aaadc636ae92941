"""One kept HTTP connection: whole answers within a deadline and a cap, or an error."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from verify.core.errors import StoreUnreadable
from verify.stores.dynamodb._edge import wire_errors

LARGEST: Final = 64 * 2**20  # a page is at most 1 MB of items, a batch 16 MB; base64 and names make them longer
_PIECE: Final = 2**18


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole: status, content type, the checksum the server promised, body."""

    status: int
    kind: str
    checksum: str | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds to connect, seconds for one exchange from sending to the last byte, bytes of one answer."""

    connect_s: float = 5.0
    deadline_s: float = 60.0
    largest: int = LARGEST


class Connection:
    """Posts to one endpoint, one question at a time; for one thread. Opened by the first question."""

    def __init__(self, endpoint: str, *, limits: Limits, source: str) -> None:
        self._at = urlsplit(endpoint)
        self._limits = limits
        self._source = f"{source} at {self._at.netloc}"
        self._kept: http.client.HTTPConnection | None = None

    def post(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply to the body. Asked once more on a new connection when a kept one was closed meanwhile."""
        with wire_errors(self._source):
            if self._kept is not None:
                with contextlib.suppress(ConnectionError):
                    return self._exchanged(self._kept, headers, body)
                self.close()
            self._kept = self._opened()
            return self._exchanged(self._kept, headers, body)

    def close(self) -> None:
        """The connection is closed."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _opened(self) -> http.client.HTTPConnection:
        host, port, wait = self._at.hostname or "", self._at.port, self._limits.connect_s
        found = (
            http.client.HTTPSConnection(host, port, timeout=wait, context=ssl.create_default_context())
            if self._at.scheme == "https"
            else http.client.HTTPConnection(host, port, timeout=wait)
        )
        found.connect()
        found.sock.settimeout(self._limits.deadline_s)
        return found

    def _exchanged(self, connection: http.client.HTTPConnection, headers: Mapping[str, str], body: bytes) -> Reply:
        with _bounded(connection.sock, self._limits.deadline_s):
            connection.request("POST", "/", body=body, headers=dict(headers))
            response = connection.getresponse()
            whole = self._whole(response)
        if response.will_close:
            self.close()
        return Reply(
            response.status, response.headers.get("content-type", ""), response.headers.get("x-amz-crc32"), whole
        )

    def _whole(self, response: http.client.HTTPResponse) -> bytes:
        # What says its length is read into one place; a buffer that grows would take twice the room, in every thread.
        if response.length is not None and response.length <= self._limits.largest:
            return response.read()
        found = bytearray()
        while piece := response.read(_PIECE):
            found += piece
            if len(found) > self._limits.largest:
                self.close()
                raise StoreUnreadable(f"{self._source}: an answer of more than {self._limits.largest >> 20} MiB")
        return bytes(found)


@contextmanager
def _bounded(sock: socket.socket | None, seconds: float) -> Iterator[None]:
    """Raises TimeoutError when the block takes longer: a peer that sends a byte now and then cannot stretch it."""
    passed = threading.Event()

    def cut() -> None:
        passed.set()
        if sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if passed.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
