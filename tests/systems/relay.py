"""A line between a client and a database that can break."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType


class Relay:
    """Passes bytes on to the address, and hangs up once more than `after` bytes came back (never while None)."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self.after: int | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Relay:
        """Listening."""
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Every connection has ended."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._threads:
            each.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(near,)))
                self._threads[-1].start()

    def _serve(self, near: socket.socket) -> None:
        with near, socket.create_connection(self.address) as far:
            back = threading.Thread(target=self._pump, args=(far, near), kwargs={"counted": True})
            back.start()
            self._pump(near, far, counted=False)
            back.join()

    def _pump(self, one: socket.socket, other: socket.socket, *, counted: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while part := one.recv(4096):
                passed += len(part)
                if counted and self.after is not None and passed > self.after:
                    break
                other.sendall(part)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
