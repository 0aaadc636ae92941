"""Content codings undone piece by piece, under a cap, with their end marker required."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Final

from verify.core.errors import AnswerMalformed, BudgetExceeded

# Small pieces keep the copy of unread input cheap when a body consists of very many tiny members.
_PIECE: Final = 4096
_CODINGS: Final = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


class Plain:
    """A body without coding, under a cap."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._cap = max_bytes

    def feed(self, data: bytes) -> bytes:
        """The same bytes; raises BudgetExceeded past the cap."""
        self._left -= len(data)
        if self._left < 0:
            raise BudgetExceeded(f"the body holds more than {self._cap} bytes; reading stopped there")
        return data

    def end(self) -> None:
        """The body is whole."""


class Inflated(Plain):
    """A gzip (any number of members) or deflate body; `end` raises when the end marker has not come."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self._coding = coding
        self._begun = b""
        self._member: zlib._Decompress | None = None

    def feed(self, data: bytes) -> bytes:
        """The decoded part of these bytes; raises BudgetExceeded, AnswerMalformed, zlib.error."""
        return b"".join(self._piece(data[at : at + _PIECE]) for at in range(0, len(data), _PIECE))

    def _piece(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        data = self._begun + data
        self._begun = b""
        while data:
            if self._member is None or self._member.eof:
                if len(data) < 2:
                    self._begun = data
                    break
                self._member = self._open(data)
            part = self._member.decompress(data, self._left + 1)
            parts.append(super().feed(part))
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return b"".join(parts)

    def _open(self, data: bytes) -> zlib._Decompress:
        if self._coding == "gzip":
            if data[:2] != b"\x1f\x8b":
                where = "follow the end of" if self._member else "begin"
                raise AnswerMalformed(f"bytes that are not gzip {where} the gzip body")
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        if self._member is not None:
            raise AnswerMalformed("bytes follow the end of the deflate body")
        # RFC 9110 8.4.1.2 means zlib's framing; some servers send the bare stream.
        framed = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        return zlib.decompressobj(zlib.MAX_WBITS if framed else -zlib.MAX_WBITS)

    def end(self) -> None:
        """Returns when the coding ended with its marker, or when no byte came at all (an empty body)."""
        if self._begun or (self._member is not None and not self._member.eof):
            raise AnswerMalformed(f"the {self._coding} body is cut short: its end marker is missing")


def decoder(content_encoding: str, accepted: Callable[[str], bool], max_bytes: int) -> Plain:
    """
    What undoes the coding that an answer names.

    `accepted` says whether a coding was asked for. Raises AnswerMalformed for one that was not, that is not
    known, or that is applied more than once.
    """
    named = [part.strip().lower() for part in content_encoding.split(",")]
    named = [part for part in named if part not in ("", "identity")]
    if not named:
        return Plain(max_bytes)
    coding = _CODINGS.get(named[0])
    if len(named) > 1 or coding is None or not accepted(coding):
        raise AnswerMalformed("the body has a content encoding that was not asked for")
    return Inflated(coding, max_bytes)
