"""Database connections for handlers that run in a few threads: one connection a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

C = TypeVar("C")
R = TypeVar("R")

THREADS = 8


class PerThread(Generic[C]):
    """A connection a thread, opened on first use and opened anew after an error of the connection."""

    def __init__(self, open: Callable[[], C], lost: tuple[type[Exception], ...]) -> None:
        self._open, self._lost = open, lost
        self._local = threading.local()

    def use(self, work: Callable[[C], R]) -> R:
        """What the work returns; it is tried once more on a new connection when the kept one was lost."""
        kept: C | None = getattr(self._local, "connection", None)
        if kept is not None:
            try:
                return work(kept)
            except self._lost:
                self._local.connection = None
        opened = self._open()
        result = work(opened)
        self._local.connection = opened
        return result


def threads() -> ThreadPoolExecutor:
    """The threads that handlers run in."""
    return ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="handler")
