"""Records of which each is written like the first one, its scalars apart: read by columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verify.core.values import Number, Value, parse_json
from verify.stores.json_file.fields import TEXT, Columns, repeated
from verify.stores.json_file.marks import Bytes, Marks, Places, UnfitError
from verify.stores.json_file.nested import around
from verify.stores.json_file.structure import CLOSE, MEMBER, OPEN, Form, codes_of
from verify.stores.json_file.values import Values

# Each column costs some twenty steps; for fewer records it is quicker to take those for all columns at once.
MANY: Final = 256
# The first record has to end among so many signs.
_FIRST: Final = 4_096
_BLANKS: Final = b" \t\r\n"
_BEFORE: Final[dict[Form, list[int]]] = {"array": [], "object": [MEMBER], "lines": []}
_BETWEEN: Final[dict[Form, bytes]] = {"array": b"},{", "object": b"},", "lines": b"}{"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Their fields, their own names as strings where they have some, and how many bytes there are up to each one's end."""

    fields: Columns
    members: pa.LargeStringArray | None
    ends: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """
    The signs of all records, by record, then by sign, and what signs those of each are.

    The first is the comma before the record, where records are not lines; the sign `opens` begins the record itself.
    """

    form: Form
    raw: bytes
    places: Places
    kinds: bytes
    opens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The gaps behind which signs hold a scalar, and a record with the number of its gap in place of each."""

    gaps: Sequence[int]
    record: Mapping[str, Value]


def alike(signs: Marks, form: Form) -> Alike:
    """
    The whole records that the piece begins with.

    Raises UnfitError unless they are many, and the same characters stand around the scalars of each; and where one of
    them is not JSON.
    """
    grid = _grid(signs, form)
    shape = _shape(grid)
    _require_between(grid)
    _require_around(grid, shape.gaps)
    gaps = [*shape.gaps, 0] if form == "object" else shape.gaps
    values = Values(signs, np.ascontiguousarray(grid.places.T), gaps)
    names, rows = grid.kinds[grid.opens :].count(b":"), grid.places.shape[0]
    if signs.quoted(int(grid.places[-1, -1]) + 1) != 2 * (names * rows + values.strings):
        raise UnfitError
    columns = {name: _column(values, part, rows) for name, part in shape.record.items()}
    return Alike(
        fields=Columns(rows=rows, columns=columns),
        members=_members(values, len(gaps) - 1) if form == "object" else None,
        ends=grid.places[:, -1] + 1,
    )


def _grid(signs: Marks, form: Form) -> _Grid:
    codes, _ = codes_of(signs.kinds[:_FIRST])
    before = _BEFORE[form]
    at, kinds, led = signs.at, signs.kinds, form != "lines"
    if led:
        at, kinds = np.append(np.array([-1]), at), np.append(np.array([ord(",")], np.uint8), kinds)
    width = int(np.argmax(codes == CLOSE)) + led
    rows = at.size // width
    kinds = kinds[: rows * width]
    if rows < MANY or codes[1 : len(before) + 2].tolist() != [*before, OPEN] or _changes(kinds, width):
        raise UnfitError
    places = at[: rows * width].reshape(rows, width)
    return _Grid(form=form, raw=signs.raw, places=places, kinds=kinds[:width].tobytes(), opens=len(before) + led)


def _changes(letters: Bytes, width: int) -> bool:
    """Whether the letters are anything but the first few of them again and again."""
    return bool((letters[width:] != letters[:-width]).any())


def _shape(grid: _Grid) -> _Shape:
    """What the first record says of all."""
    row, gaps, parts = grid.places[0].tolist(), list[int](), list[bytes]()
    for sign in range(grid.opens, len(row) - 1):
        text = grid.raw[row[sign] + 1 : row[sign + 1]]
        if grid.kinds[sign + 1] != ord(":") and text.strip(_BLANKS):
            text = b"%d" % len(gaps)
            gaps.append(sign)
        parts += [grid.kinds[sign : sign + 1], text]
    try:
        record = parse_json((b"".join(parts) + b"}").decode())
    except ValueError:
        raise UnfitError from None
    if not gaps or not isinstance(record, Mapping):
        raise UnfitError
    return _Shape(gaps=gaps, record=record)


def _require_between(grid: _Grid) -> None:
    """Raises UnfitError unless records are told apart as they have to be, each from the one before it alike."""
    opens = grid.opens if grid.form == "array" else 0
    starts, ends = grid.places[:-1, -1:], grid.places[1:, opens : opens + 1] + 1
    _require_same(grid.raw, starts, ends)
    text = grid.raw[int(starts[0, 0]) : int(ends[0, 0])]
    if text.translate(None, _BLANKS) != _BETWEEN[grid.form] or (grid.form == "lines" and b"\n" not in text):
        raise UnfitError
    # Before the first one there is nothing, behind its name too.
    begin = int(grid.places[0, grid.opens - 1]) + 1 if grid.opens else 0
    if grid.raw[begin : int(grid.places[0, grid.opens])].strip(_BLANKS):
        raise UnfitError


def _require_around(grid: _Grid, gaps: Sequence[int]) -> None:
    """Raises UnfitError unless in each record the same text stands before, between and behind its scalars."""
    first = 1 if grid.form == "object" else grid.opens
    begins, ends = [first, *(gap + 1 for gap in gaps)], [*gaps, grid.places.shape[1] - 1]
    _require_same(grid.raw, grid.places[:, begins], grid.places[:, ends] + 1)


def _require_same(raw: bytes, starts: Places, ends: Places) -> None:
    """Raises UnfitError unless each row has the same texts from its starts to its ends, which follow one another."""
    sizes = ends - starts
    if (sizes != sizes[0]).any():
        raise UnfitError
    offsets = np.stack([starts, ends], axis=2).reshape(-1)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(raw)]
    texts = pa.LargeBinaryArray.from_buffers(pa.large_binary(), offsets.size - 1, buffers)
    taken = texts.take(pa.array(np.arange(0, offsets.size, 2)))
    width = int(sizes[0].sum())
    if _changes(np.frombuffer(taken.buffers()[2], np.uint8, width * sizes.shape[0]), width):
        raise UnfitError


def _column(values: Values, part: Value, rows: int) -> pa.LargeStringArray:
    """The field of each record whose place in the first one this is."""
    if isinstance(part, Number):
        return values.texts(int(part))
    texts, numbers = around(part)
    if not numbers:
        return repeated(texts[0], rows)
    pieces = [pa.scalar(texts[0], TEXT)]
    for number, text in zip(numbers, texts[1:], strict=True):
        pieces += [values.texts(number, inside=True), pa.scalar(text, TEXT)]
    return pc.binary_join_element_wise(*pieces, pa.scalar("", TEXT))


def _members(values: Values, number: int) -> pa.LargeStringArray:
    if not values.named(number):
        raise UnfitError
    return values.texts(number)
