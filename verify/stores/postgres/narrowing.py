"""
Fingerprints by bucket of the key, and the rows of some buckets.

A planner that groups by a computed number expects as many groups as rows, and sorts or drops parallel aggregation.
Of a column of UNION ALL it knows nothing and expects 200 groups, so that every worker aggregates by hash, as it
should; the second half of the union is empty, and gone before the query runs. On 2,000,000 x 11 the buckets so cost
1.2 to 1.3 times the plain fingerprint, 1.5 to 1.6 times with sorting forbidden instead. (Grouping by booleans is
expected right, yet hashes the key once for each of them.)

Buckets of neighbouring whole numbers cost a tenth less than those of a hash, and their rows are found by the key's
index, where those of a hash take one more pass over the table.

A hint is the sum of hashes with blind spots (those told in `digest`, and of 32 bits), which is all that a hint may be: a
numeric or a document is hashed as it lies there, not as text. That takes two thirds of what fingerprints take.
"""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Final

from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.digest import fingerprint, plain, row_hash
from verify.stores.postgres.encoding import unwrapped
from verify.stores.postgres.names import quoted
from verify.stores.protocol import Cut

# Read-only settings of one transaction. A group takes some hundred bytes, and there are up to 65,536 in every worker.
PLANNER: Final = {"enable_sort": "off", "work_mem": "32MB"}
MOST_BITS: Final = 16
_TEXT: Final = 'hashtextextended({} COLLATE "C"'
_WHOLE: Final = {"int2", "int4", "int8"}
# The planner looks at every range of its own; past this a pass over the table costs less.
_RANGES: Final = 64
_HASHES: Final = {
    "int2": "hashint2extended({}", "int4": "hashint4extended({}", "int8": "hashint8extended({}", "text": _TEXT,
    "varchar": _TEXT, "uuid": "uuid_hash_extended({}",
}  # fmt: skip


def spanned(relation: Relation, key: Sequence[str]) -> str | None:
    """SQL for the lowest and the highest key; None where it is no single whole number, unique and never null."""
    if len(key) != 1 or frozenset(key) not in relation.unique:
        return None
    kind = unwrapped(relation.columns[key[0]], relation.types)
    if not kind.builtin or kind.name not in _WHOLE:
        return None
    return f"SELECT min({quoted(key[0])}), max({quoted(key[0])}) FROM {relation.name}"


def _bucket(relation: Relation, key: Sequence[str], seed: int, cut: Cut) -> str:
    """SQL for the bucket of a row; its seed is not the fingerprint's, so rows of one bucket share no hash."""
    if cut.shift is not None:
        return f"({quoted(key[0])}::int8 >> {int(cut.shift)})"
    bits = cut.bits
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
    relation: Relation, key: Sequence[str], columns: Sequence[str], *, seed: int, cut: Cut, where: str = ""
) -> str:
    """One row for each bucket that holds rows: its number, how many rows, and the sum of their fingerprints."""
    one = f"{_bucket(relation, key, seed, cut)} AS bucket, {fingerprint(relation, [*key, *columns], seed)} AS print"
    return (
        f"SELECT bucket, count(*), coalesce(sum(print), 0)::text FROM (SELECT {one} FROM {relation.name}{where}"
        f" UNION ALL SELECT 0::int8, 0::int8 FROM {relation.name} WHERE false) AS rows GROUP BY bucket"
    )


def hints_sql(relation: Relation, key: Sequence[str], columns: Sequence[str], *, cut: Cut, where: str = "") -> str:
    """One row for each range of keys that holds rows: its number, and the sum of their plain hashes."""
    if cut.shift is None:
        raise ValueError("hints are given for ranges of keys only")
    row = ", ".join(plain(relation, column) for column in (*key, *columns))
    one = f"({quoted(key[0])}::int8 >> {int(cut.shift)}) AS bucket, hash_record(ROW({row})) AS hint"
    return (
        f"SELECT bucket, sum(hint)::text FROM (SELECT {one} FROM {relation.name}{where}"
        f" UNION ALL SELECT 0::int8, 0::int4 FROM {relation.name} WHERE false) AS rows GROUP BY bucket"
    )


def within_sql(relation: Relation, key: Sequence[str], *, seed: int, cut: Cut, buckets: Collection[int]) -> str:
    """SQL for "the row is in one of these buckets"; a few ranges of numbers are said so that an index finds them."""
    if cut.shift is not None and 0 < len(runs := _runs(buckets)) <= _RANGES:
        name, width = quoted(key[0]), 1 << cut.shift
        return f"({' OR '.join(f'{name} BETWEEN {low * width} AND {high * width + width - 1}' for low, high in runs)})"
    numbers = ",".join(str(int(number)) for number in sorted(buckets))
    return f"{_bucket(relation, key, seed, cut)} = ANY('{{{numbers}}}'::int8[])"


def _runs(numbers: Collection[int]) -> list[tuple[int, int]]:
    """The first and the last of each row of neighbours."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
