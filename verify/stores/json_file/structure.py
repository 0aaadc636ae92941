"""Where the values and names of a piece of JSON are, found for all its records at once and without a Python object each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np

from verify.stores.json_file.marks import QUOTE, Bytes, Marks, Places, UnfitError, marks

__all__ = ["QUOTE", "Bytes", "Form", "Places", "Structure", "UnfitError", "codes_of", "found", "structured", "trim"]

Form: TypeAlias = Literal["array", "object", "lines"]

DEEP: Final = 150
_NEWLINE: Final = 10
# Blanks are passed one at a time; more than this many in one place leave the piece to the patient parser.
_BLANKS: Final = 64
_BLANK: Final = np.array([each in b" \t\n\r" for each in range(256)])
# Around the records: `{`, `}`, `,`, `:`. Between the fields of one: `,`, `:`, and `{` `[` and `}` `]` of a nested value.
OPEN, CLOSE, BETWEEN, MEMBER, COMMA, COLON, NEST, UNNEST, INNER, WRONG = range(10)
BLANK, NAME, VALUE, INSIDE = 1, 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """
    The whole records at the beginning of a piece.

    `marks` are the positions of the punctuation outside strings, the first one stands before the piece; `kinds` are
    its characters, `codes` what they mean. Between two of them lies a gap: `roles` says what it must hold, `starts`
    and `ends` are its content without blanks. `quotes` is how many quotation marks that no backslash escapes lie in
    all gaps together: two in each that begins with one, or something is wrong. `consumed` are the bytes up to the end
    of the last record.
    """

    raw: bytes
    characters: Bytes
    escapes: Places
    marks: Places
    kinds: Bytes
    codes: Bytes
    roles: Bytes
    starts: Places
    ends: Places
    quotes: int
    consumed: int


def _table(size: int, entries: dict[int, int], default: int = 0) -> Bytes:
    table = np.full(size, default, np.uint8)
    table[list(entries)] = list(entries.values())
    return table


_STEP: Final = np.zeros(256, np.int8)
_STEP[list(b"{[")] = 1
_STEP[list(b"}]")] = -1
_CODES: Final = _table(
    3 * 256,
    {ord("{"): OPEN, ord("}"): CLOSE, ord(","): BETWEEN, ord(":"): MEMBER, 256 + ord(","): COMMA, 256 + ord(":"): COLON}
    | dict.fromkeys((256 + each for each in b"{["), NEST) | dict.fromkeys((256 + each for each in b"}]"), UNNEST)
    | dict.fromkeys(range(512, 768), INNER),
    WRONG,
)  # fmt: skip
_FIELDS: Final = {
    (OPEN, COLON): NAME, (OPEN, CLOSE): BLANK, (COMMA, COLON): NAME, (COLON, COMMA): VALUE, (COLON, CLOSE): VALUE,
    (COLON, NEST): BLANK, (UNNEST, COMMA): BLANK, (UNNEST, CLOSE): BLANK, (NEST, INNER): INSIDE,
    (NEST, UNNEST): INSIDE, (INNER, INNER): INSIDE, (INNER, UNNEST): INSIDE,
}  # fmt: skip
_AROUND: Final[dict[Form, dict[tuple[int, int], int]]] = {
    "array": {(CLOSE, BETWEEN): BLANK, (BETWEEN, OPEN): BLANK},
    "object": {(CLOSE, BETWEEN): BLANK, (BETWEEN, MEMBER): VALUE, (MEMBER, OPEN): BLANK},
    "lines": {(CLOSE, OPEN): BLANK, (BETWEEN, OPEN): BLANK},
}
_ROLES: Final[dict[Form, Bytes]] = {
    form: _table(256, {before * 16 + after: role for (before, after), role in (_FIELDS | around).items()})
    for form, around in _AROUND.items()
}
_START: Final = np.frombuffer(b",", np.uint8)


def found(raw: bytes, form: Form) -> Structure:
    """
    The structure of the whole records that `raw` begins with; raises UnfitError when it begins with none.

    What lies inside a nested value is not judged yet, nor are names and values.
    """
    return structured(marks(raw), form)


def structured(signs: Marks, form: Form) -> Structure:
    """The same, of a piece whose punctuation is known."""
    codes, last = codes_of(signs.kinds)
    at = signs.at[:last]
    end = int(at[-1]) + 1
    quotes = signs.quoted(end)
    if form == "lines":
        _lines(np.flatnonzero(signs.characters[:end] == _NEWLINE), at, codes)
    at = np.concatenate([np.array([-1]), at])
    kinds = np.concatenate([_START, signs.kinds[:last]])
    return _gaps(signs, at, kinds, codes, quotes, form)


def codes_of(kinds: Bytes) -> tuple[Bytes, int]:
    """
    What the punctuation means, up to the end of the last whole record, after a comma before the first; and how much it is.

    Raises UnfitError when there is no whole record, or one too deep.
    """
    step = _STEP.take(kinds)
    depth = np.cumsum(step, dtype=np.int32)
    below = np.flatnonzero(depth < 0)[:1]
    end = int(below[0]) if below.size else depth.size
    level = np.minimum(depth[:end] - (step[:end] > 0), 2)
    codes = _CODES.take(kinds[:end] + (level << 8))
    closes = np.flatnonzero(codes == CLOSE)
    if not closes.size or depth[:end].max() > DEEP:
        raise UnfitError
    last = int(closes[-1]) + 1
    return np.concatenate([np.array([BETWEEN], np.uint8), codes[:last]]), last


def _lines(newlines: Places, at: Places, codes: Bytes) -> None:
    """Raises UnfitError when two records share a line."""
    between = np.flatnonzero((codes[1:-1] == CLOSE) & (codes[2:] == OPEN))
    ahead, behind = np.searchsorted(newlines, at[between]), np.searchsorted(newlines, at[between + 1])
    if (ahead == behind).any():
        raise UnfitError


def _gaps(signs: Marks, at: Places, kinds: Bytes, codes: Bytes, quotes: int, form: Form) -> Structure:
    starts, ends = at[:-1] + 1, at[1:].copy()
    roles = _ROLES[form].take(codes[:-1] * 16 + codes[1:])
    trim(signs.characters, starts, ends)
    empty = starts >= ends
    roles[(roles == INSIDE) & empty] = BLANK
    inner = np.flatnonzero(roles == INSIDE)
    roles[inner] = np.where(kinds[inner + 1] == ord(":"), NAME, INSIDE)
    if not roles.all() or (empty != (roles == BLANK)).any():
        raise UnfitError
    return Structure(
        raw=signs.raw, characters=signs.characters, escapes=signs.escapes, marks=at, kinds=kinds, codes=codes,
        roles=roles, starts=starts, ends=ends, quotes=quotes, consumed=int(at[-1]) + 1,
    )  # fmt: skip


def trim(characters: Bytes, starts: Places, ends: Places) -> None:
    """Moves starts and ends past blanks; a gap of blanks alone ends where it starts, or before."""
    left = np.flatnonzero(_BLANK.take(characters.take(starts)))
    for _ in range(_BLANKS):
        if not left.size:
            break
        starts[left] += 1
        left = left[_BLANK.take(characters.take(starts[left]))]
    left = np.flatnonzero(_BLANK.take(characters.take(ends - 1)))
    left = left[starts[left] < ends[left]]
    for _ in range(_BLANKS):
        if not left.size:
            break
        ends[left] -= 1
        left = left[_BLANK.take(characters.take(ends[left] - 1))]
        left = left[starts[left] < ends[left]]
