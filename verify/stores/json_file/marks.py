"""Where the punctuation of a piece of JSON stands outside its strings, found for all its characters at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Bytes: TypeAlias = npt.NDArray[np.uint8]
Places: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]

QUOTE: Final = 34
_BACKSLASH: Final = 92
# What tells the two cases of a letter apart also tells `[` from `{` and `]` from `}`.
_CASE: Final = np.uint8(32)
_WORD: Final = 64


class UnfitError(Exception):
    """The piece is not JSON, or not of the plain sort; the patient parser will say which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """
    The punctuation of a piece: `at` are the positions of `{}[],:` outside strings, `kinds` the characters there.

    `escapes` are the positions of backslashes, `quotes` is true at quotation marks that none of them escapes. `outside`
    is true for every character that lies in no string; the mark that ends a string is outside, the one that begins it
    is not.
    """

    raw: bytes
    characters: Bytes
    escapes: Places
    at: Places
    kinds: Bytes
    quotes: Mask
    outside: Mask

    def quoted(self, end: int) -> int:
        """How many quotation marks there are before `end`; raises UnfitError for a control character in a string there."""
        if not self.outside.take(np.flatnonzero(self.characters[:end] < ord(" "))).all():
            raise UnfitError
        return int(np.count_nonzero(self.quotes[:end]))


def marks(raw: bytes) -> Marks:
    """The punctuation of the piece, whatever it is, as far as it can be told from strings."""
    characters = np.frombuffer(raw, np.uint8)
    escapes = np.flatnonzero(characters == _BACKSLASH) if b"\\" in raw else np.empty(0, np.int64)
    quotes = characters == QUOTE
    if escapes.size:
        escaped = _escaped(escapes)
        quotes[escaped[escaped < characters.size]] = False
    outside = _outside(quotes)
    folded = characters | _CASE
    signs = folded == ord("{")
    signs |= folded == ord("}")
    signs |= characters == ord(",")
    signs |= characters == ord(":")
    signs &= outside
    at = np.flatnonzero(signs)
    return Marks(
        raw=raw, characters=characters, escapes=escapes, at=at, kinds=characters.take(at), quotes=quotes, outside=outside
    )  # fmt: skip


def _outside(quotes: Mask) -> Mask:
    """
    Which characters have an even number of quotation marks up to and with them.

    The sums are made of 64 characters at a time, each a bit: shifted by 1, 2, 4, … and added without carrying.
    """
    bits = np.zeros(-(-quotes.size // _WORD) * (_WORD // 8), np.uint8)
    packed = np.packbits(quotes, bitorder="little")
    bits[: packed.size] = packed
    words = bits.view("<u8")
    shift = 1
    while shift < _WORD:
        words ^= words << np.uint64(shift)
        shift *= 2
    odd = words >> np.uint64(_WORD - 1)
    words ^= (np.bitwise_xor.accumulate(odd) ^ odd) * np.uint64(2**_WORD - 1)
    found: Mask = np.unpackbits(~bits, count=quotes.size, bitorder="little").view(np.bool_)
    return found


def _escaped(escapes: Places) -> Places:
    """The places behind a backslash that is not itself escaped."""
    first = np.diff(escapes, prepend=-2) != 1
    run = np.flatnonzero(first)
    within = np.arange(escapes.size) - np.repeat(run, np.diff(run, append=escapes.size))
    places: Places = escapes[within % 2 == 0] + 1
    return places
