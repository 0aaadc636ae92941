"""Waiting for threads without becoming deaf."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, wait
from typing import Final, TypeVar

T = TypeVar("T")
# Python's main thread misses a signal that comes between its last look and its wait; it hears it when it wakes.
_WAKING: Final = 0.25


def awaited(*futures: Future[T]) -> Sequence[Future[T]]:
    """The futures, all of them done; a Ctrl-C is heard within a quarter of a second, whenever it came."""
    while wait(futures, timeout=_WAKING).not_done:
        pass
    return futures
