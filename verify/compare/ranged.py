"""Marks of rows as numbers: laid side by side, range after range of keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from verify.compare.pages import Batches

Numbers: TypeAlias = npt.NDArray[np.int64]


@runtime_checkable
class Ranged(Protocol):
    """Marks (`Side.marks`) that two sides may also give as numbers, range after range of a key that is one number."""

    def numbers(self, columns: Sequence[str]) -> Batches | None:
        """For each of the ranges that both sides share one batch of keys and marks, both int64; None where they share none."""
        ...


def pair(batch: pa.RecordBatch) -> tuple[Numbers, Numbers]:
    """The keys and the marks of a batch."""
    keys, marks = (batch.column(at).to_numpy(zero_copy_only=False) for at in (0, 1))
    return keys, marks


def unequal(here: tuple[Numbers, Numbers], there: tuple[Numbers, Numbers]) -> tuple[Numbers, Numbers, Numbers]:
    """The keys that are not there once on each side with the same mark, ascending, and their number on each side."""
    one, other = (_ordered(*each) for each in (here, there))
    if len(one[0]) == len(other[0]) and np.array_equal(one[0], other[0]) and len(one[0]) == len(np.unique(one[0])):
        keys = one[0][one[1] != other[1]]
        return keys, np.ones_like(keys), np.ones_like(keys)
    keys = np.union1d(one[0], other[0])
    (first, b), (second, c) = (_places(each[0], keys) for each in (one, other))
    once = (b == 1) & (c == 1)
    odd = ~once
    odd[once] = one[1][first[once]] != other[1][second[once]]
    return keys[odd], b[odd], c[odd]


def _ordered(keys: Numbers, marks: Numbers) -> tuple[Numbers, Numbers]:
    order = np.argsort(keys, kind="stable")
    return keys[order], marks[order]


def _places(among: Numbers, keys: Numbers) -> tuple[Numbers, Numbers]:
    """Where each key first stands, and how often."""
    first = np.searchsorted(among, keys, "left").astype(np.int64)
    return first, np.searchsorted(among, keys, "right") - first
