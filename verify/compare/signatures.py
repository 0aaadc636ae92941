"""
A 128-bit keyed signature for each record: equal exactly when key and compared values are, but for one chance in 2^128.

The signature is MD5 over a secret and the encodings, joined by NUL. The secret's 128 bits are in the first block, so no
state that MD5 is in behind it is known, and no collision is known that can be prepared without one; here it only
decides which rows are read again by value or left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_SEPARATOR: Final = "\0"
_ESCAPE: Final = "\x01"


def secret_of(seed: int) -> str:
    """128 bits (32 characters) that follow from the seed and cannot be guessed from signatures."""
    return hashlib.sha256(f"signature {seed}".encode()).hexdigest()[:32]


def signed(columns: Sequence[pa.Array], secret: str) -> pa.Array:
    """
    For each row the one text that is signed: the secret and the row's values. Raises ValueError as `separable`.

    It is joined here, not in SQL: one column instead of a dozen crosses to the database, in half the time.
    """
    begin, between = pa.scalar(secret, pa.large_string()), pa.scalar(_SEPARATOR, pa.large_string())
    return pc.binary_join_element_wise(begin, *separable(columns), between)


def separable(columns: Sequence[pa.Array]) -> list[pa.Array]:
    """
    The columns with NUL and U+0001 escaped, so that values joined by NUL can be taken apart in one way only.

    Raises ValueError when a store gave null in place of an encoding: joined, it would leave no trace.
    """
    if any(column.null_count for column in columns):
        raise ValueError("a store gave null where the encoding of a value is due")
    return [_escaped(column) if _lowest(column) <= 1 else column for column in columns]


def _escaped(column: pa.Array) -> pa.Array:
    twice = pc.replace_substring(column, _ESCAPE, _ESCAPE + "1")
    return pc.replace_substring(twice, _SEPARATOR, _ESCAPE + "0")


def _lowest(column: pa.Array) -> int:
    """The lowest byte among all characters of the column; 255 when it has none."""
    if not len(column):
        return 255
    _, offsets, characters = column.buffers()
    width = np.int64 if pa.types.is_large_string(column.type) else np.int32
    bounds = np.frombuffer(offsets, width, count=len(column) + 1, offset=column.offset * np.dtype(width).itemsize)
    start, end = int(bounds[0]), int(bounds[-1])
    if start == end or characters is None:
        return 255
    return int(np.frombuffer(characters, np.uint8, count=end - start, offset=start).min())
