"""
Whole columns softened at once: what `verify.core.softening.soften` does to each value, and as often.

A kernel decides the usual spellings of a column with Arrow and leaves null where it did not; each distinct value
among those goes through the same step in Python. So a kernel may know little, but what it decides must be exact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from verify.compare.softened_kernels import TEXT, kernel
from verify.core.datasets import Column
from verify.core.softening import steps
from verify.core.values import kind_of

Step = Callable[[str], str]


def softened_array(rule: Column, array: pa.Array) -> tuple[pa.Array, Counter[str]]:
    """
    Each encoding as the rule reads it, and how many values each softening changed.

    `array` holds encodings, no nulls; it comes back itself when nothing changed. `tolerance` takes two values and is
    not here. Raises ValueError for a rule whose type is none.
    """
    found = array if array.type == TEXT else array.cast(TEXT)
    used: Counter[str] = Counter()
    for name, step in steps(rule):
        softer = _completed(found, kernel(rule, name)(found), step)
        if softer is found:
            continue
        changed = pc.not_equal(softer, found)
        if pc.any(changed).as_py():
            used.update(_counted(name, found, softer, changed))
            found = softer
    return found, used


def each_distinct(array: pa.Array, read: Step) -> pa.Array:
    """`read` of every value, called once for each distinct one."""
    coded = array.dictionary_encode()
    return pa.array([read(text) for text in coded.dictionary.to_pylist()], TEXT).take(coded.indices)


def _completed(array: pa.Array, decided: pa.Array, step: Step) -> pa.Array:
    """The kernel's answer with its nulls filled in by the step itself."""
    if decided is array or not decided.null_count:
        return decided
    if decided.null_count == len(decided):
        return each_distinct(array, step)
    open_ = decided.is_null()
    return pc.replace_with_mask(decided, open_, each_distinct(array.filter(open_), step))


def _counted(name: str, before: pa.Array, after: pa.Array, changed: pa.Array) -> Counter[str]:
    """How often a step changed a value; a type's step, which has no name, by the kinds it made of kinds."""
    if name:
        return Counter({name: pc.sum(changed).as_py()})
    # The kind is in the first character; only behind an x is more of its name.
    pairs = np.bincount((_firsts(before) * 256 + _firsts(after))[changed.to_numpy(zero_copy_only=False)])
    kinds = {(chr(pair // 256), chr(pair % 256)): int(pairs[pair]) for pair in np.flatnonzero(pairs).tolist()}
    if any("x" in pair for pair in kinds):
        return _by_name(before.filter(changed), after.filter(changed))
    counted: Counter[str] = Counter()
    for (here, there), count in kinds.items():
        counted[f"{kind_of(here)} -> {kind_of(there)}"] += count
    return counted


def _firsts(array: pa.Array) -> npt.NDArray[np.int64]:
    """The first byte of each encoding; none is empty."""
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(array)]
    return np.frombuffer(data, np.uint8).take(starts).astype(np.int64)


def _by_name(before: pa.Array, after: pa.Array) -> Counter[str]:
    names = (each_distinct(each, kind_of) for each in (before, after))
    counted = pc.binary_join_element_wise(*names, pa.scalar(" -> ", TEXT)).value_counts()
    return Counter({row["values"]: row["counts"] for row in counted.to_pylist()})
