"""Walks a JSON document of any size and holds one record of it at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from verify.core.errors import StoreUnreadable
from verify.core.values import DEEPEST, JSON, Value
from verify.stores.json_file.text import PIECE, Text

LARGEST: Final = 64 * 2**20
_SPACE = re.compile(r"[ \t\n\r]*")
# A token that was cut in two by the end of a piece is at most this long: `-Infinity`, `\ud83d\ude00`.
_CUT: Final = 16
_WORDS: Final = ("true", "false", "null", "-")
# What a text may end with inside an escape, behind its backslash, and behind the digits of a number.
_HALF_ESCAPE: Final = re.compile(r"u[0-9a-fA-F]{0,3}")
_HALF_NUMBER: Final = re.compile(r"\.|[eE][+-]?")


class Parser:
    """
    A position in the text of one document.

    Every method raises StoreUnreadable, with the place, for what is not JSON, is cut short, names a field
    twice, or is one value of more than 64 MiB.
    """

    def __init__(self, text: Text, source: str) -> None:
        self._text = text
        self._source = source
        self._buffer = ""
        self._at = 0
        self._done = False
        self._dropped = self._bytes = 0
        self.place = "$"

    @property
    def consumed(self) -> int:
        """Characters behind the position."""
        return self._dropped + self._at

    @property
    def passed_bytes(self) -> int:
        """Bytes behind the position, as UTF-8."""
        return self._bytes + _size(self._buffer[: self._at])

    def broken(self, reason: str) -> StoreUnreadable:
        """The error for what is wrong here."""
        return StoreUnreadable(f"{self._source}: {self.place} (character {self.consumed}): {reason}")

    def _more(self) -> bool:
        kept = len(self._buffer) - self._at
        if kept > LARGEST:
            raise self.broken(f"one value of more than {LARGEST >> 20} MiB")
        piece = self._text.read(max(PIECE, kept))
        self._done = not piece
        self._dropped += self._at
        self._bytes += _size(self._buffer[: self._at])
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return bool(piece)

    def peek(self) -> str:
        """The next character that is not blank, or "" at the end of the file."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> str:
        """Passes one of the `wanted` characters and gives it."""
        found = self.peek()
        if not found:
            raise self.broken("the file ends here; it is cut short")
        if found not in wanted:
            raise self.broken(f"{found!r} where one of {' '.join(wanted)} belongs")
        self._at += 1
        return found

    def value(self) -> Value:
        """The next value, whole and exact."""
        if not self.peek():
            raise self.broken("the file ends here; it is cut short")
        while True:
            try:
                found, end = JSON.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._cut_in_two(error) and self._more():
                    continue
                reason = "; the file is cut short" if self._done and self._ends_inside(error) else ""
                raise self.broken(f"not JSON: {error.msg}{reason}") from None
            except RecursionError:
                raise self.broken(f"nested deeper than {DEEPEST} levels") from None
            except ValueError as error:
                raise self.broken(str(error)) from None
            if self._goes_on(end) and self._more():
                continue
            self._at = end
            result: Value = found
            return result

    def _goes_on(self, end: int) -> bool:
        """Whether a bare number that seems to end here, `1` or the `1` of `1.`, may go on in the next piece."""
        if self._buffer[end - 1] in '"]}' or end < len(self._buffer) - _CUT:
            return False
        return self._buffer[end : end + 1] not in tuple(" \t\n\r,]}")

    def _cut_in_two(self, error: json.JSONDecodeError) -> bool:
        return error.pos >= len(self._buffer) - _CUT or error.msg.startswith("Unterminated string")

    def _ends_inside(self, error: json.JSONDecodeError) -> bool:
        """Whether nothing but the end of the text is wrong: what is left of it may begin what belongs there."""
        left = self._buffer[error.pos :].rstrip(" \t\n\r")
        if error.msg.startswith("Unterminated string") or not left:
            return True
        if "escape" in error.msg:
            return _HALF_ESCAPE.fullmatch(self._buffer, error.pos) is not None
        if error.msg.startswith("Expecting value"):
            return any(word.startswith(left) for word in _WORDS)
        return _HALF_NUMBER.fullmatch(left) is not None and self._buffer[error.pos - 1 : error.pos].isdigit()

    def elements(self) -> Iterator[int]:
        """Stops before each element of the array here; the caller passes it."""
        self.take("[")
        home, number = self.place, 0
        if self.peek() == "]":
            self.take("]")
            return
        while True:
            self.place = f"{home}[{number}]"
            yield number
            number += 1
            if self.take(",]") == "]":
                break
        self.place = home

    def members(self) -> Iterator[str]:
        """Stops before each value of the object here and gives its name; the caller passes the value."""
        self.take("{")
        home, names = self.place, set[str]()
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            name = self.value() if self.peek() == '"' else self.take('"')
            if name in names:
                raise self.broken(f"the name {name!r} appears twice in one object")
            names.add(str(name))
            self.take(":")
            self.place = f"{home}.{name}"
            yield str(name)
            self.place = home
            if self.take(",}") == "}":
                break

    def skip(self, depth: int = 0) -> None:
        """Passes the value here, the outermost and large ones piece by piece."""
        kind = self.peek()
        if depth > 3 or kind not in ("[", "{"):
            self.value()
            return
        if depth and self._passed_whole():
            return
        for _ in self.elements() if kind == "[" else self.members():
            self.skip(depth + 1)

    def _passed_whole(self) -> bool:
        """Passes the array or object here if its end was read and nothing is wrong with it; else nothing is passed."""
        try:
            _, self._at = JSON.raw_decode(self._buffer, self._at)
        except (ValueError, RecursionError):
            return False
        return True

    def newline(self) -> bool:
        """Passes blanks; True when a line ended or the file did."""
        ended = False
        while True:
            blanks = _SPACE.match(self._buffer, self._at)
            if blanks:
                ended, self._at = ended or "\n" in blanks.group(), blanks.end()
            if self._at < len(self._buffer):
                return ended
            if not self._more():
                return True

    def ahead(self) -> str:
        """The text from here on: a piece of it, or all that is left."""
        while len(self._buffer) - self._at < PIECE and self._more():
            pass
        return self._buffer[self._at : self._at + PIECE]

    def passed(self, characters: int) -> None:
        """Goes on behind text that `ahead` gave and someone else has read."""
        self._at += characters


def _size(text: str) -> int:
    """How many bytes it is in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())
