"""Where each record of the last reading lies, so that a few of them are read again without the rest of the file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from verify.stores.json_file.page import Page, page
from verify.stores.json_file.structure import Form, Places, UnfitError
from verify.stores.json_file.text import PIECE, Signature

Hashes: TypeAlias = npt.NDArray[np.uint32]
Keys: TypeAlias = Sequence[pa.LargeStringArray]
# Eight bytes a record are kept; of more records than these nothing is.
MOST: Final = 2_000_000
_LONG: Final = 4_096
_MIX: Final = np.random.default_rng(1).integers(1, 2**63, _LONG, np.uint64) | np.uint64(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """One page: where it starts, behind which bytes of it its records end, and a hash of the key of each."""

    start: int
    ends: Hashes
    hashes: Hashes


@dataclass(slots=True, kw_only=True)
class Recall:
    """
    What one reading of a collection leaves behind: of which `state` of the file, by which key, and where records lie.

    It is of use only once it is `whole`: every record was in a page, and the reading came to its end.
    """

    collection: str
    key: tuple[str, ...]
    form: Form = "array"
    state: Signature | None = None
    whole: bool = False
    _stretches: list[_Stretch] = field(default_factory=list)
    _records: int = 0
    _lost: bool = False

    def add(self, page: Page, keys: Keys) -> None:
        """One page more, with the columns of its key."""
        self._records += page.rows
        if self._lost or self._records > MOST or int(page.ends[-1]) >= 2**32:
            self.lose()
            return
        self.form = page.form
        self._stretches.append(_Stretch(start=page.start, ends=page.ends.astype(np.uint32), hashes=hashed(keys)))

    def lose(self) -> None:
        """A record was read of which nobody knows where it lies."""
        self._lost = True
        self._stretches.clear()

    def complete(self, state: Signature, *, shift: int) -> None:
        """The reading ended, of this state; all places are `shift` bytes further on."""
        self.state, self.whole = state, not self._lost
        if shift:
            self._stretches = [_Stretch(start=each.start + shift, ends=each.ends, hashes=each.hashes)
                               for each in self._stretches]  # fmt: skip

    def pieces(self, file: BinaryIO, wanted: Hashes) -> Iterator[list[bytes]]:
        """The bytes of every record whose key has one of these hashes, about a megabyte at a time."""
        found: list[bytes] = []
        size = 0
        for stretch in self._stretches:
            for record in _cut(stretch, file, np.flatnonzero(among(stretch.hashes, wanted))):
                found.append(record)
                size += len(record)
            if size >= PIECE:
                yield found
                found, size = [], 0
        if found:
            yield found


class Memory:
    """What a store remembers of its last reading."""

    def __init__(self) -> None:
        self.last: Recall | None = None

    def of(self, collection: str, key: Sequence[str]) -> Recall | None:
        """What is of use for these keys of this collection."""
        last = self.last
        fits = last is not None and last.whole and (last.collection, last.key) == (collection, tuple(key))
        return last if fits else None


def pages(records: Sequence[bytes], form: Form) -> Iterator[Page]:
    """The records, which were all in pages once, as pages. Raises UnfitError when they are not what they were."""
    try:
        found = page((b"\n" if form == "lines" else b",").join(records), form)
    except UnfitError:
        # Many records that have few names in common make no page, each of them does.
        if len(records) == 1:
            raise
        half = len(records) // 2
        yield from pages(records[:half], form)
        yield from pages(records[half:], form)
        return
    if found.rows != len(records):
        raise UnfitError
    yield found


def _cut(stretch: _Stretch, file: BinaryIO, rows: Places) -> Iterator[bytes]:
    """The bytes of these records, without what stands between them and the one before."""
    if not rows.size:
        return
    ends = stretch.ends.astype(np.int64)
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
    first = int(starts[rows[0]])
    file.seek(stretch.start + first)
    raw = file.read(int(ends[rows[-1]]) - first)
    for start, end in zip((starts[rows] - first).tolist(), (ends[rows] - first).tolist(), strict=True):
        yield raw[start:end].lstrip(b" \t\r\n,")


def among(hashes: Hashes, wanted: Hashes) -> npt.NDArray[np.bool_]:
    """Which of the hashes are wanted; `wanted` is sorted and not empty."""
    at = np.minimum(np.searchsorted(wanted, hashes), wanted.size - 1)
    found: npt.NDArray[np.bool_] = wanted[at] == hashes
    return found


def wanted_hashes(keys: Collection[tuple[str, ...]]) -> Hashes:
    """The hashes of these keys, sorted."""
    columns = [pa.array(column, pa.large_string()) for column in zip(*keys, strict=True)]
    return np.unique(hashed(columns))


def hashed(keys: Keys) -> Hashes:
    """For each row 32 bits that are equal where the keys are; unequal keys share them now and then."""
    mixed = np.zeros(len(keys[0]), np.uint64)
    for column in keys:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX[0] + _sums(column)
    found: Hashes = ((mixed ^ (mixed >> np.uint64(31))) * _MIX[1] >> np.uint64(32)).astype(np.uint32)
    return found


def _sums(column: pa.LargeStringArray) -> npt.NDArray[np.uint64]:
    """For each text the sum of its bytes, each times a number that its place gives."""
    size = len(column)
    _, offsets, data = column.buffers()
    if not size or data is None:
        return np.zeros(size, np.uint64)
    bounds = np.frombuffer(offsets, np.int64)[column.offset : column.offset + size + 1]
    texts = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]].astype(np.uint64) + np.uint64(1)
    bounds = bounds - bounds[0]
    within = np.arange(texts.size) - np.repeat(bounds[:-1], np.diff(bounds))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(texts * _MIX[within % _LONG])])
    found: npt.NDArray[np.uint64] = sums[bounds[1:]] - sums[bounds[:-1]]
    return found


__all__ = ["MOST", "Memory", "Recall", "among", "hashed", "pages", "wanted_hashes"]
