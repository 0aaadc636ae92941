"""What two stores say when both are asked at once; what one cannot say is a Problem."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from verify.core.awaiting import awaited
from verify.core.errors import StoreError
from verify.core.verdicts import Answer, Conclusion, Observation, Problem, unheard
from verify.stores.protocol import Store

T = TypeVar("T")
U = TypeVar("U")


def observed(store: Store, ask: Callable[[], T]) -> Observation[T]:
    """What the store said, or why it could not be heard. Anything but a StoreError passes through."""
    try:
        return Answer(source=store.source, value=ask())
    except StoreError as error:
        return Problem(source=store.source, reason=str(error).removeprefix(f"{store.source}: "))


def both(one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
    """Both answers, asked at the same time."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        first, second = pool.submit(one), pool.submit(other)
        awaited(first)
        awaited(second)
    return first.result(), second.result()


def silent(*found: Observation[T]) -> Conclusion:
    """The INCONCLUSIVE that names every side that was not heard; at least one was not."""
    conclusion = unheard(*found)
    if conclusion is None:
        raise ValueError("every side was heard")
    return conclusion
