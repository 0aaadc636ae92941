"""
Keys and hashes of a range of rows as two arrays of whole numbers.

COPY sends a message for each row, which costs the server, the driver and whoever parses it more than the hash itself;
an array of 131,072 numbers is one value, and numpy reads it where it lies.
"""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from verify.core.errors import StoreUnreadable
from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.digest import row_hash, seeds
from verify.stores.postgres.names import quoted
from verify.stores.postgres.session import Connection

# Read-only settings of one transaction: every range is found by the index, and no worker has to pass an array on.
RANGES: Final = {"enable_seqscan": "off", "max_parallel_workers_per_gather": "0"}
# An update moves a row to where there is room, so a table of numbers that only grow is rarely at 1.
_ORDERLY: Final = 0.5
_CORRELATION: Final = """
    SELECT s.correlation FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
    WHERE c.oid = %s AND c.relkind = 'r' AND s.attname = %s AND NOT s.inherited
"""
# An array on the wire: dimensions, whether there are nulls, type; for each dimension length and bound; then each item
# behind its length, all in network order.
_HEAD: Final = 20
_ITEM: Final = np.dtype([("length", ">i4"), ("value", ">i8")])


def in_order(connection: Connection, found: Relation, name: str) -> bool:
    """Whether the rows lie about in the order of the column, as far as the server knows."""
    row = connection.execute(_CORRELATION, [found.oid, name]).fetchone()
    return row is not None and row[0] is not None and abs(float(str(row[0]))) >= _ORDERLY


def numbered(
    connection: Connection, found: Relation, key: str, columns: Sequence[str], seed: int,
    where: Callable[..., str], ends: tuple[int | None, int | None],
) -> pa.RecordBatch:  # fmt: skip
    """The keys between both ends (included), and the hashes of key and columns."""
    name, hashed = quoted(key), row_hash(found, [key, *columns], seeds(seed)[0])
    pairs = zip((">=", "<="), ends, strict=True)
    within = where(*(f"{name} {operator} {int(end)}" for operator, end in pairs if end is not None))
    query = f"SELECT pg_catalog.array_agg({name}::int8), pg_catalog.array_agg({hashed}) FROM {found.name}{within}"
    with connection.cursor(binary=True) as cursor:
        answer = cursor.execute(query.encode()).pgresult
        if answer is None:
            raise StoreUnreadable(f"{found.name}: the server gave no answer to a question for numbers")
        keys, hashes = (_read(answer.get_value(0, at)) for at in (0, 1))
    return pa.RecordBatch.from_arrays([pa.array(keys), pa.array(hashes)], names=["0", "1"])


def _read(wire: bytes | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The items of an int8[] without nulls; NULL is the array of no rows."""
    if wire is None:
        return np.empty(0, np.int64)
    items = np.frombuffer(wire, _ITEM, offset=_HEAD)
    if not np.all(items["length"] == 8):
        raise ValueError("an array of whole numbers has an item that is none")
    return items["value"].astype(np.int64)
