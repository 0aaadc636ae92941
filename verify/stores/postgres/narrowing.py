"""
Fingerprints by bucket of the key, and the rows of some buckets.

A planner that groups by a computed number expects as many groups as rows, and sorts or drops parallel aggregation:
0.96 s on 1,000,000 x 11 where the plain fingerprint takes 0.43. With sorting off and rows between processes free
it aggregates by hash in every worker: 0.45 s. Small tables are aggregated by one process. (Grouping by booleans is
expected right, yet hashes the key once for each of them: 1.1 s.)
"""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.digest import row_hash, summed
from verify.stores.postgres.encoding import unwrapped
from verify.stores.postgres.names import quoted

# Read-only settings of one transaction; the groups are few, whatever the planner expects.
PLANNER: Final = {"enable_sort": "off", "parallel_tuple_cost": "0", "work_mem": "32MB"}
MOST_BITS: Final = 16
_TEXT: Final = 'hashtextextended({} COLLATE "C"'
_HASHES: Final = {
    "int2": "hashint2extended({}", "int4": "hashint4extended({}", "int8": "hashint8extended({}", "text": _TEXT,
    "varchar": _TEXT, "uuid": "uuid_hash_extended({}",
}  # fmt: skip


def _bucket(relation: Relation, key: Sequence[str], seed: int, bits: int) -> str:
    """SQL for the bucket of a row; its seed is not the fingerprint's, so rows of one bucket share no hash."""
    if not 0 < bits <= MOST_BITS:
        raise ValueError(f"bits must be 1 to {MOST_BITS}, not {bits}")
    raw = hashlib.sha256(f"cutover buckets {seed}".encode()).digest()
    third = int.from_bytes(raw[:8], "big", signed=True) or 1
    return f"({_key_hash(relation, key, third)} & {2**bits - 1})"


def _key_hash(relation: Relation, key: Sequence[str], seed: int) -> str:
    """The type's own hash for a key of one column, half the work of a record's; a bucket may be blind, a sum may not."""
    kind = unwrapped(relation.columns[key[0]], relation.types)
    if len(key) > 1 or not kind.builtin or kind.name not in _HASHES:
        return row_hash(relation, key, seed)
    return f"coalesce({_HASHES[kind.name].format(quoted(key[0]))}, {seed}), 0)"


def buckets_sql(
    relation: Relation, key: Sequence[str], columns: Sequence[str], *, seed: int, bits: int, where: str = ""
) -> str:
    """One row for each bucket that holds rows: its number, how many rows, and the sum of their fingerprints."""
    names = [*key, *columns]
    return (
        f"SELECT {_bucket(relation, key, seed, bits)}, {summed(relation, names, seed)}"
        f" FROM {relation.name}{where} GROUP BY 1"
    )


def within_sql(relation: Relation, key: Sequence[str], *, seed: int, bits: int, buckets: Collection[int]) -> str:
    """SQL for "the row is in one of these buckets"."""
    numbers = ",".join(str(int(number)) for number in sorted(buckets))
    return f"{_bucket(relation, key, seed, bits)} = ANY('{{{numbers}}}'::int8[])"
