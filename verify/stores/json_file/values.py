"""The scalars of records that are alike, a column at a time, in canonical text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verify.core.values import token
from verify.stores.json_file.digits import judged, whole
from verify.stores.json_file.fields import TEXT
from verify.stores.json_file.marks import QUOTE, Bytes, Marks, Places, UnfitError
from verify.stores.json_file.scalars import KINDS, NULL, NUMBER, STRING, WORDS, exact, require_word
from verify.stores.json_file.structure import trim

_Rows: TypeAlias = "slice | Places"
_ALL: Final = slice(None)
_BLANK: Final = ord(" ")
_NONE: Final = np.empty(0, np.int64)


class Values:
    """
    What lies in these gaps of each record: one scalar of any kind. `places` are the signs by sign, then record.

    The text of most is the text of the piece: its kind is written over the character before it, as in Scalars. Raises
    UnfitError for what is no JSON, but for a string that is ended before its end, which the number of quotation marks
    tells.
    """

    def __init__(self, signs: Marks, places: Places, gaps: Sequence[int]) -> None:
        self._signs = signs
        self._buffer: Bytes = signs.characters.copy()
        # Of texts that lie one after another with a gap behind each, these are not the gaps.
        self._texts = pa.array(np.arange(0, places.shape[1] * 2, 2))
        self._starts: Places = places[gaps] + 1
        self._ends: Places = places[[gap + 1 for gap in gaps]]
        self._kinds = self._kinds_within_blanks()
        if not self._kinds.all():
            raise UnfitError

    @property
    def strings(self) -> int:
        """How many of them are strings."""
        return int(np.count_nonzero(self._kinds == STRING))

    def named(self, number: int) -> bool:
        """Whether all of one column are strings."""
        return bool((self._kinds[number] == STRING).all())

    def texts(self, number: int, *, inside: bool = False) -> pa.LargeStringArray:
        """One column: with their kinds, or as items inside a nested value."""
        starts, ends, kinds = self._starts[number].copy(), self._ends[number].copy(), self._kinds[number]
        present = np.flatnonzero(np.bincount(kinds)).tolist()
        odd = _NONE
        for kind in present:
            which: _Rows = _ALL if len(present) == 1 else np.flatnonzero(kinds == kind)
            if kind == STRING:
                self._strings(starts, ends, which, inside=inside)
                odd = np.append(odd, self._escaped(number))
            elif kind == NUMBER:
                odd = np.append(odd, self._numbers(starts, ends, which, inside=inside))
            else:
                self._words(starts, ends, which, kind, inside=inside)
        found = self._taken(starts, ends)
        return self._exactly(found, number, np.sort(odd), inside=inside) if odd.size else found

    def _kinds_within_blanks(self) -> Bytes:
        """The kind of each value by its first character; starts and ends are moved past blanks."""
        characters = self._signs.characters
        first, last = characters.take(self._starts), characters.take(self._ends - 1)
        if min(first.min(), last.min()) <= _BLANK:
            trim(characters, self._starts.reshape(-1), self._ends.reshape(-1))
            first = characters.take(self._starts)
        return KINDS.take(first)

    def _taken(self, starts: Places, ends: Places) -> pa.LargeStringArray:
        offsets = np.empty(starts.size * 2, np.int64)
        offsets[0::2], offsets[1::2] = starts, ends
        texts = pa.LargeStringArray.from_buffers(offsets.size - 1, pa.py_buffer(offsets), pa.py_buffer(self._buffer))
        return texts.take(self._texts[: starts.size])

    def _strings(self, starts: Places, ends: Places, which: _Rows, *, inside: bool) -> None:
        if (self._signs.characters.take(ends[which] - 1) != QUOTE).any():
            raise UnfitError
        if not inside:
            self._buffer[starts[which]] = ord("s")
            ends[which] -= 1

    def _escaped(self, number: int) -> Places:
        """The rows whose string has a backslash in it."""
        escapes = self._signs.escapes
        if not escapes.size:
            return _NONE
        owner = np.searchsorted(self._starts[number], escapes, "right") - 1
        within = (owner >= 0) & (escapes < self._ends[number][owner])
        rows = np.unique(owner[within])
        strings: Places = rows[self._kinds[number][rows] == STRING]
        return strings

    def _numbers(self, starts: Places, ends: Places, which: _Rows, *, inside: bool) -> Places:
        """Cuts the numbers to their canonical text and gives the rows of those that need more."""
        starts[which] -= 1
        self._buffer[starts[which]] = ord("#")
        numbers = self._taken(starts[which], ends[which])
        if inside:
            starts[which] += 1
        if whole(numbers):
            return _NONE
        surplus, odd = judged(numbers)
        ends[which] -= np.where(odd, 0, surplus)
        rows: Places = np.arange(starts.size)[which][odd]
        return rows

    def _words(self, starts: Places, ends: Places, which: _Rows, kind: int, *, inside: bool) -> None:
        require_word(self._signs.characters, starts[which], ends[which], WORDS[kind])
        if inside:
            return
        if kind == NULL:
            ends[which] = starts[which] + 1
        else:
            starts[which] -= 1
            self._buffer[starts[which]] = ord("b")

    def _exactly(
        self, found: pa.LargeStringArray, number: int, rows: Places, *, inside: bool
    ) -> pa.LargeStringArray:  # fmt: skip
        """The column with these rows read by the exact parser."""
        texts = exact(self._signs.raw, self._starts[number][rows], self._ends[number][rows])
        mask = np.zeros(len(found), np.bool_)
        mask[rows] = True
        return pc.replace_with_mask(
            found, pa.array(mask), pa.array([token(text) if inside else text for text in texts], TEXT)
        )
