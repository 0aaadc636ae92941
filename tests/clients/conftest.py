"""Hostile servers for the clients' tests."""

from __future__ import annotations

import contextlib
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from hostile import Handler, Hostile, serving


@pytest.fixture
def serve() -> Iterator[Callable[..., Hostile]]:
    """Starts servers that end with the test."""
    with contextlib.ExitStack() as stack:

        def start(handler: Handler, tls: ssl.SSLContext | None = None) -> Hostile:
            return stack.enter_context(serving(handler, tls))

        yield start
