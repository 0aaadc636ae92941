"""What is read ahead is what would have been read, in its order, with its errors, and no further than one piece."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from verify.stores.json_file.ahead import ahead


def test_pieces_come_in_order_and_an_error_in_its_place() -> None:
    """Every piece before the error comes out, then the error itself."""

    def pieces() -> Generator[int, None, None]:
        yield from range(5)
        raise ValueError("the sixth")

    found: list[int] = []
    with pytest.raises(ValueError, match="the sixth"):
        found.extend(ahead(pieces))
    assert found == [0, 1, 2, 3, 4]


def test_the_next_piece_is_made_meanwhile_and_no_other() -> None:
    """While the caller has one piece the next is made, by another thread; the one after it waits to be asked for."""
    made: list[int] = []
    second = threading.Event()

    def pieces() -> Generator[int, None, None]:
        for number in range(10):
            made.append(number)
            if number == 1:
                second.set()
            yield threading.get_ident()

    found = ahead(pieces)
    assert next(found) != threading.get_ident()
    assert second.wait(10)
    found.close()
    assert made == [0, 1]


def test_who_has_had_enough_leaves_nothing_open() -> None:
    """The generator behind is closed, and no thread is left."""
    closed: list[bool] = []

    def pieces() -> Generator[int, None, None]:
        try:
            yield from range(10)
        finally:
            closed.append(True)

    found = ahead(pieces)
    assert next(found) == 0
    found.close()
    assert closed == [True]
    assert not [each for each in threading.enumerate() if each.name.startswith("ahead")]
