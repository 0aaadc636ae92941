"""Records of one batch on their way from physical to logical, and the map of their other fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.fields import Key, inner
from verify.compare.softened import each_distinct
from verify.compare.softened_kernels import TEXT, joined
from verify.core.values import ABSENT, JSON_NULL, NULL, Tree, regrown, tree

Cut: TypeAlias = Callable[[Tree, Sequence[Key]], None]

_VOID: Final = (ABSENT, NULL, JSON_NULL)
_ROOT: Final = "document"
# What a field is called besides whose name the dataset gave to another column.
SHADOWED: Final = " (field)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Physical columns by name, the map of all other fields, and how many rows there are."""

    fields: Mapping[str, pa.Array]
    rest: pa.Array
    count: int

    def get(self, name: str) -> pa.Array:
        """The column of a physical field."""
        return self.fields[name]

    def all(self) -> pa.Array:
        """True for every row."""
        return pa.repeat(pa.scalar(value=True), self.count)

    def kept(self, mask: pa.Array) -> Rows:
        """The rows of the mask; these very rows when it holds for all."""
        count = int(pc.sum(mask).as_py() or 0)
        if count == self.count:
            return self
        fields = {name: each.filter(mask) for name, each in self.fields.items()}
        return Rows(fields=fields, rest=self.rest.filter(mask), count=count)

    def tuples(self, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Each row's values of these columns."""
        return zip(*(self.fields[name].to_pylist() for name in names), strict=True)


def batch_of(columns: Sequence[pa.Array], count: int) -> pa.RecordBatch:
    """A batch of `count` rows, also when it has no column at all; columns are named by their position."""
    if not columns:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * count, pa.struct([])))
    return pa.RecordBatch.from_arrays(list(columns), names=[str(at) for at in range(len(columns))])


def merged(rest: pa.Array, extra: Mapping[str, pa.Array]) -> pa.Array:
    """The maps with further fields where these are not absent; one whose name is taken gets another name."""
    there = {name: each for name, each in extra.items() if pc.any(pc.not_equal(each, ABSENT)).as_py()}
    if not there:
        return rest
    known: dict[tuple[str, ...], str] = {}
    found: list[str] = []
    for row in zip(rest.to_pylist(), *(each.to_pylist() for each in there.values()), strict=True):
        if row not in known:
            known[row] = _with(row[0], dict(zip(there, row[1:], strict=True)))
        found.append(known[row])
    return pa.array(found, TEXT)


def _with(encoding: str, extra: Mapping[str, str]) -> str:
    fields = tree(encoding)
    if not isinstance(fields, dict):
        raise ValueError("the map of all other fields is no map")
    for name, value in extra.items():
        while name in fields:
            name += SHADOWED  # noqa: PLW2901
        if value != ABSENT:
            fields[name] = value  # an encoding is written as it stands, whatever it holds
    return regrown(fields)


def remainder(root: pa.Array, places: Sequence[Sequence[Key]], *, kept: bool = False) -> pa.Array:
    """
    The documents of a root without these places; absent where nothing is left, or where there was only a null.

    A list or map that becomes empty by it goes too; a root that is no document stays as it is. With `kept` the document
    itself is told apart too: whether it is there at all, null, or empty.
    """
    return each_distinct(root, lambda encoding: _without(encoding, places, kept=kept))


def left_beside(rest: pa.Array, places: Sequence[tuple[str, Sequence[Key], pa.Array]]) -> pa.Array:
    """
    The maps, with each document out of whose places the other side took columns as it is beside these columns.

    A place has its root and keys, and whether the row has its column: then a list or map on the way to it that is empty
    goes, as it goes where the column's value was its last. A document that is null or empty as a whole goes always.
    """
    roots, count = sorted({root for root, _, _ in places}), len(places)

    def left(text: str) -> str:
        marks, fields = text[:count], tree(text[count:])
        if not isinstance(fields, dict) or fields.keys().isdisjoint(roots):
            return text[count:]
        for root in fields.keys() & roots:
            filled = [keys for mark, (name, keys, _) in zip(marks, places, strict=True) if mark == "1" and name == root]
            value = _without(regrown(fields.pop(root)), filled, kept=False, cut=_hollow)
            fields |= {} if value == ABSENT else {root: value}
        return regrown(fields)

    if not places or pc.all(pc.equal(rest, "m{}")).as_py():
        return rest
    marks = [pc.if_else(has, pa.scalar("1", TEXT), pa.scalar("0", TEXT)) for _, _, has in places]
    return each_distinct(joined(*marks, rest), left)


def hollowed(root: pa.Array, places: Sequence[tuple[Sequence[Key], pa.Array]]) -> pa.Array:
    """The documents of a root out of whose places the other side took columns, as `left_beside` leaves them."""
    maps = merged(pa.repeat(pa.scalar("m{}", TEXT), len(root)), {_ROOT: root})
    left = left_beside(maps, [(_ROOT, keys, has) for keys, has in places])
    return each_distinct(left, lambda text: _member(tree(text), _ROOT))


def _member(fields: Tree, name: str) -> str:
    found = inner(fields, name)
    return ABSENT if found is None else regrown(found)


def _without(encoding: str, places: Sequence[Sequence[Key]], *, kept: bool, cut: Cut | None = None) -> str:
    if encoding in _VOID or encoding == "m{}":
        return encoding if kept else ABSENT
    taken = tree(encoding)
    if isinstance(taken, str):
        return encoding
    # Positions in lists hold for the whole document, so later ones go first.
    for place in sorted({_positive(taken, place) for place in places}, key=_rank, reverse=True):
        (cut or _cut)(taken, place)
    emptied = encoding != "l[]" or (cut is not None and any(isinstance(place[0], int) for place in places))
    return regrown(taken) if taken or kept or not emptied else ABSENT


def _rank(place: Sequence[Key]) -> list[tuple[int, int, str]]:
    """Indices by number, names by text, so that a longer place follows the one it lies in."""
    return [(0, key, "") if isinstance(key, int) else (1, 0, key) for key in place]


def _positive(value: Tree, place: Sequence[Key]) -> tuple[Key, ...]:
    """The place with indices counted from the front."""
    found: list[Key] = []
    here: Tree | None = value
    for key in place:
        found.append(key + len(here) if isinstance(key, int) and key < 0 and isinstance(here, list) else key)
        here = None if here is None else inner(here, found[-1])
    return tuple(found)


def _cut(value: Tree, place: Sequence[Key]) -> None:
    below = inner(value, place[0])
    if below is None:
        return
    if len(place) > 1:
        _cut_below(value, below, place)
    else:
        _drop(value, place[0])


def _cut_below(value: Tree, below: Tree, place: Sequence[Key]) -> None:
    full = bool(below)
    _cut(below, place[1:])
    if full and not below:
        _drop(value, place[0])


def _drop(value: Tree, key: Key) -> None:
    if not isinstance(value, str):
        del value[key]  # type: ignore[arg-type]


def _hollow(value: Tree, place: Sequence[Key]) -> None:
    """Lists and maps on the way to the place go where they are empty; what is at the place stays."""
    below = inner(value, place[0]) if len(place) > 1 else None
    if below is None:
        return
    _hollow(below, place[1:])
    if not below:
        _drop(value, place[0])
