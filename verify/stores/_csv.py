"""CSV of canonical encodings, as servers write it, becomes Arrow batches."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
from pyarrow import csv

# About so many bytes of rows make a batch.
CHUNK: Final = 2**20
_EMPTY_MAP: Final = "m{}"


def cells(chunk: bytes, width: int) -> list[pa.Array]:
    """
    The columns of whole rows, `width` of them and at least one, all large_string.

    An empty line is a row, and a cell may hold line ends. Raises pyarrow.ArrowInvalid for what is no such CSV or no UTF-8.
    """
    names = [str(at) for at in range(width)]
    table = csv.read_csv(
        io.BytesIO(chunk),
        read_options=csv.ReadOptions(column_names=names, block_size=len(chunk) + 1, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=False, check_utf8=True
        ),
    )
    return [table.column(at).combine_chunks() for at in range(width)]


def framed(columns: Sequence[pa.Array], rows: int) -> pa.RecordBatch:
    """The columns by their place, and behind them the empty map of all other fields: a table has none."""
    rest = pa.repeat(pa.scalar(_EMPTY_MAP, pa.large_string()), rows)
    return pa.RecordBatch.from_arrays([*columns, rest], names=[str(at) for at in range(len(columns) + 1)])
