"""Many whole records, read at once."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from verify.core.values import ABSENT, parse_json
from verify.stores.json_file.alike import alike
from verify.stores.json_file.fields import Cells, Fields, repeated
from verify.stores.json_file.marks import Marks, marks
from verify.stores.json_file.nested import Names, joined, recipes
from verify.stores.json_file.scalars import Scalars
from verify.stores.json_file.structure import (
    CLOSE,
    COLON,
    MEMBER,
    NAME,
    NEST,
    OPEN,
    QUOTE,
    Form,
    Places,
    Structure,
    UnfitError,
    structured,
)

# Under which name of its own a record's name in an object of objects is given.
MEMBER_NAME: Final = "_name"
# A table of records by names larger than this, a piece of a file where each record has names of its own, is not worth it.
_CELLS: Final = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    So many records, as many as `ends`, and their fields.

    `members` are the names of the records themselves, as strings, where they have any; `ends` counts bytes, up to
    behind each record. `start` is where the page begins in the document, in bytes.
    """

    fields: Fields
    members: pa.LargeStringArray | None
    form: Form
    ends: Places
    start: int = 0

    @property
    def rows(self) -> int:
        """How many records there are."""
        return int(self.ends.size)

    @property
    def consumed(self) -> int:
        """How many bytes they are, from the start of the page."""
        return int(self.ends[-1])

    @property
    def names(self) -> Sequence[str]:
        """Every name that a field of some record has."""
        return self.fields.names

    def batch(self, names: Sequence[str], known: AbstractSet[str], key: str | None = None) -> pa.RecordBatch:
        """
        The columns `names` and the map of all that are not `known`.

        `key` is the first of the names when the name of a record stands for it where the record does not have it.
        """
        arrays = [*map(self._column, names), self.fields.others(known)]
        if self.members is not None and key is not None:
            arrays[0] = pc.if_else(pc.equal(arrays[0], ABSENT), self.members, arrays[0])
        if self.members is not None and MEMBER_NAME in names:
            at = [*names].index(MEMBER_NAME)
            arrays[at] = pc.if_else(pc.equal(arrays[at], ABSENT), self.members, arrays[at])
        return pa.RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])

    def _column(self, name: str) -> pa.LargeStringArray:
        return self.fields.column(name) if name in self.fields.names else repeated(ABSENT, self.rows)


def page(raw: bytes, form: Form) -> Page:
    """The whole records `raw` begins with; raises UnfitError when they are none, or cannot be read this way."""
    signs = marks(raw)
    try:
        found = alike(signs, form)
    except UnfitError:
        return _any(signs, form)
    return Page(fields=found.fields, members=found.members, form=form, ends=found.ends)


def _any(signs: Marks, form: Form) -> Page:
    """The same for records that need not be alike."""
    structure = structured(signs, form)
    scalars = Scalars(structure)
    names = _names(structure)
    if structure.quotes != 2 * (scalars.strings + np.count_nonzero(structure.roles == NAME)):
        raise UnfitError
    parts, sizes = recipes(structure, scalars, names)
    absent = scalars.added(ABSENT)
    texts = scalars.texts()
    # Which text fills each gap; the one before a nested value is empty in the file, and stands for it.
    filled = np.full(structure.roles.size, absent)
    filled[scalars.gaps] = scalars.numbers
    filled[np.flatnonzero(structure.codes[1:] == NEST)] = len(texts) + np.arange(sizes.size)
    words, cells = _table(structure, names, filled, absent)
    members = filled[structure.codes[1:] == MEMBER]
    all_texts = pa.concat_arrays([texts, joined(texts, parts, sizes)]) if sizes.size else texts
    return Page(
        fields=Cells(names=words, texts=all_texts, cells=cells, absent=absent),
        members=texts.take(pa.array(members)) if form == "object" else None,
        form=form,
        ends=structure.marks[structure.codes == CLOSE] + 1,
    )


def _names(structure: Structure) -> Names:
    gaps = np.flatnonzero(structure.roles == NAME)
    starts, ends = structure.starts.take(gaps), structure.ends.take(gaps)
    quoted = (structure.characters.take(starts) == QUOTE) & (structure.characters.take(ends - 1) == QUOTE)
    if not quoted.all():
        raise UnfitError
    numbers = np.full(structure.roles.size, -1)
    if not gaps.size:
        return Names(numbers=numbers, words=[])
    first = int(np.searchsorted(gaps, np.argmax(structure.codes == CLOSE)))
    offsets = np.stack([starts, ends], axis=1).ravel()
    texts = pa.LargeBinaryArray.from_buffers(
        pa.large_binary(), offsets.size - 1, [None, pa.py_buffer(offsets), pa.py_buffer(structure.raw)]
    )
    used = texts.take(pa.array(np.arange(0, offsets.size, 2)))
    again = gaps.size // first if _repeats(used, first) else 1
    distinct = used[: gaps.size // again].dictionary_encode()
    numbers[gaps] = np.tile(distinct.indices.to_numpy(), again)
    return Names(numbers=numbers, words=distinct.dictionary.to_pylist())


def _repeats(names: pa.LargeBinaryArray, first: int) -> bool:
    """Whether all names are the first few of them, again and again: those of one record, which most others have too."""
    if not first or len(names) % first:
        return False
    _, offsets, data = names.buffers()
    bounds = np.frombuffer(offsets, np.int64, len(names) + 1)
    sizes, size = np.diff(bounds).reshape(-1, first), int(bounds[first])
    if (sizes != sizes[0]).any():
        return False
    letters = np.frombuffer(data, np.uint8, int(bounds[-1])).reshape(-1, size)
    return bool((letters == letters[0]).all())


def _table(structure: Structure, names: Names, filled: Places, absent: int) -> tuple[list[str], Places]:
    """The names of fields, and for each record and name the number of the text, or `absent`."""
    gaps = np.flatnonzero(structure.codes[1:] == COLON)
    words, columns = _fields(names, names.numbers[gaps])
    opened = np.flatnonzero(structure.codes == OPEN)
    size, width = opened.size, len(words)
    if size * width > _CELLS:
        raise UnfitError
    cells = np.full((size, width), absent)
    if _same(gaps, opened, columns, width):
        cells[:, columns[:width]] = filled.take(gaps + 1).reshape(size, width)
        return words, cells
    rows = np.repeat(np.arange(size), np.diff(np.searchsorted(gaps, opened), append=gaps.size))
    cells[rows, columns] = filled[gaps + 1]
    if np.count_nonzero(cells != absent) != gaps.size:
        raise UnfitError  # a name appears twice in one record
    return words, cells


def _same(gaps: Places, opened: Places, columns: Places, width: int) -> bool:
    """Whether each record has every name once, in the order of the first one."""
    if not width or gaps.size != opened.size * width:
        return False
    if (gaps[::width] < opened).any() or (gaps[width - 1 :: width][:-1] >= opened[1:]).any():
        return False
    order = columns.reshape(-1, width)
    return bool((order == order[0]).all()) and np.unique(order[0]).size == width


def _fields(names: Names, used: Places) -> tuple[list[str], Places]:
    """The distinct names as text and the column of each use; one name may be spelled in two ways."""
    columns: dict[str, int] = {}
    places = np.zeros(len(names.words) + 1, np.int64)
    for number in np.flatnonzero(np.bincount(used)).tolist():
        places[number] = columns.setdefault(_read(names.words[number]), len(columns))
    return list(columns), places[used]


def _read(word: bytes) -> str:
    try:
        name = parse_json(word.decode())
    except ValueError:
        raise UnfitError from None
    return str(name)
