"""Nested values in canonical text: one look at each shape, and the scalars put into it for all values of that shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from verify.core.values import Number, Value, encode, parse_json
from verify.stores.json_file.scalars import Scalars
from verify.stores.json_file.structure import BLANK, INNER, NAME, NEST, UNNEST, Places, Structure, UnfitError

# Fewer values of one shape are read one by one, and so are values of more punctuation than this.
_FEW: Final = 6
_LONG: Final = 4_096
_MIX: Final = np.random.default_rng(0).integers(1, 2**63, _LONG, np.int64) | 1
_HOLE: Final = "\0"
_SIGNS: Final = np.zeros(256, np.int64)
_SIGNS[list(b"}[],:")] = range(1, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The name in each gap by its number (-1 where there is none), and the raw names with their quotation marks."""

    numbers: Places
    words: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Nested:
    """The punctuation of all nested values: its places in the structure, and where each value starts and how long it is."""

    at: Places
    signs: Places
    starts: Places
    sizes: Places


def recipes(structure: Structure, scalars: Scalars, names: Names) -> tuple[Places, Places]:
    """
    The texts, by number, that joined are the nested values in the order of the file, and how many make up each.

    Raises UnfitError for a nested value that is no JSON, names a field twice or is too deep.
    """
    nested = _nested(structure, names)
    if not nested.starts.size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    groups, single = _groups(nested)
    blocks = [(group, _block(group, nested, structure, scalars, names)) for group in groups]
    alone = [scalars.added(text) for text in _one_by_one(single, nested, structure)]
    blocks.append((single, np.array(alone, np.int64).reshape(-1, 1)))
    sizes = np.zeros(nested.starts.size, np.int64)
    for group, block in blocks:
        sizes[group] = block.shape[1]
    starts = np.cumsum(sizes) - sizes
    parts = np.empty(int(sizes.sum()), np.int64)
    for group, block in blocks:
        parts[starts[group][:, None] + np.arange(block.shape[1])] = block
    return parts, sizes


def joined(texts: pa.LargeStringArray, parts: Places, sizes: Places) -> pa.LargeStringArray:
    """The texts of `parts`, so many of them joined as `sizes` says."""
    taken = texts.take(pa.array(parts))
    bounds = np.frombuffer(taken.buffers()[1], np.int64)[taken.offset : taken.offset + len(taken) + 1]
    offsets = np.ascontiguousarray(bounds[np.concatenate([[0], np.cumsum(sizes)])])
    return pa.LargeStringArray.from_buffers(sizes.size, pa.py_buffer(offsets), taken.buffers()[2])


def _nested(structure: Structure, names: Names) -> _Nested:
    codes = structure.codes
    at = np.flatnonzero((codes >= NEST) & (codes <= INNER))
    follows = np.minimum(at, structure.roles.size - 1)
    gap = np.where(structure.roles[follows] == NAME, names.numbers[follows] + 2, structure.roles[follows] != BLANK)
    signs = _SIGNS[structure.kinds[at]] + np.where(codes[at] == UNNEST, 0, gap << 3)
    starts = np.flatnonzero(codes[at] == NEST)
    return _Nested(at=at, signs=signs, starts=starts, sizes=np.diff(starts, append=at.size))


def _groups(nested: _Nested) -> tuple[list[Places], Places]:
    """Values of one and the same shape, in groups, and the rest."""
    size, none = int(nested.sizes[0]), np.empty(0, np.int64)
    if nested.starts.size >= _FEW and size <= _LONG and (nested.sizes == size).all():
        rows = nested.signs.reshape(-1, size)
        if (rows == rows[0]).all():
            return [np.arange(nested.starts.size)], none
    within = np.arange(nested.at.size) - np.repeat(nested.starts, nested.sizes)
    mixed = (nested.signs + 1) * _MIX[within % _LONG]
    shapes = np.add.reduceat(mixed ^ (mixed >> 29), nested.starts)
    order = np.argsort(shapes, kind="stable")
    cuts = np.flatnonzero(np.diff(shapes[order])) + 1
    groups: list[Places] = []
    single: list[Places] = [none]
    for group in np.split(order, cuts):
        size = int(nested.sizes[group[0]])
        if group.size < _FEW or size > _LONG:
            single.append(group)
            continue
        same = _alike(group, nested, size)
        groups.append(group[same])
        single.append(group[~same])
    return groups, np.concatenate(single)


def _alike(group: Places, nested: _Nested, size: int) -> npt.NDArray[np.bool_]:
    """Which values of the group really have the shape of its first one; two shapes may share one number."""
    alike: npt.NDArray[np.bool_] = nested.sizes[group] == size
    rows = nested.signs[nested.starts[group[alike]][:, None] + np.arange(size)]
    alike[alike] = (rows == rows[0]).all(axis=1)
    return alike


def _block(group: Places, nested: _Nested, structure: Structure, scalars: Scalars, names: Names) -> Places:
    """For each value of the group the numbers of the texts that it is made of."""
    start = int(nested.starts[group[0]])
    at = nested.at[start : start + int(nested.sizes[group[0]])]
    fixed, order = _shape(structure, at, names)
    first = np.searchsorted(scalars.gaps, nested.at[nested.starts[group]])
    block = np.empty((group.size, len(fixed) + len(order)), np.int64)
    block[:, 0::2] = [scalars.added(text) for text in fixed]
    block[:, 1::2] = scalars.numbers[first[:, None] + np.array(order, np.int64)]
    return block


def _shape(structure: Structure, at: Places, names: Names) -> tuple[list[str], list[int]]:
    """The canonical text around the scalars of a value, and which scalar stands at each place, counted in its raw text."""
    parts: list[str] = []
    scalar = 0
    for place in at.tolist():
        parts.append(chr(structure.kinds[place]))
        if structure.codes[place] == UNNEST or structure.roles[place] == BLANK:
            continue
        if structure.roles[place] == NAME:
            parts.append(names.words[names.numbers[place]].decode())
        else:
            parts.append(str(scalar))
            scalar += 1
    try:
        return around(parse_json("".join(parts)))
    except ValueError:
        raise UnfitError from None


def around(template: Value) -> tuple[list[str], list[int]]:
    """The canonical text around the numbers of a value, and the numbers in the order of that text."""
    pieces = encode(_holed(template)).split(_HOLE)
    return pieces[0::2], [int(piece) for piece in pieces[1::2]]


def _holed(value: Value) -> Value:
    """Each number as a mark around it that no canonical text holds."""
    if isinstance(value, Mapping):
        return {name: _holed(item) for name, item in value.items()}
    if isinstance(value, Number):
        return Number(f"{_HOLE}{value}{_HOLE}")
    return [_holed(item) for item in value] if isinstance(value, list) else value


def _one_by_one(which: Places, nested: _Nested, structure: Structure) -> list[str]:
    first = nested.at[nested.starts[which]]
    last = nested.at[nested.starts[which] + nested.sizes[which] - 1]
    found: dict[bytes, str] = {}
    texts = []
    for start, end in zip(structure.marks[first].tolist(), structure.marks[last].tolist(), strict=True):
        raw = structure.raw[start : end + 1]
        if raw not in found:
            found[raw] = _encoded(raw)
        texts.append(found[raw])
    return texts


def _encoded(raw: bytes) -> str:
    try:
        return encode(parse_json(raw.decode()))
    except ValueError:
        raise UnfitError from None
