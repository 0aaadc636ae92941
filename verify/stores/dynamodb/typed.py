"""DynamoDB's typed JSON as plain JSON: where the types stand in a piece of it, and what is left without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from verify.stores.json_file.structure import Bytes, Places, Structure, UnfitError

Mask = npt.NDArray[np.bool_]
_QUOTE: Final = ord('"')
_SIGNS: Final = "{}[],:"
_NUMBERS: Final = np.zeros(256, np.int64)
_NUMBERS[list(_SIGNS.encode())] = range(len(_SIGNS))
_STEP: Final = np.array([1, -1, 1, -1, 0, 0])
# Content is an item, map or list; a wrapper says the type of one value. They alternate from level to level. A comma
# between two items belongs to neither.
_PLACES: Final = {"c": 0, "w": 1, "a": 3}
_CODES: Final = {f"{sign}{place}": 4 * at + _PLACES[place] for at, sign in enumerate(_SIGNS) for place in _PLACES}
_OPEN, _CLOSE = _CODES["{w"], _CODES["}w"]
# What may follow what: next to it, or with a name, a type or a value between.
_NEXT_TO, _APART = 1, 2
_FOLLOWS: Final = np.zeros(24 * 24, np.uint8)
for _pair in (
    "{c}c",
    ":c{w",
    ":w{c",
    ":w[c",
    "}w,c",
    "}w}c",
    "}w]c",
    ",c{w",
    "[c{w",
    "[c]c",
    "}c}w",
    "]c}w",
    "}c,a",
    ",a{c",
):
    _FOLLOWS[24 * _CODES[_pair[:2]] + _CODES[_pair[2:]]] = _NEXT_TO
for _pair in ("{c:c", "{w:w", ":w}w", ",c:c"):
    _FOLLOWS[24 * _CODES[_pair[:2]] + _CODES[_pair[2:]]] = _APART
_LETTERS: Final = {"S": "}", "N": "}", "M": "{", "L": "["}
_VALUES: Final = np.zeros(256, np.uint8)
_VALUES[[ord(each) for each in _LETTERS]] = [ord(each) for each in _LETTERS.values()]
_NUMERIC: Final = b"0123456789+-.eE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """
    A piece of items, taken apart at its signs: the types, and the punctuation of the items themselves.

    `bounds` are the beginning and the end of each sign in `text`. `opens`, `closes` and `commas` say which signs are the
    punctuation of an item, `between` which lie between items. `attributes` says for each sign in which attribute it
    lies, counted through all items; of each attribute `items` is the number of its item, `names` that of its name, which
    is one of `words`, as they are written.
    """

    rows: int
    text: bytes
    bounds: Places
    opens: Mask
    closes: Mask
    commas: Mask
    between: Mask
    attributes: Places
    items: Places
    names: Places
    words: list[bytes]

    def plain(self, chosen: Mask, begin: bytes = b"{", end: bytes = b"}") -> bytes:
        """The items as plain JSON with the attributes chosen alone, each item between `begin` and `end`."""
        signs = np.arange(self.opens.size) * 2
        held = chosen[self.attributes] if chosen.size else np.zeros(signs.size, np.bool_)
        first = np.zeros(chosen.size, np.bool_)
        first[chosen] = np.diff(self.items[chosen], prepend=-1) != 0
        led = first[self.attributes] if first.size else held
        signs[self.opens], signs[self.closes] = self.bounds.size - 1, self.bounds.size
        written = self.opens | self.closes | self.between | (self.commas & held & ~led)
        follows = held & ~self.closes & ~self.between
        order = np.stack([signs, np.arange(signs.size) * 2 + 1], axis=1)[np.stack([written, follows], axis=1)]
        size = int(self.bounds[-1])
        bounds = np.append(self.bounds, [size + len(begin), size + len(begin) + len(end)])
        return _taken(self.text[:size] + begin + end, bounds, order)


def typed(structure: Structure) -> Typed:
    """The items of the structure; raises UnfitError for what is not typed, or of a type that plain JSON does not have."""
    kinds, at = structure.kinds[1:], structure.marks[1:]
    codes = _codes(kinds, at)
    text, starts, ends = _values(structure.characters, kinds, at, np.flatnonzero(codes == _OPEN))
    own = _levels(kinds)[0] <= 0
    signs = np.flatnonzero(own & (kinds != ord(":")) | (codes == _OPEN) | (codes == _CLOSE))
    begins = own[signs] & (codes[signs] != _CODES["}c"]) & (codes[signs] != _CODES[",a"])
    begins &= kinds[np.minimum(signs + 1, kinds.size - 1)] == ord(":")
    opens = own[signs] & (codes[signs] == _CODES["{c"])
    names, words = _names(structure.raw, at, signs[begins])
    return Typed(
        rows=int(np.count_nonzero(opens)),
        text=text,
        bounds=np.stack([starts[signs], ends[signs]], axis=1).ravel(),
        opens=opens,
        closes=own[signs] & (codes[signs] == _CODES["}c"]),
        commas=own[signs] & (codes[signs] == _CODES[",c"]),
        between=codes[signs] == _CODES[",a"],
        attributes=np.maximum(np.cumsum(begins) - 1, 0),
        items=(np.cumsum(opens) - 1)[begins],
        names=names,
        words=words,
    )


def _levels(kinds: Bytes) -> tuple[Places, Places]:
    """The level of the object or list that each sign is a part of, and the number of the sign."""
    numbers = _NUMBERS[kinds]
    step = _STEP[numbers]
    return np.cumsum(step) - (step >= 0), numbers


def _codes(kinds: Bytes, at: Places) -> Places:
    """What each sign is and where; raises UnfitError where one follows another that it cannot follow."""
    levels, numbers = _levels(kinds)
    codes: Places = 4 * numbers + np.where(levels < 0, _PLACES["a"], levels & 1)
    follows = _FOLLOWS[24 * codes[:-1] + codes[1:]]
    if at[0] or codes[0] != _CODES["{c"] or not follows.all() or (np.diff(at)[follows == _NEXT_TO] != 1).any():
        raise UnfitError
    return codes


def _values(characters: Bytes, kinds: Bytes, at: Places, wrappers: Places) -> tuple[bytes, Places, Places]:
    """The text with `null` where it said so with a type, and from where to where each sign is cut away with its type."""
    text = characters.copy()
    starts, ends = at.copy(), at + 1
    sizes = at[wrappers + 1] - at[wrappers] - 1
    short, long = wrappers[sizes == len('"S"')], wrappers[sizes == len('"NULL"')]
    letters = characters[at[short] + 2]
    quoted = (characters[at[short] + 1] == _QUOTE) & (characters[at[short] + 3] == _QUOTE)
    if short.size + long.size != wrappers.size or not quoted.all() or (_VALUES[letters] != kinds[short + 2]).any():
        raise UnfitError
    nulls = _words(characters, kinds, at, long)
    text[(at[nulls + 1] + 1)[:, None] + np.arange(len(b"null"))] = np.frombuffer(b"null", np.uint8)
    ends[wrappers] = at[wrappers + 1] + 1
    texts, numeric = short[letters == ord("S")], short[letters == ord("N")]
    _require_quoted(characters, ends[texts], starts[texts + 2], 2)
    _require_quoted(characters, ends[numeric], starts[numeric + 2], 3)
    ends[numeric] += 1
    starts[numeric + 2] -= 1
    bounds = np.stack([ends[numeric], starts[numeric + 2]], axis=1).ravel()
    if _taken(characters.tobytes(), bounds, np.arange(0, bounds.size, 2)).translate(None, _NUMERIC):
        raise UnfitError
    return text.tobytes(), starts, ends


def _words(characters: Bytes, kinds: Bytes, at: Places, wrappers: Places) -> Places:
    """Those of these wrappers that say null; the others say true or false."""
    said = characters[(at[wrappers] + 1)[:, None] + np.arange(len('"NULL"'))]
    nulls = (said == np.frombuffer(b'"NULL"', np.uint8)).all(axis=1)
    truths = (said == np.frombuffer(b'"BOOL"', np.uint8)).all(axis=1)
    if not (nulls | truths).all() or (kinds[wrappers + 2] != ord("}")).any():
        raise UnfitError
    starts, ends = at[wrappers + 1] + 1, at[wrappers + 2]
    first = characters[starts]
    if not ((first == ord("t")) | ((first == ord("f")) & truths)).all() or (ends - starts < len("true")).any():
        raise UnfitError
    if (characters[starts[nulls][:, None] + np.arange(len("true"))] != np.frombuffer(b"true", np.uint8)).any():
        raise UnfitError
    if (ends - starts != len("true"))[nulls].any():
        raise UnfitError
    found: Places = wrappers[nulls]
    return found


def _require_quoted(characters: Bytes, starts: Places, ends: Places, least: int) -> None:
    quoted = (characters[starts] == _QUOTE) & (characters[ends - 1] == _QUOTE) & (ends - starts >= least)
    if not quoted.all():
        raise UnfitError


def _names(raw: bytes, at: Places, begins: Places) -> tuple[Places, list[bytes]]:
    """The name of each attribute by its number, and the names as they are written."""
    if not begins.size:
        return begins, []
    bounds = np.stack([at[begins] + 1, at[begins + 1]], axis=1).ravel()
    distinct = _parts(raw, bounds).take(pa.array(np.arange(0, bounds.size, 2))).dictionary_encode()
    return distinct.indices.to_numpy().astype(np.int64), distinct.dictionary.to_pylist()


def _parts(text: bytes, bounds: Places) -> pa.LargeBinaryArray:
    buffers = [None, pa.py_buffer(np.ascontiguousarray(bounds)), pa.py_buffer(text)]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), bounds.size - 1, buffers)


def _taken(text: bytes, bounds: Places, which: Places) -> bytes:
    """The parts of the text between bounds, those of these numbers, in one."""
    if not which.size:
        return b""
    joined: bytes = _parts(text, bounds).take(pa.array(which)).buffers()[2].to_pybytes()
    return joined
