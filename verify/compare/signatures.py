"""
A 128-bit keyed signature for each record: equal exactly when key and compared values are, but for one chance in 2^128.

The signature is MD5 over a secret block and the encodings, joined by NUL. MD5 under a secret first block has no known
collision that can be prepared without the secret; here it only decides which rows are read again by value or left alone.
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
    """One block of MD5 (64 characters) that follows from the seed and cannot be guessed from signatures."""
    return hashlib.sha256(f"signature {seed}".encode()).hexdigest()


def signed(columns: Sequence[str], secret: str) -> str:
    """The SQL text that is signed, made of columns that `separable` gave."""
    parts = ", ".join(["chr(0)", f"'{secret}'", *columns])
    return f"concat_ws({parts})"


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
