"""The strings, numbers and words of a piece in canonical text, most of them without being touched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from verify.core.values import Number, encode, parse_json, token
from verify.stores.json_file.digits import judged
from verify.stores.json_file.structure import INSIDE, MEMBER, QUOTE, VALUE, Bytes, Places, Structure, UnfitError

STRING, NUMBER, TRUE, FALSE, NULL = range(1, 6)
WORDS: Final = {TRUE: b"true", FALSE: b"false", NULL: b"null"}
KINDS: Final = np.zeros(256, np.uint8)
KINDS[list(b'"tfn')] = STRING, TRUE, FALSE, NULL
KINDS[list(b"-0123456789")] = NUMBER


class Scalars:
    """
    Every scalar of a structure as canonical text: with its kind in a field, as an item inside a nested value.

    The text of most is the text of the file: its kind is written over the character before it, which nobody needs
    any more (the colon, or the opening quotation mark). `numbers` says which text of `texts` is that of a scalar;
    `gaps` says in which gap of the structure it lies; `strings` is how many are strings. Raises UnfitError for what is no
    JSON, but for a string that is ended before its end, which the number of quotation marks tells.
    """

    def __init__(self, structure: Structure) -> None:
        roles = structure.roles
        self.gaps: Places = np.flatnonzero((roles == VALUE) | (roles == INSIDE))
        self.numbers: Places = np.arange(self.gaps.size) * 2
        self._structure = structure
        self._buffer: Bytes = structure.characters.copy()
        self._inside: npt.NDArray[np.bool_] = roles.take(self.gaps) == INSIDE
        self._from: Places = structure.starts.take(self.gaps)
        self._to: Places = structure.ends.take(self.gaps)
        self._extras: list[str] = []
        self._known: dict[str, int] = {}
        self.strings = 0
        self._canonical(KINDS.take(structure.characters.take(self._from)))

    def added(self, text: str) -> int:
        """The number of a text that stands nowhere in the file."""
        if text not in self._known:
            self._known[text] = self._next()
            self._extras.append(text)
        return self._known[text]

    def _next(self) -> int:
        return self.gaps.size * 2 + len(self._extras)

    def texts(self) -> pa.LargeStringArray:
        """All texts; those at odd numbers below twice the scalars lie between two scalars and mean nothing."""
        scalars = np.stack([self._from, self._to], axis=1).ravel()
        if not self._extras:
            offsets, data = np.append(scalars, self._buffer.size), pa.py_buffer(self._buffer)
        else:
            _, bounds, extras = pa.array(self._extras, pa.large_string()).buffers()
            ends = np.frombuffer(bounds, np.int64, len(self._extras) + 1) + self._buffer.size
            offsets, data = np.concatenate([scalars, ends]), pa.py_buffer(self._buffer.tobytes() + bytes(extras or b""))
        return pa.LargeStringArray.from_buffers(offsets.size - 1, pa.py_buffer(offsets), data)

    def _canonical(self, kinds: Bytes) -> None:
        named = self._structure.codes.take(self.gaps + 1) == MEMBER
        if not kinds.all() or (kinds[named] != STRING).any():
            raise UnfitError
        escaped = self._escaped()
        self._strings(np.flatnonzero(kinds == STRING))
        self._exactly(self._judged(np.flatnonzero(kinds == NUMBER)))
        self._exactly(escaped[kinds[escaped] == STRING])
        for kind, word in WORDS.items():
            self._words(np.flatnonzero(kinds == kind), word, kind)

    def _escaped(self) -> Places:
        """The scalars with a backslash in them."""
        escapes = self._structure.escapes
        owner = np.searchsorted(self._from, escapes, "right") - 1
        within = (owner >= 0) & (escapes < self._to[owner]) if self._to.size else np.zeros(escapes.size, np.bool_)
        found: Places = np.unique(owner[within])
        return found

    def _exactly(self, which: Places) -> None:
        """Has these scalars read by the exact parser."""
        starts, ends = self._structure.starts[self.gaps[which]], self._structure.ends[self.gaps[which]]
        self.numbers[which] = self._next() + np.arange(which.size)
        for text, inside in zip(exact(self._structure.raw, starts, ends), self._inside[which].tolist(), strict=True):
            self._extras.append(token(text) if inside else text)

    def _strings(self, which: Places) -> None:
        quoted = self._structure.characters[self._to[which] - 1] == QUOTE
        if not quoted.all():
            raise UnfitError
        self.strings = int(which.size)
        top = which[~self._inside[which]]
        self._buffer[self._from[top]] = ord("s")
        self._to[top] -= 1

    def _judged(self, which: Places) -> Places:
        """Cuts the numbers to their canonical text and gives those that need more."""
        self._from[which] -= 1
        self._buffer[self._from[which]] = ord("#")
        surplus, odd = judged(self.texts().take(pa.array(which * 2)))
        self._to[which] -= surplus
        self._from[which[self._inside[which]]] += 1
        found: Places = which[odd]
        return found

    def _words(self, which: Places, word: bytes, kind: int) -> None:
        require_word(self._structure.characters, self._from[which], self._to[which], word)
        top = which[~self._inside[which]]
        if kind == NULL:
            self._to[top] = self._from[top] + 1
        else:
            self._from[top] -= 1
            self._buffer[self._from[top]] = ord("b")


def exact(raw: bytes, starts: Places, ends: Places) -> list[str]:
    """The encodings of the strings and numbers from each start to its end, by the exact parser."""
    texts = [raw[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    return _encoded(_read(texts))


def require_word(characters: Bytes, starts: Places, ends: Places, word: bytes) -> None:
    """Raises UnfitError unless the word stands from each start to its end."""
    if (ends - starts != len(word)).any():
        raise UnfitError
    for at, letter in enumerate(word):
        if (characters[starts + at] != letter).any():
            raise UnfitError


def _read(raws: Sequence[bytes]) -> list[str]:
    """The strings and numbers these texts are."""
    try:
        values = parse_json(f"[{b','.join(raws).decode()}]")
    except ValueError:
        raise UnfitError from None
    if not isinstance(values, list) or len(values) != len(raws):
        raise UnfitError
    return values


def _encoded(values: list[str]) -> list[str]:
    """As `encode`; a string is one with its kind before it, once none of them is known to hold half a character."""
    try:
        "".join(values).encode()
    except UnicodeEncodeError:
        return [encode(value) for value in values]
    return [("#" if type(value) is Number else "s") + value for value in values]
