"""Handles that keep a value out of sight, and the mask that removes it where it appears all the same."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote, quote_plus, unquote, urlsplit

MASK: Final = "[secret]"
_SHORTEST: Final = 4
_ASSIGNED: Final = re.compile(r"\b(?:password|passwd|pwd)\s*=\s*('[^']*'|\"[^\"]*\"|[^\s;&]+)", re.IGNORECASE)
_ESCAPE: Final = re.compile("%[0-9A-F]{2}")


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
    """The value, and the credentials inside it when it is an address or a list of `key=value`."""
    parts = {value}
    for found in _ASSIGNED.finditer(value):
        password = found[1].strip("'\"")
        parts |= {password, unquote(password)}
    if "://" in value:
        try:
            address = urlsplit(value)
            user, password = address.username or "", address.password or ""
        except ValueError:
            return parts
        if password:
            parts |= {password, unquote(password), f"{unquote(user)}:{unquote(password)}"}
    return parts


def _spellings(value: str) -> set[str]:
    """The ways a value may appear in text: plain, quoted, escaped, base64, hex."""
    raw = value.encode("utf-8", errors="surrogatepass")
    encoded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    percent = {quote(raw, safe=""), quote(raw), quote_plus(raw)}
    return {
        value,
        *percent,
        *(_ESCAPE.sub(lambda found: found[0].lower(), each) for each in percent),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        repr(raw)[2:-1],
        *encoded,
        *(each.rstrip("=") for each in encoded),
        raw.hex(),
        raw.hex().upper(),
    }


class Mask:
    """Replaces every known secret, in each spelling it may take, by `[secret]`."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: set[str] = set()
        self._known: re.Pattern[str] | None = None
        self.add(*values)

    def add(self, *values: str) -> None:
        """Knows these values from now on. Values under four characters cannot be masked and are left."""
        fresh = {part for value in values for part in _parts(value) if len(part) >= _SHORTEST} - self._values
        if fresh:
            self._values |= fresh
            spellings = {each for value in self._values for each in _spellings(value)}
            longest = sorted(spellings, key=lambda text: (-len(text), text))
            self._known = re.compile("|".join(map(re.escape, (MASK, *longest))))

    def __call__(self, text: str) -> str:
        """The text without any known secret; what is masked already stays as it is."""
        return self._known.sub(MASK, text) if self._known else text
