"""Reading ahead: the next piece is made while the one before is used."""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")


def ahead(begin: Callable[[], Generator[T, None, None]]) -> Generator[T, None, None]:
    """
    What the generator gives, the next of it made in a thread while the caller works on the last; never more than one.

    What it raises comes out in its place. It is closed, and its thread gone, when the caller has had enough.
    """
    with closing(begin()) as pieces, ThreadPoolExecutor(1, "ahead") as pool:
        # Also the last step is made in the thread, so nobody else is in the generator when it is closed.
        following = pool.submit(next, pieces, None)
        while (piece := following.result()) is not None:
            following = pool.submit(next, pieces, None)
            yield piece
            del piece
