"""One question to a hostile server, and how long it may take."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from verify.clients.http import HttpClient
from verify.core.replies import Reply

GZIP = "Content-Encoding: gzip"
SPARE = 1.0


def get(url: str, path: str = "/", *, deadline: float = 5.0, max_bytes: int = 1_000_000, **more: object) -> Reply:
    with HttpClient(url, max_bytes=max_bytes) as client:
        return client.ask("GET", path, deadline=deadline, **more)


@contextlib.contextmanager
def lasting_at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds
