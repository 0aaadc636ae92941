"""Handles that keep a value out of sight, and the mask that removes it where it appears all the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK: Final = "[secret]"
_SHORTEST: Final = 4


class Secret:
    """
    A value that is looked up only where a driver needs it.

    Holds the look-up, never the value, so no assertion, traceback or report can show it. `name` says where
    the value comes from (`${DB_DSN}`) and is safe to print.
    """

    __slots__ = ("_look_up", "name")

    def __init__(self, name: str, look_up: Callable[[], str]) -> None:
        self.name = name
        self._look_up = look_up

    def reveal(self) -> str:
        """The value; call it in the argument list of the driver, keep it nowhere."""
        return self._look_up()

    def __repr__(self) -> str:
        return f"Secret({self.name})"

    __str__ = __repr__


def _parts(value: str) -> set[str]:
    """The value, and the password inside it when it is an address."""
    parts = {value}
    if "://" in value:
        try:
            password = urlsplit(value).password
        except ValueError:
            password = None
        if password:
            parts |= {password, unquote(password)}
    return parts


def _spellings(value: str) -> set[str]:
    """The ways a value may appear in text: plain, quoted, escaped, base64."""
    encoded = base64.b64encode(value.encode()).decode()
    return {
        value,
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        encoded,
        encoded.rstrip("="),
        value.encode().hex(),
    }


class Mask:
    """Replaces every known secret, in each spelling it may take, by `[secret]`."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._spellings: tuple[str, ...] = ()
        self._values: set[str] = set()
        self.add(*values)

    def add(self, *values: str) -> None:
        """Knows these values from now on. Values under four characters cannot be masked and are left."""
        fresh = {part for value in values for part in _parts(value) if len(part) >= _SHORTEST} - self._values
        if fresh:
            self._values |= fresh
            spellings = {each for value in self._values for each in _spellings(value)}
            self._spellings = tuple(sorted(spellings, key=lambda text: (-len(text), text)))

    def __call__(self, text: str) -> str:
        """The text without any known secret."""
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, MASK)
        return text
